"""Virtual time: a queue of what happens next, ordered by (instant, sequence). Nobody sleeps, nothing runs beside it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

Happening = Callable[[], None]


class Timeline:
    """The one clock of a rehearsal. What is put in for the same instant happens in the order it was put in."""

    def __init__(self, start: datetime) -> None:
        """`start`: an aware instant in UTC."""
        self._now = start
        self._waiting: list[tuple[datetime, int, Happening]] = []
        self._count = 0

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self._now

    def at(self, instant: datetime, happening: Happening) -> None:
        """Let something happen at an instant; at once where that lies in the past."""
        self._count += 1
        heapq.heappush(self._waiting, (max(instant, self._now), self._count, happening))

    def after(self, seconds: float, happening: Happening) -> None:
        self.at(self._now + timedelta(seconds=seconds), happening)

    def run_until(self, end: datetime) -> None:
        """Let everything happen up to `end`, one after the other; the clock then shows `end`."""
        while self._waiting and self._waiting[0][0] <= end:
            self._now, _, happening = heapq.heappop(self._waiting)
            happening()
        self._now = max(self._now, end)
