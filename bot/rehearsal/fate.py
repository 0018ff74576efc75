"""Who lives, and where death strikes: before or after each commit, request and answer.

A process that has died does nothing any more: from that moment on each of its ports refuses, so that no clean-up code
of its has an effect. What it had begun in the database is rolled back, as by a connection that breaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from bot.rehearsal import points


class Died(BaseException):
    """The process is dead. Not an `Exception`: nothing may catch it and go on."""


NOT_POSTED_YET = 0


def drawn_home(home_id: int) -> int:
    """The number under which a Home's drawings are told: messages have the positive ones."""
    return -home_id


@dataclass(frozen=True)
class Mortality:
    """How likely a process is to die, and to stall, at each crossing of a point.

    `forced`: at the first crossing of each it dies for certain, so that none is left out.
    """

    forced: bool = False
    dies: float = 0.0
    stalls: float = 0.0
    # How long a stalled process (stopped, swapped out, its machine suspended) does nothing, in seconds.
    stall_seconds: tuple[float, float] = (61.0, 200.0)
    # The share of stalls in which the lock that tells that it lives is cut off, so that others take it for dead.
    cuts: float = 0.25


class Fate:
    """Decides at each crossing of a named point, by the seed."""

    def __init__(self, mortality: Mortality, random: Random) -> None:
        self._mortality = mortality
        self._random = random
        self.crossings: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()
        # Before the first week and after the last one everything works.
        self.asleep = True

    def strikes(self, point: str) -> bool:
        """Whether the process that crosses this point dies there."""
        if self.asleep:
            return False
        self.crossings[point] += 1
        forced = self._mortality.forced and self.crossings[point] == 1
        struck = forced or self._random.random() < self._mortality.dies
        if struck:
            self.deaths[point] += 1
        return struck

    def stall(self) -> float:
        """How many seconds the process does nothing before its next step; mostly 0."""
        if self.asleep or self._random.random() >= self._mortality.stalls:
            return 0.0
        return self._random.uniform(*self._mortality.stall_seconds)

    def cuts(self) -> bool:
        """Whether a process that stalls loses its lock."""
        return self._random.random() < self._mortality.cuts


@dataclass
class Life:
    """One life of one process. `doing` names the step that it is in."""

    name: str
    fate: Fate
    on_death: Callable[[str], None]
    dead: bool = False
    # Whether the lock that tells others that it lives was cut off, and not taken again since.
    cut: bool = False
    doing: str = "start"
    # Which message is drawn (`NOT_POSTED_YET` where it is being posted) or which Home, and at which revision.
    drawing: tuple[int, int] | None = None
    # How long the last request of this step took, in seconds.
    took: float = field(default=0.0)

    def check(self) -> None:
        """Raise `Died` where this life is over."""
        if self.dead:
            raise Died(self.name)

    def cross(self, point: str) -> None:
        """Pass a point at which death may strike. Raises `Died`."""
        self.check()
        named = f"{points.place(self.doing)}: {point}"
        if self.fate.strikes(named):
            self.dead = True
            self.on_death(named)
            raise Died(named)
