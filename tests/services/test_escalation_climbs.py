"""Random weeks of an escalation: people press, go away, leave and come back, steps die, and time goes on.

What holds is reckoned here anew from the rows and from the clock, not with the rules that it holds.
"""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from calls import set_scene, tell
from company import MONDAY, as_slack_tells
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.services import decisions, escalation, looking_again, path_changes, paths, people
from bot.services.decisions import Draft, NotADecision
from bot.services.escalation_ladder import step_due
from bot.services.escalation_path import next_climb, steps_of
from bot.services.refusals import Refused
from models import (
    Absence,
    Delivery,
    DeliveryState,
    Escalation,
    EscalationEvent,
    EscalationStep,
    Member,
    PathChange,
    PathStep,
    PostKind,
)
from models.database import Database

STARTS = datetime(2026, 10, 5, 9, 12, tzinfo=UTC)
ON_THE_PATH = ("lead", "head", "stranger")


class Climbs(RuleBasedStateMachine):
    """One example is one transaction that is rolled back. Finn, who is elsewhere, is the executive sponsor."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.session = self.stack.enter_context(self.database.write())
        self.scene = set_scene(self.session)
        self.scene.stranger.is_sponsor = True
        self.session.flush()
        self.now = STARTS
        self.seconds = itertools.count(1)
        self.was_asked: dict[tuple[int, int, int], datetime] = {}
        self.answer(Confidence.RED)

    def teardown(self) -> None:
        self.session.rollback()
        self.stack.close()

    def moment(self) -> datetime:
        return self.now + timedelta(seconds=next(self.seconds))

    def press(self, act: Any, who: str, **more: Any) -> None:
        """Press on the newest escalation; a refusal leaves everything as it was."""
        newest = self.session.scalar(sa.select(sa.func.max(Escalation.id)))
        if newest is None:
            return
        caller = self.scene.company.caller(getattr(self.scene, who))
        try:
            with self.session.begin_nested():
                act(self.session, self.moment(), caller=caller, escalation_id=newest, **more)
        except (Refused, NotADecision):
            pass

    @rule(confidence=st.sampled_from(Confidence))
    def answer(self, confidence: Confidence) -> None:
        period = MONDAY + timedelta(weeks=(self.now - STARTS).days // 7)
        tell(
            self.session,
            self.moment(),
            self.scene.key_result,
            by=self.scene.owner,
            period=period,
            confidence=confidence,
        )

    @rule(who=st.sampled_from(ON_THE_PATH))
    def take(self, who: str) -> None:
        self.press(escalation.take, who)

    @rule(who=st.sampled_from(ON_THE_PATH))
    def to_review(self, who: str) -> None:
        self.press(escalation.take_to_review, who)

    @rule(who=st.sampled_from(ON_THE_PATH), days=st.integers(0, 14))
    def decide(self, who: str, days: int) -> None:
        owner = self.scene.head if self.scene.head.may_take_part else self.scene.owner
        draft = Draft("HR frees two days", owner.id, (self.now + timedelta(days=days)).date())
        self.press(decisions.decide, who, draft=draft)

    @rule(who=st.sampled_from(ON_THE_PATH))
    def resolve(self, who: str) -> None:
        self.press(escalation.resolve, who, reason="HR has called back")

    @rule(who=st.sampled_from(ON_THE_PATH), days=st.integers(0, 9))
    def goes_away(self, who: str, days: int) -> None:
        member = getattr(self.scene, who)
        first = self.now.astimezone(ZoneInfo(member.time_zone)).date()
        self.session.add(
            Absence(
                workspace_id=member.workspace_id,
                member_id=member.id,
                first_on=first,
                last_on=first + timedelta(days=days),
                created_at=self.now,
            )
        )
        path_changes.of_members(self.session, self.now, member.workspace_id, [member.id])
        self.session.flush()

    @rule(who=st.sampled_from(ON_THE_PATH), is_here=st.booleans())
    def leaves_or_comes_back(self, who: str, is_here: bool) -> None:
        member = getattr(self.scene, who)
        told = as_slack_tells(member, deleted=not is_here)
        people.learn(self.session, self.now, member.workspace_id, told, admins=())

    @rule(order=st.permutations(ON_THE_PATH))
    def the_team_names_its_own_path(self, order: list[str]) -> None:
        named = [getattr(self.scene, who) for who in order[:2]]
        paths.set_own_path(self.session, self.now, self.scene.growth, named)

    @rule(hours=st.sampled_from([1, 5, 15, 40, 120]))
    def time_goes_on(self, hours: int) -> None:
        until = self.now + timedelta(hours=hours)
        while (at := self.next_step()) is not None and at <= until:
            self.now = max(self.now, at)
            self.climb()
        self.now = until

    @rule(hours=st.sampled_from([15, 40]))
    def the_worker_is_down(self, hours: int) -> None:
        """What fell due meanwhile is taken late, all at once."""
        self.now += timedelta(hours=hours)
        while (at := self.next_step()) is not None and at <= self.now:
            self.climb()

    @rule()
    def a_step_dies_before_it_is_committed(self) -> None:
        at = self.next_step()
        if at is None:
            return
        self.now = max(self.now, at)
        before = self.rows()
        dies = self.session.begin_nested()
        looking_again.look_due(self.session, self.now, 20)
        step_due(self.session, self.now, 20)
        self.session.flush()
        dies.rollback()
        self.session.expire_all()
        assert self.rows() == before
        assert self.next_step() == at
        self.climb()

    def climb(self) -> None:
        self.session.flush()
        assert looking_again.look_due(self.session, self.now, 20) + step_due(self.session, self.now, 20) >= 1
        self.session.flush()
        left = self.next_step()
        assert left is None or left > self.now, "a step that was taken is due no more"

    def next_step(self) -> datetime | None:
        planned = sa.union_all(sa.select(Escalation.next_step_at), sa.select(PathChange.at)).subquery()
        return self.session.scalar(sa.select(sa.func.min(planned.c[0])))

    def rows(self) -> tuple[int, int, int]:
        counted = [
            self.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (EscalationStep, EscalationEvent, Delivery)
        ]
        return counted[0], counted[1], counted[2]

    def unresolved(self) -> Escalation | None:
        return self.session.scalar(sa.select(Escalation).where(Escalation.resolved_at.is_(None)))

    @invariant()
    def nobody_is_asked_twice_in_a_round_nor_outside_their_working_hours(self) -> None:
        asked: dict[tuple[int, int, int], datetime] = {}
        for step in self.session.scalars(sa.select(EscalationStep).where(EscalationStep.until.is_not(None))):
            key = (step.escalation_id, step.round, step.member_id)
            assert key not in asked
            asked[key] = step.at
            if key not in self.was_asked:
                self.is_at_work(self.session.get_one(Member, step.member_id), step.at)
        assert self.was_asked.items() <= asked.items(), "no step is forgotten or moved"
        self.was_asked = asked

    def is_at_work(self, member: Member, at: datetime) -> None:
        there = at.astimezone(ZoneInfo(member.time_zone))
        assert there.weekday() < 5, (member.name, there)
        assert time(9) <= there.time() < time(17), (member.name, there)
        away = self.session.scalars(
            sa.select(Absence).where(
                Absence.member_id == member.id, Absence.first_on <= there.date(), Absence.last_on >= there.date()
            )
        ).all()
        assert not away, (member.name, there)

    @invariant()
    def each_who_was_asked_has_one_message_about_it_or_reads_the_thread(self) -> None:
        keys = self.session.scalars(sa.select(Delivery.key).where(Delivery.kind == PostKind.ESCALATION_ASK)).all()
        assert len(keys) == len(set(keys))
        lost = self.session.scalars(
            sa.select(Delivery.key).where(
                Delivery.kind == PostKind.ESCALATION_ASK, Delivery.state != DeliveryState.QUEUED
            )
        ).all()
        assert not lost

    @invariant()
    def one_at_most_is_open_and_none_ends_without_a_decision_or_a_reason(self) -> None:
        open_ones = [one for one in self.session.scalars(sa.select(Escalation)) if one.resolved_at is None]
        assert len(open_ones) <= 1
        for one in self.session.scalars(sa.select(Escalation).where(Escalation.resolved_at.is_not(None))):
            assert one.decided_at is not None or (one.no_decision_reason or "").strip()
            assert one.next_step_at is None

    @invariant()
    def what_is_open_and_was_not_picked_up_waits_for_somebody_while_anybody_is_left(self) -> None:
        """No step is lost: whoever is on the path, here, and not asked yet, will be."""
        one = self.unresolved()
        if one is None or one.state is not EscalationState.OPEN or self.next_step() is not None:
            return
        met = set(
            self.session.scalars(
                sa.select(EscalationStep.member_id).where(
                    EscalationStep.escalation_id == one.id, EscalationStep.round == one.round
                )
            )
        )
        left = [member for member in self.named() if member.may_take_part and member.id not in met]
        assert not left, [member.name for member in left]

    @invariant()
    def whoever_is_at_work_first_is_waited_for_and_nobody_whose_turn_comes_later(self) -> None:
        one = self.unresolved()
        if (
            one is None
            or one.state is not EscalationState.OPEN
            or self.session.scalar(sa.select(PathChange.id).limit(1))
        ):
            return
        since = max(self.now, one.waits_until or self.now)
        following = next_climb(self.session, one, since, steps_of(self.session, one)).ask
        assert (one.next_step_at is None) is (following is None)
        assert one.next_step_at is None or following is None or one.next_step_at <= following.at

    def named(self) -> list[Member]:
        own = self.session.scalars(sa.select(PathStep.member_id).order_by(PathStep.position)).all()
        people = [self.session.get_one(Member, one) for one in own]
        return people or [self.scene.lead, self.scene.head, self.scene.stranger]


# The rules are the same on both engines.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_comes_between_each_is_asked_once_at_work_and_no_step_is_lost(database: Database) -> None:
    run_state_machine_as_test(
        type("ClimbsOnThisDatabase", (Climbs,), {"database": database}),
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
