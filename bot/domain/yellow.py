"""Yellow week after week: when its owner is asked whether help would change it, and when help is asked for by itself.

A run is the yellows at the end of what was answered. A week that was missed or excused does not break it: nobody said
that it was better. A green breaks it, and so does a red, which has a thread of its own. Once a thread has ended the run
begins anew, so that what was settled is not asked about again the week after.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from bot.domain.cadence import Period
from bot.domain.confidence import Confidence

ASKS_FROM = 2
OPENS_FROM = 3


class Yellow(enum.Enum):
    """What one more yellow does.

    `FIRST`: nothing. `ASKS`: its owner is asked "Would help change this?". `OPENS`: the thread opens by itself.
    """

    FIRST = "first"
    ASKS = "asks"
    OPENS = "opens"


def running(colours: Mapping[Period, Confidence], *, after: Period | None = None) -> int:
    """How many yellows stand at the end, one a period. `after`: the week in which the last thread ended, and all before
    it, do not count."""
    count = 0
    for period in sorted(colours, reverse=True):
        if colours[period] is not Confidence.YELLOW or (after is not None and period <= after):
            break
        count += 1
    return count


def another_yellow(colours: Mapping[Period, Confidence], *, after: Period | None, is_open: bool) -> Yellow:
    """What a yellow does after these colours, by period. `is_open`: help is being asked for already, so that nothing
    has to be opened."""
    run = running(colours, after=after) + 1
    if run >= OPENS_FROM and not is_open:
        return Yellow.OPENS
    return Yellow.ASKS if run >= ASKS_FROM else Yellow.FIRST
