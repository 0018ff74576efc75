"""The path of an escalation in time: who is asked after whom while nobody picks it up, and when.

Each person on the path is asked once, in their own working time, and has a limit of working hours. When it is over the
next one is asked. Who is away is passed over and told when they are back; where all are away, the one who is back
first is waited for. Nobody is asked at night, on a holiday or on leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.domain.days_off import DaysOff
from bot.domain.localtime import aware, local_date_of
from bot.domain.schedule import HORIZON_DAYS, Schedule

LIMITS = (8, 16, 24)
"""Working hours that each person on the path has, in their order; whoever comes later has the last."""


@dataclass(frozen=True)
class Rung:
    """Somebody on the path who has not been asked yet."""

    member_id: int
    schedule: Schedule


@dataclass(frozen=True)
class Ask:
    """They are asked at `at`, and the next one at `until` if nobody has picked it up; both in UTC."""

    member_id: int
    at: datetime
    until: datetime


@dataclass(frozen=True)
class Climb:
    """The next step: who was passed over because they are away, and who is asked. Null at the end of the path."""

    passed_over: tuple[int, ...]
    ask: Ask | None


def limit(step: int) -> int:
    """Working hours for the person asked in this step, from 0."""
    return LIMITS[min(step, len(LIMITS) - 1)]


def climb(rungs: Sequence[Rung], now: datetime, *, step: int) -> Climb:
    """Who is asked next, seen from `now` (aware). `rungs`: who has not been asked, nearest first; `step`: from 0."""
    passed_over: list[int] = []
    back: list[tuple[datetime, int, Rung]] = []
    for place, rung in enumerate(rungs):
        at = rung.schedule.at_work_from(now)
        if at is not None and not is_away(rung.schedule, now):
            return Climb(tuple(passed_over), _ask(rung, at, step))
        passed_over.append(rung.member_id)
        if at is not None:
            back.append((at, place, rung))
    if not back:
        return Climb(tuple(passed_over), None)
    at, _, first = min(back, key=lambda one: one[:2])
    return Climb(tuple(one for one in passed_over if one != first.member_id), _ask(first, at, step))


def is_away(schedule: Schedule, now: datetime) -> bool:
    """Whether leave keeps somebody from the work that they would be at, or come to next. A holiday is no leave."""
    return schedule.at_work_from(now) != _without_leave(schedule).at_work_from(now)


def working_time_after(schedule: Schedule, start: datetime, hours: int) -> datetime:
    """The instant, in UTC, at which so many working hours have gone by since `start` (aware).

    Hours that end with a working day end then. Leave stops no limit: who goes away in between is not waited for.
    ValueError for less than one hour.
    """
    if hours < 1:
        raise ValueError("a limit is one working hour at least")
    works = _without_leave(schedule)
    at = aware(start).astimezone(UTC)
    left = timedelta(hours=hours)
    day = local_date_of(at, works.zone)
    for _ in range(HORIZON_DAYS):
        span = works.hours_on(day)
        if span is not None and span[1] > at:
            begins = max(at, span[0])
            if begins + left <= span[1]:
                return begins + left
            left -= span[1] - begins
        day += timedelta(days=1)
    raise ValueError("a week has some working time")


def _ask(rung: Rung, at: datetime, step: int) -> Ask:
    return Ask(rung.member_id, at, working_time_after(rung.schedule, at, limit(step)))


def _without_leave(schedule: Schedule) -> Schedule:
    return replace(schedule, off=DaysOff(schedule.off.country))
