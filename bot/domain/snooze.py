"""*Later*: when somebody can be asked again. Always within the period, and while they are at work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum

from bot.domain.localtime import instant_of, local_date_of
from bot.domain.schedule import Schedule

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


def offers(now: datetime, closes: datetime, work: Schedule) -> Mapping[Later, datetime]:
    """The instants of what can be offered at `now`, in order; empty where no time is left to be asked again.

    "This afternoon" is 14:00, or where work begins after that its beginning. "Tomorrow morning" is the hour of the
    next working day at which they are asked. `AT_A_TIME` is offered with the first instant that would be taken.
    """
    today = local_date_of(now, work.zone)
    found: dict[Later, datetime] = {}
    afternoon = instant_of(today, max(AFTERNOON, work.starts), work.zone)
    if check(afternoon, now, closes, work) is None:
        found[Later.THIS_AFTERNOON] = afternoon
    workday = work.next_workday(today)
    if workday is not None:
        morning = work.asked_on(workday)
        if check(morning, now, closes, work) is None:
            found[Later.TOMORROW_MORNING] = morning
    first = work.at_work_from(now + AT_LEAST)
    if first is not None and check(first, now, closes, work) is None:
        found[Later.AT_A_TIME] = first
    return found


def check(until: datetime, now: datetime, closes: datetime, work: Schedule) -> TooOdd | None:
    """Why somebody cannot be asked again at `until`; None where they can."""
    if until < now + AT_LEAST:
        return TooOdd.PASSED
    if until > closes - AT_LEAST:
        return TooOdd.PERIOD_OVER
    return None if work.is_at_work(until) else TooOdd.NOT_AT_WORK
