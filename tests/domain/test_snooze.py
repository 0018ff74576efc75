from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.localtime import Weekday
from bot.domain.schedule import Schedule
from bot.domain.snooze import AT_LEAST, Later, TooOdd, check, offers

LONDON = Schedule(ZoneInfo("Europe/London"))
# The period from Monday, 5 October 2026, 09:00 in London, to Tuesday 17:00.
NINE = datetime(2026, 10, 5, 8, tzinfo=UTC)
CLOSES = datetime(2026, 10, 6, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_monday_morning_offers_the_afternoon_the_next_morning_and_a_time() -> None:
    assert dict(offers(NINE, CLOSES, LONDON)) == {
        Later.THIS_AFTERNOON: NINE + 5 * HOUR,
        Later.TOMORROW_MORNING: NINE + 24 * HOUR,
        Later.AT_A_TIME: NINE + AT_LEAST,
    }


def test_the_afternoon_is_not_offered_in_the_afternoon_nor_the_morning_after_the_last_day() -> None:
    assert list(offers(NINE + 6 * HOUR, CLOSES, LONDON)) == [Later.TOMORROW_MORNING, Later.AT_A_TIME]
    assert list(offers(NINE + 26 * HOUR, CLOSES, LONDON)) == [Later.THIS_AFTERNOON, Later.AT_A_TIME]
    assert list(offers(NINE + 30 * HOUR, CLOSES, LONDON)) == [Later.AT_A_TIME]


def test_nothing_is_offered_when_no_time_is_left() -> None:
    assert dict(offers(CLOSES - timedelta(minutes=20), CLOSES, LONDON)) == {}
    assert dict(offers(CLOSES + HOUR, CLOSES, LONDON)) == {}


def test_tomorrow_morning_is_the_next_working_day() -> None:
    friday = datetime(2026, 10, 9, 8, tzinfo=UTC)
    over_the_weekend = Schedule(LONDON.zone, time(8, 30), time(8), time(12))
    found = offers(friday, friday + timedelta(days=5), over_the_weekend)
    assert found[Later.TOMORROW_MORNING] == datetime(2026, 10, 12, 7, 30, tzinfo=UTC)
    # Nobody is written to at two, who works until noon.
    assert Later.THIS_AFTERNOON not in found


def test_a_time_is_refused_with_its_reason() -> None:
    assert check(NINE - HOUR, NINE, CLOSES, LONDON) is TooOdd.PASSED
    assert check(CLOSES, NINE, CLOSES, LONDON) is TooOdd.PERIOD_OVER
    assert check(NINE + 12 * HOUR, NINE, CLOSES, LONDON) is TooOdd.NOT_AT_WORK
    assert check(NINE + 2 * HOUR, NINE, CLOSES, LONDON) is None


@given(
    seconds=st.integers(0, 366 * 24 * 3600),
    left=st.timedeltas(timedelta(), timedelta(days=8)),
    zone=st.sampled_from(["Pacific/Auckland", "Asia/Kolkata", "Europe/London", "America/St_Johns", "Pacific/Apia"]),
    start=st.integers(0, 20),
    hours=st.integers(1, 3),
    days=st.frozensets(st.sampled_from(Weekday), min_size=1),
)
def test_whatever_is_offered_lies_in_the_period_and_in_working_hours(
    *, seconds: int, left: timedelta, zone: str, start: int, hours: int, days: frozenset[Weekday]
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    work = Schedule(ZoneInfo(zone), time(9), time(start), time(start + hours), days)
    for until in offers(now, now + left, work).values():
        assert now < until < now + left
        local = until.astimezone(work.zone)
        assert local.weekday() in days
        assert check(until, now, now + left, work) is None
