"""What a person may choose about when they are asked, and what makes no sense."""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import time

from bot.domain.localtime import Weekday


class Odd(enum.Enum):
    """Why a choice cannot be taken."""

    NO_DAYS = "no_days"
    ENDS_BEFORE_IT_STARTS = "ends_before_it_starts"
    HOUR_OUTSIDE_WORK = "hour_outside_work"


def check(hour: time, starts: time, ends: time, days: Collection[Weekday]) -> Odd | None:
    """What is wrong with an hour and a working week; None where nothing is."""
    if not days:
        return Odd.NO_DAYS
    if starts >= ends:
        return Odd.ENDS_BEFORE_IT_STARTS
    return None if starts <= hour < ends else Odd.HOUR_OUTSIDE_WORK
