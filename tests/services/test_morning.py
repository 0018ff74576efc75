"""The message of a morning: one a person and day, of all that waits for them, at work, until it is done."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from calls import MORNING, Scene, decide, pressable, set_scene, shown, tell, the_escalation, words
from company import Company
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from queries import counted
from sqlalchemy.orm import Session

from bot.blocks.morning import MOST_OF_EACH
from bot.domain.absence import Days
from bot.domain.attention import Leave, Wait
from bot.domain.localtime import local_date_of
from bot.domain.organisation import Visibility
from bot.services import absences, attention, decisions, escalation, escalation_ladder, morning, morning_plan, planning
from bot.services.agenda import next_planned
from bot.services.decisions import Draft
from bot.services.morning_plan import morning_key
from bot.services.schedules import as_bits, week_of
from models import (
    Decision,
    DecisionState,
    Delivery,
    DeliveryState,
    Escalation,
    KeyResult,
    Member,
    Message,
    MorningRequest,
    PostKind,
)
from models.database import Database, open_database

MONDAY = date(2026, 10, 12)
# Nine in London, in summer time.
NINE = datetime(2026, 10, 12, 8, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def decided(session: Session) -> tuple[Scene, Decision]:
    """Hana makes something happen by Monday the 12th; it was decided a week before."""
    scene = set_scene(session)
    tell(session, MORNING, scene.key_result, by=scene.owner)
    return scene, decide(session, scene, scene.lead)


def mornings(session: Session, member: Member) -> list[Delivery]:
    wanted = sa.select(Delivery).where(Delivery.kind == PostKind.MORNING, Delivery.member_id == member.id)
    return list(session.scalars(wanted.order_by(Delivery.id)))


def leaves(session: Session, delivery: Delivery, now: datetime) -> None:
    """As the courier does it: rendered, sent, and noted; or obsolete."""
    post = morning.post(session, delivery, now)
    if post is None:
        delivery.state, delivery.settled_at = DeliveryState.OBSOLETE, now
    else:
        delivery.state, delivery.settled_at, delivery.attempted_at = DeliveryState.SENT, now, now
        delivery.posted_channel, delivery.posted_ts = "D1", f"{delivery.id}.1"
    session.flush()


def look(session: Session, now: datetime) -> list[Delivery]:
    """Tick at this instant, and send what was queued."""
    while morning.ask_due(session, now, 100) == 100:
        pass
    queued = list(
        session.scalars(
            sa.select(Delivery).where(Delivery.kind == PostKind.MORNING, Delivery.state == DeliveryState.QUEUED)
        )
    )
    for delivery in queued:
        leaves(session, delivery, now)
    return [one for one in queued if one.state is DeliveryState.SENT]


def test_a_decision_is_asked_about_on_its_day_then_weekly_and_never_once_it_is_done(database: Database) -> None:
    with database.write() as session:
        scene, decision = decided(session)
        assert scene.head.next_morning_at == MORNING
        assert look(session, MORNING) == []
        assert scene.head.next_morning_at == NINE
        assert look(session, NINE - timedelta(minutes=1)) == []
        (first,) = look(session, NINE)
        assert first.key == morning_key(scene.head.id, MONDAY)
        post = shown(session, first.key, NINE)
        assert words(post).startswith("*Good morning: one decision is due*\n*Is it done?* HR frees Ana for two days")
        assert "due today · decided by Tama Reid" in words(post)
        assert post is not None
        assert post.text == "Good morning: one decision is due. HR frees Ana for two days"
        assert pressable(post) == ["Done", "Drop"]
        for days in range(1, 7):
            assert look(session, NINE + days * DAY) == []
        (second,) = look(session, NINE + WEEK)
        assert "was due Mon 12 Oct" in words(shown(session, second.key, NINE + WEEK))
        # The older one asks for it no more.
        assert pressable(shown(session, first.key, NINE + WEEK)) == []
        assert "asked again in a newer message" in words(shown(session, first.key, NINE + WEEK))
        before = session.scalars(sa.select(Message.wanted).where(Message.delivery_id == second.id)).one()
        decisions.done(session, NINE + WEEK, caller=scene.company.caller(scene.head), decision_id=decision.id)
        assert session.scalars(sa.select(Message.wanted).where(Message.delivery_id == second.id)).one() == before + 1
        assert pressable(shown(session, second.key, NINE + WEEK)) == []
        assert words(shown(session, second.key, NINE + WEEK)).startswith(
            "*Nothing here waits for you any more. Thank you.*\nHR frees Ana for two days"
        )
        assert words(shown(session, second.key, NINE + WEEK)).endswith("*done*")
        assert look(session, NINE + 2 * WEEK) == []
        assert scene.head.next_morning_at is None


def test_what_is_dropped_says_why(database: Database) -> None:
    with database.write() as session:
        scene, decision = decided(session)
        look(session, MORNING)
        (asked,) = look(session, NINE)
        decisions.drop(
            session, NINE, caller=scene.company.caller(scene.head), decision_id=decision.id, reason="the audit moved"
        )
        assert "*dropped:* the audit moved" in words(shown(session, asked.key, NINE))


def test_once_somebody_else_makes_it_happen_an_old_message_says_no_more_of_a_limited_key_result(
    database: Database,
) -> None:
    with database.write() as session:
        scene, decision = decided(session)
        # Hana leads no more, and makes it happen all the same.
        scene.key_result.visibility, scene.product.lead_id = Visibility.NAMED, None
        session.flush()
        (asked,) = [one for one in look(session, NINE) if one.member_id == scene.head.id]
        assert "HR frees Ana for two days" in words(shown(session, asked.key, NINE))
        decision.owner_id = scene.lead.id
        caller = scene.company.caller(scene.lead)
        decisions.drop(session, NINE, caller=caller, decision_id=decision.id, reason="the board knows nothing of it")
        old = words(shown(session, asked.key, NINE))
        assert "Nothing here waits for you any more" in old
        assert "the board" not in old
        assert "SOC 2" not in old


def test_a_request_for_help_that_nobody_picked_up_is_asked_again_beside_the_decisions(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        other = scene.company.key_result(scene.company.objective(scene.growth, "Another"), scene.stranger)
        tell(session, MORNING, other, by=scene.stranger, need="")
        assert the_asked(session) == {scene.lead.id}
        assert look(session, MORNING) == []
        due = Draft("call them", scene.lead.id, MORNING.date() + DAY)
        decisions.decide(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1, draft=due)
        assert look(session, MORNING) == []
        (asked,) = look(session, datetime(2026, 10, 6, 8, tzinfo=UTC))
        post = shown(session, asked.key)
        assert "*Good morning: one decision is due and one request for help waits for you*" in words(post)
        assert "*Is it done?* call them" in words(post)
        assert "*Can you help?* *KR-2*" in words(post)
        assert pressable(post)[:5] == ["Done", "Drop", "I'll take it", "Decide", "Take to review"]
        escalation.take(session, MORNING + DAY, caller=scene.company.caller(scene.lead), escalation_id=2)
        assert pressable(shown(session, asked.key)) == ["Done", "Drop"]
        assert "Tama Reid is on it" in words(shown(session, asked.key))


def test_what_a_review_left_undecided_is_asked_about_in_the_morning_after_its_result_was_asked_for(
    database: Database,
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        lead = scene.company.caller(scene.lead)
        escalation.take(session, MORNING, caller=lead, escalation_id=1)
        look(session, MORNING)
        escalation.take_to_review(session, MORNING, caller=lead, escalation_id=1)
        friday = datetime(2026, 10, 9, 8, tzinfo=UTC)
        assert look_until(session, MORNING, friday - DAY) == []
        escalation_ladder.step_due(session, datetime(2026, 10, 8, 16, tzinfo=UTC), 20)
        asked = look_until(session, friday - DAY, friday)
        assert [one.member_id for one in asked] == [scene.lead.id]
        post = shown(session, asked[0].key, friday)
        assert "back from the review of Thu 8 Oct, nothing decided" in words(post)
        assert pressable(post)[:3] == ["I'll take it", "Decide", "Take to review"]
        assert look_until(session, friday, friday + WEEK - DAY) == []
        escalation.take_to_review(session, friday + timedelta(hours=1), caller=lead, escalation_id=1)
        assert "Good morning" not in words(shown(session, asked[0].key, friday + timedelta(hours=1)))


def the_asked(session: Session) -> set[int | None]:
    return set(session.scalars(sa.select(Escalation.asked_id)))


def test_it_waits_for_everybody_who_was_asked_until_somebody_picks_it_up(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        escalation_ladder.step_due(session, the_escalation(session).next_step_at or MORNING, 20)
        assert the_escalation(session).asked_id == scene.head.id
        first, second = look_until(session, MORNING, MORNING + 2 * DAY)
        assert [first.member_id, second.member_id] == [scene.lead.id, scene.head.id]
        assert second.day == MORNING.date() + 2 * DAY  # she was asked on Tuesday, so on Wednesday again
        for delivery in (first, second):
            assert "I'll take it" in pressable(shown(session, delivery.key))
            assert "Hana Mori is asked" in words(shown(session, delivery.key))
        escalation.take(session, MORNING + 2 * DAY, caller=scene.company.caller(scene.head), escalation_id=1)
        for delivery in (first, second):
            assert pressable(shown(session, delivery.key)) == []
            assert "Hana Mori is on it" in words(shown(session, delivery.key))


def test_who_leads_no_more_is_asked_no_more_about_a_limited_key_result_nor_reads_new_words_about_it(
    database: Database,
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.key_result.visibility = Visibility.NAMED
        tell(session, MORNING, scene.key_result, by=scene.owner)
        (asked,) = look_until(session, MORNING, MORNING + DAY)
        leaves(session, asked, MORNING + DAY)
        assert "someone to free two HR days" in words(shown(session, asked.key, MORNING + DAY))
        # An import gives the team another lead; nobody asks her, for the path goes on from whoever was asked.
        scene.growth.lead_id = scene.stranger.id
        tell(session, MORNING + DAY, scene.key_result, by=scene.owner, need="the board knows nothing of this")
        old = words(shown(session, asked.key, MORNING + DAY))
        assert "SOC 2" not in old
        assert "the board" not in old
        assert "Nothing here waits for you any more" in old
        of_lead = mornings(session, scene.lead)
        look_until(session, MORNING + DAY, MORNING + 3 * DAY)
        assert mornings(session, scene.lead) == of_lead


def look_until(session: Session, start: datetime, end: datetime) -> list[Delivery]:
    """Tick at every instant at which somebody is to be looked at."""
    sent: list[Delivery] = []
    while True:
        at = session.scalar(sa.select(sa.func.min(Member.next_morning_at)))
        if at is None or max(at, start) > end:
            return sent
        start = max(at, start)
        sent += look(session, start)


@pytest.mark.parametrize("why", ["leave", "a status", "a holiday", "days of their own"])
def test_who_is_not_at_work_on_the_day_is_asked_on_the_next_one_that_they_work(database: Database, why: str) -> None:
    with database.write() as session:
        scene, _decision = decided(session)
        back = NINE + DAY
        if why == "leave":
            absences.declare(
                session, MORNING, scene.company.caller(scene.head), Days(MONDAY, MONDAY + timedelta(days=2)), None
            )
            back = NINE + 3 * DAY
        if why == "a status":
            scene.head.status_text, scene.head.status_until = "Vacationing", NINE + timedelta(hours=20)
        if why == "a holiday":
            scene.head.country = "US"  # Columbus Day
        if why == "days of their own":
            scene.head.workdays = 0b0011110
        session.flush()
        (asked,) = look_until(session, MORNING, NINE + 4 * DAY)
        assert asked.settled_at == back
        assert asked.day == local_date_of(back, ZoneInfo("Europe/London"))


def test_a_move_to_another_zone_or_hour_moves_the_morning_either_way(database: Database) -> None:
    with database.write() as session:
        scene, _decision = decided(session)
        look(session, MORNING)
        scene.head.time_zone = "Pacific/Auckland"
        planning.replan(session, MORNING + DAY, [scene.head.id])
        look(session, MORNING + DAY)
        assert scene.head.next_morning_at == datetime(2026, 10, 11, 20, tzinfo=UTC)
        scene.head.time_zone, scene.head.asked_at = "America/New_York", time(10, 30)
        planning.replan(session, MORNING + 2 * DAY, [scene.head.id])
        look(session, MORNING + 2 * DAY)
        assert scene.head.next_morning_at == datetime(2026, 10, 12, 14, 30, tzinfo=UTC)


def test_it_is_outside_the_weekly_budget_and_within_working_hours(database: Database) -> None:
    with database.write() as session:
        scene, _decision = decided(session)
        scene.company.workspace.weekly_budget = 1
        for number in range(3):
            session.add(already_sent(scene.head, number))
        look(session, MORNING)
        morning.ask_due(session, NINE, 100)
        (queued,) = mornings(session, scene.head)
        assert attention.look(session, NINE, [queued])[queued.id] == Leave()
        night = NINE + timedelta(hours=12)
        assert attention.look(session, night, [queued])[queued.id] == Wait(NINE + DAY)
        assert attention.held_back(session, scene.head, NINE) == []


def already_sent(member: Member, number: int) -> Delivery:
    return Delivery(
        workspace_id=member.workspace_id,
        key=f"reminder:{number}",
        kind=PostKind.REMINDER,
        member_id=member.id,
        state=DeliveryState.SENT,
        posted_channel="D1",
        posted_ts=f"1.{number}",
        attempted_at=NINE - timedelta(minutes=number),
        not_before=NINE,
        opaque_id=f"x{number}",
        created_at=NINE,
    )


def test_a_message_that_did_not_leave_on_its_day_is_followed_by_one_on_the_next(database: Database) -> None:
    with database.write() as session:
        scene, _decision = decided(session)
        look(session, MORNING)
        morning.ask_due(session, NINE, 100)
        (waiting,) = mornings(session, scene.head)
        # The whole of Monday nothing could leave.
        tuesday = NINE + DAY
        morning.ask_due(session, tuesday, 100)
        assert [one.day for one in mornings(session, scene.head)] == [MONDAY, MONDAY + DAY]
        assert morning.post(session, waiting, tuesday) is None
        leaves(session, waiting, tuesday)
        assert len(look(session, tuesday)) == 1


def test_a_message_becomes_nothing_where_all_is_settled_before_it_left_and_comes_back_with_something_new(
    database: Database,
) -> None:
    with database.write() as session:
        scene, decision = decided(session)
        look(session, MORNING)
        morning.ask_due(session, NINE, 100)
        (queued,) = mornings(session, scene.head)
        decisions.done(session, NINE, caller=scene.company.caller(scene.head), decision_id=decision.id)
        leaves(session, queued, NINE)
        assert queued.state is DeliveryState.OBSOLETE
        assert look(session, NINE + DAY) == []


def test_more_than_five_are_asked_about_in_two_mornings(database: Database) -> None:
    with database.write() as session:
        scene, decision = decided(session)
        for number in range(6):
            session.add(
                Decision(
                    workspace_id=decision.workspace_id,
                    key_result_id=decision.key_result_id,
                    text=f"number {number}",
                    decided_by_id=scene.lead.id,
                    owner_id=scene.head.id,
                    due_on=MONDAY,
                    created_at=MORNING,
                )
            )
        session.flush()
        look(session, MORNING)
        first, second = look_until(session, MORNING, NINE + 5 * DAY)
        assert len(pressable(shown(session, first.key, NINE))) == 10
        assert len(pressable(shown(session, second.key, NINE + DAY))) == 4
        assert second.day == MONDAY + DAY


def test_who_has_left_is_asked_nothing(database: Database) -> None:
    with database.write() as session:
        scene, _decision = decided(session)
        scene.head.deactivated_at = MORNING
        asked = look_until(session, MORNING, NINE + WEEK)
        assert {one.member_id for one in asked} == {scene.lead.id}
        assert scene.head.next_morning_at is None


@pytest.mark.parametrize("people", [2, 9])
def test_a_look_takes_as_many_statements_for_many_as_for_two(database: Database, people: int) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Tama Reid")
        key_result = company.key_result(company.objective(company.team("Growth", lead=lead)), lead)
        for number in range(people):
            owner = company.person(f"Owner {number}")
            owner.next_morning_at = NINE
            session.add(
                Decision(
                    workspace_id=owner.workspace_id,
                    key_result_id=key_result.id,
                    text="do it",
                    decided_by_id=lead.id,
                    owner_id=owner.id,
                    due_on=MONDAY,
                    created_at=MORNING,
                )
            )
    with counted(database) as statements, database.write() as session:
        assert morning.ask_due(session, NINE + timedelta(hours=1), 100) == people
    assert len(statements) <= 18, statements


# A year

ZONES = ("Europe/London", "Pacific/Auckland", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "America/Los_Angeles")
COUNTRIES = (None, "DE", "US", "NZ", "IN", "AE")
START = datetime(2026, 1, 5, 0, tzinfo=UTC)


class Year:
    """One person for a year: decisions are made and settled, they move, go away and change their week.

    Each message that leaves is held to what is promised; what is asked about, and when it is next to be asked, is
    reckoned here by itself, day for day.
    """

    def __init__(self, session: Session, draw: random.Random) -> None:
        self.session, self.draw = session, draw
        self.company = Company(session, START)
        lead = self.company.person("Tama Reid")
        self.who = self.company.person("Hana Mori", zone=draw.choice(ZONES))
        self.key_result: KeyResult = self.company.key_result(
            self.company.objective(self.company.team("Growth", lead=lead)), lead
        )
        self.lead = lead
        self.now = START
        self.days: dict[date, list[Delivery]] = defaultdict(list)
        self.asked: dict[int, list[date]] = defaultdict(list)
        self.settled: dict[int, datetime] = {}

    def run(self) -> None:
        while self.now < START + timedelta(days=365):
            following = self.now + timedelta(hours=self.draw.uniform(4, 250))
            self._work_until(following)
            self.now = following
            self.draw.choice([self._decide, self._decide, self._settle, self._move, self._leave, self._change_week])()
            if self.draw.random() < 0.3:
                self._settle()
        self._hold_all_were_asked()

    def _work_until(self, until: datetime) -> None:
        while (at := next_planned_morning(self.session)) is not None and at <= until:
            # Now and then a tick comes late: the process was down.
            self.now = max(self.now, at) + timedelta(hours=self.draw.choice([0, 0, 0, 0, 1, 30]))
            while morning.ask_due(self.session, self.now, 100) == 100:
                pass
            for delivery in self._waiting():
                self._deliver(delivery)

    def _waiting(self) -> list[Delivery]:
        return list(
            self.session.scalars(
                sa.select(Delivery).where(Delivery.kind == PostKind.MORNING, Delivery.state == DeliveryState.QUEUED)
            )
        )

    def _deliver(self, delivery: Delivery) -> None:
        verdict = attention.look(self.session, self.now, [delivery])[delivery.id]
        if self.draw.random() < 0.1 or not isinstance(verdict, Leave):
            return  # Slack was away: it waits in the outbox
        leaves(self.session, delivery, self.now)
        if delivery.state is not DeliveryState.SENT:
            return
        schedule = week_of(self.session, self.who).schedule
        today = local_date_of(self.now, schedule.zone)
        assert delivery.day == today
        assert schedule.is_at_work(self.now)
        assert self.now >= schedule.asked_on(today)
        self.days[today].append(delivery)
        assert len(self.days[today]) == 1
        for decision_id in self._asked_about(delivery):
            decision = self.session.get_one(Decision, decision_id)
            assert decision.state is DecisionState.OPEN or decision_id in self.settled
            if decision.state is DecisionState.OPEN:
                before = self.asked[decision_id]
                assert today >= (before[-1] + WEEK if before else decision.due_on)
                before.append(today)

    def _asked_about(self, delivery: Delivery) -> list[int]:
        return [
            one
            for one in self.session.scalars(
                sa.select(MorningRequest.decision_id).where(MorningRequest.delivery_id == delivery.id)
            )
            if one is not None
        ]

    def _hold_all_were_asked(self) -> None:
        """In three quiet weeks at home everything that is open is asked about, within its week."""
        for one in absences.mine(self.session, self.who, self.now):
            absences.end(self.session, self.now, self.company.caller(self.who), one.id)
        self.draw.random = lambda: 1.0  # type: ignore[method-assign]
        self.draw.choice = lambda given: given[0]  # type: ignore[method-assign]
        self._work_until(self.now + 3 * WEEK)
        today = local_date_of(self.now, ZoneInfo(self.who.time_zone))
        for decision in self._open():
            if decision.due_on <= today - 2 * WEEK:
                assert self.asked[decision.id]
                assert self.asked[decision.id][-1] > today - 2 * WEEK
        for decision_id, at in self.settled.items():
            assert all(day <= local_date_of(at + DAY, ZoneInfo("UTC")) for day in self.asked[decision_id])

    def _decide(self) -> None:
        if len(self._open()) == MOST_OF_EACH:
            return  # more would take turns
        today = local_date_of(self.now, ZoneInfo(self.who.time_zone))
        decision = Decision(
            workspace_id=self.who.workspace_id,
            key_result_id=self.key_result.id,
            text="do it",
            decided_by_id=self.lead.id,
            owner_id=self.who.id,
            due_on=today + timedelta(days=self.draw.randrange(20)),
            created_at=self.now,
        )
        self.session.add(decision)
        self.session.flush()
        morning_plan.look_at(self.session, self.now, [self.who.id])

    def _settle(self) -> None:
        if self._open():
            one = self.draw.choice(self._open())
            decisions.done(self.session, self.now, caller=self.company.caller(self.who), decision_id=one.id)
            self.settled[one.id] = self.now

    def _open(self) -> Sequence[Decision]:
        return self.session.scalars(
            sa.select(Decision).where(Decision.state == DecisionState.OPEN).order_by(Decision.id)
        ).all()

    def _move(self) -> None:
        self.who.time_zone = self.draw.choice(ZONES)
        planning.replan(self.session, self.now, [self.who.id])

    def _leave(self) -> None:
        today = local_date_of(self.now, ZoneInfo(self.who.time_zone))
        first = today + timedelta(days=self.draw.randrange(5))
        days = Days(first, first + timedelta(days=self.draw.choice([0, 2, 9, 20])))
        absences.declare(self.session, self.now, self.company.caller(self.who), days, None)

    def _change_week(self) -> None:
        self.who.country = self.draw.choice(COUNTRIES)
        self.who.asked_at = self.draw.choice([None, time(7), time(11, 30), time(18)])
        chosen = self.draw.choice([None, (time(6), time(12)), (time(12), time(20))])
        self.who.works_from, self.who.works_until = chosen or (None, None)
        days = self.draw.choice([None, [6, 0, 1, 2, 3], [1, 3], [0, 1, 2, 3, 4, 5, 6]])
        self.who.workdays = as_bits(days) if days is not None else None
        self.session.flush()
        planning.replan(self.session, self.now, [self.who.id])


def next_planned_morning(session: Session) -> datetime | None:
    """The agenda knows of it."""
    at = session.scalar(sa.select(sa.func.min(Member.next_morning_at)))
    if at is not None:
        known = next_planned(session)
        assert known is not None
        assert known <= at
    return at


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("year") / "okra.db"
    path.write_bytes(sqlite_template.read_bytes())
    opened = open_database(f"sqlite:///{path}")
    yield opened
    opened.close()


# A seed does not become simpler by being made smaller.
@settings(max_examples=5, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9))
# A message that waited in the outbox while its reader chose a later hour.
@example(seed=340)
def test_over_a_year_nobody_is_asked_twice_a_day_nor_out_of_hours_nor_about_what_is_settled(
    plain: Database, seed: int
) -> None:
    with plain.write() as session:
        Year(session, random.Random(seed)).run()
        session.rollback()


def test_a_year_holds_on_both_engines(database: Database) -> None:
    with database.write() as session:
        Year(session, random.Random(20260105)).run()
        session.rollback()
