"""When somebody who has not answered is reminded: twice at most, in their working time, with time between.

The last one comes some hours before the lead is told, or where no lead is told before answering closes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.schedule import Schedule

MOST = 2
# A reminder is no reminder right after what it reminds of.
APART = timedelta(hours=3)
# The first one comes this long after somebody was asked.
FIRST_AFTER = timedelta(hours=5)
# The last one leaves this long for the answer.
BEFORE_THE_LEAD = timedelta(hours=2)


def reminders(
    asked_at: datetime, closes_at: datetime, told_at: datetime | None, schedule: Schedule
) -> tuple[datetime, ...]:
    """The instants of the reminders, in UTC: none, one (the last), or two, in their order.

    `told_at`: when the lead is told what is open; null where no lead is. All are aware.
    """
    until = min(closes_at, told_at) if told_at is not None and told_at > asked_at else closes_at
    last = schedule.at_work_until(until - BEFORE_THE_LEAD)
    if last is None or last < asked_at + APART:
        return ()
    first = schedule.at_work_from(asked_at + FIRST_AFTER)
    if first is None or first > last - APART:
        return (last,)
    return first, last


def not_before(now: datetime, came_at: datetime | None, schedule: Schedule) -> datetime:
    """From when on a reminder may leave, seen from `now`: some time after the prompt, or the reminder, before it.

    `came_at`: when that came; null where it is on its way still. Both are aware. Where nothing could leave for hours,
    both would leave together.
    """
    until = (came_at if came_at is not None else now) + APART
    if until <= now:
        return now
    at = schedule.at_work_from(until)
    return at if at is not None else until


def next_reminder(
    now: datetime, *, sent: int, asked_at: datetime, closes_at: datetime, told_at: datetime | None, schedule: Schedule
) -> datetime | None:
    """The next reminder after `now`, if `sent` went out before; None where there is to be none any more."""
    if sent >= MOST:
        return None
    return next((at for at in reminders(asked_at, closes_at, told_at, schedule) if at > now), None)
