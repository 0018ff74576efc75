"""A decision about a key result for which nobody asked for help."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from calls import IN_A_WEEK, MORNING, Scene, keys, posted, pressable, set_scene, shown, tell, words
from sqlalchemy.orm import Session

from bot.blocks.refusals import sentence
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.organisation import Visibility
from bot.services import decisions
from bot.services.decisions import Draft, Field, NotADecision, Problem
from bot.services.refusals import Reason, Refused
from models import Decision, Escalation, KeyResultState, Member
from models.database import Database


def decide(
    session: Session, scene: Scene, by: Member, owner: Member, *, kind: DecisionKind = DecisionKind.UNBLOCK
) -> Decision:
    return decisions.decide_about(
        session,
        MORNING,
        caller=scene.company.caller(by),
        key_result_id=scene.key_result.id,
        draft=Draft("Ana has two days for it", owner.id, IN_A_WEEK, kind),
    )


def test_who_makes_it_happen_is_asked_and_the_key_results_owner_is_told(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        decision = decide(session, scene, scene.lead, scene.head, kind=DecisionKind.MOVE)
        assert decision.escalation_id is None
        to_head, to_owner = keys(session)
        assert posted(session, to_head).member_id == scene.head.id
        assert words(shown(session, to_head)) == (
            "*Tama Reid asks you to make this happen (people or money) by Mon 12 Oct, for KR-1 SOC 2 certified by "
            "15 Dec:*\nAna has two days for it"
        )
        assert pressable(shown(session, to_head)) == ["Done", "Drop"]
        assert posted(session, to_owner).member_id == scene.owner.id
        assert "Tama Reid has decided (people or money) about your KR-1" in words(shown(session, to_owner))
        assert "Hana Mori makes it happen by Mon 12 Oct." in words(shown(session, to_owner))
        assert words(decisions.recorded(session, MORNING, decision)) == (
            "*Recorded for KR-1 SOC 2 certified by 15 Dec (people or money):*\nAna has two days for it\n"
            "Hana Mori makes it happen by Mon 12 Oct, and is told. `/okr decisions` lists it."
        )


def test_what_became_of_it_is_told_to_those_whom_it_concerns(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        decision = decide(session, scene, scene.lead, scene.head)
        decisions.done(session, MORNING, caller=scene.company.caller(scene.head), decision_id=decision.id)
        to_head, _, *news = keys(session)
        assert pressable(shown(session, to_head)) == []
        assert "*Follow-up:* Hana Mori, by Mon 12 Oct · *done*, says Hana Mori" in words(shown(session, to_head))
        assert {posted(session, key).member_id for key in news} == {scene.lead.id, scene.owner.id}
        assert words(shown(session, news[0])).startswith("Done, says Hana Mori, about KR-1 SOC 2")
        with pytest.raises(Refused) as refused:
            decisions.drop(
                session, MORNING, caller=scene.company.caller(scene.lead), decision_id=decision.id, reason="no"
            )
        assert sentence(refused.value.reason, refused.value.facts) == "Hana Mori has said that this is done already."


def test_the_owner_decides_what_is_theirs_and_a_lead_what_was_agreed_on(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        mine = decide(session, scene, scene.owner, scene.owner)
        # Its buttons stand nowhere else; nobody else has to be told.
        (key,) = keys(session)
        assert posted(session, key).member_id == mine.owner_id
        for kind in (DecisionKind.CHANGE_TARGET, DecisionKind.WRONG_MEASURE, DecisionKind.STOP):
            with pytest.raises(NotADecision) as refused:
                decide(session, scene, scene.owner, scene.owner, kind=kind)
            assert refused.value.problems == {Field.KIND: Problem.FOR_LEADS}
            decide(session, scene, scene.head, scene.owner, kind=kind)
        with pytest.raises(Refused) as not_theirs:
            decide(session, scene, scene.stranger, scene.head)
        assert sentence(not_theirs.value.reason, not_theirs.value.facts) == (
            "Mere Ngata, Tama Reid or Hana Mori can decide about KR-1. Thank you for looking."
        )
        scene.stranger.is_sponsor = True
        assert decide(session, scene, scene.stranger, scene.head, kind=DecisionKind.STOP).kind is DecisionKind.STOP


def test_where_help_is_asked_for_it_is_part_of_the_escalation_and_for_those_who_may_decide_there(
    database: Database,
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decision = decide(session, scene, scene.lead, scene.head)
        escalation = session.scalars(sa.select(Escalation)).one()
        assert (decision.escalation_id, escalation.state) == (escalation.id, EscalationState.DECIDED)
        assert "It stands in the thread." in words(decisions.recorded(session, MORNING, decision))
        with pytest.raises(Refused) as refused:
            decide(session, scene, scene.owner, scene.head)
        assert refused.value.reason is Reason.NOT_YOUR_ESCALATION


def test_nothing_is_decided_about_what_is_closed(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.key_result.state, scene.key_result.closed_at = KeyResultState.CLOSED, MORNING
        with pytest.raises(Refused) as refused:
            decide(session, scene, scene.lead, scene.head)
        assert refused.value.reason is Reason.NOTHING_TO_DECIDE


def test_who_may_not_see_the_key_result_any_more_and_has_no_part_in_it_is_not_told(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        decide(session, scene, scene.lead, scene.stranger)
        scene.key_result.visibility = Visibility.NAMED
        to_stranger, to_owner = keys(session)
        assert shown(session, to_stranger) is not None
        scene.key_result.owner_id = scene.company.person("Nia New").id
        session.flush()
        assert shown(session, to_owner) is None
