from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.health import Health, Share, Wait, from_json, is_told_monthly, median, to_json

hours = st.none() | st.integers(0, 10**6).map(lambda n: Decimal(n) / 10)
healths = st.builds(
    Health,
    **dict.fromkeys(
        ("completion", "on_time", "decided", "in_time", "reviews", "moved"),
        st.builds(Share, st.integers(), st.integers()),
    ),
    **dict.fromkeys(("to_answer", "to_decision"), st.builds(Wait, hours, st.integers())),
    is_few=st.booleans(),
)


@given(healths)
def test_what_was_kept_comes_back_as_it_was(health: Health) -> None:
    assert from_json(json.loads(json.dumps(to_json(health)))) == health


def test_what_was_kept_before_people_were_counted_is_read_as_it_was_told() -> None:
    kept = to_json(Health("Growth", "2026 Q4", Share(3, 4)))
    del kept["is_few"]
    assert from_json(kept) == Health("Growth", "2026 Q4", Share(3, 4))


@pytest.mark.parametrize(
    ("share", "percent"),
    [
        (Share(0, 0), None),
        (Share(3, 4), None),
        (Share(4, 4), None),
        (Share(0, 5), 0),
        (Share(5, 5), 100),
        (Share(1, 8), 12),
        (Share(3, 8), 38),
        (Share(27, 36), 75),
    ],
)
def test_below_five_a_share_has_no_percentage(share: Share, percent: int | None) -> None:
    assert share.percent == percent


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([], Wait()),
        ([90], Wait(Decimal("1.5"), 1)),
        ([60, 180], Wait(Decimal("2.0"), 2)),
        ([600, 60, 120], Wait(Decimal("2.0"), 3)),
        ([60, 60, 60, 60_000], Wait(Decimal("1.0"), 4)),
        ([3, 3], Wait(Decimal("0.0"), 2)),
    ],
)
def test_the_median_is_told_in_hours_and_one_that_took_forever_moves_it_little(
    minutes: list[int], expected: Wait
) -> None:
    assert median([timedelta(minutes=one) for one in minutes]) == expected


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
def test_of_the_digests_of_a_month_one_tells_it(day: date) -> None:
    same_month = [
        day + timedelta(weeks=week) for week in range(-5, 6) if (day + timedelta(weeks=week)).month == day.month
    ]
    near = [one for one in same_month if abs((one - day).days) < 35]
    assert sum(is_told_monthly(one) for one in near) == 1
