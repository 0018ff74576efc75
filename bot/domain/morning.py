"""When somebody is asked for what waits for them: once a working morning at most, all of it in one message.

Each request is asked about on its day, or on the next working day of the one who is asked, and then weekly until it is
settled. The message comes at the hour at which they want to be asked, in their own zone; never on a day off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.domain.localtime import local_date_of
from bot.domain.schedule import HORIZON_DAYS, Schedule

AGAIN_AFTER = timedelta(weeks=1)


@dataclass(frozen=True)
class Waiting:
    """Something waits for somebody. `first_on`: the day on which it is asked about; `asked_on`: when it last was."""

    first_on: date
    asked_on: date | None = None

    @property
    def next_on(self) -> date:
        """From which day on it is to be asked about; a day that was moved into the future is waited for."""
        if self.asked_on is None or self.asked_on < self.first_on:
            return self.first_on
        return self.asked_on + AGAIN_AFTER


def is_owed(now: datetime, since: datetime, schedule: Schedule) -> bool:
    """Whether the message of today's morning may leave at `now` (aware).

    `since`: from when on it was to be looked; what came up after the morning's hour waits for the next one. A late look
    still asks, as long as they are at work.
    """
    today = local_date_of(now, schedule.zone)
    hours = schedule.hours_on(today)
    return hours is not None and since <= schedule.asked_on(today) <= now < hours[1]


def next_morning(now: datetime, schedule: Schedule, *, not_before: date) -> datetime | None:
    """The first morning's hour after `now` (aware), in UTC, on a working day from `not_before` on.

    None where none comes in more than a year.
    """
    day = max(not_before, local_date_of(now, schedule.zone))
    for _ in range(HORIZON_DAYS):
        if schedule.hours_on(day) is not None and (at := schedule.asked_on(day)) > now:
            return at
        day += timedelta(days=1)
    return None
