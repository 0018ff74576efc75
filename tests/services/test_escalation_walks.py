"""Random walks of presses and answers, and real races: what holds whatever people do."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, decide, keys, set_scene, tell
from company import MONDAY
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.services import decisions, escalation
from bot.services.access import Caller
from bot.services.blocking import BlockedBy
from bot.services.decisions import Draft, NotADecision
from bot.services.refusals import Reason, Refused
from models import (
    Decision,
    Delivery,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    PostKind,
)
from models.database import Database
from scheduler.posts import render

WHO = st.sampled_from(["owner", "lead", "head", "stranger"])


class Walk(RuleBasedStateMachine):
    """Anybody presses anything, in any order, while weeks pass. One example is one transaction that is rolled back."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.session = self.stack.enter_context(self.database.write())
        self.scene = set_scene(self.session)
        objective = self.scene.company.objective(self.scene.growth, "Another")
        self.key_results = [self.scene.key_result, self.scene.company.key_result(objective, self.scene.owner)]
        self.now = MORNING
        self.minutes = itertools.count(1)

    def teardown(self) -> None:
        self.everything_that_was_queued_can_be_shown()
        self.session.rollback()
        self.stack.close()

    def press(self, act: Any, who: str, **more: Any) -> None:
        """Press on the newest escalation; a refusal leaves everything as it was."""
        newest = self.session.scalar(sa.select(sa.func.max(Escalation.id)))
        caller = self.scene.company.caller(getattr(self.scene, who))
        now = self.now + timedelta(seconds=next(self.minutes))
        try:
            with self.session.begin_nested():
                act(self.session, now, caller=caller, escalation_id=newest, **more)
        except (Refused, NotADecision):
            pass

    def is_any(self) -> bool:
        return self.session.scalar(sa.select(sa.func.count()).select_from(Escalation)) != 0

    @rule(
        which=st.integers(0, 1),
        confidence=st.sampled_from(Confidence),
        need=st.sampled_from(["an auditor", "two days", ""]),
        blocked=st.sampled_from([None, "HR", "Legal"]),
        wants_help=st.booleans(),
    )
    def answer(self, which: int, confidence: Confidence, need: str, blocked: str | None, wants_help: bool) -> None:
        tell(
            self.session,
            self.now + timedelta(seconds=next(self.minutes)),
            self.key_results[which],
            by=self.scene.owner,
            period=MONDAY + (self.now - MORNING),
            confidence=confidence,
            need=need,
            blocked_by=BlockedBy(words=blocked) if blocked else None,
            wants_help=wants_help,
        )

    @rule()
    def a_week_passes(self) -> None:
        self.now += WEEK

    @precondition(is_any)
    @rule(who=WHO)
    def take(self, who: str) -> None:
        self.press(escalation.take, who)

    @precondition(is_any)
    @rule(who=WHO)
    def to_review(self, who: str) -> None:
        self.press(escalation.take_to_review, who)

    @precondition(is_any)
    @rule(who=WHO, reason=st.sampled_from(["", " ", "it was a slip"]))
    def resolve(self, who: str, reason: str) -> None:
        self.press(escalation.resolve, who, reason=reason)

    @precondition(is_any)
    @rule(who=WHO, text=st.sampled_from(["", "do it"]), days=st.integers(-3, 21))
    def decide(self, who: str, text: str, days: int) -> None:
        draft = Draft(text, self.scene.head.id, (self.now + timedelta(days=days)).date())
        self.press(decisions.decide, who, draft=draft)

    @invariant()
    def at_most_one_is_open_for_a_key_result(self) -> None:
        open_ones = self.session.scalars(
            sa.select(Escalation.key_result_id).where(Escalation.state != EscalationState.RESOLVED)
        ).all()
        assert len(open_ones) == len(set(open_ones))

    @invariant()
    def none_ends_without_a_decision_or_a_reason(self) -> None:
        for one in self.session.scalars(sa.select(Escalation).where(Escalation.state == EscalationState.RESOLVED)):
            decided = self.session.scalars(sa.select(Decision).where(Decision.escalation_id == one.id)).all()
            assert decided or (one.no_decision_reason or "").strip()

    @invariant()
    def each_event_but_the_first_is_one_reply_and_each_escalation_one_root(self) -> None:
        events = set(
            self.session.scalars(
                sa.select(EscalationEvent.id).where(EscalationEvent.kind != EscalationEventKind.OPENED)
            )
        )
        replies = self.session.scalars(
            sa.select(Delivery.escalation_event_id).where(Delivery.kind == PostKind.ESCALATION_REPLY)
        ).all()
        assert sorted(filter(None, replies)) == sorted(events)
        roots = self.session.scalars(
            sa.select(Delivery.escalation_id).where(Delivery.kind == PostKind.ESCALATION)
        ).all()
        assert sorted(filter(None, roots)) == sorted(self.session.scalars(sa.select(Escalation.id)))

    def everything_that_was_queued_can_be_shown(self) -> None:
        for delivery in self.session.scalars(sa.select(Delivery)):
            post = render(self.session, delivery, self.now + timedelta(hours=1))
            assert post is not None or delivery.kind is PostKind.ESCALATION_ASK


# The rules are the same on both engines; the races below are not.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_is_pressed_no_thread_ends_without_a_decision_and_each_event_is_a_reply(database: Database) -> None:
    walk = type("WalkOnThisDatabase", (Walk,), {"database": database})
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_two_answers_at_once_leave_one_thread(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        helper = scene.company.person("Coco Owner")
        key_result = scene.key_result
    start = Barrier(2)

    def answer(which: int) -> None:
        start.wait()
        with database.write() as session:
            # Each in a week of its own: what they share is the key result.
            now, period = MORNING + which * WEEK, MONDAY + which * WEEK
            tell(session, now, key_result, by=(scene.owner, helper)[which], period=period)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(answer, which) for which in (0, 1)]:
            done.result(timeout=30)
    with database.read() as session:
        assert len(session.scalars(sa.select(Escalation)).all()) == 1
        kinds = session.scalars(sa.select(EscalationEvent.kind).order_by(EscalationEvent.id)).all()
        assert kinds == [EscalationEventKind.OPENED, EscalationEventKind.RED_AGAIN]
        assert len([key for key in keys(session) if key == "escalation:1"]) == 1


def test_two_leads_who_press_at_once_are_one_winner_and_one_who_reads_who_won(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
    start = Barrier(2)

    def press(member_id: int) -> str:
        start.wait()
        try:
            with database.write() as session:
                caller = Caller(scene.company.workspace.id, member_id)
                escalation.take(session, MORNING, caller=caller, escalation_id=1)
        except Refused as refused:
            return f"{refused.reason.value}: {refused.facts['name']}"
        return "won"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(press, [scene.lead.id, scene.head.id]))
    taken = Reason.ALREADY_TAKEN.value
    assert outcomes in (["won", f"{taken}: Tama Reid"], [f"{taken}: Hana Mori", "won"])
    with database.read() as session:
        assert len(keys(session)) == 3


def test_a_decision_and_a_resolution_at_once_end_in_an_order_that_holds(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
    start = Barrier(2)

    def deciding() -> bool:
        start.wait()
        try:
            with database.write() as session:
                decide(session, scene, scene.head)
        except Refused:
            return False
        return True

    def resolving() -> bool:
        start.wait()
        with database.write() as session:
            caller = Caller(scene.company.workspace.id, scene.lead.id)
            escalation.resolve(session, MORNING, caller=caller, escalation_id=1, reason="HR has sent it")
        return True

    with ThreadPoolExecutor(2) as pool:
        decided, resolved = pool.submit(deciding), pool.submit(resolving)
        assert resolved.result(timeout=30)
        was_decided = decided.result(timeout=30)
    with database.read() as session:
        one = session.scalars(sa.select(Escalation)).one()
        assert one.state is EscalationState.RESOLVED
        assert one.no_decision_reason == "HR has sent it"
        assert len(session.scalars(sa.select(Decision)).all()) == int(was_decided)
