"""Random walks of requests for help through bad days: two press at once, people are away or leave, a channel is
archived or Okra put out of it, Slack fails, and the worker dies between two steps and comes back hours later.

Each walk has a database of its own, the real services, and the real steps of a worker, turned by hand.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import sqlalchemy as sa
from calls import MORNING, WEEK, set_scene, tell
from company import MONDAY, as_slack_tells
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from post_office import Dead
from slack_double import SlackDouble
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.domain.attention import EVENING
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.domain.localtime import local_date_of
from bot.runtime import Runtime
from bot.services import decisions, escalation, escalation_more, people, question, teams
from bot.services.access import Caller
from bot.services.agenda import next_due
from bot.services.blocking import BlockedBy
from bot.services.decisions import Draft, NotADecision
from bot.services.escalation_path import path_of, schedule_of
from bot.services.escalation_readers import readers_of
from bot.services.refusals import Refused
from bot.settings import Settings
from bot.slack import Posted
from bot.slack_failures import Permanent, RetryLater, SlackFailure, UnknownOutcome
from models import (
    Absence,
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    EscalationStep,
    KeyResult,
    Member,
    PostKind,
    Team,
)
from models.database import open_database
from scheduler import delivery, redrawing, settling, ticks
from scheduler.workers import sign_on

WHO = st.sampled_from(["owner", "lead", "head", "boss", "stranger"])
ASKS = (PostKind.ESCALATION_ASK, PostKind.ESCALATION_REVIEW)
STUCK_AFTER = 4000


class Died(Exception):
    """The worker has died in the middle of its work."""


@dataclass
class Town(SlackDouble):
    """A Slack whose channels can be closed to Okra. `at`: when each message came, by its opaque id."""

    now: Callable[[], datetime] = lambda: MORNING
    closed: set[str] = field(default_factory=set)
    at: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def post(self, workspace_id: int, *, to: str, body: Post, opaque_id: str, thread_ts: str | None = None) -> Posted:
        if to in self.closed:
            raise Permanent("is_archived")
        before = len(self.entries)
        try:
            return super().post(workspace_id, to=to, body=body, opaque_id=opaque_id, thread_ts=thread_ts)
        finally:
            if len(self.entries) > before:
                self.at[opaque_id].append(self.now())

    def redraw(self, workspace_id: int, *, at: Posted, body: Post) -> None:
        if at.channel in self.closed:
            raise Permanent("is_archived")
        super().redraw(workspace_id, at=at, body=body)


class Others(Dead):
    """Every worker is dead but one."""

    def __init__(self, living: int) -> None:
        self.living = living

    def is_gone(self, worker_id: int) -> bool:
        return worker_id != self.living


class BadDays(RuleBasedStateMachine):
    """Anything happens, in any order; each act is a transaction of its own."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="okra-walk-")
        path = Path(self.folder.name) / "okra.db"
        shutil.copy(self.template, path)
        self.database = open_database(f"sqlite:///{path}", patience=10, statement_seconds=10, durable=False)
        self.clock = MORNING
        self.slack = Town(now=lambda: self.clock)
        self.runtime = Runtime(Settings(_env_file=None), self.database, self.slack, lambda: self.clock, lambda: None)
        self.dies_in: int | None = None
        self.orders = itertools.count(1)
        with self.runtime.write() as session:
            scene = set_scene(session)
            boss = scene.company.person("Bea Boss", zone="America/New_York")
            boss.is_sponsor = True
            another = scene.company.objective(scene.growth, "Another")
            self.key_results = [scene.key_result.id, scene.company.key_result(another, scene.owner).id]
            self.workspace_id = scene.company.workspace.id
            self.ids = {
                "owner": scene.owner.id,
                "lead": scene.lead.id,
                "head": scene.head.id,
                "boss": boss.id,
                "stranger": scene.stranger.id,
            }
        self.worker_id: int | None = None
        self.start_worker()

    def teardown(self) -> None:
        try:
            self.all_is_well_again()
        finally:
            self.database.close()
            self.folder.cleanup()

    # What people do

    @rule(
        which=st.integers(0, 1),
        confidence=st.sampled_from([Confidence.RED, Confidence.RED, Confidence.YELLOW, Confidence.GREEN]),
        blocked=st.sampled_from([None, "HR"]),
    )
    def answer(self, which: int, confidence: Confidence, blocked: str | None) -> None:
        with self.runtime.write() as session:
            owner = session.get_one(Member, self.ids["owner"])
            if owner.deactivated_at is not None:
                return
            weeks = (local_date_of(self.clock, schedule_of(session, owner).zone) - MONDAY).days // 7
            tell(
                session,
                self.clock,
                session.get_one(KeyResult, self.key_results[which]),
                by=owner,
                period=MONDAY + weeks * WEEK,
                confidence=confidence,
                blocked_by=BlockedBy(words=blocked) if blocked else None,
            )

    def is_any(self) -> bool:
        with self.runtime.read() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(Escalation)) != 0

    @precondition(is_any)
    @rule(who=WHO, also=WHO, what=st.sampled_from(["take", "review", "decide", "resolve", "ask", "private"]))
    def two_press_at_once(self, who: str, also: str, what: str) -> None:
        start = Barrier(2)

        def one(name: str) -> None:
            start.wait()
            self.press(name, what)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, (who, also)))

    @precondition(is_any)
    @rule(who=WHO, what=st.sampled_from(["take", "review", "decide", "resolve", "resolve for a reason", "done"]))
    def press(self, who: str, what: str) -> None:
        try:
            with self.runtime.write() as session:
                self._press(session, Caller(self.workspace_id, self.ids[who]), what)
        except (Refused, NotADecision):
            pass

    def _press(self, session: Session, caller: Caller, what: str) -> None:
        newest = session.scalar(sa.select(sa.func.max(Escalation.id)))
        assert newest is not None
        now, order = self.clock, next(self.orders)
        match what:
            case "take":
                escalation.take(session, now, caller=caller, escalation_id=newest)
            case "review":
                escalation.take_to_review(session, now, caller=caller, escalation_id=newest)
            case "decide":
                draft = Draft(f"do it, {order}", self.ids["head"], (now + timedelta(days=3)).date())
                decisions.decide(session, now, caller=caller, escalation_id=newest, draft=draft)
            case "ask":
                question.ask(session, now, caller=caller, escalation_id=newest, question=f"who, {order}?")
            case "private":
                escalation_more.make_private(session, now, caller=caller, escalation_id=newest)
            case "done":
                open_one = session.scalar(sa.select(sa.func.min(Decision.id)))
                if open_one is not None:
                    decisions.done(session, now, caller=caller, decision_id=open_one)
            case _:
                reason = "it was a slip" if what.endswith("reason") else ""
                escalation.resolve(session, now, caller=caller, escalation_id=newest, reason=reason)

    # What happens to them

    @rule(who=st.sampled_from(["lead", "head", "boss"]), days=st.integers(1, 9))
    def goes_away(self, who: str, days: int) -> None:
        with self.runtime.write() as session:
            member = session.get_one(Member, self.ids[who])
            today = local_date_of(self.clock, schedule_of(session, member).zone)
            session.add(
                Absence(
                    workspace_id=self.workspace_id,
                    member_id=member.id,
                    first_on=today,
                    last_on=today + timedelta(days=days),
                    created_at=self.clock,
                )
            )

    @rule(who=st.sampled_from(["lead", "head", "boss"]))
    def leaves_or_returns(self, who: str) -> None:
        with self.runtime.write() as session:
            member = session.get_one(Member, self.ids[who])
            seen = as_slack_tells(member, deleted=member.deactivated_at is None)
            people.learn(session, self.clock, self.workspace_id, seen, admins=())

    # What happens to Slack and to the worker

    @rule(channel=st.sampled_from(["C0GROWTH", "C0PRODUCT"]))
    def a_channel_is_closed_or_opened(self, channel: str) -> None:
        self.slack.closed ^= {channel}

    @rule(channel=st.sampled_from(["C0GROWTH", "C0PRODUCT", "C0ELSEWHERE"]))
    def an_admin_names_the_teams_channel(self, channel: str) -> None:
        with self.runtime.write() as session:
            team = session.scalars(sa.select(Team).where(Team.name == "Growth")).one()
            gone = session.scalars(sa.select(Delivery.opaque_id).where(Delivery.state == DeliveryState.FAILED)).all()
            teams.switch_on(session, self.clock, caller=None, team=team, channel_id=channel)
            session.flush()
            left = set(session.scalars(sa.select(Delivery.opaque_id)))
        # What goes to the new channel was never said in another.
        assert [one for one in gone if one not in left and self.slack.at[one]] == []

    @rule(kind=st.sampled_from(["too many", "down", "nobody knows", "nobody knows, and it came"]))
    def slack_fails(self, kind: str) -> None:
        failure: SlackFailure = UnknownOutcome("timeout")
        if kind == "too many":
            failure = RetryLater("ratelimited", after=20)
        elif kind == "down":
            failure = RetryLater("http_503")
        self.slack.fail(failure, effect=kind.endswith("it came"))

    @rule(steps=st.integers(0, 9))
    def the_worker_is_about_to_die(self, steps: int) -> None:
        self.dies_in = steps

    @rule(hours=st.sampled_from([1, 4, 9, 26, 70, 170]))
    def time_passes(self, hours: int) -> None:
        self.pass_until(self.clock + timedelta(hours=hours))

    @rule()
    def the_worker_starts(self) -> None:
        if self.worker_id is None:
            self.start_worker()
            self.pass_until(self.clock + timedelta(minutes=5))

    # The worker

    def start_worker(self) -> None:
        self.worker_id = sign_on(self.runtime, "here")

    def pass_until(self, until: datetime) -> None:
        """Time passes, from one thing that is due to the next; where nobody works it just passes."""
        for _ in range(STUCK_AFTER):
            if self.worker_id is None:
                break
            try:
                self._turn(self.worker_id)
            except Died:
                self.worker_id = self.dies_in = None
                break
            with self.runtime.read() as session:
                due = next_due(session)
            if due is None or due > until:
                break
            self.clock = max(due, self.clock + timedelta(seconds=1))
        else:
            raise AssertionError(f"something is due without an end at {self.clock}")
        self.clock = max(self.clock, until)

    def _turn(self, worker_id: int) -> None:
        runtime, now = self.runtime, self.clock
        ticks.tick(runtime, worker_id, now)
        self._lives()
        settling.adopt_orphans(runtime, Others(worker_id), now)
        settling.adopt_own(runtime, worker_id, lambda *_: False, now)
        settling.fail_followers_of_lost_roots(runtime, now)
        settling.settle(runtime)
        for claim in delivery.claim(runtime, worker_id, now):
            self._lives()
            ready = delivery.begin(runtime, claim, now)
            self._lives()
            if ready is not None:
                outcome = delivery.send(runtime, ready)
                self._lives()
                delivery.finish(runtime, ready, outcome, now)
        for drawing in redrawing.claim(runtime, now):
            self._lives()
            redrawing.finish(runtime, drawing, redrawing.draw(runtime, drawing), now)

    def _lives(self) -> None:
        if self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in < 0:
                raise Died

    # What holds

    @invariant()
    def at_most_one_is_open_for_a_key_result_and_none_ends_without_a_decision_or_a_reason(self) -> None:
        with self.runtime.read() as session:
            rows = session.scalars(sa.select(Escalation)).all()
            decided = set(session.scalars(sa.select(Decision.escalation_id)))
        open_ones = Counter(row.key_result_id for row in rows if row.state is not EscalationState.RESOLVED)
        assert all(count == 1 for count in open_ones.values())
        for row in rows:
            if row.state is EscalationState.RESOLVED:
                assert row.id in decided or (row.no_decision_reason or "").strip()

    @invariant()
    def nothing_is_said_twice(self) -> None:
        assert [one for one, times in self.slack.at.items() if len(times) > 1] == []

    @invariant()
    def nobody_is_asked_twice_or_while_they_are_not_at_work(self) -> None:
        with self.runtime.read() as session:
            asks = session.scalars(sa.select(Delivery).where(Delivery.kind.in_(ASKS))).all()
            rounds = session.execute(
                sa.select(EscalationStep.escalation_id, EscalationStep.member_id).where(
                    EscalationStep.until.is_not(None)
                )
            ).all()
            asked = Counter((row.escalation_id, row.member_id) for row in asks if row.kind is PostKind.ESCALATION_ASK)
            assert not asked - Counter((one, other) for one, other in rounds)
            for row in asks:
                schedule = schedule_of(session, session.get_one(Member, row.member_id))
                for at in self.slack.at[row.opaque_id]:
                    hours = schedule.hours_on(local_date_of(at, schedule.zone))
                    # Leave that began meanwhile is of today; working hours stay what they were.
                    local = at.astimezone(schedule.zone)
                    assert local.weekday() < 5, f"{row.key} at {local}"
                    late = EVENING if row.kind is PostKind.ESCALATION_REVIEW else timedelta(0)
                    assert hours is None or hours[0] <= at < hours[1] + late, f"{row.key} at {local}"

    def all_is_well_again(self) -> None:
        """Everything works and nobody acts: the ladders go to their ends, and nothing that is to be said is lost."""
        self.slack.closed.clear()
        self.slack.forget_failures()
        self.dies_in = None
        if self.worker_id is None:
            self.start_worker()
        self.pass_until(self.clock + 4 * WEEK)
        self.nothing_is_said_twice()
        self.nobody_is_asked_twice_or_while_they_are_not_at_work()
        with self.runtime.read() as session:
            self._every_ladder_is_at_its_end(session)
            self._every_step_was_asked(session)
            self._every_event_stands_in_its_thread(session)

    def _every_ladder_is_at_its_end(self, session: Session) -> None:
        for row in session.scalars(sa.select(Escalation)):
            assert row.next_step_at is None, (
                f"escalation {row.id} goes on at {row.next_step_at}, and it is {self.clock}"
            )
            if row.state is EscalationState.OPEN:
                met = set(
                    session.scalars(
                        sa.select(EscalationStep.member_id).where(
                            EscalationStep.escalation_id == row.id, EscalationStep.round == row.round
                        )
                    )
                )
                left = [one.name for one in path_of(session, row) if one.id not in met]
                assert left == [], f"{left} were never asked"

    def _every_step_was_asked(self, session: Session) -> None:
        """By a message that is there, unless somebody helped first or they have left.

        The first one may read it in the thread's first message, where that has left since.
        """
        asks = self._by(session, Delivery.kind == PostKind.ESCALATION_ASK)
        roots = self._by(session, Delivery.kind == PostKind.ESCALATION)
        for step in session.scalars(sa.select(EscalationStep).where(EscalationStep.until.is_not(None))):
            theirs = [row for row in asks if (row.escalation_id, row.member_id) == (step.escalation_id, step.member_id)]
            theirs += [
                row
                for row in roots
                if row.escalation_id == step.escalation_id
                and row.state is DeliveryState.SENT
                and step.member_id in readers_of(session, row)
                and row.settled_at is not None
                and row.settled_at >= step.at
            ]
            assert theirs, f"step {step.id} was asked by no message"
            for row in theirs:
                assert row.state in (DeliveryState.SENT, DeliveryState.OBSOLETE), f"{row.key}: {row.state} {row.error}"
                if row.state is DeliveryState.SENT:
                    assert len(self.slack.at[row.opaque_id]) == 1

    def _every_event_stands_in_its_thread(self, session: Session) -> None:
        """Once, in the order in which it happened; where its channel was closed, Okra has told an admin."""
        replies = {
            row.escalation_event_id: row for row in self._by(session, Delivery.kind == PostKind.ESCALATION_REPLY)
        }
        lost = {
            row.escalation_id
            for row in self._by(session, Delivery.kind == PostKind.ESCALATION)
            if row.state is DeliveryState.FAILED
        }
        said: dict[int, list[datetime]] = defaultdict(list)
        for event in session.scalars(sa.select(EscalationEvent).order_by(EscalationEvent.id)):
            # The first message says the one, and the other by going on elsewhere.
            if event.kind in (EscalationEventKind.OPENED, EscalationEventKind.MADE_PRIVATE):
                continue
            row = replies.get(event.id)
            if row is None and event.escalation_id in lost:
                # Its channel was closed before the first message: there is no thread to answer in.
                continue
            assert row is not None, f"{event.kind} stands nowhere"
            assert row.state in (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.OBSOLETE), (
                f"{row.key}: {row.state}"
            )
            if row.state is DeliveryState.SENT:
                said[event.escalation_id] += self.slack.at[row.opaque_id]
        for times in said.values():
            assert times == sorted(times)

    @staticmethod
    def _by(session: Session, condition: sa.ColumnElement[bool]) -> Sequence[Delivery]:
        return session.scalars(sa.select(Delivery).where(condition)).all()


def test_who_has_read_the_thread_before_their_turn_is_asked_directly_when_it_comes(sqlite_template: Path) -> None:
    walk: Any = type("BadDaysHere", (BadDays,), {"template": sqlite_template})()
    for who in ("lead", "head", "boss"):
        walk.goes_away(who, 3)
    walk.answer(0, Confidence.RED, None)
    walk.time_passes(1)
    # It goes on in a group message with the lead in it, whose turn comes days later.
    walk.press("lead", "private")
    walk.time_passes(170)
    with walk.runtime.read() as session:
        asked = [row.member_id for row in walk._by(session, Delivery.kind == PostKind.ESCALATION_ASK)]
    assert asked[0] == walk.ids["lead"]
    walk.teardown()


def test_through_bad_days_nobody_is_asked_twice_or_at_night_and_no_step_is_lost(sqlite_template: Path) -> None:
    walk: Any = type("BadDaysHere", (BadDays,), {"template": sqlite_template})
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=8,
            stateful_step_count=16,
            report_multiple_bugs=False,
            # A walk takes seconds: to make a failing one shorter would take many minutes.
            phases=(Phase.reuse, Phase.generate),
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
