"""A decision that changes a key result or stops it, carried out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from answers import asked
from calls import IN_A_WEEK, MORNING, WEEK, Scene, keys, posted, pressable, replied, set_scene, shown, tell, words
from company import MONDAY
from sqlalchemy.orm import Session
from two_teams import ASK, between

from bot.blocks.digest import digest_post
from bot.domain.cadence import period
from bot.domain.digest import NotedAs
from bot.domain.digest_json import from_json, to_json
from bot.domain.digest_subjects import Subjects
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.excuses import Excuse
from bot.domain.kinds import Kind
from bot.domain.organisation import Visibility
from bot.domain.redefinition import Part, Trouble, Typed
from bot.services import decisions, digest_snapshot, escalation_more, redefining
from bot.services.decisions import Draft
from bot.services.definitions import definition_of
from bot.services.redefining import NotADefinition
from bot.services.refusals import Reason, Refused
from bot.services.standing import standings
from models import (
    Answer,
    CheckIn,
    CheckInState,
    Decision,
    DecisionState,
    Delivery,
    DeliveryState,
    Escalation,
    HandOver,
    KeyResultRevision,
    KeyResultState,
    Member,
    Message,
)
from models.database import Database

AS_IT_IS = Typed("Activation from 20 to 40 % by 15 Dec", Decimal(20), Decimal(40), date(2026, 12, 15))


def scene_of(session: Session) -> Scene:
    """Mere owns KR-2 as well, which is a metric."""
    scene = set_scene(session)
    key_result = scene.company.key_result(scene.company.objective(scene.growth, "Grow"), scene.owner)
    revision = session.scalars(
        sa.select(KeyResultRevision).where(KeyResultRevision.key_result_id == key_result.id)
    ).one()
    revision.due_on = AS_IT_IS.due_on
    session.flush()
    return replace(scene, key_result=key_result)


def red(session: Session, scene: Scene) -> Answer:
    answer = tell(session, MORNING, scene.key_result, by=scene.owner, score="0.3")
    answer.value = Decimal(26)
    session.flush()
    return answer


def decide(session: Session, scene: Scene, kind: DecisionKind, *, owner: Member | None = None) -> Decision:
    return decisions.decide_about(
        session,
        MORNING,
        caller=scene.company.caller(scene.lead),
        key_result_id=scene.key_result.id,
        draft=Draft("30 is what this quarter can bring", (owner or scene.lead).id, IN_A_WEEK, kind),
    )


def change(session: Session, scene: Scene, decision: Decision, typed: Typed, **more: object) -> None:
    redefining.change(
        session,
        MORNING,
        caller=scene.company.caller(scene.lead),
        decision_id=decision.id,
        typed=typed,
        reason="two of the three channels are gone",
        stops="the webinars",
        **more,  # type: ignore[arg-type]
    )


def test_a_changed_target_is_a_revision_with_its_reason_and_history_keeps_its_scores(database: Database) -> None:
    with database.write() as session:
        scene = scene_of(session)
        answer = red(session, scene)
        decision = decide(session, scene, DecisionKind.CHANGE_TARGET)
        change(session, scene, decision, replace(AS_IT_IS, target=Decimal(30)))
        now_counts = definition_of(session, scene.key_result)
        assert (now_counts.revision, now_counts.target) == (2, Decimal(30))
        assert now_counts.text == "Activation from 20 to 30 % by 15 Dec"
        assert (now_counts.reason, now_counts.stops) == ("two of the three channels are gone", "the webinars")
        assert (now_counts.author_id, now_counts.decision_id) == (scene.lead.id, decision.id)
        assert (answer.definition, answer.score) == (1, Decimal("0.3"))
        stands = standings(session, [scene.key_result.id], period(MONDAY))[scene.key_result.id]
        assert (stands.score, stands.value, stands.target) == (Decimal("0.3"), Decimal(26), Decimal(30))
        assert (decision.state, decision.settled_by_id) == (DecisionState.DONE, scene.lead.id)


def test_it_is_told_in_the_thread_and_to_the_owner_once(database: Database) -> None:
    with database.write() as session:
        scene = scene_of(session)
        red(session, scene)
        decision = decide(session, scene, DecisionKind.CHANGE_TARGET)
        before = keys(session)
        (reply,) = [key for key in before if posted(session, key).follows_id is not None]
        assert pressable(shown(session, reply)) == ["Change it…", "Done", "Drop"]
        change(session, scene, decision, replace(AS_IT_IS, target=Decimal(30)))
        said, news = keys(session)[len(before) :]
        assert replied(session, said) == (
            "*Tama Reid has changed KR-2: target 40 % → 30 %*\n*Why:* two of the three channels are gone\n"
            "*What stops for it:* the webinars"
        )
        assert posted(session, news).member_id == scene.owner.id
        assert words(shown(session, news)) == (
            "*Tama Reid has changed KR-2 Activation: target 40 % → 30 %*\n*Why:* two of the three channels are gone\n"
            "*What stops for it:* the webinars\n"
            "Scores that were given stay as they are; the next check-in is scored by this."
        )
        assert pressable(shown(session, reply)) == []
        assert session.scalars(sa.select(Escalation.state)).one() is EscalationState.DECIDED


def test_a_former_owner_is_not_told_what_has_changed_once_they_may_not_see_it(database: Database) -> None:
    with database.write() as session:
        scene = scene_of(session)
        decision = decide(session, scene, DecisionKind.CHANGE_TARGET)
        change(session, scene, decision, replace(AS_IT_IS, target=Decimal(30)))
        news = f"decision:{decision.id}:carried_out:{scene.owner.id}"
        assert shown(session, news) is not None
        scene.key_result.visibility, scene.key_result.owner_id = Visibility.NAMED, scene.lead.id
        session.flush()
        assert shown(session, news) is None


def test_values_of_another_measure_are_forgotten_and_scores_stay(database: Database) -> None:
    with database.write() as session:
        scene = scene_of(session)
        red(session, scene)
        decision = decide(session, scene, DecisionKind.WRONG_MEASURE)
        change(session, scene, decision, replace(AS_IT_IS, text="Onboarding time from 9 to 5 days by 15 Dec"))
        now_counts = definition_of(session, scene.key_result)
        assert (now_counts.kind, now_counts.unit, now_counts.metric) == (Kind.DECREASE, "days", "Onboarding time")
        stands = standings(session, [scene.key_result.id], period(MONDAY))[scene.key_result.id]
        assert (stands.value, stands.score) == (None, Decimal("0.3"))


def test_what_does_not_agree_changes_nothing(database: Database) -> None:
    with database.write() as session:
        scene = scene_of(session)
        decision = decide(session, scene, DecisionKind.CHANGE_TARGET)
        with pytest.raises(NotADefinition) as refused:
            change(session, scene, decision, AS_IT_IS)
        assert refused.value.troubles == {Part.TEXT: Trouble.NOTHING_CHANGES}
        assert (scene.key_result.revision, decision.state) == (1, DecisionState.OPEN)


def test_who_makes_it_happen_may_change_it_and_once_only(database: Database) -> None:
    with database.write() as session:
        scene = scene_of(session)
        decision = decide(session, scene, DecisionKind.CHANGE_TARGET, owner=scene.owner)
        typed = replace(AS_IT_IS, target=Decimal(30))

        def change_by(who: Member) -> None:
            caller = scene.company.caller(who)
            redefining.change(
                session, MORNING, caller=caller, decision_id=decision.id, typed=typed, reason="so", stops="it"
            )

        with pytest.raises(Refused) as not_theirs:
            change_by(scene.stranger)
        assert not_theirs.value.reason is Reason.NOT_YOUR_DECISION
        change_by(scene.owner)
        with pytest.raises(Refused) as done:
            change_by(scene.lead)
        assert done.value.reason is Reason.DECISION_SETTLED
        # Who changed it is not told; who decided it is.
        told = session.scalars(sa.select(Delivery.member_id).where(Delivery.key.like("%carried_out%"))).all()
        assert told == [scene.lead.id]
        other = decide(session, scene, DecisionKind.ACCEPT_RISK)
        with pytest.raises(Refused) as wrong_kind:
            change(session, scene, other, typed)
        assert wrong_kind.value.reason is Reason.NO_SUCH_DECISION


def test_somebody_else_as_owner_is_asked_first(database: Database) -> None:
    with database.write() as session:
        scene = scene_of(session)
        decision = decide(session, scene, DecisionKind.CHANGE_TARGET)
        change(session, scene, decision, replace(AS_IT_IS, target=Decimal(30)), owner_id=scene.head.id)
        assert session.scalars(sa.select(HandOver.to_id)).one() == scene.head.id
        assert scene.key_result.owner_id == scene.owner.id


def test_a_stop_closes_it_with_what_was_learnt_and_excuses_what_is_due(database: Database) -> None:
    with database.write() as session:
        scene = scene_of(session)
        red(session, scene)
        asked(session, scene.key_result, MONDAY + WEEK)
        decision = decide(session, scene, DecisionKind.STOP)
        before = keys(session)
        redefining.stop(
            session,
            MORNING,
            caller=scene.company.caller(scene.lead),
            decision_id=decision.id,
            learning="nobody misses it",
        )
        key_result = scene.key_result
        assert (key_result.state, key_result.closed_at, key_result.learning) == (
            KeyResultState.CLOSED,
            MORNING,
            "nobody misses it",
        )
        states = session.execute(sa.select(CheckIn.state, CheckIn.excuse).order_by(CheckIn.period)).all()
        assert [tuple(row) for row in states] == [
            (CheckInState.ANSWERED, None),
            (CheckInState.EXCUSED, Excuse.NOTHING_OWED),
        ]
        assert session.scalars(sa.select(Escalation.state)).one() is EscalationState.DECIDED
        assert decision.state is DecisionState.DONE
        said, news = keys(session)[len(before) :]
        assert replied(session, said) == "*Tama Reid has stopped KR-2*\n*What was learnt:* nobody misses it"
        assert posted(session, news).member_id == scene.owner.id
        assert "You are not asked about it any more. What was due is excused." in words(shown(session, news))
        with pytest.raises(Refused) as refused:
            redefining.stop_question(session, scene.company.caller(scene.lead), decision.id)
        assert refused.value.reason is Reason.DECISION_SETTLED


def test_a_stop_tells_the_other_team_that_nobody_waits_for_it_any_more(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        asked_for = posted(session, ASK)
        asked_for.state, asked_for.posted_channel, asked_for.posted_ts = DeliveryState.SENT, "D1", "1790000000.000100"
        session.execute(sa.update(Message).values(shown=Message.wanted))
        decision = decide(session, case.scene, DecisionKind.STOP)
        tama = case.scene.company.caller(case.scene.lead)
        redefining.stop(session, MORNING, caller=tama, decision_id=decision.id, learning="nobody misses it")
        assert "Growth does not wait for Legal any more" in words(shown(session, ASK))
        message = session.scalars(sa.select(Message).where(Message.delivery_id == asked_for.id)).one()
        session.refresh(message)
        assert message.wanted > message.shown


def test_the_next_digest_says_what_was_changed_and_what_was_stopped(database: Database) -> None:
    with database.write() as session:
        scene = scene_of(session)
        change(
            session, scene, decide(session, scene, DecisionKind.CHANGE_TARGET), replace(AS_IT_IS, target=Decimal(30))
        )
        other = set_other(session, scene)
        decision = decide(session, other, DecisionKind.STOP)
        redefining.stop(
            session, MORNING, caller=scene.company.caller(scene.lead), decision_id=decision.id, learning="no need"
        )
        snapshot = digest_snapshot.read(session, MORNING, scene.growth, period(MONDAY))
        assert [(one.noted_as, one.number, one.words) for one in snapshot.noted] == [
            (NotedAs.CHANGED, 2, "two of the three channels are gone"),
            (NotedAs.STOPPED, 3, "no need"),
        ]
        assert from_json(to_json(snapshot)) == snapshot
        assert snapshot.without(Subjects(key_results=frozenset([scene.key_result.id]))).noted == snapshot.noted[1:]
        text = words(digest_post(snapshot))
        assert (
            "KR-2 Activation: target 40 % → 30 % (“two of the three channels are gone”; stops for it: “the webinars”)"
            in text
        )
        assert "KR-3 Activation has ended: “no need" in text
        later = digest_snapshot.read(session, MORNING + WEEK, scene.growth, period(MONDAY + WEEK))
        assert later.noted == ()


def set_other(session: Session, scene: Scene) -> Scene:
    return replace(
        scene, key_result=scene.company.key_result(scene.company.objective(scene.growth, "Last"), scene.owner)
    )


def test_what_a_few_have_decided_is_not_proposed_as_the_reason_that_everybody_reads(database: Database) -> None:
    with database.write() as session:
        scene = scene_of(session)
        red(session, scene)
        caller = scene.company.caller(scene.lead)
        decision = decide(session, scene, DecisionKind.CHANGE_TARGET)
        assert redefining.change_question(session, caller, decision.id).reason == decision.text
        escalation_more.make_private(session, MORNING, caller=caller, escalation_id=1)
        assert redefining.change_question(session, caller, decision.id).reason == ""
