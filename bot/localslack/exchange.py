"""A call of the app, of a method or at an address, with its fate: what happens, when, and what the app reads of it."""

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.localslack.faults import Arrives, Fate
from bot.localslack.webapi.dispatch import Answer
from bot.localslack.world import World

PAGE = "<html><head><title>{status}</title></head><body>upstream connect error</body></html>"
"""What a proxy in between answers."""


@dataclass(frozen=True)
class Exchange:
    """An answer and its fate. A transport waits `fate.delay`, then sends what `body` says, or nothing at all.

    `plain`: what is answered in place of JSON, where no method was called.
    """

    answer: Answer
    fate: Fate
    plain: str | None = None

    def whole(self) -> bytes:
        """All of the answer; its length is the Content-Length, also of one that is cut."""
        if self.fate.answer is Arrives.UNREADABLE:
            return PAGE.format(status=self.answer.status).encode()
        if self.plain is not None:
            return self.plain.encode()
        return json.dumps(self.answer.body).encode()

    def body(self) -> bytes:
        """The bytes that arrive; none where the connection ends without an answer."""
        if self.fate.answer is Arrives.NONE:
            return b""
        whole = self.whole()
        return whole[: len(whole) // 2] if self.fate.answer is Arrives.TRUNCATED else whole

    @property
    def content_type(self) -> str:
        if self.fate.answer is Arrives.UNREADABLE:
            return "text/html"
        return "application/json" if self.plain is None else "text/plain"


def instead(fate: Fate) -> Answer:
    """The answer of a call whose own answer the app never gets."""
    headers = {} if fate.retry_after is None else {"Retry-After": str(fate.retry_after)}
    body = {} if fate.error is None else {"ok": False, "error": fate.error}
    return Answer(body, fate.status, headers)


@dataclass(frozen=True, order=True)
class Late:
    """An effect that is still to come. `happen` is told when it is due."""

    due: datetime
    number: int
    happen: Callable[[datetime], object] = field(compare=False)


class Afterwards:
    """Effects that come late, in the order in which they are due."""

    def __init__(self) -> None:
        self._heap: list[Late] = []
        self._numbers = 0

    def add(self, happen: Callable[[datetime], object], due: datetime) -> None:
        self._numbers += 1
        heapq.heappush(self._heap, Late(due, self._numbers, happen))

    def next_due(self) -> datetime | None:
        return self._heap[0].due if self._heap else None

    def take(self, now: datetime) -> Late | None:
        """The next one that is due."""
        return heapq.heappop(self._heap) if self._heap and self._heap[0].due <= now else None


def hide(world: World, answer: Answer, lag: float, since: datetime) -> None:
    """Keep the message that this answer reports out of history and replies for `lag` seconds from `since` on."""
    ts = answer.body.get("ts")
    if not lag or not answer.body.get("ok") or ts is None:
        return
    for workspace in world.workspaces.values():
        channel = workspace.channels.get(str(answer.body.get("channel")))
        message = channel.messages.get(ts) if channel is not None else None
        if message is not None and message.edited_ts is None:
            message.listed_at = since + timedelta(seconds=lag)
