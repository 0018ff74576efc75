from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.days_off import DaysOff
from bot.domain.ladder import LIMITS, Ask, Climb, Rung, climb, is_away, limit, working_time_after
from bot.domain.localtime import Weekday
from bot.domain.schedule import Schedule

LONDON = Schedule(ZoneInfo("Europe/London"))
AUCKLAND = Schedule(ZoneInfo("Pacific/Auckland"))
LEAD, HEAD, SPONSOR = 1, 2, 3


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on_leave(first: str, last: str, schedule: Schedule = LONDON, country: str | None = None) -> Schedule:
    off = DaysOff(country, ((date.fromisoformat(first), date.fromisoformat(last)),))
    return Schedule(schedule.zone, off=off)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        # November: London is on UTC. Monday the 16th.
        ("2026-11-16 10:12", 4, "2026-11-16 14:12"),
        ("2026-11-16 10:12", 8, "2026-11-17 10:12"),
        ("2026-11-16 09:00", 8, "2026-11-16 17:00"),
        ("2026-11-16 22:00", 1, "2026-11-17 10:00"),
        ("2026-11-20 16:00", 2, "2026-11-23 10:00"),
        ("2026-11-21 12:00", 8, "2026-11-23 17:00"),
        ("2026-11-16 09:00", 24, "2026-11-18 17:00"),
    ],
)
def test_a_limit_runs_in_working_hours(start: str, hours: int, expected: str) -> None:
    assert working_time_after(LONDON, utc(start), hours) == utc(expected)


def test_a_holiday_stops_the_limit_and_leave_does_not() -> None:
    christmas = Schedule(LONDON.zone, off=DaysOff("GB"))
    # Friday the 25th is a holiday, the 26th a Saturday, and Monday the 28th is a holiday in its place.
    assert working_time_after(christmas, utc("2026-12-24 13:00"), 8) == utc("2026-12-29 13:00")
    away = on_leave("2026-12-21", "2026-12-31")
    assert working_time_after(away, utc("2026-12-24 13:00"), 8) == utc("2026-12-25 13:00")
    with pytest.raises(ValueError, match="one working hour"):
        working_time_after(LONDON, utc("2026-12-24 13:00"), 0)


@pytest.mark.parametrize(
    ("schedule", "now", "expected"),
    [
        (LONDON, "2026-11-16 10:00", False),
        (LONDON, "2026-11-14 10:00", False),
        (on_leave("2026-11-16", "2026-11-16"), "2026-11-16 10:00", True),
        (on_leave("2026-11-16", "2026-11-16"), "2026-11-15 10:00", True),
        (on_leave("2026-11-16", "2026-11-16"), "2026-11-17 10:00", False),
        (on_leave("2026-11-14", "2026-11-15"), "2026-11-14 10:00", False),
        (on_leave("2026-11-17", "2026-11-20"), "2026-11-16 10:00", False),
        (on_leave("2026-11-17", "2026-11-20"), "2026-11-16 18:00", True),
        (Schedule(LONDON.zone, off=DaysOff("GB")), "2026-12-25 10:00", False),
    ],
)
def test_who_would_be_at_work_but_for_leave_is_away(schedule: Schedule, now: str, *, expected: bool) -> None:
    assert is_away(schedule, utc(now)) is expected


def test_the_first_one_is_asked_at_once_in_their_working_time_and_in_the_morning_at_night() -> None:
    rungs = [Rung(LEAD, LONDON), Rung(HEAD, LONDON)]
    by_day = climb(rungs, utc("2026-11-16 10:12"), step=0)
    assert by_day == Climb((), Ask(LEAD, utc("2026-11-16 10:12"), utc("2026-11-17 10:12")))
    by_night = climb(rungs, utc("2026-11-16 23:00"), step=0)
    assert by_night == Climb((), Ask(LEAD, utc("2026-11-17 09:00"), utc("2026-11-17 17:00")))


def test_each_step_is_in_the_time_of_the_one_who_is_asked() -> None:
    found = climb([Rung(HEAD, AUCKLAND)], utc("2026-11-17 10:12"), step=1)
    assert found.ask == Ask(HEAD, utc("2026-11-17 20:00"), utc("2026-11-19 04:00"))


def test_who_is_away_is_passed_over() -> None:
    rungs = [Rung(LEAD, on_leave("2026-11-16", "2026-11-20")), Rung(HEAD, LONDON), Rung(SPONSOR, LONDON)]
    found = climb(rungs, utc("2026-11-16 10:00"), step=0)
    assert found.passed_over == (LEAD,)
    assert found.ask is not None
    assert found.ask.member_id == HEAD


def test_where_all_are_away_the_one_who_is_back_first_is_waited_for() -> None:
    rungs = [Rung(LEAD, on_leave("2026-11-16", "2026-11-27")), Rung(HEAD, on_leave("2026-11-16", "2026-11-18"))]
    found = climb(rungs, utc("2026-11-16 10:00"), step=0)
    assert found == Climb((LEAD,), Ask(HEAD, utc("2026-11-19 09:00"), utc("2026-11-19 17:00")))


def test_a_path_ends() -> None:
    assert climb([], utc("2026-11-16 10:00"), step=3) == Climb((), None)
    assert [limit(step) for step in range(5)] == [*LIMITS, LIMITS[-1], LIMITS[-1]]


zones = st.sampled_from(["Pacific/Auckland", "Asia/Kolkata", "Europe/London", "America/New_York", "Pacific/Apia"])
days = st.dates(date(2026, 1, 1), date(2026, 12, 1))
leaves = st.lists(st.tuples(days, st.integers(0, 20)), max_size=4).map(
    lambda drawn: tuple((first, first + timedelta(days=length)) for first, length in drawn)
)
schedules = st.builds(
    lambda zone, starts, length, workdays, country, leave: Schedule(
        ZoneInfo(zone),
        starts=time(starts),
        ends=time(min(starts + length, 23)),
        workdays=frozenset(workdays),
        off=DaysOff(country, leave),
    ),
    zones,
    st.integers(5, 12),
    st.integers(1, 10),
    st.sets(st.sampled_from(list(Weekday)), min_size=1),
    st.sampled_from([None, "GB", "NZ", "IN", "US"]),
    leaves,
)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.lists(schedules, min_size=1, max_size=4), instants)
def test_everybody_on_the_path_is_asked_once_or_passed_over_and_always_at_work(
    path: list[Schedule], now: datetime
) -> None:
    left = [Rung(member_id, schedule) for member_id, schedule in enumerate(path)]
    met: list[int] = []
    at = now
    for step in range(len(path) + 1):
        found = climb(left, at, step=step)
        met += found.passed_over
        if found.ask is None:
            break
        asked = next(rung for rung in left if rung.member_id == found.ask.member_id)
        assert asked.schedule.is_at_work(found.ask.at)
        assert at <= found.ask.at < found.ask.until
        met.append(asked.member_id)
        left = [rung for rung in left if rung.member_id not in met]
        at = found.ask.until
    assert sorted(met) == list(range(len(path)))
