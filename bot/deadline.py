"""One deadline for everything that somebody waits for: each call on the way takes at most what is left of it.

Time-outs of their own would add up: two seconds to look a person up and two more to open a dialog are past the three
that Slack gives an interaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

# Seconds from a beginning of its own; only differences mean something.
Stopwatch = Callable[[], float]


@dataclass(frozen=True)
class _Deadline:
    at: float
    stopwatch: Stopwatch


# Of this thread, which is the one that answers.
_current: ContextVar[_Deadline | None] = ContextVar("okra_deadline", default=None)


@contextmanager
def within(seconds: float, stopwatch: Stopwatch) -> Iterator[None]:
    """What runs in this block, in this thread, has `seconds` together."""
    token = _current.set(_Deadline(stopwatch() + seconds, stopwatch))
    try:
        yield
    finally:
        _current.reset(token)


def seconds_left(most: float) -> float:
    """How long a call may take that would take `most` seconds by itself; 0 where the time is used up."""
    deadline = _current.get()
    if deadline is None:
        return most
    return max(0.0, min(most, deadline.at - deadline.stopwatch()))
