"""The threads that run the steps of delivery, woken by a commit or by the passing of time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
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
NAP_SECONDS = 0.5


class Courier:
    """Delivers until it is stopped. `wake` makes it look at once."""

    def __init__(self, runtime: Runtime, worker_id: int, liveness: Liveness, bell: threading.Event) -> None:
        self._runtime = runtime
        self._worker_id = worker_id
        self._liveness = liveness
        self._bell = bell
        self._stopping = threading.Event()
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="okra-sender")
        self._thread = threading.Thread(target=self._run, name="okra-courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in flight, begin nothing new."""
        self._stopping.set()
        self._bell.set()
        self._thread.join()
        self._senders.shutdown(wait=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._bell.clear()
            try:
                busy = self.round(self._runtime.now())
            except (SQLAlchemyError, DatabaseBusy, OSError) as error:
                # The database is away for a moment; what was in flight is adopted or leased again.
                log.warning("courier_waits", error=type(error).__name__)
                busy = False
            if not busy:
                self._bell.wait(NAP_SECONDS)

    def round(self, now: datetime) -> bool:
        """One look at all there is to send. True where there may be more right away."""
        claims = delivery.claim(self._runtime, self._worker_id, now)
        drawings = redrawing.claim(self._runtime, now)
        deliveries = [self._senders.submit(self._deliver, claim) for claim in claims]
        updates = [self._senders.submit(self._redraw, drawing) for drawing in drawings]
        for done in deliveries + updates:
            done.result()
        return len(claims) == delivery.BATCH or bool(drawings) or any(f.result() for f in deliveries)

    def tidy(self, now: datetime) -> None:
        """What is uncertain: adopt what dead workers left, look up what may have arrived."""
        delivery.adopt_orphans(self._runtime, self._liveness, now)
        if delivery.settle(self._runtime, now):
            self._bell.set()

    def _deliver(self, claim: delivery.Claim) -> bool:
        ready = delivery.begin(self._runtime, claim, self._runtime.now())
        if ready is None:
            return False
        outcome = delivery.send(self._runtime, ready)
        delivery.finish(self._runtime, ready, outcome, self._runtime.now())
        return True

    def _redraw(self, drawing: redrawing.Drawing) -> None:
        failure = redrawing.draw(self._runtime, drawing)
        redrawing.finish(self._runtime, drawing, failure, self._runtime.now())
