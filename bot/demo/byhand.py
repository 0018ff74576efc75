"""Okra's own steps, turned by hand in one thread: for weeks that are to take seconds, before the workers begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.demo.timekeeper import set_clock
from bot.runtime import Runtime
from bot.services.agenda import next_due
from scheduler import delivery, redrawing, ticks
from scheduler.workers import sign_off, sign_on


class ByHand:
    """Makes time pass while no worker runs. `jump` sets the clock that the runtime reads."""

    def __init__(self, runtime: Runtime, jump: Callable[[datetime], object]) -> None:
        self._runtime = runtime
        self._jump = jump
        self._worker_id = sign_on(runtime, "by hand")

    def next_due(self) -> datetime | None:
        """The next instant at which something is due, in the past where it is late."""
        with self._runtime.read() as session:
            return next_due(session)

    def advance_to(self, target: datetime) -> None:
        """Let time pass until `target`, doing whatever is due on the way."""
        while (due := self.next_due()) is not None and due <= target:
            set_clock(self._runtime.now, self._jump, due)
            self.work()
        set_clock(self._runtime.now, self._jump, target)

    def work(self) -> None:
        """Plan what is due, and post and redraw all that may leave. Slack is on this machine and answers."""
        ticks.tick(self._runtime, self._worker_id, self._runtime.now())
        while self._deliver() or self._redraw():
            continue

    def stop(self) -> None:
        """The workers begin; nothing is turned by hand any more."""
        sign_off(self._runtime, self._worker_id)

    def _deliver(self) -> bool:
        claims = delivery.claim(self._runtime, self._worker_id, self._runtime.now())
        for claim in claims:
            ready = delivery.begin(self._runtime, claim, self._runtime.now())
            if ready is not None:
                outcome = delivery.send(self._runtime, ready)
                delivery.finish(self._runtime, ready, outcome, self._runtime.now())
        return bool(claims)

    def _redraw(self) -> bool:
        drawings = redrawing.claim(self._runtime, self._runtime.now())
        for drawing in drawings:
            failure = redrawing.draw(self._runtime, drawing)
            redrawing.finish(self._runtime, drawing, failure, self._runtime.now())
        return bool(drawings)
