"""Time limits that run only while the person asked is at work."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.localtime import WORKDAYS, Weekday, aware, instant_of, local_date_of


def working_deadline(
    asked_at: datetime,
    hours: int,
    zone: ZoneInfo,
    *,
    day_start: time = time(9),
    day_end: time = time(17),
    workdays: frozenset[Weekday] = WORKDAYS,
) -> datetime:
    """The instant, in UTC, at which `hours` working hours of the person asked have gone by since `asked_at` (aware).

    Working hours are those between `day_start` and `day_end` on the person's own wall clock in `zone`, on `workdays`.
    Hours that end with a working day end then, and not on the next morning. Time is measured as it passes: a working
    day in which the clock is changed is an hour shorter or longer. ValueError for a limit below one hour, and for a
    week without working time.
    """
    if hours < 1:
        raise ValueError("a limit is one working hour at least")
    if not workdays or day_start >= day_end:
        raise ValueError("a week has some working time")
    start = aware(asked_at).astimezone(UTC)
    left = timedelta(hours=hours)
    day = local_date_of(start, zone)
    while True:
        opens, closes = _working_day(day, zone, day_start, day_end, workdays)
        begins = max(start, opens)
        if begins + left <= closes:
            return begins + left
        left -= max(closes - begins, timedelta())
        day += timedelta(days=1)


def at_work_from(
    instant: datetime,
    zone: ZoneInfo,
    *,
    day_start: time = time(9),
    day_end: time = time(17),
    workdays: frozenset[Weekday] = WORKDAYS,
) -> datetime:
    """`instant` (aware) itself, in UTC, where the person in `zone` is at work; else when their work begins next."""
    if not workdays or day_start >= day_end:
        raise ValueError("a week has some working time")
    start = aware(instant).astimezone(UTC)
    day = local_date_of(start, zone)
    while True:
        opens, closes = _working_day(day, zone, day_start, day_end, workdays)
        if opens < closes and start < closes:
            return max(start, opens)
        day += timedelta(days=1)


def _working_day(
    day: date, zone: ZoneInfo, day_start: time, day_end: time, workdays: frozenset[Weekday]
) -> tuple[datetime, datetime]:
    """When work begins and ends on the day; the same instant twice on a day without work."""
    opens = instant_of(day, day_start, zone)
    if day.weekday() not in workdays:
        return opens, opens
    return opens, max(opens, instant_of(day, day_end, zone))
