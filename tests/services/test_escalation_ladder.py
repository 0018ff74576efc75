"""While nobody picks it up, one after another is asked: each once, at work, and never behind anybody's back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pytest
import sqlalchemy as sa
from calls import (
    MORNING,
    WEEK,
    Scene,
    away,
    decide,
    keys,
    posted,
    pressable,
    set_scene,
    shown,
    tell,
    the_escalation,
    words,
)
from company import MONDAY
from sqlalchemy.orm import Session

from bot.domain.attention import Leave, Wait
from bot.domain.escalation import EscalationState
from bot.domain.organisation import Visibility
from bot.services import attention, escalation
from bot.services.agenda import next_planned
from bot.services.blocking import BlockedBy
from bot.services.escalation_ladder import step_due
from models import Delivery, EscalationEvent, EscalationEventKind, EscalationStep, Message, PathStep, PostKind
from models.database import Database

# What can be pressed while nobody has taken it.
OPEN_TO_ALL = ["I'll take it", "Decide", "Take to review", "Ask the owner", "Make private", "Resolve"]

# Tama and Hana are in London, which is an hour ahead of UTC until 25 October; MORNING is 10:12 there.
TUESDAY = datetime(2026, 10, 6, 9, 12, tzinfo=UTC)
THURSDAY = datetime(2026, 10, 8, 9, 12, tzinfo=UTC)


def red(session: Session, now: datetime = MORNING, *, sponsor: bool = False) -> Scene:
    scene = set_scene(session)
    if sponsor:
        scene.stranger.is_sponsor = True
        session.flush()
    tell(session, now, scene.key_result, by=scene.owner)
    return scene


def asked(session: Session) -> list[tuple[int, datetime]]:
    """Who was asked and when, in their order."""
    steps = session.scalars(sa.select(EscalationStep).order_by(EscalationStep.id))
    return [(step.member_id, step.at) for step in steps if step.was_asked]


def climb(session: Session, until: datetime) -> None:
    """Let the ladder take every step that is due until then, each at its moment."""
    while (at := the_escalation(session).next_step_at) is not None and at <= until:
        known = next_planned(session)
        assert known is not None
        assert known <= at
        assert step_due(session, at, 20) == 1
        session.flush()


def test_the_next_one_is_asked_after_each_limit_of_working_hours(database: Database) -> None:
    with database.write() as session:
        scene = red(session, sponsor=True)
        opened = the_escalation(session)
        assert opened.next_step_at == TUESDAY
        root = words(shown(session, "escalation:1"))
        assert "Hana Mori is asked next, " in root
        assert "Tue 6 Oct, 09:12" in root
        assert "if nobody picks it up" in root
        climb(session, TUESDAY)
        assert opened.next_step_at == THURSDAY
        climb(session, datetime(2026, 10, 30, tzinfo=UTC))
        assert asked(session) == [(scene.lead.id, MORNING), (scene.head.id, TUESDAY), (scene.stranger.id, THURSDAY)]
        assert opened.next_step_at is None
        assert opened.state is EscalationState.OPEN
        people = (scene.lead, scene.head, scene.stranger)
        assert [f"escalation:1:ask:{one.id}" for one in people] == [key for key in keys(session) if ":ask:" in key]


def test_the_thread_says_that_it_goes_on_and_each_is_told_why_they_are_asked(database: Database) -> None:
    with database.write() as session:
        scene = red(session, sponsor=True)
        climb(session, THURSDAY)
        replies = session.scalars(
            sa.select(Delivery).where(Delivery.kind == PostKind.ESCALATION_REPLY).order_by(Delivery.id)
        ).all()
        said = [words(shown(session, reply.key)) for reply in replies]
        assert said == [
            "Nobody has picked this up yet, so Hana Mori is asked now.",
            "Nobody has picked this up yet, so Finn Adler is asked now.",
        ]
        head = shown(session, f"escalation:1:ask:{scene.head.id}")
        assert "Asked of you because you lead Product · Tama Reid was asked" in words(head)
        assert "*The owner needs:* someone to free two HR days" in words(head)
        assert pressable(head) == OPEN_TO_ALL
        sponsor = words(shown(session, f"escalation:1:ask:{scene.stranger.id}"))
        assert "because you are an executive sponsor · Tama Reid was asked" in sponsor
        escalation.take(session, THURSDAY, caller=scene.company.caller(scene.stranger), escalation_id=1)


def test_nobody_is_asked_at_night_or_mentioned_before_their_morning(database: Database) -> None:
    evening = datetime(2026, 10, 5, 20, 0, tzinfo=UTC)
    morning = datetime(2026, 10, 6, 8, 0, tzinfo=UTC)
    with database.write() as session:
        scene = red(session, evening)
        assert keys(session) == ["escalation:1"]
        root = words(shown(session, "escalation:1"))
        assert "<@" not in root
        assert "Tama Reid will be asked to get this" in root
        assert "Tama Reid is asked when their working day begins" in root
        wanted = drawings_wanted(session)
        climb(session, morning)
        assert asked(session) == [(scene.lead.id, morning)]
        # What stands there since the night does not go on saying that they will be asked.
        assert drawings_wanted(session) > wanted
        assert "<@U0TAMAREID>, can you get this" in words(shown(session, "escalation:1"))


def test_whoever_begins_work_later_than_the_thread_says_is_named_with_the_new_hour(database: Database) -> None:
    with database.write() as session:
        scene = red(session, datetime(2026, 10, 5, 20, 0, tzinfo=UTC))
        scene.lead.time_zone = "America/New_York"
        session.flush()
        wanted = drawings_wanted(session)
        assert step_due(session, datetime(2026, 10, 6, 8, 0, tzinfo=UTC), 20) == 1
        assert asked(session) == []
        assert drawings_wanted(session) > wanted


def test_without_a_channel_the_thread_itself_waits_for_the_leads_morning(database: Database) -> None:
    evening = datetime(2026, 10, 5, 20, 0, tzinfo=UTC)
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        tell(session, evening, scene.key_result, by=scene.owner)
        root = posted(session, "escalation:1")
        assert root.conversation_id is not None
        assert root.not_before == datetime(2026, 10, 6, 8, tzinfo=UTC)
        climb(session, root.not_before)
        assert keys(session) == ["escalation:1"]
        climb(session, datetime(2026, 10, 9, tzinfo=UTC))
        assert f"escalation:1:ask:{scene.head.id}" in keys(session)


def test_taking_it_stops_the_ladder_for_the_limit_and_then_it_goes_on(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        noon = datetime(2026, 10, 5, 11, 0, tzinfo=UTC)
        escalation.take(session, noon, caller=scene.company.caller(scene.lead), escalation_id=1)
        assert the_escalation(session).next_step_at == datetime(2026, 10, 6, 11, 0, tzinfo=UTC)
        assert "if nothing is decided by then" in words(shown(session, "escalation:1"))
        climb(session, datetime(2026, 10, 6, 11, 0, tzinfo=UTC))
        assert the_escalation(session).state is EscalationState.ACKNOWLEDGED
        reply = session.scalars(sa.select(Delivery.key).order_by(Delivery.id.desc())).first()
        assert words(shown(session, str(reply))) == "Nothing is decided yet, so Hana Mori is asked now."
        assert shown(session, f"escalation:1:ask:{scene.head.id}") is not None


def test_who_takes_it_before_their_turn_is_not_asked_for_what_they_have(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.head), escalation_id=1)
        assert the_escalation(session).next_step_at is None
        assert "is asked next" not in words(shown(session, "escalation:1"))


def test_a_review_has_its_day_and_is_asked_about_on_its_evening(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        lead = scene.company.caller(scene.lead)
        escalation.take_to_review(session, MORNING, caller=lead, escalation_id=1)
        taken = the_escalation(session)
        assert taken.review_on == date(2026, 10, 8)
        assert "goes to the review on Thu 8 Oct" in words(shown(session, "escalation:1"))
        assert "is asked next" not in words(shown(session, "escalation:1"))
        evening = datetime(2026, 10, 8, 15, 59, tzinfo=UTC)
        assert taken.next_step_at == evening
        climb(session, evening)
        key = f"escalation:1:review:2026-10-08:{scene.lead.id}"
        asks = shown(session, key, evening)
        assert "You took this to the review on Thu 8 Oct: what was decided?" in words(asks)
        assert "Decide" in pressable(asks)
        # A working day for an answer; then the next one is asked as well.
        friday = datetime(2026, 10, 9, 15, 59, tzinfo=UTC)
        assert taken.next_step_at == friday
        climb(session, friday)
        assert keys(session).count(key) == 1
        reply = session.scalars(sa.select(Delivery.key).order_by(Delivery.id.desc())).first()
        assert "The review has brought no decision yet, so Hana Mori" in words(shown(session, str(reply)))


def test_who_took_it_to_a_review_is_not_asked_about_it_once_they_may_not_see_it(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        escalation.take_to_review(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        evening = datetime(2026, 10, 8, 15, 59, tzinfo=UTC)
        climb(session, evening)
        key = f"escalation:1:review:2026-10-08:{scene.lead.id}"
        assert shown(session, key, evening) is not None
        # Before it leaves, Hana brings it to the next review, and leads Growth too.
        head = scene.company.caller(scene.head)
        escalation.take(session, evening, caller=head, escalation_id=1)
        escalation.take_to_review(session, evening, caller=head, escalation_id=1)
        assert shown(session, key, evening) is not None
        scene.growth.lead_id, scene.key_result.visibility = scene.head.id, Visibility.NAMED
        session.flush()
        assert shown(session, key, evening) is None


def test_a_review_that_has_passed_without_a_decision_leaves_it_open_and_it_can_go_to_the_next(
    database: Database,
) -> None:
    with database.write() as session:
        scene = red(session)
        lead = scene.company.caller(scene.lead)
        escalation.take_to_review(session, MORNING, caller=lead, escalation_id=1)
        assert "Take to review" not in pressable(shown(session, "escalation:1"))
        # Hana is asked on Friday, and nobody is left after her.
        week_after = datetime(2026, 10, 15, 16, tzinfo=UTC)
        climb(session, week_after)
        assert asked(session)[-1][0] == scene.head.id
        assert the_escalation(session).next_step_at is None
        key = f"escalation:1:review:2026-10-08:{scene.lead.id}"
        for where in ("escalation:1", key):
            post = shown(session, where, week_after)
            assert "back from the review of Thu 8 Oct, nothing decided" in words(post)
            assert "goes to the review" not in words(post)
            assert "can you get this, decide otherwise, or take it to the team's next review?" in words(post)
            assert "Take to review" in pressable(post)
        escalation.take_to_review(session, week_after, caller=scene.company.caller(scene.head), escalation_id=1)
        assert the_escalation(session).review_on == date(2026, 10, 22)
        assert "goes to the review on Thu 22 Oct" in words(shown(session, "escalation:1", week_after))
        assert "You took this to the review on Thu 8 Oct" in words(shown(session, key, week_after))


def drawings_wanted(session: Session) -> int:
    """How often the thread's first message was to be drawn anew."""
    session.expire_all()
    return session.scalars(
        sa.select(Message.wanted).where(Message.delivery_id == posted(session, "escalation:1").id)
    ).one()


def test_what_shows_a_request_is_drawn_anew_once_its_review_has_passed_also_where_nobody_is_left_to_ask(
    database: Database,
) -> None:
    with database.write() as session:
        scene = red(session)
        escalation.take_to_review(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        scene.head.deactivated_at = MORNING
        climb(session, datetime(2026, 10, 8, 16, tzinfo=UTC))
        wanted = drawings_wanted(session)
        climb(session, datetime(2026, 10, 9, 16, tzinfo=UTC))
        assert drawings_wanted(session) > wanted
        assert len(asked(session)) == 1


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-10-08 10:00", "2026-10-08"),
        ("2026-10-08 13:00", "2026-10-15"),
        ("2026-10-09 10:00", "2026-10-15"),
        ("2026-10-07 23:00", "2026-10-08"),
    ],
)
def test_the_next_review_is_todays_in_the_morning_only(database: Database, now: str, day: str) -> None:
    with database.write() as session:
        scene = red(session)
        at = datetime.fromisoformat(now).replace(tzinfo=UTC)
        escalation.take_to_review(session, at, caller=scene.company.caller(scene.lead), escalation_id=1)
        assert the_escalation(session).review_on == date.fromisoformat(day)


@pytest.mark.parametrize("ending", ["decide", "resolve"])
def test_what_is_decided_or_over_asks_nobody_else(database: Database, ending: str) -> None:
    with database.write() as session:
        scene = red(session, sponsor=True)
        if ending == "decide":
            decide(session, scene, scene.lead)
        else:
            lead = scene.company.caller(scene.lead)
            escalation.resolve(session, MORNING, caller=lead, escalation_id=1, reason="it was a slip")
        assert the_escalation(session).next_step_at is None
        assert step_due(session, datetime(2026, 12, 1, tzinfo=UTC), 20) == 0


def test_a_request_that_comes_too_late_is_not_sent(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        climb(session, TUESDAY)
        escalation.take(session, TUESDAY, caller=scene.company.caller(scene.lead), escalation_id=1)
        assert shown(session, f"escalation:1:ask:{scene.head.id}") is None


def test_red_again_after_the_decisions_day_begins_a_new_round_with_everybody(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        climb(session, TUESDAY)
        decide(session, scene, scene.head, now=TUESDAY)
        later = MORNING + 2 * WEEK
        tell(session, later, scene.key_result, by=scene.owner, period=MONDAY + 2 * WEEK, need="another auditor")
        again = the_escalation(session)
        assert (again.state, again.round, again.asked_id) == (EscalationState.OPEN, 2, scene.lead.id)
        assert shown(session, f"escalation:1:ask:{scene.lead.id}:2", later) is not None
        climb(session, later + WEEK)
        assert [member_id for member_id, _ in asked(session)] == [scene.lead.id, scene.head.id] * 2


def test_a_teams_own_path_stands_in_the_place_of_the_leads_and_sponsors(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.stranger.is_sponsor = True
        own = scene.company.person("Ana Silva", zone="Europe/London")
        session.add_all(
            PathStep(workspace_id=scene.growth.workspace_id, team_id=scene.growth.id, position=place, member_id=one.id)
            for place, one in enumerate((own, scene.lead), start=1)
        )
        session.flush()
        tell(session, MORNING, scene.key_result, by=scene.owner)
        climb(session, MORNING + 2 * WEEK)
        assert [member_id for member_id, _ in asked(session)] == [own.id, scene.lead.id]
        assert "because you are on the path of Growth" in words(shown(session, f"escalation:1:ask:{own.id}"))


def test_between_two_teams_their_nearest_common_lead_comes_right_after_the_lead(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        boss = scene.company.person("Rosa Lind", zone="Europe/London")
        company = scene.company.team("Company", lead=boss)
        scene.product.parent_id = company.id
        legal = scene.company.team("Legal", lead=scene.stranger, parent=company)
        session.flush()
        tell(session, MORNING, scene.key_result, by=scene.owner, blocked_by=BlockedBy(team_id=legal.id))
        climb(session, MORNING + 2 * WEEK)
        assert [member_id for member_id, _ in asked(session)] == [scene.lead.id, boss.id]


def test_somebody_who_left_is_not_on_the_path(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.lead.deactivated_at = MORNING
        session.flush()
        tell(session, MORNING, scene.key_result, by=scene.owner)
        assert asked(session) == [(scene.head.id, MORNING)]


def test_two_workers_at_the_same_step_ask_once(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        head_id = scene.head.id
    both = Barrier(2)

    def work() -> int:
        with database.write() as session:
            if not database.is_sqlite:
                both.wait()
            return step_due(session, TUESDAY, 20)

    with ThreadPoolExecutor(2) as pool:
        done = [one.result() for one in [pool.submit(work), pool.submit(work)]]
    assert sum(done) == 1
    with database.read() as session:
        assert [member_id for member_id, _ in asked(session)][1:] == [head_id]
        events = session.scalars(
            sa.select(EscalationEvent).where(EscalationEvent.kind == EscalationEventKind.ASKED_NEXT)
        ).all()
        assert len(events) == 1


def test_who_is_away_is_passed_over_and_reads_it_when_they_are_back(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        away(session, scene.lead)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        assert asked(session) == [(scene.head.id, MORNING)]
        reply = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.ESCALATION_REPLY)).one()
        assert words(shown(session, reply.key)) == "Tama Reid is away, so Hana Mori is asked now."
        assert "you lead Product · Tama Reid is away" in words(shown(session, f"escalation:1:ask:{scene.head.id}"))
        news = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.ESCALATION_NEWS)).one()
        # They are back on Monday the 12th, at nine in London.
        assert (news.member_id, news.not_before) == (scene.lead.id, datetime(2026, 10, 12, 8, tzinfo=UTC))
        said = words(shown(session, news.key))
        assert said.startswith("While you were away, Hana Mori was asked for help with KR-1 SOC 2 certified")


def test_a_request_that_could_not_leave_until_the_evening_leaves_on_the_next_morning(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        ask = posted(session, f"escalation:1:ask:{scene.lead.id}")
        assert attention.look(session, MORNING, [ask]) == {ask.id: Leave()}
        late = MORNING.replace(hour=22)
        next_morning = Wait(datetime(2026, 10, 6, 8, tzinfo=UTC))
        assert attention.look(session, late, [ask]) == {ask.id: next_morning}
        # What was decided in a review is asked when the day's work ends; much later it waits as well.
        ask.kind = PostKind.ESCALATION_REVIEW
        assert attention.look(session, MORNING.replace(hour=16, minute=20), [ask]) == {ask.id: Leave()}
        assert attention.look(session, late, [ask]) == {ask.id: next_morning}
