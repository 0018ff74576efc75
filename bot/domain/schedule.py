"""When a person is at work, and at what hour they want to be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.days_off import DaysOff
from bot.domain.localtime import WORKDAYS, Weekday, aware, instant_of, local_date_of

# Nobody is away for longer than this: further ahead no working time is looked for.
HORIZON_DAYS = 400
# Who wants to be asked after work is asked this long before its end.
BEFORE_THE_END = timedelta(minutes=30)


@dataclass(frozen=True)
class Schedule:
    """A person's working time, by their own wall clock. ValueError for a week without any.

    They work from `starts` to `ends` on `workdays`, but for the days in `off`. `hour` is when they want to be asked.
    """

    zone: ZoneInfo
    hour: time = time(9)
    starts: time = time(9)
    ends: time = time(17)
    workdays: frozenset[Weekday] = WORKDAYS
    off: DaysOff = field(default_factory=DaysOff)

    def __post_init__(self) -> None:
        if not self.workdays or self.starts >= self.ends:
            raise ValueError("a week has some working time")

    def works_on(self, day: date) -> bool:
        """Whether it is a working day of theirs, and not off."""
        return day.weekday() in self.workdays and not self.off.covers(day)

    def hours_on(self, day: date) -> tuple[datetime, datetime] | None:
        """From when until when they work on a day, in UTC; null where they do not."""
        if not self.works_on(day):
            return None
        begins, ends = instant_of(day, self.starts, self.zone), instant_of(day, self.ends, self.zone)
        return (begins, ends) if begins < ends else None

    def asked_on(self, day: date) -> datetime:
        """The instant, in UTC, of the hour at which they want to be asked, moved into their working hours."""
        begins = instant_of(day, self.starts, self.zone)
        latest = max(begins, instant_of(day, self.ends, self.zone) - BEFORE_THE_END)
        return min(max(instant_of(day, self.hour, self.zone), begins), latest)

    def is_at_work(self, instant: datetime) -> bool:
        """Whether `instant` (aware) lies in their working time."""
        hours = self.hours_on(local_date_of(instant, self.zone))
        return hours is not None and hours[0] <= instant < hours[1]

    def at_work_from(self, instant: datetime) -> datetime | None:
        """`instant` (aware) itself, in UTC, where they are at work; else when their work begins next.

        None where it does not begin in more than a year.
        """
        start = aware(instant).astimezone(UTC)
        day = local_date_of(start, self.zone)
        for _ in range(HORIZON_DAYS):
            hours = self.hours_on(day)
            if hours is not None and start < hours[1]:
                return max(start, hours[0])
            day += timedelta(days=1)
        return None

    def at_work_until(self, instant: datetime) -> datetime | None:
        """The last instant of their working time that is not after `instant` (aware), in UTC: a minute before its end.

        None where there was none in the week before.
        """
        end = aware(instant).astimezone(UTC)
        day = local_date_of(end, self.zone)
        for _ in range(8):
            hours = self.hours_on(day)
            if hours is not None and hours[0] <= end:
                return min(end, hours[1] - timedelta(minutes=1))
            day -= timedelta(days=1)
        return None

    def next_workday(self, day: date) -> date | None:
        """The first day after `day` on which they work."""
        for _ in range(HORIZON_DAYS):
            day += timedelta(days=1)
            if self.works_on(day):
                return day
        return None
