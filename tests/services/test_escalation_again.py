"""A call for help soon after the last one ended goes on with it; a key result that turns green proposes the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, decide, keys, posted, pressable, replied, set_scene, shown, tell, words
from company import MONDAY

from bot.blocks.digest import digest_post
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.digest import NotedAs
from bot.domain.digest_json import from_json, to_json
from bot.domain.escalation import EscalationState
from bot.services import digest_snapshot, escalation
from bot.services.escalation_events import Called
from bot.services.refusals import Reason, Refused
from models import Escalation, EscalationEvent, EscalationEventKind
from models.database import Database

THURSDAY = MORNING + timedelta(days=3)


@pytest.mark.parametrize(("weeks", "is_same"), [(0, True), (1, True), (2, True), (3, False)])
def test_within_two_periods_it_is_the_same_escalation_in_the_same_thread(
    database: Database, weeks: int, is_same: bool
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        lead = scene.company.caller(scene.lead)
        escalation.resolve(session, THURSDAY, caller=lead, escalation_id=1, reason="HR had sent it")
        before = keys(session)
        again = THURSDAY + weeks * WEEK
        tell(session, again, scene.key_result, by=scene.owner, period=MONDAY + weeks * WEEK, need="a new auditor")
        found = session.scalars(sa.select(Escalation).order_by(Escalation.id)).all()
        if not is_same:
            assert [one.state for one in found] == [EscalationState.RESOLVED, EscalationState.OPEN]
            return
        (one,) = found
        assert (one.state, one.round, one.resolved_at, one.opened_at) == (EscalationState.OPEN, 2, None, MORNING)
        assert one.asked_id == scene.lead.id
        said = keys(session)[len(before)]
        assert posted(session, said).follows_id == posted(session, "escalation:1").id
        assert words(shown(session, said, again)).startswith("Opened again: 🔴 red · 0.3")
        assert "*The owner needs:* a new auditor" in words(shown(session, said, again))
        root = shown(session, "escalation:1", again)
        assert "help wanted" in words(root)
        assert "No decision was needed" not in words(root)
        # What was said when it was resolved stands in the thread as it was said.
        (resolved,) = [
            event.id
            for event in session.scalars(sa.select(EscalationEvent))
            if event.kind is EscalationEventKind.RESOLVED
        ]
        assert "HR had sent it" in words(shown(session, f"escalation:1:event:{resolved}", again))
        # It needs a decision, or a reason, anew.
        with pytest.raises(Refused) as refused:
            escalation.resolve(session, again, caller=lead, escalation_id=1)
        assert refused.value.reason is Reason.NEEDS_A_DECISION


@pytest.mark.parametrize("in_a_check_in", [True, False])
def test_what_opened_it_again_stands_as_it_was_said_when_a_green_follows_in_the_same_week(
    database: Database, in_a_check_in: bool
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        lead = scene.company.caller(scene.lead)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        escalation.resolve(session, THURSDAY, caller=lead, escalation_id=1, reason="HR had sent it")
        if in_a_check_in:
            tell(session, THURSDAY, scene.key_result, by=scene.owner, score="0.1")
        else:
            called = Called(stuck="no auditor", need="a name")
            escalation.call_for_help(session, THURSDAY, caller=lead, key_result=scene.key_result, called=called)
        kind = EscalationEventKind.REOPENED
        event_id = session.scalars(sa.select(EscalationEvent.id).where(EscalationEvent.kind == kind)).one()
        first = words(shown(session, f"escalation:1:event:{event_id}", THURSDAY)).splitlines()[0]
        head = "Opened again" if in_a_check_in else "Opened again by Tama Reid"
        assert first == f"{head}: 🔴 red · {'0.1' if in_a_check_in else '0.3'}, the first score"
        later = THURSDAY + timedelta(hours=1)
        green = Confidence.GREEN
        tell(session, later, scene.key_result, by=scene.owner, confidence=green, score="0.8", need="", plan="")
        assert words(shown(session, f"escalation:1:event:{event_id}", later)).splitlines()[0] == first
        assert "🟢 green" in words(shown(session, "escalation:1", later))


def test_each_turn_to_green_proposes_to_resolve_once_and_closes_nothing(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)

        def proposals() -> list[str]:
            kind = EscalationEventKind.GREEN_AGAIN
            ids = session.scalars(sa.select(EscalationEvent.id).where(EscalationEvent.kind == kind)).all()
            return [f"escalation:1:event:{one}" for one in ids]

        def answer(week: int, confidence: Confidence, score: str = "0.5") -> None:
            tell(
                session,
                MORNING + week * WEEK,
                scene.key_result,
                by=scene.owner,
                period=MONDAY + week * WEEK,
                confidence=confidence,
                score=score,
                need="",
                plan="",
            )

        answer(0, Confidence.GREEN)
        answer(1, Confidence.RED)
        assert proposals() == []
        answer(2, Confidence.GREEN)
        answer(2, Confidence.GREEN, "0.6")
        answer(3, Confidence.GREEN)
        (first,) = proposals()
        assert replied(session, first) == (
            "🟢 green KR-1 is green again. If the help has come, this can be resolved. "
            "It stays open until somebody says so."
        )
        assert pressable(shown(session, first)) == ["Resolve"]
        assert session.scalars(sa.select(Escalation.state)).one() is EscalationState.OPEN
        answer(4, Confidence.YELLOW)
        answer(5, Confidence.GREEN)
        assert len(proposals()) == 2
        decide(session, scene, scene.lead)
        escalation.resolve(session, MORNING + 5 * WEEK, caller=scene.company.caller(scene.owner), escalation_id=1)
        assert [pressable(shown(session, key)) for key in proposals()] == [[], []]


def test_what_was_resolved_without_a_decision_is_counted_in_the_next_digest(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        lead = scene.company.caller(scene.lead)
        escalation.resolve(session, MORNING, caller=lead, escalation_id=1, reason="HR had sent it")
        snapshot = digest_snapshot.read(session, MORNING, scene.growth, period(MONDAY))
        assert [(one.noted_as, one.words) for one in snapshot.noted] == [(NotedAs.NOT_DECIDED, "HR had sent it")]
        assert from_json(to_json(snapshot)) == snapshot
        assert "1 resolved without a decision: KR-1, “HR had sent it”" in words(digest_post(snapshot))
        later = digest_snapshot.read(session, MORNING + WEEK, scene.growth, period(MONDAY + WEEK))
        assert later.noted == ()


def test_what_was_resolved_with_a_decision_is_not_counted(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.lead)
        lead = scene.company.caller(scene.lead)
        escalation.resolve(session, MORNING, caller=lead, escalation_id=1)
        assert digest_snapshot.read(session, MORNING, scene.growth, period(MONDAY)).noted == ()
