"""The same blocker in a later week, with nothing decided in between: the next one is asked at once, and told why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, Scene, decide, keys, set_scene, shown, tell, the_escalation, words
from company import MONDAY
from sqlalchemy.orm import Session

from bot.domain.confidence import Confidence
from bot.services import escalation, help_wanted
from bot.services.blocking import BlockedBy
from bot.services.escalation_ladder import step_due
from bot.services.help_wanted import Message
from models import Absence, Blocker, Delivery, EscalationEvent, EscalationEventKind, EscalationStep, PostKind
from models.database import Database

LEGAL = BlockedBy(words="Legal")
WAYS = ("check-in", "Ask for help", "Turn into a blocker")
# A Monday in London before anybody is at work.
NIGHT = datetime(2026, 10, 12, 6, 0, tzinfo=UTC)


def blocked(session: Session, scene: Scene, weeks: int = 0, **said: Any) -> None:
    """The owner is red for Legal in a week, on its Monday morning."""
    now = said.pop("now", MORNING + weeks * WEEK)
    given = {"by": scene.owner, "period": MONDAY + weeks * WEEK, "blocked_by": LEGAL, **said}
    tell(session, now, scene.key_result, **given)


def named(session: Session, scene: Scene, way: str, weeks: int = 0, **said: Any) -> None:
    """Legal is named in a week, on its Monday morning: in the check-in, or in one of the two ways without one."""
    now, key_result_id = said.pop("now", MORNING + weeks * WEEK), scene.key_result.id
    by = said.pop("by", LEGAL)
    match way:
        case "check-in":
            blocked(session, scene, weeks, now=now, blocked_by=by)
        case "Ask for help":
            caller = scene.company.caller(scene.owner)
            help_wanted.ask(
                session, now, caller=caller, key_result_id=key_result_id, stuck="the contract", need="a name", by=by
            )
        case _:
            caller, message = scene.company.caller(scene.stranger), Message("https://example.slack.com/archives/C1/p1")
            help_wanted.turn_into_blocker(
                session, now, caller=caller, key_result_id=key_result_id, by=by, message=message
            )


def kinds(session: Session) -> list[EscalationEventKind]:
    return list(session.scalars(sa.select(EscalationEvent.kind).order_by(EscalationEvent.id)))


def asked(session: Session) -> list[int]:
    steps = session.scalars(sa.select(EscalationStep).order_by(EscalationStep.id))
    return [step.member_id for step in steps if step.was_asked]


def taken(session: Session, scene: Scene) -> None:
    """Tama has it, so that the ladder stands still for a while."""
    scene.stranger.is_sponsor = True
    session.flush()
    blocked(session, scene)
    escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)


def test_named_again_the_next_one_is_asked_at_once_and_the_thread_says_why(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        taken(session, scene)
        blocked(session, scene, 1)
        assert asked(session) == [scene.lead.id, scene.head.id]
        assert kinds(session)[-2:] == [EscalationEventKind.RED_AGAIN, EscalationEventKind.NAMED_AGAIN]
        reply = session.scalars(
            sa.select(Delivery.key).where(Delivery.kind == PostKind.ESCALATION_REPLY).order_by(Delivery.id.desc())
        ).first()
        said = words(shown(session, str(reply), MORNING + WEEK))
        assert said == "Legal is named again, no decision since Mon 5 Oct, so Hana Mori is asked now."
        ask = words(shown(session, f"escalation:1:ask:{scene.head.id}", MORNING + WEEK))
        assert "*Blocked by:* Legal" in ask


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("first", WAYS)
def test_however_it_is_named_again_the_next_one_is_asked_and_once_a_week(
    database: Database, first: str, way: str
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        named(session, scene, first)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        # In the week in which it was named first nothing goes up.
        named(session, scene, way, now=MORNING + timedelta(hours=1))
        assert asked(session) == [scene.lead.id]
        named(session, scene, way, 1)
        assert asked(session) == [scene.lead.id, scene.head.id]
        assert kinds(session)[-1] is EscalationEventKind.NAMED_AGAIN
        said = words(shown(session, [key for key in keys(session) if ":event:" in key and ":to:" not in key][-1]))
        assert said == "Legal is named again, no decision since Mon 5 Oct, so Hana Mori is asked now."
        for other in WAYS:
            named(session, scene, other, 1, now=MORNING + WEEK + timedelta(hours=1))
        assert kinds(session).count(EscalationEventKind.NAMED_AGAIN) == 1


@pytest.mark.parametrize("way", WAYS)
def test_another_blocker_named_without_a_check_in_does_not_go_up_nor_after_a_decision(
    database: Database, way: str
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        taken(session, scene)
        named(session, scene, way, 1, by=BlockedBy(words="HR"))
        assert asked(session) == [scene.lead.id]
        decide(session, scene, scene.lead, now=MORNING + WEEK)
        named(session, scene, way, 2, by=BlockedBy(words="HR"))
        assert EscalationEventKind.NAMED_AGAIN not in kinds(session)


def test_it_goes_up_once_a_week(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        taken(session, scene)
        blocked(session, scene, 1)
        blocked(session, scene, 1, now=MORNING + WEEK + timedelta(minutes=5), need="anything")
        assert kinds(session).count(EscalationEventKind.NAMED_AGAIN) == 1
        blocked(session, scene, 2)
        assert asked(session) == [scene.lead.id, scene.head.id, scene.stranger.id]


def test_a_yellow_that_names_it_again_goes_up_too(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        taken(session, scene)
        blocked(session, scene, 1, confidence=Confidence.YELLOW)
        assert kinds(session)[-1] is EscalationEventKind.NAMED_AGAIN
        assert asked(session) == [scene.lead.id, scene.head.id]


@pytest.mark.parametrize(
    "said",
    [{"blocked_by": BlockedBy(words="HR")}, {"blocked_by": None}, {"same_blocker": False}],
    ids=["another", "none", "about something else"],
)
def test_what_is_not_the_same_does_not_go_up(database: Database, said: dict[str, Any]) -> None:
    with database.write() as session:
        scene = set_scene(session)
        taken(session, scene)
        blocked(session, scene, 1, **said)
        assert EscalationEventKind.NAMED_AGAIN not in kinds(session)
        assert asked(session) == [scene.lead.id]


def test_the_same_name_about_something_else_is_a_blocker_of_its_own(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        taken(session, scene)
        blocked(session, scene, 1, same_blocker=False)
        blockers = session.scalars(sa.select(Blocker).order_by(Blocker.id)).all()
        assert [(one.by_words, one.cleared_at) for one in blockers] == [("Legal", MORNING + WEEK), ("Legal", None)]


def test_in_the_week_in_which_help_was_first_asked_for_nothing_goes_up(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        blocked(session, scene, confidence=Confidence.YELLOW)
        blocked(session, scene, 1)
        blocked(session, scene, 1, now=MORNING + WEEK + timedelta(minutes=5), need="anything")
        assert kinds(session) == [EscalationEventKind.OPENED, EscalationEventKind.RED_AGAIN]
        assert asked(session) == [scene.lead.id]


def test_a_decision_in_between_is_given_its_time(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        taken(session, scene)
        decide(session, scene, scene.lead)
        blocked(session, scene, 1)
        assert EscalationEventKind.NAMED_AGAIN not in kinds(session)
        # Its day has passed and did not help: a new round begins with the first, and a week later it goes up.
        blocked(session, scene, 2)
        assert EscalationEventKind.NAMED_AGAIN not in kinds(session)
        assert asked(session) == [scene.lead.id, scene.lead.id]
        escalation.take(session, MORNING + 2 * WEEK, caller=scene.company.caller(scene.lead), escalation_id=1)
        blocked(session, scene, 3)
        reply = session.scalars(
            sa.select(Delivery.key).where(Delivery.kind == PostKind.ESCALATION_REPLY).order_by(Delivery.id.desc())
        ).first()
        said = words(shown(session, str(reply), MORNING + 3 * WEEK))
        assert said == "Legal is named again, no decision since Mon 19 Oct, so Hana Mori is asked now."


def test_a_review_that_is_still_to_come_is_waited_for(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        blocked(session, scene)
        friday = MORNING + timedelta(days=4)
        escalation.take_to_review(session, friday, caller=scene.company.caller(scene.lead), escalation_id=1)
        blocked(session, scene, 1)
        assert EscalationEventKind.NAMED_AGAIN not in kinds(session)
        assert the_escalation(session).review_on is not None


def test_at_night_the_thread_says_who_comes_next_and_again_why_when_they_are_asked(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        taken(session, scene)
        blocked(session, scene, 1, now=NIGHT)
        assert asked(session) == [scene.lead.id]
        later = [key for key in keys(session) if ":event:" in key][-1]
        said = words(shown(session, later, NIGHT))
        assert said.startswith("Legal is named again, no decision since Mon 5 Oct, so Hana Mori is asked next, <!date^")
        at = the_escalation(session).next_step_at
        assert at == datetime(2026, 10, 12, 8, 0, tzinfo=UTC)
        assert step_due(session, at, 20) == 1
        assert asked(session) == [scene.lead.id, scene.head.id]
        now = [key for key in keys(session) if ":event:" in key][-1]
        said = words(shown(session, now, at))
        assert said == "Legal is named again, no decision since Mon 5 Oct, so Hana Mori is asked now."


def test_at_the_end_of_the_path_the_thread_says_so(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        taken(session, scene)
        for week in range(1, 4):
            blocked(session, scene, week)
        assert asked(session) == [scene.lead.id, scene.head.id, scene.stranger.id]
        reply = [key for key in keys(session) if ":event:" in key][-1]
        said = words(shown(session, reply, MORNING + 3 * WEEK))
        assert said == "Legal is named again, no decision since Mon 5 Oct. Everybody on the path has been asked."


def test_who_is_away_is_passed_over_and_told_afterwards(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        taken(session, scene)
        session.add(
            Absence(
                workspace_id=scene.growth.workspace_id,
                member_id=scene.head.id,
                first_on=MONDAY + WEEK,
                last_on=MONDAY + WEEK + timedelta(days=4),
                created_at=MORNING,
            )
        )
        session.flush()
        blocked(session, scene, 1)
        assert asked(session) == [scene.lead.id, scene.stranger.id]
        reply = [key for key in keys(session) if ":event:" in key and ":away:" not in key][-1]
        said = words(shown(session, reply, MORNING + WEEK))
        assert said == (
            "Legal is named again, no decision since Mon 5 Oct and Hana Mori is away, so Finn Adler is asked now."
        )
        news = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.ESCALATION_NEWS)).one()
        assert news.member_id == scene.head.id
        assert words(shown(session, news.key)).startswith("While you were away, Finn Adler was asked for help")
