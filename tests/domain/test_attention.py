"""What may leave when: each kind of attention against the hour of its reader, and what they were sent this week."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.attention import BUDGET, EVENING, Attention, HoldBack, Leave, Verdict, Wait, verdict, week_of
from bot.domain.days_off import DaysOff
from bot.domain.schedule import Schedule

LONDON = ZoneInfo("Europe/London")
WORKS = Schedule(LONDON)
ON_LEAVE = Schedule(LONDON, off=DaysOff(leave=((date(2026, 11, 23), date(2026, 11, 27)),)))
GONE = Schedule(LONDON, off=DaysOff(leave=((date(2026, 11, 23), date(2029, 11, 27)),)))
SECOND = timedelta(seconds=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# A Wednesday; London's clock is UTC then.
AT_WORK, NIGHT, NEXT_MORNING = utc("2026-11-25 11:00"), utc("2026-11-25 03:00"), utc("2026-11-25 09:00")
ENDS, TOMORROW = utc("2026-11-25 17:00"), utc("2026-11-26 09:00")
MONDAY_AFTER = utc("2026-11-30 09:00")
BEGINS_WEEK, ENDS_WEEK = utc("2026-11-23 00:00"), utc("2026-11-30 00:00")
FULL = [AT_WORK - timedelta(hours=1)] * BUDGET


def ask(
    attention: Attention,
    now: datetime,
    schedule: Schedule = WORKS,
    sent: list[datetime] | None = None,
    reserved: int = 0,
) -> Verdict:
    return verdict(attention, now, schedule, sent or [], zone=LONDON, reserved=reserved)


@pytest.mark.parametrize(
    ("attention", "now", "schedule", "found"),
    [
        (Attention.UNASKED, AT_WORK, WORKS, Leave()),
        (Attention.UNASKED, NIGHT, WORKS, Wait(NEXT_MORNING)),
        (Attention.UNASKED, ENDS - SECOND, WORKS, Leave()),
        (Attention.UNASKED, ENDS, WORKS, Wait(TOMORROW)),
        (Attention.UNASKED, AT_WORK, ON_LEAVE, Wait(MONDAY_AFTER)),
        (Attention.UNASKED, AT_WORK, GONE, Wait(AT_WORK + timedelta(days=30))),
        (Attention.REQUEST, AT_WORK, WORKS, Leave()),
        (Attention.REQUEST, NIGHT, WORKS, Wait(NEXT_MORNING)),
        (Attention.REQUEST, ENDS, WORKS, Wait(TOMORROW)),
        (Attention.REQUEST, AT_WORK, ON_LEAVE, Wait(MONDAY_AFTER)),
        # What is asked when work ends has an hour to leave.
        (Attention.EVENING, AT_WORK, WORKS, Leave()),
        (Attention.EVENING, ENDS + EVENING - SECOND, WORKS, Leave()),
        (Attention.EVENING, ENDS + EVENING, WORKS, Wait(TOMORROW)),
        (Attention.EVENING, NIGHT, WORKS, Wait(NEXT_MORNING)),
        (Attention.EVENING, ENDS, ON_LEAVE, Wait(MONDAY_AFTER)),
        (Attention.FIRST, NIGHT, WORKS, Leave()),
        (Attention.FIRST, AT_WORK, ON_LEAVE, Leave()),
        (Attention.ANSWER, NIGHT, WORKS, Leave()),
        (Attention.ANSWER, AT_WORK, ON_LEAVE, Leave()),
    ],
)
def test_each_kind_has_its_hours(attention: Attention, now: datetime, schedule: Schedule, found: Verdict) -> None:
    assert ask(attention, now, schedule) == found


@pytest.mark.parametrize("attention", Attention)
def test_only_what_nobody_asked_for_has_a_budget(attention: Attention) -> None:
    counted = attention in (Attention.UNASKED, Attention.FIRST)
    assert ask(attention, AT_WORK, sent=FULL) == (HoldBack() if counted else Leave())
    assert ask(attention, AT_WORK, sent=FULL[1:]) == Leave()


@pytest.mark.parametrize(("sent", "reserved", "found"), [(3, 1, Leave()), (3, 2, HoldBack()), (0, 5, HoldBack())])
def test_what_is_kept_for_what_matters_more_counts_as_used(sent: int, reserved: int, found: Verdict) -> None:
    assert ask(Attention.UNASKED, AT_WORK, sent=FULL[:sent], reserved=reserved) == found


@pytest.mark.parametrize(
    ("at", "counts"),
    [(BEGINS_WEEK - SECOND, False), (BEGINS_WEEK, True), (ENDS_WEEK - SECOND, True), (ENDS_WEEK, False)],
)
def test_the_budget_is_that_of_one_calendar_week(at: datetime, counts: bool) -> None:
    assert week_of(AT_WORK, LONDON) == (BEGINS_WEEK, ENDS_WEEK)
    assert ask(Attention.UNASKED, AT_WORK, sent=[*FULL[1:], at]) == (HoldBack() if counts else Leave())
