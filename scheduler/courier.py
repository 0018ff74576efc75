"""The threads that run the steps of delivery, woken by a commit or by the passing of time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.runtime import Runtime
from models.database import DatabaseBusy
from scheduler import delivery, redrawing, settling
from scheduler.liveness import Liveness

T = TypeVar("T")

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
        # The deliveries that are claimed and not yet finished, by id. Set operations on one id are atomic.
        self._in_hand: set[int] = set()
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
        self._liveness.keep()
        settling.adopt_orphans(self._runtime, self._liveness, now)
        settling.adopt_own(self._runtime, self._worker_id, frozenset(self._in_hand), now)
        settling.fail_followers_of_lost_roots(self._runtime, now)
        if settling.settle(self._runtime, now):
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
        claims = []
        if delivery.something_is_due(self._runtime, now):
            claims = delivery.claim(self._runtime, self._worker_id, now, most=room)
        for claim in claims:
            self._in_hand.add(claim.delivery_id)
            self._hand_over(lambda claim=claim: self._deliver(claim))  # type: ignore[misc]
        drawings = redrawing.claim(self._runtime, now) if redrawing.something_is_stale(self._runtime, now) else []
        for drawing in drawings:
            self._hand_over(lambda drawing=drawing: self._redraw(drawing))  # type: ignore[misc]
        return len(claims) == room

    def _hand_over(self, work: Callable[[], bool | None]) -> None:
        self._in_flight.add(self._senders.submit(lambda: self._guarded(work)))

    def _deliver(self, claim: delivery.Claim) -> None:
        try:
            self._go_through(claim)
        finally:
            self._in_hand.discard(claim.delivery_id)

    def _go_through(self, claim: delivery.Claim) -> None:
        if not self._wait_until(claim.at):
            delivery.release(self._runtime, claim, self._runtime.now())
            return
        ready = self._until_it_is_kept(lambda: delivery.begin(self._runtime, claim, self._runtime.now()))
        if ready is None:
            return
        outcome = delivery.send(self._runtime, ready)
        self._until_it_is_kept(lambda: delivery.finish(self._runtime, ready, outcome, self._runtime.now()))
        # A reply may have waited for this one.
        self._bell.set()

    def _until_it_is_kept(self, record: Callable[[], T]) -> T:
        """A claim is held, and what came of a request known, only here: a busy database is no reason to forget it."""
        while True:
            try:
                return record()
            except (SQLAlchemyError, DatabaseBusy, OSError) as error:
                log.warning("outcome_waits_for_the_database", error=type(error).__name__)
                if self._stopping.wait(NAP_SECONDS):
                    # Whoever comes next finds the row in `sending`, and looks the message up.
                    raise

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
        except Exception:  # a thread that dies of a fault of ours would take everybody's messages along
            log.exception("courier_stumbled")
        self._stopping.wait(NAP_SECONDS)
        return None
