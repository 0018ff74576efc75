"""A period as one person meets it: when it opens for them, in the organisation's rhythm and their own working time.

- It opens at their own hour on the rhythm's opening day, or where they do not work then on their next working day
  before answering closes.
- Who never works between opening and closing (their week is Thursday and Friday) is asked on their last working day
  before.
- Whose working days in between are all holidays or leave is not asked: the check-in is excused, or somebody stands in.

For one schedule the openings of two periods never change their order. A period is waited for until it has been
opened or passed over, whatever happens to zone, hours and leave meanwhile: so each is met once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.domain.cadence import Period, Rhythm, closes_at, following, period_of
from bot.domain.excuses import Excuse
from bot.domain.localtime import instant_of
from bot.domain.schedule import Schedule

# Whoever is asked has this long to answer on time, unless they are asked late.
ROOM = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Opening:
    """When a period opens for somebody, and closes; in UTC. With an `excuse` nobody is asked then."""

    period: Period
    at: datetime
    closes_at: datetime
    excuse: Excuse | None = None


@dataclass(frozen=True)
class Step:
    """What is due of the periods somebody has waited for, and the one that they wait for next."""

    due: tuple[Opening, ...]
    waits_for: Period
    opens_at: datetime


def opening(this: Period, rhythm: Rhythm, schedule: Schedule) -> Opening:
    """When the period opens for a person."""
    closes = closes_at(this, rhythm, schedule.zone)
    first, last = this + rhythm.opens.weekday * DAY, this + rhythm.closes.weekday * DAY
    within = [day for day in _days(first, last) if day.weekday() in schedule.workdays]
    slots = [(day, at) for day in within if (at := _slot(day, closes, schedule)) is not None]
    if not slots:
        before = [day for day in _days(first - 7 * DAY, first - DAY) if day.weekday() in schedule.workdays]
        slots = [(day, schedule.asked_on(day)) for day in reversed(before)]
    for day, at in slots:
        if schedule.works_on(day):
            return Opening(this, at, closes)
    on_leave = any(schedule.off.is_leave(day) for day, _ in slots)
    return Opening(this, slots[0][1], closes, Excuse.AWAY if on_leave else Excuse.HOLIDAY)


def first_after(now: datetime, rhythm: Rhythm, schedule: Schedule) -> Opening:
    """The first opening strictly after `now` (aware): where somebody starts who waited for none."""
    this = following(period_of(now, schedule.zone), -1)
    while (found := opening(this, rhythm, schedule)).at <= now:
        this = following(this)
    return found


def first_asked(now: datetime, rhythm: Rhythm, schedule: Schedule, waits_for: Period | None) -> Opening:
    """The first opening at which somebody is asked: of the period that they wait for, or else the first after `now`.

    Weeks of leave and of holidays are passed over, a year of them at most.
    """
    found = first_after(now, rhythm, schedule) if waits_for is None else opening(waits_for, rhythm, schedule)
    for _ in range(53):
        if found.excuse is None:
            break
        found = opening(following(found.period), rhythm, schedule)
    return found


def meet(waits_for: Period, now: datetime, rhythm: Rhythm, schedule: Schedule) -> Step:
    """What is due at `now` (aware) for somebody who waits for a period, and what they wait for after that.

    Who is asked late is asked within their working time, at `at`; a period whose answering is over before that is
    passed over with an excuse. Each period from `waits_for` on is in `due` once, or still waited for.
    """
    due: list[Opening] = []
    this = waits_for
    while (found := opening(this, rhythm, schedule)).at <= now:
        if found.excuse is None:
            asked = schedule.at_work_from(now)
            is_over = asked is None or asked >= found.closes_at
            excuse = Excuse.NOT_ASKED if is_over else None
            found = Opening(this, now if asked is None else asked, found.closes_at, excuse)
        due.append(found)
        this = following(this)
    return Step(tuple(due), this, found.at)


def is_away_until(closes: datetime, now: datetime, schedule: Schedule) -> bool:
    """Whether the person has no working time left from `now` (aware) until answering closes."""
    at = schedule.at_work_from(now)
    return at is None or at >= closes


def _slot(day: date, closes: datetime, schedule: Schedule) -> datetime | None:
    """When they are asked on a day, with room left to answer; null where there is none."""
    for at in (schedule.asked_on(day), instant_of(day, schedule.starts, schedule.zone)):
        if at <= closes - ROOM:
            return at
    return None


def _days(first: date, last: date) -> list[date]:
    return [first + index * DAY for index in range((last - first).days + 1)]
