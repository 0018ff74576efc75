"""The threads that run the steps of delivery, woken by a commit or by the passing of time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.runtime import Runtime
from models.database import DatabaseBusy
from scheduler import delivery, redrawing
from scheduler.liveness import Liveness

log = structlog.get_logger(__name__)

SENDERS = 8
# How long the courier sleeps at most when nobody wakes it: what waits for a moment (a pause, a retry) has no bell.
NAP_SECONDS = 0.25


class Courier:
    """Delivers until it is stopped. `bell` makes it look at once."""

    def __init__(self, runtime: Runtime, worker_id: int, liveness: Liveness, bell: threading.Event) -> None:
        self._runtime = runtime
        self._worker_id = worker_id
        self._liveness = liveness
        self._bell = bell
        self._stopping = threading.Event()
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="okra-sender")
        self._in_flight: set[Future[bool | None]] = set()
        self._thread = threading.Thread(target=self._run, name="okra-courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in flight, give back what was only claimed, begin nothing new."""
        self._stopping.set()
        self._bell.set()
        self._thread.join()
        self._senders.shutdown(wait=True)

    def tidy(self, now: datetime) -> None:
        """What is uncertain: adopt what dead workers left, look up what may have arrived."""
        delivery.adopt_orphans(self._runtime, self._liveness, now)
        if delivery.settle(self._runtime, now):
            self._bell.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._bell.clear()
            full = self._guarded(self.look)
            if not full:
                self._bell.wait(NAP_SECONDS)

    def look(self) -> bool:
        """Claim what may leave now and hand it to the senders. True where there may be more right away."""
        self._in_flight = {sending for sending in self._in_flight if not sending.done()}
        # Never more in hand than the senders get through: what is claimed by one cannot be sent by another.
        room = 2 * SENDERS - len(self._in_flight)
        if room <= 0:
            self._bell.wait(NAP_SECONDS / 10)
            return True
        now = self._runtime.now()
        claims = delivery.claim(self._runtime, self._worker_id, now, most=room)
        drawings = redrawing.claim(self._runtime, now)
        for claim in claims:
            self._hand_over(lambda claim=claim: self._deliver(claim))  # type: ignore[misc]
        for drawing in drawings:
            self._hand_over(lambda drawing=drawing: self._redraw(drawing))  # type: ignore[misc]
        return len(claims) == room

    def _hand_over(self, work: Callable[[], bool | None]) -> None:
        self._in_flight.add(self._senders.submit(lambda: self._guarded(work)))

    def _deliver(self, claim: delivery.Claim) -> None:
        if not self._wait_until(claim.at):
            delivery.release(self._runtime, claim, self._runtime.now())
            return
        ready = delivery.begin(self._runtime, claim, self._runtime.now())
        if ready is None:
            return
        outcome = delivery.send(self._runtime, ready)
        delivery.finish(self._runtime, ready, outcome, self._runtime.now())
        # A reply may have waited for this one.
        self._bell.set()

    def _redraw(self, drawing: redrawing.Drawing) -> None:
        self._wait_until(drawing.at)
        failure = redrawing.draw(self._runtime, drawing)
        redrawing.finish(self._runtime, drawing, failure, self._runtime.now())

    def _wait_until(self, instant: datetime) -> bool:
        """False where the courier is being stopped instead."""
        left = (instant - self._runtime.now()).total_seconds()
        return not (self._stopping.wait(left) if left > 0 else self._stopping.is_set())

    def _guarded(self, work: Callable[[], bool | None]) -> bool | None:
        try:
            return work()
        except (SQLAlchemyError, DatabaseBusy, OSError) as error:
            # The database is away for a moment: what was in flight is adopted, looked up or leased again.
            log.warning("courier_waits", error=type(error).__name__)
            self._stopping.wait(NAP_SECONDS)
            return None
