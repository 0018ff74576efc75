"""What Slack sends to the app: a queue of deliveries, their answers, and the events' retries.

What goes wrong with a payload on purpose (twice, late, overtaken, its answer lost) is decided when it is put in.

The queue opens no socket. A transport takes what is due, sends it, and reports an answer or that there was none.
"""

import heapq
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import islice
from typing import Any

from bot.localslack.clock import SlackClock
from bot.localslack.faults import Faults, Passage
from bot.localslack.ids import Ids

Json = dict[str, Any]

ACK_SECONDS = 3.0
"""The app has this long to answer (Slack's interactivity and Events API guides)."""

RETRY_AFTER = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5))
"""An event without a 2xx answer is sent again about now, a minute and five minutes later, then given up."""

KEPT = 5_000  # deliveries remembered for a look back; unfinished ones always are


class Kind(Enum):
    """The envelope types of Socket Mode; over HTTP they decide the address and the encoding."""

    EVENT = "events_api"
    INTERACTION = "interactive"
    OPTIONS = "options"  # block_suggestion: an interaction with an address of its own
    COMMAND = "slash_commands"


class Stage(Enum):
    WAITING = "waiting"
    IN_FLIGHT = "in flight"
    ANSWERED = "answered"
    GIVEN_UP = "given up"


@dataclass(frozen=True)
class Reply:
    """The app's answer: status 200 and the ack's payload in Socket Mode; status, headers and body over HTTP."""

    status: int = 200
    body: Json | None = None  # an empty or plain-text answer is None or {"text": …}
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Delivery:
    id: str
    kind: Kind
    payload: Json
    person: str | None
    due_at: datetime
    stage: Stage = Stage.WAITING
    attempt: int = 0  # 0 is the first; an event's retries count on
    reason: str | None = None  # why the attempt before failed: http_timeout, http_error, timeout, connection_failed
    reply: Reply | None = None
    error: str | None = None
    on_reply: Callable[[Reply], None] | None = field(default=None, repr=False)
    on_error: Callable[[str], None] | None = field(default=None, repr=False)
    ack_lost: bool = False  # its next answer gets lost

    @property
    def finished(self) -> bool:
        return self.stage in (Stage.ANSWERED, Stage.GIVEN_UP)

    @property
    def accepts_response_payload(self) -> bool:
        return self.kind is not Kind.EVENT


class Outgoing:
    """The queue.

    `on_due` is called whenever something was put in; a transport sets it to be woken. `on_settled` is called with a
    delivery that was answered, given up, or put off to a later attempt.
    """

    def __init__(self, clock: SlackClock, ids: Ids, faults: Faults) -> None:
        self._clock = clock
        self._ids = ids
        self._faults = faults
        self._held: list[Delivery] = []  # they go when a later one of their kind is through
        self._heap: list[tuple[datetime, int, str]] = []
        self._known: OrderedDict[str, Delivery] = OrderedDict()
        self.on_due: Callable[[], None] = _nothing
        self.on_settled: Callable[[Delivery], None] = _ignore
        self.added = 0  # deliveries ever put in

    def add(
        self,
        kind: Kind,
        payload: Json,
        person: str | None,
        *,
        on_reply: Callable[[Reply], None] | None = None,
        on_error: Callable[[str], None] | None = None,
    ) -> Delivery:
        """Queue a payload; due at once, unless something goes wrong."""
        passage = self._faults.passage(kind.value, self._clock.now())
        deliveries = [
            Delivery(
                id=self._ids.uuid("envelope"),
                kind=kind,
                payload=payload,
                person=person,
                due_at=self._clock.now() + timedelta(seconds=passage.wait),
                on_reply=on_reply,
                on_error=on_error,
                ack_lost=passage.ack_lost,
            )
            for _ in range(passage.copies)
        ]
        for delivery in deliveries:
            self._put_in(delivery, passage)
        return deliveries[0]

    def _put_in(self, delivery: Delivery, passage: Passage) -> None:
        self._known[delivery.id] = delivery
        self.added += 1
        while len(self._known) > KEPT and next(iter(self._known.values())).finished:
            self._known.popitem(last=False)
        if passage.overtaken:
            self._held.append(delivery)
        self._push(delivery)

    def take(self) -> list[Delivery]:
        """What is due now, in order; it is in flight from here on."""
        now = self._clock.now()
        taken = []
        while self._heap and self._heap[0][0] <= now:
            delivery = self._known.get(heapq.heappop(self._heap)[2])
            # One that was held and let go, or put off, stands in the heap at its old instant too.
            if delivery is not None and delivery.stage is Stage.WAITING and delivery.due_at <= now:
                delivery.stage = Stage.IN_FLIGHT
                taken.append(delivery)
        return taken

    def next_due(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    def answered(self, delivery_id: str, reply: Reply) -> None:
        """The app answered. An event whose answer is not 2xx is sent again; a late second answer is ignored."""
        delivery = self._known.get(delivery_id)
        if delivery is None or delivery.stage is not Stage.IN_FLIGHT:
            return
        if delivery.ack_lost:
            delivery.ack_lost = False
            self.unanswered(delivery_id, "timeout")
            return
        if not reply.ok:
            delivery.reply = reply
            self.unanswered(delivery_id, "http_error", no_retry=reply.no_retry)
            return
        delivery.stage = Stage.ANSWERED
        delivery.reply = reply
        if delivery.on_reply is not None:
            delivery.on_reply(reply)
        self._let_go(delivery)
        self.on_settled(delivery)

    def unanswered(self, delivery_id: str, reason: str, *, no_retry: bool = False) -> None:
        """The app gave no proper answer in time: an event is queued for its next attempt, anything else has failed."""
        delivery = self._known.get(delivery_id)
        if delivery is None or delivery.stage is not Stage.IN_FLIGHT:
            return
        delivery.reason = reason
        if delivery.kind is Kind.EVENT and delivery.attempt < len(RETRY_AFTER) and not no_retry:
            delivery.due_at = self._clock.now() + RETRY_AFTER[delivery.attempt]
            delivery.attempt += 1
            delivery.stage = Stage.WAITING
            self._push(delivery)
            if delivery.due_at > self._clock.now():
                self.on_settled(delivery)
            return
        delivery.stage = Stage.GIVEN_UP
        delivery.error = reason
        if delivery.on_error is not None:
            delivery.on_error(reason)
        self._let_go(delivery)
        self.on_settled(delivery)

    def find(self, delivery_id: str) -> Delivery | None:
        return self._known.get(delivery_id)

    def log(self) -> list[Delivery]:
        """What was sent lately, oldest first."""
        return list(self._known.values())

    def since(self, mark: int) -> list[Delivery]:
        """What was put in after `added` was `mark`, newest first."""
        return list(islice(reversed(self._known.values()), self.added - mark))

    def last(self, wanted: Callable[[Delivery], bool]) -> Delivery | None:
        return next((one for one in reversed(self._known.values()) if wanted(one)), None)

    def _let_go(self, settled: Delivery) -> None:
        """What was held back to be overtaken by this one may go now."""
        overtaken = [one for one in self._held if one.kind is settled.kind and one is not settled]
        self._held = [one for one in self._held if one not in overtaken and not one.finished]
        for delivery in overtaken:
            if delivery.stage is Stage.WAITING and not delivery.attempt:
                delivery.due_at = self._clock.now()
                self._push(delivery)

    def _push(self, delivery: Delivery) -> None:
        heapq.heappush(self._heap, (delivery.due_at, self._ids.number("queue"), delivery.id))
        self.on_due()


def _nothing() -> None:
    pass


def _ignore(delivery: Delivery) -> None:
    del delivery
