"""Pace: where a score is expected to stand at this point of a cycle, and where it ends if it goes on as it went.

Both are exact: sums are of fractions, and what is told is rounded once, half to even, to two places.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from bot.domain.cycles import CycleDates

BY_THE_END = Decimal("0.7")
"""The score that is expected on the cycle's last day: 0.7 is the target, 1.0 means that the aim was too low."""

LEAST_EXPECTED, MOST_EXPECTED = Decimal("0.1"), Decimal("1.0")
"""What an organisation may expect by the end."""

LEAST_POINTS = 5
"""Fewer answers than this show no pace."""


@dataclass(frozen=True)
class Pace:
    """A straight way from 0 before the cycle's first day to `by_the_end` (0.00 to 1.00) on its last."""

    cycle: CycleDates
    by_the_end: Decimal = BY_THE_END

    def __post_init__(self) -> None:
        if not 0 <= self.by_the_end <= 1:
            raise ValueError("a score lies between 0 and 1")

    def gone(self, day: date) -> Fraction:
        """How much of the cycle has gone by when the day ends: 0 before the first day, 1 from the last on."""
        length = (self.cycle.ends_on - self.cycle.starts_on).days + 1
        return min(max(Fraction((day - self.cycle.starts_on).days + 1, length), Fraction(0)), Fraction(1))

    def expected(self, day: date) -> Decimal:
        """The score that is expected when the day ends, two places."""
        return _hundredths(self.gone(day) * Fraction(self.by_the_end))


@dataclass(frozen=True)
class Point:
    """A score (0.00 to 1.00) that stood on a day."""

    day: date
    score: Decimal


def projected(points: Sequence[Point], ends_on: date) -> Decimal | None:
    """The score on the last day if it goes on at the pace of these points, 0.00 to 1.00, two places.

    The straight line that lies closest to the points (least squares), clipped. None for fewer than `LEAST_POINTS`, for
    points of one day, and where the last day is over.
    """
    if len(points) < LEAST_POINTS or ends_on <= max(point.day for point in points):
        return None
    days = [Fraction(point.day.toordinal()) for point in points]
    scores = [Fraction(point.score) for point in points]
    middle, height = _mean(days), _mean(scores)
    spread = sum(((day - middle) ** 2 for day in days), Fraction(0))
    if spread == 0:
        return None
    pull = sum(((day - middle) * (one - height) for day, one in zip(days, scores, strict=True)), Fraction(0))
    at_the_end = height + pull / spread * (ends_on.toordinal() - middle)
    return _hundredths(min(max(at_the_end, Fraction(0)), Fraction(1)))


def _mean(numbers: Sequence[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers)


def _hundredths(ratio: Fraction) -> Decimal:
    return Decimal(round(ratio * 100)).scaleb(-2)  # round() of a Fraction is exact and half to even


def expected_of(text: str) -> Decimal | None:
    """What somebody typed as the expected score: `LEAST_EXPECTED` to `MOST_EXPECTED`, two places at most; or None."""
    if re.fullmatch(r"[01](?:\.[0-9]{1,2})?", text) is None:
        return None
    expected = Decimal(text)
    return expected if LEAST_EXPECTED <= expected <= MOST_EXPECTED else None
