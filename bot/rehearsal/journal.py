"""What happened, kept short: so that a violation can be told with what came before it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

KEPT_OF_SUBJECT = 12
KEPT_OF_WORLD = 200
TOLD_OF_WORLD = 4


@dataclass(frozen=True)
class Violation:
    """A promise that was broken; `trace`: what was known of its subject, the newest last."""

    what: str
    at: datetime
    trace: tuple[str, ...]


class Journal:
    """Lines by subject (an opaque delivery id, a message), and those that concern everybody."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._of: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=KEPT_OF_SUBJECT))
        self._world: deque[str] = deque(maxlen=KEPT_OF_WORLD)

    def note(self, subject: str, line: str) -> None:
        self._of[subject].append(self._dated(line))

    def note_world(self, line: str) -> None:
        self._world.append(self._dated(line))

    def trace(self, *subjects: str) -> tuple[str, ...]:
        lines = [line for subject in subjects for line in self._of.get(subject, ())]
        return (*sorted(lines), *list(self._world)[-TOLD_OF_WORLD:])

    def _dated(self, line: str) -> str:
        return f"{self._now():%Y-%m-%d %H:%M:%S} {line}"
