"""Values that are worth a second look before they are kept: nothing is refused, "really?" is asked once.

Two things are odd: a value outside the way from start to target, and one that is ten times the last one or a tenth of
it (a slipped key or a decimal sign). Where the last value was outside on the same side already, that is how things
stand, and nobody is asked every week.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.domain.validation import KeyResultFacts

TENFOLD = 10


class Odd(StrEnum):
    """What is odd about a value."""

    BEHIND_START = "behind_start"
    PAST_TARGET = "past_target"
    TEN_TIMES = "ten_times"
    A_TENTH = "a_tenth"


@dataclass(frozen=True)
class Doubt:
    """`beside`: what the value is odd beside: the start, the target, or the last value."""

    odd: Odd
    value: Decimal
    beside: Decimal


def doubt(value: Decimal | None, facts: KeyResultFacts) -> Doubt | None:
    """What to ask about before this value is kept; None where it looks like any other.

    Milestones are never asked about (their score has its own limits), thresholds and watched ones only beside their
    last value.
    """
    if value is None:
        return None
    last = facts.last_value
    if last:
        if value and abs(value) >= abs(last) * TENFOLD:
            return Doubt(Odd.TEN_TIMES, value, last)
        if value and abs(value) * TENFOLD <= abs(last):
            return Doubt(Odd.A_TENTH, value, last)
    start, target = facts.start, facts.target
    if not facts.kind.is_metric or start is None or target is None or start == target:
        return None
    way = 1 if target > start else -1
    if (value - target) * way > 0 and (last is None or (last - target) * way <= 0):
        return Doubt(Odd.PAST_TARGET, value, target)
    if (value - start) * way < 0 and (last is None or (last - start) * way >= 0):
        return Doubt(Odd.BEHIND_START, value, start)
    return None
