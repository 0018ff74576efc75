"""The threads that run the steps of delivery, woken by a commit or by the passing of time.

One thread claims and begins, several make the requests, and one for each kind (posts, updates, Homes) records what
came of them. Whatever is there at the moment is taken together: the busier it is, the more of it goes into one
transaction. A post is begun only when a sender is free, so that it leaves as soon as it was looked at.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

import structlog

from bot.runtime import Runtime
from bot.slack_failures import RetryLater, SlackFailure
from models.database import DATABASE_AWAY
from scheduler import delivery, publishing, redrawing, settling
from scheduler.liveness import Liveness

T = TypeVar("T")

log = structlog.get_logger(__name__)

# More than Slack's limits ever ask for. Without a limit they keep the processor busy: the more there are, the more is
# looked at and recorded together.
SENDERS = 32
# How long the courier sleeps at most when nobody wakes it: what waits for a moment (a pause, a retry) has no bell.
NAP_SECONDS = 0.25
# While much is under way, so long is waited for more to come together: a transaction for eight costs little more than
# one for two. What came of requests can wait longer than the senders may.
GATHER_SECONDS = 0.01
GATHER_OUTCOMES_SECONDS = 0.03


class Portion:
    """How many to take together: fewer after a failure, so that what cannot be worked on holds up nothing else."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = most

    def went_well(self) -> None:
        self.size = min(self.size * 2, self._most)

    def failed(self) -> None:
        self.size = 1


class Courier:
    """Delivers until it is stopped. `bell` makes it look at once."""

    def __init__(self, runtime: Runtime, worker_id: int, liveness: Liveness, bell: threading.Event) -> None:
        self._runtime = runtime
        self._worker_id = worker_id
        self._liveness = liveness
        self._bell = bell
        self._stopping = threading.Event()
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="okra-sender")
        self._in_flight: set[Future[None]] = set()
        # Claimed and not begun; the courier's own thread alone touches it.
        self._waiting: deque[delivery.Claim] = deque()
        self._at_once = Portion(SENDERS)
        self._may_be_more = False
        self._redraw_from = datetime.min.replace(tzinfo=UTC)
        # The claims that are not yet finished, by their marks. Set operations on one are atomic.
        self._in_hand: set[tuple[int, int]] = set()
        self._posts = Recorder(
            "okra-posts", lambda these: delivery.finish_all(runtime, these, runtime.now()), self._recorded
        )
        self._updates = Recorder(
            "okra-updates", lambda these: redrawing.finish_all(runtime, these, runtime.now()), self._drawn
        )
        self._homes = Recorder(
            "okra-homes", lambda these: publishing.finish_all(runtime, these, runtime.now()), self._published
        )
        self._thread = threading.Thread(target=self._run, name="okra-courier", daemon=True)

    def start(self) -> None:
        self._posts.start()
        self._updates.start()
        self._homes.start()
        self._thread.start()

    def leave(self) -> None:
        """Begin nothing new from now on, no look either."""
        self._stopping.set()
        self._bell.set()

    def stop(self) -> None:
        """Finish what is in flight, give back what was only claimed, begin nothing new."""
        self.leave()
        self._thread.join()
        self._senders.shutdown(wait=True)
        self._posts.stop()
        self._updates.stop()
        self._homes.stop()

    def tidy(self, now: datetime) -> None:
        """What is uncertain: adopt what dead workers left, look up what may have arrived."""
        try:
            self._liveness.keep()
        except DATABASE_AWAY as error:
            # The server may hold the lock for the connection that was cut, for as long as it has not noticed: then
            # nobody takes this worker for dead. What follows is guarded by each row's generation.
            log.warning("lock_not_taken_again", error=type(error).__name__)
        settling.adopt_orphans(self._runtime, self._liveness, now)
        settling.adopt_own(self._runtime, self._worker_id, lambda *mark: mark in self._in_hand, now)
        settling.fail_followers_of_lost_roots(self._runtime, now)
        if settling.settle(self._runtime, self._stopping.is_set):
            self._bell.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._bell.clear()
            if not self._guarded(self.look):
                self._bell.wait(self._nap())
        self._guarded(self._give_back)

    def look(self) -> bool:
        """Claim what may leave now, begin as many as there are senders. True where there may be more right away."""
        now = self._runtime.now()
        self._claim(now)
        # While posts leave one batch after the other, what is to be redrawn is looked for now and then.
        if not self._begin(now) or now >= self._redraw_from:
            self._redraw_from = now + timedelta(seconds=NAP_SECONDS)
            if redrawing.something_is_stale(self._runtime, now):
                for drawing in redrawing.claim(self._runtime, now):
                    self._hand_over(lambda drawing=drawing: self._redraw(drawing))  # type: ignore[misc]
            if publishing.something_is_stale(self._runtime, now):
                for home in publishing.claim(self._runtime, now):
                    self._hand_over(lambda home=home: self._publish(home))  # type: ignore[misc]
        return self._free() > 0 and (self._may_be_more or any(one.at <= now for one in self._waiting))

    def _claim(self, now: datetime) -> None:
        # Never more in hand than the senders get through: what is claimed by one cannot be sent by another.
        if len(self._waiting) >= SENDERS:
            return
        if not (self._may_be_more or delivery.something_is_due(self._runtime, now)):
            return
        room = 2 * SENDERS - len(self._waiting)
        claims = delivery.claim(self._runtime, self._worker_id, now, most=room)
        self._in_hand.update(one.mark for one in claims)
        self._waiting.extend(claims)
        self._may_be_more = len(claims) == room

    def _begin(self, now: datetime) -> bool:
        """Begin what is waiting and may leave now, one for each free sender at most. Whether something was begun."""
        due = [one for one in self._waiting if one.at <= now]
        if 0 < self._free() < min(len(due), SENDERS // 2):
            self._stopping.wait(GATHER_SECONDS)
        due = due[: min(self._free(), self._at_once.size)]
        if not due:
            return False
        for one in due:
            self._waiting.remove(one)
        try:
            begun = delivery.begin_all(self._runtime, due, now)
        except DATABASE_AWAY:
            # They are kept, and tried again as long as they are ours.
            self._at_once.failed()
            self._keep(due, now)
            raise
        except Exception:
            self._at_once.failed()
            self._in_hand.difference_update(one.mark for one in due)
            raise
        self._at_once.went_well()
        self._in_hand.difference_update({one.mark for one in due} - {one.claim.mark for one in begun})
        for ready in begun:
            self._hand_over(lambda ready=ready: self._send(ready))  # type: ignore[misc]
        return bool(begun)

    def _keep(self, due: Sequence[delivery.Claim], now: datetime) -> None:
        for one in due:
            if now < one.at + delivery.LEASE:
                self._waiting.append(one)
            else:
                self._in_hand.discard(one.mark)

    def _give_back(self) -> None:
        if self._waiting:
            delivery.release_all(self._runtime, list(self._waiting), self._runtime.now())

    def _send(self, ready: delivery.Ready) -> None:
        try:
            outcome = delivery.send(self._runtime, ready)
        except Exception:
            # A fault of ours: nobody knows what became of it, and it is looked up.
            self._in_hand.discard(ready.claim.mark)
            raise
        self._posts.add((ready, outcome))

    def _recorded(self, outcomes: Sequence[tuple[delivery.Ready, delivery.Outcome]]) -> None:
        self._in_hand.difference_update([ready.claim.mark for ready, _ in outcomes])
        # A reply may have waited for one of them.
        self._bell.set()

    def _redraw(self, drawing: redrawing.Drawing) -> None:
        self._updates.add((drawing, self._shown(drawing.at, lambda: redrawing.draw(self._runtime, drawing))))

    def _drawn(self, _updates: Sequence[redrawing.Drawn]) -> None:
        # What was held up by it may leave, and it may have to be drawn again.
        self._bell.set()

    def _publish(self, home: publishing.Publication) -> None:
        self._homes.add((home, self._shown(home.at, lambda: publishing.publish(self._runtime, home))))

    def _shown(self, at: datetime, request: Callable[[], SlackFailure | None]) -> SlackFailure | None:
        """Make a request that shows state, once it may leave. With the database away none is made, and it is tried
        again soon rather than when its lease ends."""
        left = (at - self._runtime.now()).total_seconds()
        if left > 0:
            self._stopping.wait(left)
        try:
            return request()
        except DATABASE_AWAY:
            return RetryLater("database_away")

    def _published(self, _homes: Sequence[publishing.Published]) -> None:
        # Whoever looks may have had a change meanwhile.
        self._bell.set()

    def _free(self) -> int:
        self._in_flight = {sending for sending in self._in_flight if not sending.done()}
        return SENDERS - len(self._in_flight)

    def _hand_over(self, work: Callable[[], None]) -> None:
        sending = self._senders.submit(lambda: self._guarded(work))
        sending.add_done_callback(lambda _: self._bell.set())
        self._in_flight.add(sending)

    def _nap(self) -> float:
        """Until the next claim may leave, where that is soon."""
        if not self._waiting or self._free() <= 0:
            return NAP_SECONDS
        first = min(one.at for one in self._waiting)
        return min(max((first - self._runtime.now()).total_seconds(), 0.001), NAP_SECONDS)

    def _guarded(self, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except DATABASE_AWAY as error:
            # The database is away for a moment: what was in flight is adopted, looked up or leased again.
            log.warning("courier_waits", error=type(error).__name__)
        except Exception:  # a thread that dies of a fault of ours would take everybody's messages along
            log.exception("courier_stumbled")
        self._stopping.wait(NAP_SECONDS)
        return None


class Recorder(Generic[T]):
    """Records what came of the requests, all that is known at a time in one transaction.

    `record` does, `recorded` is told what was. What came of a request is known only here: a busy database is no reason
    to forget it.
    """

    def __init__(
        self, name: str, record: Callable[[Sequence[T]], None], recorded: Callable[[Sequence[T]], None]
    ) -> None:
        self._record = record
        self._recorded = recorded
        self._outcomes: deque[T] = deque()
        self._something = threading.Event()
        self._stopping = threading.Event()
        self._at_once = Portion(delivery.BATCH)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Record what is left, then end. Where the database is away, whoever comes next looks the messages up."""
        self._stopping.set()
        self._something.set()
        self._thread.join()

    def add(self, outcome: T) -> None:
        self._outcomes.append(outcome)
        self._something.set()

    def _run(self) -> None:
        while True:
            self._something.wait()
            self._something.clear()
            stopping = self._stopping.wait(GATHER_OUTCOMES_SECONDS)
            while self._outcomes:
                if not self._record_some() and self._stopping.wait(NAP_SECONDS):
                    return
            if stopping:
                return

    def _record_some(self) -> bool:
        these = [self._outcomes.popleft() for _ in range(min(len(self._outcomes), self._at_once.size))]
        try:
            self._record(these)
        except DATABASE_AWAY as error:
            log.warning("outcome_waits_for_the_database", error=type(error).__name__)
            self._at_once.failed()
            self._outcomes.extend(these)
            return False
        except Exception:  # what cannot be recorded for a fault of ours is looked up like what was lost
            log.exception("outcome_not_recorded")
        else:
            self._at_once.went_well()
        self._recorded(these)
        return True
