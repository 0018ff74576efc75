from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.localslack.clock import SlackClock
from bot.localslack.ids import Ids, Timestamps, ts_key

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_clock_follows_its_base_and_keeps_a_jump_as_an_offset() -> None:
    base = [START]
    clock = SlackClock(lambda: base[0])
    clock.jump_to(START + timedelta(days=7))
    base[0] += timedelta(seconds=5)
    assert clock.now() == START + timedelta(days=7, seconds=5)


def test_the_clock_never_goes_back() -> None:
    base = [START]
    clock = SlackClock(lambda: base[0])
    clock.now()
    base[0] -= timedelta(hours=1)
    assert clock.now() == START
    with pytest.raises(ValueError, match="does not go back"):
        clock.jump_to(START - timedelta(seconds=1))
    with pytest.raises(ValueError, match="aware"):
        clock.jump_to(datetime(2027, 1, 1))  # noqa: DTZ001 - a naive one is what is refused


def test_a_clock_may_start_in_another_time_and_another_zone() -> None:
    clock = SlackClock(lambda: START, start=datetime(2026, 10, 5, 10, 0, tzinfo=timezone(timedelta(hours=1))))
    assert clock.now() == datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


@given(st.lists(st.integers(min_value=0, max_value=3), max_size=30))
def test_timestamps_rise_whatever_the_clock_does(steps: list[int]) -> None:
    timestamps = Timestamps()
    now, made = START, []
    for step in steps:
        now += timedelta(microseconds=step)
        made.append(timestamps.next(now))
    assert made == sorted(set(made), key=ts_key)
    assert all(len(one) == len("1790000000.000100") for one in made)


def test_two_stories_with_one_seed_get_the_same_ids() -> None:
    assert [Ids(7).next("U"), Ids(7).secret("x")] == [Ids(7).next("U"), Ids(7).secret("x")]
    assert Ids(7).secret("x") != Ids(8).secret("x")
    assert len({Ids(1).next(prefix) for prefix in "UCDGTVB"}) == 7
