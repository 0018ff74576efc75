"""Local dates and times of a zone, and the one instant that each of them means."""

from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from functools import lru_cache
from zoneinfo import ZoneInfo


class Weekday(IntEnum):
    """Numbered as `date.weekday()` numbers them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


WORKDAYS = frozenset({Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY})


# Everybody's hours of one Monday are a few instants, and each is asked for many times.
@lru_cache(maxsize=4096)
def instant_of(local_date: date, local_time: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, that a wall clock in `zone` means by this date and time.

    A time that the clock shows twice in autumn means the first of the two. A time that it skips in spring is moved
    forward by as much as the clock: 02:30 becomes 03:30. So every date and time has exactly one instant.
    `local_time` has no zone of its own (ValueError).
    """
    if local_time.tzinfo is not None:
        raise ValueError("a local time has no zone of its own")
    # With fold=0 the offset from before the change holds, on both kinds of night, which is the rule above.
    return datetime.combine(local_date, local_time.replace(fold=0), tzinfo=zone).astimezone(UTC)


def local_date_of(instant: datetime, zone: ZoneInfo) -> date:
    """The date on a calendar in `zone` at `instant`, which is aware (ValueError)."""
    return aware(instant).astimezone(zone).date()


def workday_before(day: date, workdays: frozenset[Weekday] = WORKDAYS) -> date:
    """The last working day before `day`. `workdays` is not empty (ValueError)."""
    if not workdays:
        raise ValueError("a week has at least one working day")
    day -= timedelta(days=1)
    while day.weekday() not in workdays:
        day -= timedelta(days=1)
    return day


def aware(instant: datetime) -> datetime:
    """`instant` itself, if it knows its zone; ValueError otherwise."""
    if instant.utcoffset() is None:
        raise ValueError("an instant needs a zone")
    return instant
