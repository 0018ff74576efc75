"""One Okra process of a rehearsal: it listens and works, step by step, and may die or stall between and within them.

The steps are the product's own; only the loop around them is another one. Where the threads wait, this lets the
timeline come back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from slack_bolt.request import BoltRequest

from bot.app import Program, build
from bot.localslack.outgoing import Reply
from bot.rehearsal import points
from bot.rehearsal.fate import NOT_POSTED_YET, Died, Fate, Life, drawn_home
from bot.rehearsal.ports import Wire, client_of, mortal
from bot.rehearsal.timeline import Timeline
from bot.services import agenda
from bot.settings import Settings
from bot.slack_failures import SlackFailure, UnknownOutcome
from models.database import Database
from scheduler import delivery, members, publishing, redrawing, settling, ticks
from scheduler.courier import SENDERS
from scheduler.workers import sign_off, sign_on

Json = dict[str, Any]

# What finishes within this time is followed by one look, not by one each.
BREATH = 0.05
# How long the threads take at most to come round to what may leave, and to what came of it: what has gathered by then
# goes into one transaction.
LATE_TO_BEGIN, LATE_TO_RECORD = 0.4, 0.1
FIRST_NAP, LONGEST_NAP = 0.25, 15.0
DAY = 86_400.0


@dataclass(frozen=True)
class Ground:
    """What all processes stand on.

    `gone` is told of the end of a process, `cut` that one lost its lock, `rang` that one committed something new,
    `looks` for which message, by its opaque id, one begins to look at Slack.
    `somebody_looks`: whether anybody may look at Home, else nobody asks what it should show.
    """

    timeline: Timeline
    settings: Settings
    database: Database
    wire: Wire
    fate: Fate
    random: Random
    roll: Roll
    gone: Callable[[Process, str], None]
    cut: Callable[[Process], None]
    rang: Callable[[Process], None]
    somebody_looks: Callable[[], bool]
    looks: Callable[[str], None]


class Roll:
    """Which workers live: what a session lock tells, without a session."""

    def __init__(self) -> None:
        self._lives: dict[int, Life] = {}

    def sign(self, worker_id: int, life: Life) -> None:
        self._lives[worker_id] = life

    def reserve(self) -> None:
        """There is room for any number."""

    def hold(self, worker_id: int) -> None:
        """Held since it was signed."""

    def keep(self) -> None:
        """Whose turn it is takes its own again, where it was cut."""

    def is_gone(self, worker_id: int) -> bool:
        life = self._lives.get(worker_id)
        return life is None or life.dead or life.cut

    def release(self) -> None:
        """The end of a life releases it."""


class Process:
    """From its start to its death or retirement."""

    def __init__(self, ground: Ground, name: str) -> None:
        self.name = name
        self.life = Life(name, ground.fate, on_death=lambda point: ground.gone(self, point))
        self.stalled_until = ground.timeline.now()
        self.stalls = 0
        self._ground = ground
        self._time = ground.timeline
        self._random = ground.random
        self._program: Program | None = None
        self._worker_id = 0
        self._in_flight = 0
        self._in_hand: set[tuple[int, int]] = set()
        # Claimed and not begun; and what came of requests and was not recorded.
        self._waiting: list[delivery.Claim] = []
        self._begins = False
        self._outcomes: list[tuple[delivery.Ready, delivery.Outcome]] = []
        self._updates: list[redrawing.Drawn] = []
        self._retiring = False
        self._looks_at: datetime | None = None
        self._ticks_at: datetime | None = None
        self._tidies_at: datetime | None = None
        self._nap = FIRST_NAP

    @property
    def program(self) -> Program:
        if self._program is None:
            self._program = build(
                self._ground.settings,
                clock=self._time.now,
                database=mortal(self._ground.database, self.life),
                client=client_of(self._ground.wire, self.life),
                send_json=lambda url, body, _seconds: self._ground.wire.answer_press(self.life, url, body),
                # The timeline is what somebody waits by; a step cannot wait in the middle, so it asks again at once.
                stopwatch=lambda: self._time.now().timestamp() + self.life.took,
                wait=lambda _seconds: None,
            )
        return self._program

    @property
    def listens(self) -> bool:
        return not self.life.dead and self._worker_id != 0 and not self._retiring

    @property
    def has_claims(self) -> bool:
        """Whether something is claimed and not begun."""
        return bool(self._waiting)

    # Beginning and end

    def start(self) -> None:
        """Connect, sign on, and begin to work."""
        self.step("connect", self._connect)

    def _connect(self) -> None:
        try:
            self.program.connect()
        except SlackFailure as failure:
            # `okra run` ends here with a sentence, and is started again.
            self.end(f"not let in: {failure.code}")
            return
        self.step("sign on", self._sign_on)

    def _sign_on(self) -> None:
        self._worker_id = sign_on(self.program.runtime, self.name)
        self._ground.roll.sign(self._worker_id, self.life)
        self._later(0.0, "members", self._members)
        self._later(self._random.uniform(0, DAY), "purge", self._purge)
        self.tick_within(0.0)
        self.tidy_within(1.0)
        self.wake(0.0)

    def retire(self) -> None:
        """SIGTERM: begin nothing new, give back what was only claimed, finish what is in flight."""
        self._retiring = True
        self._maybe_leave()

    def end(self, why: str) -> None:
        if not self.life.dead:
            self.life.dead = True
            self._ground.gone(self, why)

    def _maybe_leave(self) -> None:
        if self._retiring and self._in_flight == 0:
            self.step("sign off", self._sign_off)

    def _sign_off(self) -> None:
        sign_off(self.program.runtime, self._worker_id)
        self.end("retired")

    # Steps

    def step(self, doing: str, work: Callable[[], None]) -> None:
        """Do a step now, or once the process goes on after a stall."""
        if self.life.dead:
            return
        if self._time.now() >= self.stalled_until and (stall := self._ground.fate.stall()):
            self.stalls += 1
            self.stalled_until = self._time.now() + timedelta(seconds=stall)
            if self._ground.fate.cuts():
                self.life.cut = True
                self._ground.cut(self)
                self._time.at(self.stalled_until, lambda: self.tidy_within(self._random.uniform(0, self._tick_seconds)))
        if self._time.now() < self.stalled_until:
            self._time.at(self.stalled_until, lambda: self.step(doing, work))
            return
        life = self.life
        life.doing, life.drawing, life.took = doing, None, 0.0
        try:
            work()
        except Died:
            return
        if self._program is not None and self._program.bell.is_set():
            self._program.bell.clear()
            self.wake(BREATH)
            self._ground.rang(self)

    def _later(self, seconds: float, doing: str, work: Callable[[], None]) -> None:
        self._time.after(seconds, lambda: self.step(doing, work))

    # Looking for what may leave

    def wake(self, seconds: float) -> None:
        """Look within so many seconds."""
        self._nap = FIRST_NAP
        self._look_at(self._time.now() + timedelta(seconds=seconds))

    def _look_at(self, instant: datetime) -> None:
        if self._worker_id == 0 or (self._looks_at is not None and self._looks_at <= instant):
            return
        self._looks_at = instant

        def look() -> None:
            if self._looks_at == instant:
                self._looks_at = None
                self.step("claim", self._look)

        self._time.at(instant, look)

    def _look(self) -> None:
        if self._retiring:
            return
        runtime, now = self.program.runtime, self._time.now()
        room = 2 * SENDERS - self._in_flight
        claims: list[delivery.Claim] = []
        ahead = self._ahead()
        if all(at is None or at > now for at in (ahead.posts, ahead.updates, ahead.homes)):
            # Nothing: when is there something next?
            self._plan_for(ahead)
            return
        if room > 0 and delivery.something_is_due(runtime, now):
            claims = delivery.claim(runtime, self._worker_id, now, most=room)
        self._in_flight += len(claims)
        self._in_hand.update(claim.mark for claim in claims)
        self._waiting += claims
        self._begin_later()
        if redrawing.something_is_stale(runtime, now):
            self._later(0.001, "redraw claim", lambda: self._look_at_messages(bool(claims)))
        else:
            self._look_at_homes(bool(claims), drawing=False)

    def _look_at_messages(self, claimed: bool) -> None:
        if self._retiring:
            return
        drawings = redrawing.claim(self.program.runtime, self._time.now())
        for drawing in drawings:
            self._in_flight += 1
            self._time.at(
                drawing.at,
                lambda drawing=drawing: self.step("redraw", lambda: self._draw(drawing)),  # type: ignore[misc]
            )
        self._look_at_homes(claimed, drawing=bool(drawings))

    def _look_at_homes(self, claimed: bool, *, drawing: bool) -> None:
        if self._ground.somebody_looks() and publishing.something_is_stale(self.program.runtime, self._time.now()):
            self._later(0.001, "home claim", lambda: self._claim_homes(claimed, drawing=drawing))
        else:
            self._looked(claimed, drawing=drawing)

    def _claim_homes(self, claimed: bool, *, drawing: bool) -> None:
        if self._retiring:
            return
        homes = publishing.claim(self.program.runtime, self._time.now())
        for home in homes:
            self._in_flight += 1
            self._time.at(
                home.at,
                lambda home=home: self.step("home", lambda: self._publish(home)),  # type: ignore[misc]
            )
        self._looked(claimed, drawing=drawing or bool(homes))

    def _looked(self, claimed: bool, *, drawing: bool) -> None:
        if claimed:
            self.wake(1.0)
        elif not drawing:  # else it is planned once they are drawn
            self._plan()

    def _plan_idle(self) -> None:
        if self._in_flight == 0 and self._looks_at is None:
            self.step("plan", self._plan)

    def _plan(self) -> None:
        """Nothing may leave now: when is there something next?"""
        self._plan_for(self._ahead())

    def _ahead(self) -> agenda.Ahead:
        with self.program.runtime.glance() as connection:
            return agenda.ahead(connection)

    def _plan_for(self, ahead: agenda.Ahead) -> None:
        now, leaves = self._time.now(), ahead.leaves
        if ahead.settles is not None:
            self.tidy_within((ahead.settles - now).total_seconds() + self._random.uniform(0, self._tick_seconds))
        if leaves is None:
            return
        if leaves > now:
            self._look_at(leaves)
            return
        self._nap = min(self._nap * 2, LONGEST_NAP)
        self._look_at(now + timedelta(seconds=self._nap))

    # A post

    def _begin_later(self) -> None:
        """Once the first of what is waiting may leave, and a little later: then all that may leave is begun."""
        if self._begins or not self._waiting:
            return
        self._begins = True
        first = min(claim.at for claim in self._waiting)
        late = timedelta(seconds=self._random.uniform(0, LATE_TO_BEGIN))

        def begin() -> None:
            self._begins = False
            self.step("begin", self._begin)

        self._time.at(first + late, begin)

    def _begin(self) -> None:
        runtime, now = self.program.runtime, self._time.now()
        if self._retiring:
            self._release()
            return
        due = [claim for claim in self._waiting if claim.at <= now]
        self._waiting = [claim for claim in self._waiting if claim.at > now]
        self._begin_later()
        if not due:
            return
        begun = delivery.begin_all(runtime, due, now)
        for ready in begun:
            self._later(self._random.uniform(0.0005, 0.005), "post", lambda ready=ready: self._send(ready))  # type: ignore[misc]
        self._landed(due, under_way=[ready.claim for ready in begun])

    def _release(self) -> None:
        """Give back what was only claimed."""
        claims, self._waiting = self._waiting, []
        if claims:
            delivery.release_all(self.program.runtime, claims, self._time.now())
        self._landed(claims)

    def _send(self, ready: delivery.Ready) -> None:
        self.life.drawing = (NOT_POSTED_YET, ready.drawn)
        outcome = delivery.send(self.program.runtime, ready)
        took = self.life.took

        def known() -> None:
            self._outcomes.append((ready, outcome))
            if len(self._outcomes) == 1:
                self._later(self._random.uniform(0.01, LATE_TO_RECORD), "finish", self._finish)

        self._time.after(took, known)

    def _finish(self) -> None:
        """Record what is known by now of the requests, in one transaction."""
        outcomes, self._outcomes = self._outcomes, []
        delivery.finish_all(self.program.runtime, outcomes, self._time.now())
        if any(isinstance(outcome, UnknownOutcome) for _, outcome in outcomes):
            self.tidy_within(self._ground.settings.settle_seconds + self._random.uniform(0, self._tick_seconds))
        self._landed([ready.claim for ready, _ in outcomes])

    def _landed(self, claims: Sequence[delivery.Claim], *, under_way: Sequence[delivery.Claim] = ()) -> None:
        """These are done with, but for those that are under way. After a stall one delivery may be claimed twice."""
        done = len(claims) - len(under_way)
        if not done:
            return
        self._in_flight -= done
        self._in_hand.difference_update({claim.mark for claim in claims} - {claim.mark for claim in under_way})
        self.wake(BREATH)
        self._maybe_leave()

    # An update

    def _draw(self, drawing: redrawing.Drawing) -> None:
        self.life.drawing = (drawing.message_id, drawing.drawn)
        failure = redrawing.draw(self.program.runtime, drawing)
        took = self.life.took

        def known() -> None:
            self._updates.append((drawing, failure))
            if len(self._updates) == 1:
                self._later(self._random.uniform(0.01, LATE_TO_RECORD), "redraw finish", self._drawn)

        self._time.after(took, known)

    def _drawn(self) -> None:
        """Record what is known by now of the updates, in one transaction."""
        updates, self._updates = self._updates, []
        redrawing.finish_all(self.program.runtime, updates, self._time.now())
        self._shown(len(updates))

    def _shown(self, count: int = 1) -> None:
        self._in_flight -= count
        if self._in_flight == 0:
            # Nothing waits for an update, but what had no room may leave, and it may have to be drawn again.
            self._time.after(BREATH, self._plan_idle)
        self._maybe_leave()

    # Somebody's Home

    def _publish(self, home: publishing.Publication) -> None:
        self.life.drawing = (drawn_home(home.home_id), home.drawn)
        failure = publishing.publish(self.program.runtime, home)
        self._later(self.life.took, "home finish", lambda: self._published(home, failure))

    def _published(self, home: publishing.Publication, failure: SlackFailure | None) -> None:
        publishing.finish(self.program.runtime, home, failure, self._time.now())
        self._shown()

    # What is uncertain

    def tidy_within(self, seconds: float) -> None:
        instant = self._time.now() + timedelta(seconds=max(0.0, seconds))
        if self._worker_id == 0 or (self._tidies_at is not None and self._tidies_at <= instant):
            return
        self._tidies_at = instant

        def tidy() -> None:
            if self._tidies_at == instant:
                self._tidies_at = None
                self.step("adopt", self._adopt)

        self._time.at(instant, tidy)

    def _adopt(self) -> None:
        if self._retiring:
            return
        runtime, now = self.program.runtime, self._time.now()
        self.life.cut = False
        settling.adopt_orphans(runtime, self._ground.roll, now)
        settling.adopt_own(runtime, self._worker_id, lambda *mark: mark in self._in_hand, now)
        settling.fail_followers_of_lost_roots(runtime, now)
        self._later(0.001, "settle", self._settle)

    def _settle(self) -> None:
        """Take what is uncertain, look it up, and record what that brought; then the next."""
        found = settling.uncertain(self.program.runtime, self._time.now(), most=1)
        if not found or self._retiring:
            self.wake(BREATH)
            return
        (one,) = found
        self._ground.looks(one.delivery.opaque_id)

        def look_up() -> None:
            finding = settling.look_up(self.program.runtime, one)
            self._later(self.life.took, "settle", lambda: record(finding))

        def record(finding: settling.Finding) -> None:
            settling.conclude(self.program.runtime, one, finding, self._time.now())
            self._later(0.001, "settle", self._settle)

        self._later(0.001, "look up", look_up)

    # Ticks

    @property
    def _tick_seconds(self) -> float:
        return self._ground.settings.tick_seconds

    def tick_within(self, seconds: float) -> None:
        instant = self._time.now() + timedelta(seconds=max(0.0, seconds))
        if self._worker_id == 0 or (self._ticks_at is not None and self._ticks_at <= instant):
            return
        self._ticks_at = instant

        def tick() -> None:
            if self._ticks_at == instant:
                self._ticks_at = None
                self.step("look what is due", lambda: self._tick_from(0))

        self._time.at(instant, tick)

    def _tick_from(self, number: int) -> None:
        """Do the next step of a tick that has something to do, from this number on."""
        if self._retiring:
            return
        waiting = ticks.next_step(self.program.runtime, number, self._time.now())
        if waiting is None:
            self.step("tick", self._ticked)
            return
        step = ticks.STEPS[waiting]

        def work() -> None:
            if self._retiring:
                return
            ticks.exhaust(self.program.runtime, step, self._time.now())
            self._later(0.001, "look what is due", lambda: self._tick_from(waiting + 1))

        self.step(points.tick(step), work)

    def _ticked(self) -> None:
        now = self._time.now()
        ticks.note(self.program.runtime, self._worker_id, now)
        self._plan_tick()

    def _plan_tick(self) -> None:
        """Tick when something is due next: in between a tick finds nothing, and is left out."""
        now = self._time.now()
        with self.program.runtime.glance() as connection:
            planned = agenda.next_planned(connection)
        if planned is not None and (self._ticks_at is None or planned < self._ticks_at):
            self.tick_within((max(planned, now) - now).total_seconds() + self._random.uniform(0, self._tick_seconds))

    def _members(self) -> None:
        if self._retiring:
            return
        members.read_due(self.program.runtime, self._time.now())
        self._later(DAY + 1, "members", self._members)

    def _purge(self) -> None:
        ticks.purge(self.program.runtime, self._time.now())
        self._later(DAY, "purge", self._purge)

    # What Slack delivers

    def hear(self, payload: Json, answer: Callable[[Reply], None], *, replans: bool, opens_home: bool) -> None:
        """Handle a payload; `answer` gets the acknowledgement. `replans`: it may change what is due when, for many.

        `opens_home`: somebody looks, for which no bell rings; a courier looks for it at every nap.
        """

        def listen() -> None:
            response = self.program.bolt.dispatch(BoltRequest(body=json.loads(json.dumps(payload)), mode="socket_mode"))
            self.life.cross("before the acknowledgement")
            body = json.loads(response.body) if response.body else None
            reply = Reply(response.status, body if isinstance(body, dict) else None)
            self._time.after(self.life.took + self._random.uniform(0.005, 0.05), lambda: answer(reply))
            self.life.cross("after the acknowledgement")
            if opens_home:
                self.wake(self._random.uniform(0, FIRST_NAP))
                self._ground.rang(self)
            if replans:
                self.tick_within(self._random.uniform(0, self._tick_seconds))
            else:
                self._plan_tick()

        self.step(points.listener(payload), listen)
