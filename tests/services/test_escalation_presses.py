"""An escalation is taken, brought to the review, resolved; each by those who may."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from calls import (
    MORNING,
    WEEK,
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

from bot.blocks.refusals import sentence
from bot.domain.escalation import EscalationState
from bot.services import escalation
from bot.services.access import Caller
from bot.services.refusals import Reason, Refused
from models import (
    AuditEvent,
    Delivery,
    DeliveryState,
    Escalation,
)
from models.database import Database


def test_taken_says_by_whom_and_the_second_who_presses_reads_it(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        assert words(shown(session, keys(session)[-1])) == "Tama Reid has taken this."
        root = shown(session, "escalation:1")
        assert "*Taken* by Tama Reid" in words(root)
        assert "KR-1 SOC 2 certified by 15 Dec: Tama Reid is on it*" in words(root)
        assert pressable(root) == ["Decide", "Take to review", "Ask the owner", "Make private", "Resolve"]
        with pytest.raises(Refused) as refused:
            escalation.take(session, MORNING, caller=scene.company.caller(scene.head), escalation_id=1)
        assert refused.value.reason is Reason.ALREADY_TAKEN
        assert sentence(refused.value.reason, refused.value.facts).startswith("Tama Reid has taken this already.")
        queued = keys(session)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        assert keys(session) == queued


def test_somebody_else_is_told_who_can(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        for press in (escalation.take, escalation.take_to_review, escalation.resolve):
            with pytest.raises(Refused) as refused:
                press(session, MORNING, caller=scene.company.caller(scene.stranger), escalation_id=1)
            assert sentence(refused.value.reason, refused.value.facts) == (
                "Tama Reid or Hana Mori can take this, decide or resolve it. Thank you for looking."
            )
        with pytest.raises(Refused):
            decide(session, scene, scene.stranger)
        with pytest.raises(Refused):
            decide(session, scene, scene.owner)
        assert len(keys(session)) == 2


def test_the_thread_and_its_root_say_who_takes_it_to_which_review(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        escalation.take_to_review(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        assert words(shown(session, keys(session)[-1])) == "Tama Reid takes this to the review on Thu 8 Oct."
        assert "*Taken to the review on Thu 8 Oct* by Tama Reid" in words(shown(session, "escalation:1"))
        with pytest.raises(Refused) as refused:
            escalation.take_to_review(session, MORNING, caller=scene.company.caller(scene.head), escalation_id=1)
        assert "Tama Reid is taking this" in sentence(refused.value.reason, refused.value.facts)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.head), escalation_id=1)
        assert "*Taken* by Hana Mori" in words(shown(session, "escalation:1"))


def test_it_cannot_be_resolved_without_a_decision_or_a_reason(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        caller = scene.company.caller(scene.lead)
        for reason in ("", "   "):
            with pytest.raises(Refused) as refused:
                escalation.resolve(session, MORNING, caller=caller, escalation_id=1, reason=reason)
            assert refused.value.reason is Reason.NEEDS_A_DECISION
        escalation.resolve(session, MORNING, caller=caller, escalation_id=1, reason="HR has sent it")
        root = shown(session, "escalation:1")
        assert "*No decision was needed:* HR has sent it" in words(root)
        assert pressable(root) == []
        assert words(shown(session, keys(session)[-2])) == (
            "*Resolved by Tama Reid without a decision:*\nHR has sent it"
        )
        queued = keys(session)
        escalation.resolve(session, MORNING, caller=caller, escalation_id=1, reason="HR has sent it")
        assert keys(session) == queued
        with pytest.raises(Refused) as over:
            escalation.take(session, MORNING, caller=caller, escalation_id=1)
        assert over.value.reason is Reason.ESCALATION_RESOLVED


def test_after_a_decision_the_owner_may_resolve_and_much_later_a_red_opens_a_new_thread(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.lead)
        escalation.resolve(session, MORNING, caller=scene.company.caller(scene.owner), escalation_id=1)
        assert words(shown(session, keys(session)[-1])) == "Resolved by Mere Ngata. Thank you, everybody."
        later = 3 * WEEK
        tell(session, MORNING + later, scene.key_result, by=scene.owner, period=MONDAY + later)
        assert "escalation:2" in keys(session)
        assert [one.state for one in session.scalars(sa.select(Escalation).order_by(Escalation.id))] == [
            EscalationState.RESOLVED,
            EscalationState.OPEN,
        ]


def test_a_red_while_the_decision_has_until_its_day_stays_decided(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.lead)
        tell(session, MORNING + WEEK, scene.key_result, by=scene.owner, period=MONDAY + WEEK)
        assert the_escalation(session).state is EscalationState.DECIDED


def test_a_red_after_the_decisions_day_asks_anew_and_needs_a_new_decision(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.lead)
        later = MORNING + 2 * WEEK
        tell(session, later, scene.key_result, by=scene.owner, period=MONDAY + 2 * WEEK)
        assert the_escalation(session).state is EscalationState.OPEN
        assert re.fullmatch(rf"escalation:1:ask:{scene.lead.id}:\d+", keys(session)[-1])
        assert "Decided" not in words(shown(session, "escalation:1", later))
        caller = scene.company.caller(scene.lead)
        with pytest.raises(Refused) as refused:
            escalation.resolve(session, later, caller=caller, escalation_id=1)
        assert refused.value.reason is Reason.NEEDS_A_DECISION


def test_every_change_leaves_an_audit_event(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        decide(session, scene, scene.lead)
        escalation.resolve(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        told = session.execute(sa.select(AuditEvent.action, AuditEvent.actor_id).order_by(AuditEvent.id)).all()
        assert [tuple(row) for row in told] == [
            ("escalation.opened", scene.owner.id),
            ("escalation.acknowledged", scene.lead.id),
            ("decision.recorded", scene.lead.id),
            ("escalation.decided", scene.lead.id),
            ("escalation.resolved", scene.lead.id),
        ]


def test_an_escalation_of_another_workspace_is_not_there(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        elsewhere = Caller(scene.company.workspace.id + 1, scene.lead.id)
        with pytest.raises(Refused) as refused:
            escalation.take(session, MORNING, caller=elsewhere, escalation_id=1)
        assert refused.value.reason is Reason.NO_SUCH_ESCALATION


def test_each_post_about_an_escalation_refers_to_it(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.lead)
        assert set(session.scalars(sa.select(Delivery.escalation_id))) == {1}


def test_where_the_thread_could_not_be_posted_the_owner_hears_of_everything_directly(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        posted(session, "escalation:1").state = DeliveryState.FAILED
        session.flush()
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        (news,) = keys(session)[2:]
        assert posted(session, news).member_id == scene.owner.id
        assert posted(session, news).follows_id is None
        assert "Tama Reid has taken it." in words(shown(session, news))
