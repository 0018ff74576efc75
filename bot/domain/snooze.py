"""*Later*: when somebody can be asked again. Always within the period, and while they are at work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.localtime import WORKDAYS, Weekday, instant_of, local_date_of
from bot.domain.working_hours import at_work_from

# Sooner than this is now, and closer to the end is too late to be of use.
AT_LEAST = timedelta(minutes=15)
AFTERNOON = time(14)


class Later(StrEnum):
    """What the menu offers; the exact time is chosen in a dialog."""

    THIS_AFTERNOON = "this_afternoon"
    TOMORROW_MORNING = "tomorrow_morning"
    AT_A_TIME = "at_a_time"


class TooOdd(StrEnum):
    """Why a time cannot be taken."""

    MISSING = "missing"
    PASSED = "passed"
    PERIOD_OVER = "period_over"
    NOT_AT_WORK = "not_at_work"


@dataclass(frozen=True)
class AtWork:
    """When a person works, by the wall clock of their zone."""

    zone: ZoneInfo
    day_start: time = time(9)
    day_end: time = time(17)
    workdays: frozenset[Weekday] = WORKDAYS

    def holds(self, instant: datetime) -> bool:
        """Whether they are at work then."""
        return self.from_(instant) == instant

    def from_(self, instant: datetime) -> datetime:
        """`instant` itself where they are at work then, else when their work begins next."""
        return at_work_from(instant, self.zone, day_start=self.day_start, day_end=self.day_end, workdays=self.workdays)


def offers(now: datetime, closes: datetime, work: AtWork) -> Mapping[Later, datetime]:
    """The instants of what can be offered at `now`, in order; empty where no time is left to be asked again.

    "This afternoon" is 14:00, or where work begins after that its beginning. "Tomorrow morning" is when the next
    working day begins. `AT_A_TIME` is offered with the first instant that would be taken.
    """
    today = local_date_of(now, work.zone)
    found: dict[Later, datetime] = {}
    afternoon = instant_of(today, max(AFTERNOON, work.day_start), work.zone)
    if check(afternoon, now, closes, work) is None:
        found[Later.THIS_AFTERNOON] = afternoon
    morning = work.from_(instant_of(today + timedelta(days=1), time(0), work.zone))
    if check(morning, now, closes, work) is None:
        found[Later.TOMORROW_MORNING] = morning
    first = work.from_(now + AT_LEAST)
    if check(first, now, closes, work) is None:
        found[Later.AT_A_TIME] = first
    return found


def check(until: datetime, now: datetime, closes: datetime, work: AtWork) -> TooOdd | None:
    """Why somebody cannot be asked again at `until`; None where they can."""
    if until < now + AT_LEAST:
        return TooOdd.PASSED
    if until > closes - AT_LEAST:
        return TooOdd.PERIOD_OVER
    return None if work.holds(until) else TooOdd.NOT_AT_WORK
