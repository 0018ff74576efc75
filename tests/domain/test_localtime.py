from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.localtime import Weekday, instant_of, local_date_of, workday_before

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("UTC", "2026-11-23 09:00", "2026-11-23 09:00"),
        ("Asia/Kolkata", "2026-11-23 09:00", "2026-11-23 03:30"),
        ("Pacific/Auckland", "2026-11-23 09:00", "2026-11-22 20:00"),
        # Shown twice: the first of the two.
        ("Europe/London", "2026-10-25 01:30", "2026-10-25 00:30"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
        # Skipped: moved forward by as much as the clock.
        ("Europe/London", "2027-03-28 01:30", "2027-03-28 01:30"),
        ("America/New_York", "2027-03-14 02:30", "2027-03-14 07:30"),
        ("Australia/Lord_Howe", "2026-10-04 02:10", "2026-10-03 15:40"),
        ("America/Santiago", "2026-09-06 00:00", "2026-09-06 04:00"),
    ],
)
def test_a_wall_clock_means_one_instant(zone: str, wall: str, instant: str) -> None:
    local = datetime.fromisoformat(wall)
    meant = instant_of(local.date(), local.time(), ZoneInfo(zone))
    assert meant == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert meant.tzinfo is UTC


@given(zone=ZONES, day=DAYS, at=TIMES)
def test_the_clock_shows_the_time_asked_for_unless_it_skips_it(zone: ZoneInfo, day: date, at: time) -> None:
    shown = instant_of(day, at, zone).astimezone(zone).replace(tzinfo=None, fold=0)
    asked = datetime.combine(day, at)
    if shown != asked:
        just_before, just_after = [
            (instant_of(day, at, zone) + timedelta(hours=hours)).astimezone(zone).utcoffset() or timedelta()
            for hours in (-3, 3)
        ]
        assert shown - asked == just_after - just_before > timedelta()


@given(zone=ZONES, day=DAYS, at=TIMES)
def test_no_earlier_instant_shows_the_same_time(zone: ZoneInfo, day: date, at: time) -> None:
    instant = instant_of(day, at, zone)
    shown = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    for minutes in range(15, 24 * 60, 15):
        earlier = (instant - timedelta(minutes=minutes)).astimezone(zone)
        assert earlier.replace(tzinfo=None, fold=0) != shown


def test_a_local_time_with_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        instant_of(date(2026, 11, 23), time(9, tzinfo=UTC), ZoneInfo("Europe/London"))


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime.fromisoformat("2026-11-23 09:00")
    with pytest.raises(ValueError, match="zone"):
        local_date_of(naive, ZoneInfo("UTC"))


def test_the_date_is_the_one_on_the_calendar_there() -> None:
    sunday_evening = datetime(2026, 11, 22, 20, tzinfo=UTC)
    assert local_date_of(sunday_evening, ZoneInfo("Pacific/Auckland")) == date(2026, 11, 23)
    assert local_date_of(sunday_evening, ZoneInfo("America/New_York")) == date(2026, 11, 22)


def test_the_working_day_before_a_monday_is_a_friday() -> None:
    assert workday_before(date(2026, 11, 23)) == date(2026, 11, 20)
    assert workday_before(date(2026, 11, 25)) == date(2026, 11, 24)
    assert workday_before(date(2026, 11, 25), frozenset({Weekday.SUNDAY})) == date(2026, 11, 22)


def test_a_week_without_working_days_is_refused() -> None:
    with pytest.raises(ValueError, match="working day"):
        workday_before(date(2026, 11, 25), frozenset())
