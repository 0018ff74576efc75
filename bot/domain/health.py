"""How a programme goes: what a team did in a cycle, in counts. Never about a person, and no ranking.

Small numbers are told as they are ("3 of 4"); a percentage stands beside them from `LEAST_FOR_PERCENT` on. How many
check-ins were answered is told of `LEAST_PEOPLE` or more: of one or two it would be a person's history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

LEAST_FOR_PERCENT = 5
LEAST_PEOPLE = 3


@dataclass(frozen=True)
class Share:
    """`part` of `of`."""

    part: int = 0
    of: int = 0

    @property
    def percent(self) -> int | None:
        """Rounded half to even; null where there are too few to say it."""
        return round(Fraction(100 * self.part, self.of)) if self.of >= LEAST_FOR_PERCENT else None

    def __add__(self, other: Share) -> Share:
        return Share(self.part + other.part, self.of + other.of)


@dataclass(frozen=True)
class Wait:
    """How long `count` things took: the median in hours, one place; null where there were none."""

    hours: Decimal | None = None
    count: int = 0


@dataclass(frozen=True)
class Health:
    """A team and those beneath it, in one cycle.

    - `completion`: check-ins answered, of those that were due and are over; excused ones are not due. `on_time`: before
      answering closed, of the answered. Neither is counted where they would be about too few people (`is_few`).
    - `to_answer`, `to_decision`: from a call for help to the first answer by somebody, and to its first decision.
    - `decided`: calls that ended in a decision, of those that ended.
    - `in_time`: decisions done on their day or before, of those whose day has passed or that are done; dropped ones are
      not counted.
    - `reviews`: reviews from which a decision came, of those before which something was open.
    - `moved`: key results whose score has changed, of those that have been scored twice or more.
    """

    team: str
    cycle: str
    completion: Share = Share()
    on_time: Share = Share()
    to_answer: Wait = Wait()
    to_decision: Wait = Wait()
    decided: Share = Share()
    in_time: Share = Share()
    reviews: Share = Share()
    moved: Share = Share()
    is_few: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing was due yet."""
        return self.completion.of == 0 and not self.is_few

    @property
    def shares(self) -> Mapping[str, Share]:
        """By name, those that are told."""
        untold = CHECK_INS if self.is_few else ()
        return {name: getattr(self, name) for name in SHARES if name not in untold}


CHECK_INS = ("completion", "on_time")
SHARES = (*CHECK_INS, "decided", "in_time", "reviews", "moved")
WAITS = ("to_answer", "to_decision")


def median(spans: Sequence[timedelta]) -> Wait:
    """The middle one, or the mean of the two in the middle; hours with one place, half to even."""
    if not spans:
        return Wait()
    ordered = sorted(spans)
    half = len(ordered) // 2
    middle = ordered[half : half + 1] if len(ordered) % 2 else ordered[half - 1 : half + 1]
    micros = sum(Fraction(span // timedelta(microseconds=1)) for span in middle) / len(middle)
    return Wait(Decimal(round(micros / 360_000_000)).scaleb(-1), len(ordered))


def is_told_monthly(day: date) -> bool:
    """Whether the digest of this day is the first of its month."""
    return (day - timedelta(weeks=1)).month != day.month


def to_json(health: Health) -> dict[str, Any]:
    """As JSON; `from_json` gives the same back."""
    shares = {name: [getattr(health, name).part, getattr(health, name).of] for name in SHARES}
    waits: dict[str, Any] = {}
    for name in WAITS:
        wait: Wait = getattr(health, name)
        waits[name] = [str(wait.hours) if wait.hours is not None else None, wait.count]
    return {"team": health.team, "cycle": health.cycle, "is_few": health.is_few, **shares, **waits}


def from_json(kept: Mapping[str, Any]) -> Health:
    shares = {name: Share(*kept[name]) for name in SHARES}
    waits = {name: Wait(Decimal(hours) if hours is not None else None, count) for name, (hours, count) in _waits(kept)}
    is_few = kept.get("is_few", False)
    return Health(kept["team"], kept["cycle"], **shares, **waits, is_few=is_few)  # type: ignore[arg-type]


def _waits(kept: Mapping[str, Any]) -> list[tuple[str, tuple[str | None, int]]]:
    return [(name, (kept[name][0], kept[name][1])) for name in WAITS]
