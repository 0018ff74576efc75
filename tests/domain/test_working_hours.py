from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ladder import working_time_after
from bot.domain.localtime import WORKDAYS, Weekday
from bot.domain.schedule import Schedule

LONDON = ZoneInfo("Europe/London")
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)
INSTANTS = st.datetimes(
    datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2035-12-31"), timezones=st.just(UTC)
).map(lambda instant: instant.replace(second=0, microsecond=0))
HOURS = st.integers(1, 40)


def working_deadline(
    asked_at: datetime,
    hours: int,
    zone: ZoneInfo,
    *,
    day_start: time = time(9),
    day_end: time = time(17),
    workdays: frozenset[Weekday] = WORKDAYS,
) -> datetime:
    schedule = Schedule(zone, starts=day_start, ends=day_end, workdays=workdays)
    return working_time_after(schedule, asked_at, hours)


def at_work_from(instant: datetime, zone: ZoneInfo) -> datetime | None:
    return Schedule(zone).at_work_from(instant)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "hours", "deadline"),
    [
        # Monday to Friday, 23 to 27 November 2026; London's clock is UTC then.
        ("2026-11-23 10:12", 4, "2026-11-23 14:12"),
        ("2026-11-23 15:00", 4, "2026-11-24 11:00"),
        ("2026-11-23 10:12", 8, "2026-11-24 10:12"),
        ("2026-11-23 06:00", 4, "2026-11-23 13:00"),
        ("2026-11-23 20:00", 4, "2026-11-24 13:00"),
        ("2026-11-27 16:00", 4, "2026-11-30 12:00"),
        ("2026-11-28 12:00", 1, "2026-11-30 10:00"),
        ("2026-11-27 17:00", 40, "2026-12-04 17:00"),
        # Hours that end with the day end then.
        ("2026-11-23 09:00", 8, "2026-11-23 17:00"),
        ("2026-11-23 08:00", 16, "2026-11-24 17:00"),
    ],
)
def test_only_working_hours_count(asked: str, hours: int, deadline: str) -> None:
    assert working_deadline(utc(asked), hours, LONDON) == utc(deadline)


def test_the_hours_are_those_of_the_person_asked() -> None:
    asked = utc("2026-11-23 10:00")
    assert working_deadline(asked, 4, ZoneInfo("America/New_York")) == utc("2026-11-23 18:00")
    assert working_deadline(asked, 4, ZoneInfo("Pacific/Auckland")) == utc("2026-11-24 00:00")


def test_another_working_week_can_be_given() -> None:
    sunday_to_thursday = frozenset(Weekday) - {Weekday.FRIDAY, Weekday.SATURDAY}
    deadline = working_deadline(
        utc("2026-11-26 13:00"),
        4,
        LONDON,
        day_start=time(8),
        day_end=time(15),
        workdays=sunday_to_thursday,
    )
    assert deadline == utc("2026-11-29 10:00")


def test_a_working_night_in_which_the_clock_skips_an_hour_is_an_hour_shorter() -> None:
    every_day = frozenset(Weekday)
    asked = utc("2027-03-28 00:00")
    assert working_deadline(asked, 5, LONDON, day_start=time(0), day_end=time(5), workdays=every_day) == utc(
        "2027-03-29 00:00"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": 0},
        {"workdays": frozenset()},
        {"day_start": time(17)},
        {"asked_at": datetime.fromisoformat("2026-11-23")},
    ],
)
def test_what_can_never_end_is_refused(wrong: dict[str, object]) -> None:
    call: dict[str, object] = {"asked_at": utc("2026-11-23 10:00"), "hours": 4, "zone": LONDON} | wrong
    with pytest.raises(ValueError, match=r"limit|working|zone"):
        working_deadline(**call)  # type: ignore[arg-type]


def is_working(instant: datetime, zone: ZoneInfo) -> bool:
    local = instant.astimezone(zone)
    return local.weekday() in WORKDAYS and time(9) <= local.time() < time(17)


@given(zone=ZONES, asked=INSTANTS, hours=HOURS)
@settings(max_examples=60)
def test_so_many_working_minutes_lie_before_the_deadline_and_the_last_is_just_before_it(
    zone: ZoneInfo, asked: datetime, hours: int
) -> None:
    """Counted minute by minute. No zone changes its clock between nine and five on a working day in these years."""
    deadline = working_deadline(asked, hours, zone)
    minutes = int((deadline - asked) / timedelta(minutes=1))
    worked = sum(is_working(asked + timedelta(minutes=minute), zone) for minute in range(minutes))
    assert worked == hours * 60
    assert is_working(deadline - timedelta(minutes=1), zone)


@given(zone=ZONES, asked=INSTANTS, hours=HOURS, more=HOURS)
def test_a_limit_can_be_given_in_two_parts(zone: ZoneInfo, asked: datetime, hours: int, more: int) -> None:
    first = working_deadline(asked, hours, zone)
    assert asked < first < working_deadline(asked, hours + more, zone)
    assert working_deadline(first, more, zone) == working_deadline(asked, hours + more, zone)


@given(zone=ZONES, asked=INSTANTS, hours=HOURS, later=st.integers(0, 7 * 24 * 60))
def test_who_is_asked_later_is_never_due_earlier(zone: ZoneInfo, asked: datetime, hours: int, later: int) -> None:
    after = asked + timedelta(minutes=later)
    assert working_deadline(asked, hours, zone) <= working_deadline(after, hours, zone)


@given(zone=ZONES, instant=INSTANTS)
@settings(max_examples=60)
def test_work_begins_at_once_for_those_at_work_and_with_their_next_working_day_for_others(
    zone: ZoneInfo, instant: datetime
) -> None:
    begins = at_work_from(instant, zone)
    assert is_working(begins, zone)
    if is_working(instant, zone):
        assert begins == instant
    else:
        minutes = int((begins - instant) / timedelta(minutes=1))
        assert not any(is_working(instant + timedelta(minutes=minute), zone) for minute in range(minutes))
