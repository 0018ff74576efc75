"""Few threads at a time run Python while somebody waits; the others stand in line, and cost nothing there.

Python runs one thread at a time. Eight that answer at once hand the interpreter to each other around every call into a
driver, and each hand-over may take as long as a whole interaction (docs/decisions/0019). So an interaction takes a
place before it begins, and gives it up while it waits for something slow: Slack, the disk. Nothing depends on it but
speed: who gets no place in time goes on without one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Longer than a line of many short interactions takes; then something else is wrong, and waiting helps nobody.
PATIENCE_SECONDS = 0.5


class Turnstile:
    """`places`: how many may be inside at once."""

    def __init__(self, places: int) -> None:
        self._places = threading.Semaphore(places)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """What runs in this block, in this thread, has a place, or waited long enough for one."""
        stay = _Stay(self._places)
        stay.enter()
        token = _current.set(stay)
        try:
            yield
        finally:
            _current.reset(token)
            stay.leave()


class _Stay:
    """One thread's place."""

    def __init__(self, places: threading.Semaphore) -> None:
        self._places = places
        self._has_one = False

    def enter(self) -> None:
        self._has_one = self._places.acquire(timeout=PATIENCE_SECONDS)

    def leave(self) -> None:
        if self._has_one:
            self._has_one = False
            self._places.release()


# Of this thread, which is the one that answers.
_current: ContextVar[_Stay | None] = ContextVar("okra_stay", default=None)


@contextmanager
def aside() -> Iterator[None]:
    """What runs in this block waits for something slow: another thread may have the place meanwhile."""
    stay = _current.get()
    if stay is None:
        yield
        return
    stay.leave()
    try:
        yield
    finally:
        stay.enter()
