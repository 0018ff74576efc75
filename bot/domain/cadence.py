"""When a period opens, closes and is told of.

A period is the Monday of its ISO week and is the same for the whole workspace. A zone, a weekday and an hour only say
when inside that week something happens for somebody: Monday 09:00 in Auckland is still Sunday in London, and belongs
to the same period as Monday 09:00 there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NewType
from zoneinfo import ZoneInfo

from bot.domain.localtime import Weekday, instant_of, local_date_of, workday_before

Period = NewType("Period", date)
"""The Monday of an ISO week. Made by `period`, `period_of` and `period_on` only."""

_WEEK = timedelta(weeks=1)


def period(monday: date) -> Period:
    """The period that begins on this Monday; ValueError if it is none."""
    if monday.weekday() != Weekday.MONDAY:
        raise ValueError(f"a period is a Monday, and {monday.isoformat()} is none")
    return Period(monday)


def period_on(day: date) -> Period:
    """The period that a calendar day belongs to."""
    return Period(day - timedelta(days=day.weekday()))


def period_of(instant: datetime, zone: ZoneInfo) -> Period:
    """The period at an instant (aware), by the local date in `zone`."""
    return period_on(local_date_of(instant, zone))


def following(this: Period, weeks: int = 1) -> Period:
    """The period so many weeks later (earlier, if negative)."""
    return Period(this + weeks * _WEEK)


def first_period_of_cycle(starts_on: date) -> Period:
    """A cycle's first Monday: its first day, or the first Monday after it."""
    monday = period_on(starts_on)
    return monday if monday == starts_on else following(monday)


def cycle_is_told_until(ends_on: date, rhythm: "Rhythm", zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which a cycle has nothing more to tell; `zone` is the organisation's.

    It is the end of its last day, or where that comes later the digest of the period in which that day lies: what
    was asked on the Monday before is answered, and read. No period begins after the last day.
    """
    last_day_over = instant_of(ends_on + timedelta(days=1), time(0), zone)
    return max(last_day_over, digest_at(period_on(ends_on), rhythm, zone))


def value_asked(this: Period, cycle_first_monday: Period, every_n_weeks: int) -> bool:
    """Whether the value of a key result is asked for in this period, if it is every N weeks.

    Counted from the cycle's first Monday, in which it is asked. `every_n_weeks` is at least 1 (ValueError).
    """
    if every_n_weeks < 1:
        raise ValueError("a value is asked for every week at most")
    weeks = (this - cycle_first_monday) // _WEEK
    return weeks % every_n_weeks == 0


@dataclass(frozen=True, order=True)
class WeeklyTime:
    """A weekday and a local time, to the minute. Ordered as they come in a week."""

    weekday: Weekday
    at: time

    def __post_init__(self) -> None:
        if self.at.tzinfo is not None or self.at.second or self.at.microsecond:
            raise ValueError("a weekly time is local and has whole minutes")

    @property
    def into_week(self) -> timedelta:
        """How long after Monday 00:00 it is, on a week without a change of the clock."""
        return timedelta(days=self.weekday, hours=self.at.hour, minutes=self.at.minute)


SHORTEST_OPEN = timedelta(hours=3)
"""A period is open for this long at least: longer than any change of the clock, so that none can swallow it."""


@dataclass(frozen=True)
class Rhythm:
    """The organisation's week; there is one. Owners open and close in their own zone, a digest in its channel's.

    The digest comes after answering has closed: in the period's own week, or, if its time is earlier in the week than
    the closing, in the week after. The lead's note comes one working day before it. ValueError for a week in which
    nobody could answer.
    """

    opens: WeeklyTime = WeeklyTime(Weekday.MONDAY, time(9))
    closes: WeeklyTime = WeeklyTime(Weekday.TUESDAY, time(17))
    digest: WeeklyTime = WeeklyTime(Weekday.WEDNESDAY, time(10))
    note: time = time(14)

    def __post_init__(self) -> None:
        if self.closes.into_week - self.opens.into_week < SHORTEST_OPEN:
            raise ValueError("answering closes in the same week, three hours after it opens at the earliest")
        if self.note.tzinfo is not None:
            raise ValueError("the note's time is local")


def opens_at(this: Period, rhythm: Rhythm, zone: ZoneInfo) -> datetime:
    """When an owner in `zone` is asked about the period, in UTC."""
    return _instant(this, rhythm.opens, zone)


def closes_at(this: Period, rhythm: Rhythm, zone: ZoneInfo) -> datetime:
    """The last moment at which an owner in `zone` can answer on time, in UTC. Later than `opens_at`."""
    return _instant(this, rhythm.closes, zone)


def digest_at(this: Period, rhythm: Rhythm, zone: ZoneInfo) -> datetime:
    """When the period's digest is posted, in UTC. `zone` is the channel's."""
    return _instant(_digest_week(this, rhythm), rhythm.digest, zone)


def note_at(
    this: Period,
    rhythm: Rhythm,
    *,
    lead_zone: ZoneInfo,
    digest_zone: ZoneInfo,
    works_on: Callable[[date], bool] | None = None,
) -> datetime:
    """When the lead is told what the period's digest will say, in UTC: always before the digest.

    One working day before the day of the digest, by the lead's own clock. Where the digest's channel is so far east
    of the lead that this would be too late, a working day earlier. `works_on`: whether the lead works on a day; one who
    does not for a week is told as if they did.
    """
    posted = digest_at(this, rhythm, digest_zone)
    told = _digest_week(this, rhythm) + timedelta(days=rhythm.digest.weekday)
    if works_on is not None:
        for days in range(1, 7):
            noted = instant_of(told - timedelta(days=days), rhythm.note, lead_zone)
            if works_on(told - timedelta(days=days)) and noted < posted:
                return noted
    day = workday_before(told)
    while (noted := instant_of(day, rhythm.note, lead_zone)) >= posted:
        day = workday_before(day)
    return noted


def next_opening(now: datetime, rhythm: Rhythm, zone: ZoneInfo) -> datetime:
    """The first instant after `now` (aware), and never `now` itself, at which a period opens in `zone`; in UTC."""
    this = period_of(now, zone)
    opening = opens_at(this, rhythm, zone)
    return opening if opening > now else opens_at(following(this), rhythm, zone)


def digest_due(now: datetime, rhythm: Rhythm, zone: ZoneInfo) -> Period:
    """The newest period whose digest's time has come at `now` (aware), by the channel's zone."""
    this = period_of(now, zone)
    while digest_at(this, rhythm, zone) > now:
        this = following(this, -1)
    return this


def _digest_week(this: Period, rhythm: Rhythm) -> Period:
    return this if rhythm.digest >= rhythm.closes else following(this)


def _instant(week: Period, when: WeeklyTime, zone: ZoneInfo) -> datetime:
    return instant_of(week + timedelta(days=when.weekday), when.at, zone)
