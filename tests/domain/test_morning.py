"""When somebody is asked for what waits for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.days_off import DaysOff
from bot.domain.localtime import Weekday, local_date_of
from bot.domain.morning import Waiting, is_owed, next_morning
from bot.domain.schedule import Schedule

AUCKLAND = ZoneInfo("Pacific/Auckland")
FRIDAY = date(2026, 10, 9)


@pytest.mark.parametrize(
    ("first_on", "asked_on", "next_on"),
    [
        (FRIDAY, None, FRIDAY),
        (FRIDAY, FRIDAY, date(2026, 10, 16)),
        (FRIDAY, date(2026, 10, 12), date(2026, 10, 19)),  # Friday was a day off
        (FRIDAY, date(2026, 10, 5), FRIDAY),  # its day was moved into the future since
    ],
)
def test_it_is_asked_about_on_its_day_and_then_weekly(first_on: date, asked_on: date | None, next_on: date) -> None:
    assert Waiting(first_on, asked_on).next_on == next_on


def test_the_morning_is_the_persons_own_hour_on_their_next_working_day() -> None:
    theirs = Schedule(AUCKLAND, hour=time(8, 30), starts=time(8), off=DaysOff("NZ", ((FRIDAY, FRIDAY),)))
    now = datetime(2026, 10, 8, 20, tzinfo=UTC)  # Friday morning there
    assert next_morning(now, theirs, not_before=date(2026, 10, 9)) == datetime(2026, 10, 11, 19, 30, tzinfo=UTC)


def test_a_late_look_asks_while_they_are_at_work_and_what_came_up_after_the_hour_waits() -> None:
    theirs = Schedule(ZoneInfo("UTC"))
    nine, noon, evening = (datetime(2026, 10, 9, hour, tzinfo=UTC) for hour in (9, 12, 18))
    assert is_owed(nine, nine, theirs)
    assert is_owed(noon, nine, theirs)
    assert not is_owed(evening, nine, theirs)
    assert not is_owed(noon, nine + timedelta(minutes=1), theirs)
    assert not is_owed(nine - timedelta(minutes=1), nine - timedelta(hours=1), theirs)


def test_who_is_away_for_more_than_a_year_has_no_morning() -> None:
    off = DaysOff(None, ((date(2026, 1, 1), date(2030, 1, 1)),))
    assert (
        next_morning(datetime(2026, 10, 9, tzinfo=UTC), Schedule(ZoneInfo("UTC"), off=off), not_before=FRIDAY) is None
    )


@given(
    minutes=st.integers(0, 2 * 365 * 24 * 60),
    zone=st.sampled_from(sorted(available_timezones())),
    hour=st.times(),
    days=st.sets(st.sampled_from(Weekday), min_size=1),
    ahead=st.integers(-5, 60),
)
def test_every_morning_lies_in_working_hours_and_the_look_at_it_asks(
    minutes: int, zone: str, hour: time, days: set[Weekday], ahead: int
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    theirs = Schedule(ZoneInfo(zone), hour=hour.replace(fold=0), workdays=frozenset(days))
    wanted = local_date_of(now, theirs.zone) + timedelta(days=ahead)
    at = next_morning(now, theirs, not_before=wanted)
    assert at is not None
    assert at > now
    assert local_date_of(at, theirs.zone) >= wanted
    assert theirs.is_at_work(at)
    assert is_owed(at, at, theirs)
