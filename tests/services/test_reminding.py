"""Reminders: twice at most, of what is still open, at work, and never past the week's budget."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
import sqlalchemy as sa
from answers import answered
from company import MONDAY, Company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.domain.absence import Days
from bot.domain.attention import BUDGET, LEAST_BUDGET, HoldBack, Leave, Wait, week_of
from bot.domain.cadence import period
from bot.domain.excuses import Excuse
from bot.domain.organisation import Visibility
from bot.domain.reminding import APART
from bot.services import absences, attention, lead_note, planning, reminding
from bot.services.access import today_of
from bot.services.agenda import next_planned
from bot.services.schedules import as_bits
from bot.services.schedules import week_of as theirs
from models import (
    Absence,
    CheckIn,
    CheckInState,
    Delivery,
    DeliveryState,
    KeyResult,
    Member,
    MemberKind,
    PostKind,
    Snooze,
    Team,
    Workspace,
)
from models.database import Database, open_database

WEEK = period(MONDAY)
NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
FIRST = datetime(2026, 10, 5, 14, tzinfo=UTC)
LAST = datetime(2026, 10, 6, 12, tzinfo=UTC)
TOLD = datetime(2026, 10, 6, 14, tzinfo=UTC)
DIGEST = datetime(2026, 10, 7, 10, tzinfo=UTC)


def asked(company: Company) -> tuple[Member, Member]:
    """An owner of two key results, asked on Monday at nine, and their lead, who is told on Tuesday at two."""
    lead, ana = company.person("Rosa Lead"), company.person("Ana Owner")
    team = company.team("Growth", lead=lead)
    team.next_note_at = lead_note.note_time(company.session, team, WEEK)
    team.next_digest_at = DIGEST
    objective = company.objective(team)
    company.key_result(objective, ana)
    company.key_result(objective, ana, "Churn from 4 to 2 %", metric="Churn")
    planning.replan(company.session, company.now, [ana.id])
    planning.open_due(company.session, NINE, 100)
    return ana, lead


def reminders(session: Session) -> list[Delivery]:
    return list(session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.REMINDER).order_by(Delivery.id)))


def test_who_has_not_answered_is_reminded_twice_and_the_last_says_when_the_lead_is_told(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead = asked(company)
        assert ana.next_reminder_at == FIRST
        assert next_planned(session) == FIRST
        assert reminding.remind_due(session, FIRST - timedelta(minutes=1), 100) == 0
        assert reminding.remind_due(session, FIRST, 100) == 1
        assert ana.next_reminder_at == LAST
        assert reminding.remind_due(session, LAST, 100) == 1
        assert ana.next_reminder_at is None
        first, last = reminders(session)
        shown = reminding.post(session, first, FIRST)
        assert shown is not None
        assert shown.text == "2 check-ins are open until Tue 17:00"
        assert "KR-1" in repr(shown.blocks)
        assert "KR-2" in repr(shown.blocks)
        shown = reminding.post(session, last, LAST)
        assert shown is not None
        assert "Tue 14:00 I tell Rosa Lead what is open then; nobody else gets that list." in repr(shown.blocks)


def test_the_last_reminder_names_the_lead_of_what_is_open(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        # An older team, whose lead is told at the same hour.
        sales = company.team("Sales", lead=company.person("Olaf Stranger"))
        ana, _lead = asked(company)
        sales.next_note_at = TOLD
        elsewhere = company.objective(sales)
        company.key_result(elsewhere, company.person("Ben Ode"))
        shown = last_reminder(session)
        assert "Tue 14:00 I tell Rosa Lead what is open then" in shown
        # She owns one there too, and has answered it.
        answered(session, company.key_result(elsewhere, ana), WEEK)
        assert "I tell Rosa Lead" in last_reminder(session)


@dataclass(frozen=True)
class Situation:
    """What is so on Tuesday at noon; `tells`: when Rosa is told what is open, null where no note leaves."""

    why: str
    tells: str | None

    def __str__(self) -> str:
        return self.why


SITUATIONS = (
    Situation("as ever", "Tue 14:00"),
    Situation("the digest was stopped", None),
    Situation("every key result is limited", "Tue 14:00"),
    Situation("every key result is limited to named people", "Tue 14:00"),
    Situation("the lead has left", None),
    Situation("the lead is a guest now", None),
    Situation("the team has no lead", None),
    Situation("the lead is away until the digest has come", None),
    Situation("the lead is back an hour before the digest", "Wed 09:00"),
    Situation("the team begins next week", None),
    Situation("the team was switched off", None),
    Situation("the note has left", None),
    Situation("the note was written and waits for the lead to be back", "Wed 09:00"),
    Situation("the note was written and the lead changed", None),
    Situation("the note was written and the digest stopped", None),
)


@pytest.mark.parametrize("one", SITUATIONS, ids=str)
def test_the_last_reminder_names_a_lead_exactly_where_a_note_then_leaves(database: Database, one: Situation) -> None:
    with database.write() as session:
        company = Company(session)
        asked(company)
        now = since_it_was_written(one.why, company)
        if now is None:
            now = LAST
            before_it_is_written(one.why, session)
        session.flush()
        named = re.findall(r"(\w+ \d+:\d+) I tell Rosa Lead", last_reminder(session, now))
        assert named == ([one.tells] if one.tells is not None else [])
        assert came_after(session, now) == named


def before_it_is_written(why: str, session: Session) -> None:
    (team,) = session.scalars(sa.select(Team))
    lead = session.get_one(Member, team.lead_id)
    match why:
        case "the digest was stopped":
            team.digest_stopped_at = NINE
        case "every key result is limited":
            limit(session, Visibility.TEAM)
        case "every key result is limited to named people":
            limit(session, Visibility.NAMED)
        case "the lead has left":
            lead.deactivated_at = NINE
        case "the lead is a guest now":
            lead.kind = MemberKind.GUEST
        case "the team has no lead":
            team.lead_id = None
        case "the lead is away until the digest has come":
            session.add(away(lead, MONDAY, date(2026, 10, 9)))
        case "the lead is back an hour before the digest":
            session.add(away(lead, MONDAY, date(2026, 10, 6)))
        case "the team begins next week":
            team.next_note_at, team.next_digest_at = TOLD + timedelta(weeks=1), DIGEST + timedelta(weeks=1)
        case "the team was switched off":
            team.switched_on_at = team.next_note_at = team.next_digest_at = None
        case _:
            assert why == "as ever"


def since_it_was_written(why: str, company: Company) -> datetime | None:
    """When the last reminder is read, where the note was written before."""
    session = company.session
    (team,) = session.scalars(sa.select(Team))
    match why:
        case "the note has left":
            lead_note.write_due(session, TOLD, 10)
            deliver(session, TOLD)
            return TOLD + timedelta(minutes=10)
        case "the note was written and waits for the lead to be back":
            lead = company.caller(company.member("Rosa Lead"))
            absences.declare(session, NINE, lead, Days(MONDAY, date(2026, 10, 6)), None)
            lead_note.write_due(session, NINE, 10)
            return LAST
        case "the note was written and the lead changed":
            lead_note.write_due(session, TOLD, 10)
            team.lead_id = company.person("Tama Reid").id
            return TOLD
        case "the note was written and the digest stopped":
            lead_note.write_due(session, TOLD, 10)
            team.digest_stopped_at = TOLD
            return TOLD
    return None


def limit(session: Session, to: Visibility) -> None:
    for key_result in session.scalars(sa.select(KeyResult)):
        key_result.visibility = to


def away(member: Member, first: date, last: date) -> Absence:
    return Absence(
        workspace_id=member.workspace_id,
        member_id=member.id,
        first_on=first,
        last_on=last,
        created_at=NINE,
    )


def last_reminder(session: Session, now: datetime = LAST) -> str:
    """What the last reminder says at an instant; it stands already."""
    member = session.scalars(sa.select(Member).where(Member.name == "Ana Owner")).one()
    if not reminders(session):
        reminding.remind_now(session, FIRST, member, WEEK)
        reminding.remind_now(session, LAST, member, WEEK)
    shown = reminding.post(session, reminders(session)[-1], now)
    assert shown is not None
    return repr(shown.blocks)


def came_after(session: Session, now: datetime) -> list[str]:
    """When notes of the week leave after an instant, as the scheduler goes on until the digest is there."""
    notes = sa.select(Delivery).where(Delivery.kind == PostKind.LEAD_NOTE)
    before = session.scalars(notes.where(Delivery.state == DeliveryState.SENT)).all()
    while now < DIGEST:
        lead_note.write_due(session, now, 10)
        for note in session.scalars(notes.where(Delivery.state == DeliveryState.QUEUED)):
            if lead_note.post(session, note, now) is None:
                note.state = DeliveryState.OBSOLETE
        session.flush()
        deliver(session, now)
        now += timedelta(minutes=30)
    left = set(session.scalars(notes.where(Delivery.state == DeliveryState.SENT))) - set(before)
    return [f"{note.attempted_at:%a %H:%M}" for note in left]


def test_only_what_is_open_is_named_and_nothing_once_all_is_answered(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        asked(company)
        first, second = session.scalars(sa.select(KeyResult).order_by(KeyResult.number)).all()
        answered(session, first, WEEK)
        reminding.remind_due(session, FIRST, 100)
        (reminder,) = reminders(session)
        shown = reminding.post(session, reminder, FIRST)
        assert shown is not None
        assert shown.text == "One check-in is open until Tue 17:00"
        assert "KR-1" not in repr(shown.blocks)
        answered(session, second, WEEK)
        assert reminding.post(session, reminder, FIRST) is None
        reminding.remind_due(session, LAST, 100)
        assert len(reminders(session)) == 1
        # One that stands says so, without a button.
        reminder.posted_ts = "1.1"
        shown = reminding.post(session, reminder, LAST)
        assert shown is not None
        assert shown.text == "Nothing is open any more. Thank you."
        # Where all was excused nobody has answered.
        for check_in in session.scalars(sa.select(CheckIn)):
            check_in.state, check_in.excuse = CheckInState.EXCUSED, Excuse.LEAD
        shown = reminding.post(session, reminder, LAST)
        assert shown is not None
        assert shown.text == "Nothing is asked of you any more this week."
        shown = reminding.post(session, reminder, LAST)
        assert shown is not None
        assert "actions" not in {block["type"] for block in shown.blocks}


@pytest.mark.parametrize("why", ["away", "a Slack status", "the status has ended", "a later time was asked for"])
def test_who_is_not_there_is_not_reminded(database: Database, why: str) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead = asked(company)
        if why == "away":
            absences.declare(session, NINE, company.caller(ana), Days(MONDAY, date(2026, 10, 9)), None)
        if why == "a Slack status":
            ana.status_text = "Vacationing"
        if why == "the status has ended":
            ana.status_text, ana.status_until = "Out sick", FIRST - timedelta(hours=1)
        if why == "a later time was asked for":
            session.add(
                Snooze(workspace_id=ana.workspace_id, member_id=ana.id, period=WEEK, until=FIRST, asked_for_at=NINE)
            )
        session.flush()
        reminding.remind_due(session, FIRST, 100)
        assert len(reminders(session)) == (1 if why == "the status has ended" else 0)
        reminding.remind_due(session, LAST, 100)
        assert len(reminders(session)) == {"the status has ended": 2, "a later time was asked for": 1}.get(why, 0)


def test_a_lead_who_asks_for_a_reminder_uses_one_of_the_two(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead = asked(company)
        assert reminding.remind_now(session, NINE, ana, WEEK)
        reminding.remind_due(session, FIRST, 100)
        assert not reminding.remind_now(session, FIRST, ana, WEEK)
        reminding.remind_due(session, LAST, 100)
        assert [row.part for row in reminders(session)] == [1, 2]


def test_a_lead_who_asks_for_a_reminder_after_the_first_uses_the_second(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead = asked(company)
        reminding.remind_due(session, FIRST, 100)
        assert reminding.remind_now(session, FIRST, ana, WEEK)
        reminding.remind_due(session, LAST, 100)
        assert [row.part for row in reminders(session)] == [1, 2]


@pytest.mark.parametrize("why", ["the check-ins have closed", "a Slack status"])
def test_a_reminder_that_waited_to_leave_until_it_helps_nobody_does_not_leave(database: Database, why: str) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead = asked(company)
        reminding.remind_due(session, FIRST, 100)
        (reminder,) = reminders(session)
        assert reminding.post(session, reminder, FIRST) is not None
        at = FIRST
        if why == "the check-ins have closed":
            at = session.scalars(sa.select(sa.func.max(CheckIn.closes_at))).one()
        else:
            ana.status_text = "Out sick"
        assert reminding.post(session, reminder, at) is None


def queue(session: Session, member: Member, count: int, kind: PostKind = PostKind.REMINDER) -> list[Delivery]:
    rows = [
        Delivery(
            workspace_id=member.workspace_id,
            key=f"{kind.value}:{member.id}:{index}",
            kind=kind,
            member_id=member.id,
            not_before=NINE,
            opaque_id=f"{kind.value}-{member.id}-{index}",
            created_at=NINE,
        )
        for index in range(count)
    ]
    session.add_all(rows)
    session.flush()
    return rows


def test_the_budget_is_kept_whoever_queues_and_what_is_held_back_is_kept_for_home(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana = company.person("Ana Owner")
        rows = queue(session, ana, 8)
        found = attention.look(session, NINE, rows)
        assert [found[row.id] for row in rows] == [Leave()] * BUDGET + [HoldBack()] * 3
        for row in rows[:BUDGET]:
            row.state, row.attempted_at, row.posted_channel, row.posted_ts = DeliveryState.SENT, NINE, "D1", "1.1"
        rows[5].state, rows[5].held_back_at = DeliveryState.OBSOLETE, NINE
        session.flush()
        assert attention.look(session, NINE, rows[6:])[rows[6].id] == HoldBack()
        # What only they can decide is outside of it.
        (ask,) = queue(session, ana, 1, PostKind.ESCALATION_ASK)
        assert attention.look(session, NINE, [ask])[ask.id] == Leave()
        assert list(attention.held_back(session, ana, NINE)) == [rows[5]]
        assert attention.look(session, NINE + timedelta(weeks=1), rows[6:])[rows[6].id] == Leave()
        assert attention.held_back(session, ana, NINE + timedelta(weeks=1)) == []
        company.workspace.weekly_budget = 6
        session.flush()
        assert attention.look(session, NINE, rows[6:])[rows[6].id] == Leave()


def test_what_nobody_asked_for_waits_for_working_hours(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana = company.person("Ana Owner")
        (row,) = queue(session, ana, 1)
        night = datetime(2026, 10, 9, 20, tzinfo=UTC)  # a Friday
        assert attention.look(session, night, [row])[row.id] == Wait(datetime(2026, 10, 12, 9, tzinfo=UTC))
        absences.declare(session, night, company.caller(ana), Days(date(2026, 10, 12), date(2026, 10, 13)), None)
        assert attention.look(session, night, [row])[row.id] == Wait(datetime(2026, 10, 14, 9, tzinfo=UTC))


def test_whether_a_digest_is_still_wanted_is_asked_at_work_and_outside_of_the_budget(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        company.workspace.weekly_budget = LEAST_BUDGET
        (row,) = queue(session, company.person("Ana Owner"), 1, PostKind.DIGEST_UNREAD)
        night = datetime(2026, 10, 9, 20, tzinfo=UTC)  # a Friday
        assert attention.look(session, night, [row])[row.id] == Wait(datetime(2026, 10, 12, 9, tzinfo=UTC))
        assert attention.look(session, NINE, [row])[row.id] == Leave()


def test_the_least_budget_has_room_for_the_prompt_whatever_comes_before_it(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        company.workspace.weekly_budget = LEAST_BUDGET
        ana = company.person("Ana Owner")
        (introduction,) = queue(session, ana, 1, PostKind.INTRODUCTION)
        (news,) = queue(session, ana, 1, PostKind.AWAY_NEWS)
        (prompt,) = queue(session, ana, 1, PostKind.PROMPT)
        introduction.state, introduction.attempted_at = DeliveryState.SENT, NINE
        introduction.posted_channel, introduction.posted_ts = "D1", "1.1"
        session.flush()
        assert attention.look(session, NINE, [prompt])[prompt.id] == Leave()
        # It waits, because Slack asked for a pause; what came meanwhile can wait too.
        introduction.attempted_at = NINE - timedelta(weeks=1)
        session.flush()
        assert attention.look(session, NINE, [news])[news.id] == HoldBack()
        prompt.state = DeliveryState.OBSOLETE
        session.flush()
        assert attention.look(session, NINE, [news])[news.id] == Leave()


def test_a_prompt_and_what_leaves_with_it_take_a_place_each(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        company.workspace.weekly_budget = 2
        ana = company.person("Ana Owner")
        rows = queue(session, ana, 1, PostKind.PROMPT) + queue(session, ana, 2, PostKind.AWAY_NEWS)
        found = attention.look(session, NINE, rows)
        assert [found[row.id] for row in rows] == [Leave(), Leave(), HoldBack()]


def test_a_reminder_does_not_take_the_place_of_a_note(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Rosa Lead")
        for number in range(4):
            company.team(f"Team {number}", lead=lead).next_note_at = NINE + timedelta(days=1)
        session.flush()
        first, second = queue(session, lead, 2)
        found = attention.look(session, NINE, [first, second])
        assert [found[first.id], found[second.id]] == [Leave(), HoldBack()]


def test_nothing_takes_the_place_of_the_prompt_that_comes_on_the_organisations_sunday(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana = company.person("Ana Owner", zone="Pacific/Auckland")
        company.key_result(company.objective(company.team("Growth")), ana)
        planning.replan(session, NINE, [ana.id])
        # Her Monday the twelfth, at nine.
        assert ana.next_opening_at == datetime(2026, 10, 11, 20, tzinfo=UTC)
        thursday = datetime(2026, 10, 8, 21, tzinfo=UTC)
        rows = queue(session, ana, BUDGET, PostKind.OUTCOME)
        found = attention.look(session, thursday, rows)
        assert [found[row.id] for row in rows] == [Leave()] * (BUDGET - 1) + [HoldBack()]
        for row in rows[:-1]:
            row.state, row.attempted_at, row.posted_channel, row.posted_ts = DeliveryState.SENT, thursday, "D1", "1.1"
        planning.open_due(session, ana.next_opening_at, 100)
        (prompt,) = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT))
        at = datetime(2026, 10, 11, 20, 1, tzinfo=UTC)
        assert attention.look(session, at, [prompt])[prompt.id] == Leave()


def test_who_moves_far_east_with_the_budget_used_up_is_asked_once_the_organisations_next_week_begins(
    database: Database,
) -> None:
    with database.write() as session:
        company = Company(session)
        ana = company.person("Ana Owner", zone="Australia/Lord_Howe")
        sunday, monday = datetime(2026, 10, 25, 22, 0, 10, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)
        prompt = without_room(session, ana, sunday, monday.date())
        assert attention.look(session, sunday, [prompt])[prompt.id] == Wait(monday)
        assert attention.look(session, monday, [prompt])[prompt.id] == Leave()


def test_a_prompt_without_room_stands_on_home_where_the_next_week_would_be_too_late(database: Database) -> None:
    with database.write() as session:
        ana = Company(session).person("Ana Owner")
        monday = datetime(2026, 10, 26, 10, tzinfo=UTC)
        prompt = without_room(session, ana, monday, monday.date())
        assert attention.look(session, monday, [prompt])[prompt.id] == HoldBack()


def without_room(session: Session, member: Member, now: datetime, this: date) -> Delivery:
    """The prompt of a week in which the budget is used up already."""
    for row in queue(session, member, BUDGET):
        row.state, row.attempted_at = DeliveryState.SENT, now - timedelta(minutes=5)
        row.posted_channel, row.posted_ts = "D1", str(row.id)
    (prompt,) = queue(session, member, 1, PostKind.PROMPT)
    prompt.period = this
    session.flush()
    return prompt


def test_every_kind_of_message_has_a_claim() -> None:
    assert set(attention.ATTENTION_OF) == set(PostKind)


ZONES = sorted(available_timezones() - {"localtime"})


@pytest.fixture(scope="module")
def sqlite_database(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for all examples of a property; each rolls back."""
    import shutil

    path = tmp_path_factory.mktemp("reminding") / "okra.db"
    shutil.copy(sqlite_template, path)
    opened = open_database(f"sqlite:///{path}")
    yield opened
    opened.close()


@given(seed=st.integers(0, 10**6), zone=st.sampled_from(ZONES), weeks=st.integers(3, 8))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_each_key_result_is_met_once_a_week_at_work_and_within_the_budget(
    sqlite_database: Database, seed: int, zone: str, weeks: int
) -> None:
    """The services with a real database: people move, go away, come back and choose other hours at any moment."""
    chance = random.Random(seed)
    with sqlite_database.read() as session:  # whatever is written is rolled back
        company = Company(session)
        ana, lead = company.person("Ana Owner", zone=zone), company.person("Rosa Lead", zone=chance.choice(ZONES))
        cover = company.person("Tama Cover", zone=chance.choice(ZONES))
        team = company.team("Growth", lead=lead)
        team.country = chance.choice([None, "NZ", "JP", "DE-BY"])
        key_result = company.key_result(company.objective(team), ana)
        planning.replan(session, company.now, [ana.id])
        first, now, end = ana.next_period, company.now, company.now + timedelta(weeks=weeks)
        while now < end:
            planning.open_due(session, now, 100)
            planning.close_due(session, now, 100)
            reminding.remind_due(session, now, 100)
            deliver(session, now)
            if chance.random() < 0.06:
                turn_of_life(session, company, chance, now, ana=ana, cover=cover)
            now += timedelta(minutes=chance.choice([5, 20, 60, 60, 180, 600]))
        periods = session.scalars(
            sa.select(CheckIn.period).where(CheckIn.key_result_id == key_result.id).order_by(CheckIn.period)
        ).all()
        assert first is not None
        assert list(periods) == [first + timedelta(weeks=index) for index in range(len(periods))]
        assert len(periods) >= weeks - 2
        rows = session.scalars(sa.select(Delivery).where(Delivery.state == DeliveryState.SENT)).all()
        reminded = Counter((row.member_id, row.period) for row in rows if row.kind is PostKind.REMINDER)
        assert max(reminded.values(), default=0) <= 2
        prompts = Counter((row.member_id, row.period) for row in rows if row.kind is PostKind.PROMPT)
        assert max(prompts.values(), default=0) <= 1
        kept_back = sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT, Delivery.held_back_at.is_not(None))
        assert session.scalars(kept_back).all() == []
        counted = Counter(
            (row.member_id, week_of(row.attempted_at, ZoneInfo("UTC")))
            for row in rows
            if row.kind in attention.COUNTED and row.attempted_at is not None
        )
        assert max(counted.values(), default=0) <= BUDGET


def deliver(session: Session, now: datetime) -> None:
    """What delivery does with what is due, without Slack."""
    due = session.scalars(
        sa.select(Delivery).where(Delivery.state == DeliveryState.QUEUED, Delivery.not_before <= now)
    ).all()
    for row in due:
        match attention.look(session, now, [row])[row.id]:
            case Leave():
                row.state, row.attempted_at = DeliveryState.SENT, now
                row.posted_channel, row.posted_ts = "D1", str(row.id)
                if row.kind in (PostKind.PROMPT, PostKind.REMINDER):
                    member = session.get_one(Member, row.member_id)
                    assert theirs(session, member).schedule.is_at_work(now)
            case Wait(until):
                assert until > now
                row.not_before = until
            case HoldBack():
                row.state, row.held_back_at = DeliveryState.OBSOLETE, now
        session.flush()


def turn_of_life(
    session: Session, company: Company, chance: random.Random, now: datetime, *, ana: Member, cover: Member
) -> None:
    known = absences.mine(session, ana, now)
    match chance.randrange(5):
        case 0:
            ana.time_zone = chance.choice(ZONES)
        case 1:
            ana.asked_at = time(chance.randrange(24))
        case 2:
            ana.workdays = as_bits(chance.sample(range(7), chance.randint(1, 7)))  # type: ignore[arg-type]
        case 3 if not known:
            gone = today_of(ana, now) + timedelta(days=chance.randint(0, 5))
            days = Days(gone, gone + timedelta(days=chance.choice([0, 3, 12])))
            absences.declare(session, now, company.caller(ana), days, chance.choice([None, cover.id]))
        case _ if known:
            absences.end(session, now, company.caller(ana), known[0].id)
        case _:
            session.get_one(Workspace, ana.workspace_id).country = chance.choice([None, "US-CA"])
    session.flush()
    planning.replan(session, now, [ana.id])


def test_after_five_hours_without_slack_nobody_is_reminded_right_after_they_are_asked(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead = asked(company)
        prompt = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT)).one()
        # Slack is away from nine to two: neither of the two has left when it is back.
        reminding.remind_due(session, FIRST, 100)
        (reminder,) = reminders(session)
        at = FIRST + timedelta(minutes=1)
        assert attention.look(session, at, [reminder, prompt])[prompt.id] == Leave()
        assert isinstance(attention.look(session, at, [reminder, prompt])[reminder.id], Wait)
        # Asked at a minute past two, she is reminded when she is at work again and had time: on Tuesday at nine.
        prompt.state, prompt.attempted_at = DeliveryState.SENT, at
        prompt.posted_channel, prompt.posted_ts = "D1", "1.1"
        session.flush()
        tuesday = datetime(2026, 10, 6, 9, tzinfo=UTC)
        assert attention.look(session, at, [reminder])[reminder.id] == Wait(tuesday)
        assert attention.look(session, tuesday, [reminder])[reminder.id] == Leave()
        # And the last one keeps its distance from that.
        reminder.state, reminder.attempted_at = DeliveryState.SENT, tuesday
        reminder.posted_channel, reminder.posted_ts = "D1", "1.2"
        session.flush()
        assert reminding.remind_now(session, tuesday, ana, WEEK)
        _, last = reminders(session)
        assert attention.look(session, tuesday, [last])[last.id] == Wait(tuesday + APART)


def test_a_prompt_that_may_have_come_keeps_the_reminder_away_like_one_that_came(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        asked(company)
        prompt = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT)).one()
        prompt.state, prompt.attempted_at = DeliveryState.UNKNOWN, FIRST
        reminding.remind_due(session, FIRST, 100)
        (reminder,) = reminders(session)
        tuesday = datetime(2026, 10, 6, 9, tzinfo=UTC)
        assert attention.look(session, FIRST, [reminder])[reminder.id] == Wait(tuesday)


def test_two_reminders_that_waited_together_do_not_leave_together(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead = asked(company)
        prompt = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT)).one()
        prompt.state, prompt.attempted_at = DeliveryState.SENT, NINE
        prompt.posted_channel, prompt.posted_ts = "D1", "1.1"
        session.flush()
        assert reminding.remind_now(session, FIRST, ana, WEEK)
        assert reminding.remind_now(session, FIRST, ana, WEEK)
        first, last = reminders(session)
        verdicts = attention.look(session, FIRST, [first, last])
        assert verdicts[first.id] == Leave()
        assert verdicts[last.id] == Wait(datetime(2026, 10, 6, 9, tzinfo=UTC))
