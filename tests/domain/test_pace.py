from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cycles import CycleDates
from bot.domain.pace import LEAST_POINTS, Pace, Point, expected_of, projected

QUARTER = CycleDates(date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 1), "0.00"),
        (date(2026, 9, 30), "0.00"),
        (date(2026, 10, 1), "0.01"),
        (date(2026, 11, 15), "0.35"),
        (date(2026, 12, 31), "0.70"),
        (date(2027, 2, 1), "0.70"),
    ],
)
def test_the_pace_is_a_straight_way_to_the_target_of_0_7(day: date, expected: str) -> None:
    assert str(Pace(QUARTER).expected(day)) == expected


def test_an_organisation_that_aims_higher_says_so() -> None:
    assert Pace(QUARTER, Decimal("1.0")).expected(date(2026, 11, 15)) == Decimal("0.50")
    with pytest.raises(ValueError, match="between 0 and 1"):
        Pace(QUARTER, Decimal("1.1"))


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_the_pace_never_goes_back(one: date, other: date) -> None:
    earlier, later = sorted((one, other))
    assert Pace(QUARTER).expected(earlier) <= Pace(QUARTER).expected(later)


def weekly(*scores: str) -> list[Point]:
    return [Point(date(2026, 10, 5) + timedelta(weeks=week), Decimal(score)) for week, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        (["0.1", "0.2", "0.3", "0.4"], None),
        (["0.1", "0.2", "0.3", "0.4", "0.5"], "1.00"),
        (["0.0", "0.05", "0.1", "0.15", "0.2"], "0.62"),
        (["0.4", "0.4", "0.4", "0.4", "0.4"], "0.40"),
        (["0.5", "0.4", "0.3", "0.2", "0.1"], "0.00"),
        (["0.1", "0.1", "0.2", "0.1", "0.2", "0.2"], "0.35"),
    ],
)
def test_what_goes_on_as_it_went_ends_on_the_line_through_its_points(scores: list[str], expected: str | None) -> None:
    ends = projected(weekly(*scores), QUARTER.ends_on)
    assert (None if ends is None else str(ends)) == expected


def test_points_of_one_day_and_a_cycle_that_is_over_show_no_pace() -> None:
    assert projected([Point(date(2026, 10, 5), Decimal("0.1"))] * LEAST_POINTS, QUARTER.ends_on) is None
    assert projected(weekly("0.1", "0.2", "0.3", "0.4", "0.5"), date(2026, 11, 2)) is None


@given(
    st.lists(st.decimals(0, 1, places=2), min_size=LEAST_POINTS, max_size=13),
    st.integers(min_value=0, max_value=2),
)
def test_a_projection_is_a_score_whatever_came_before(scores: list[Decimal], gap: int) -> None:
    points = [Point(date(2026, 9, 7) + timedelta(weeks=n * (gap + 1)), one) for n, one in enumerate(scores)]
    ends = projected(points, points[-1].day + timedelta(days=30))
    assert ends is not None
    assert 0 <= ends <= 1


@given(st.decimals(0, 1, places=2), st.integers(LEAST_POINTS, 13))
def test_what_stands_still_ends_where_it_stands(score: Decimal, weeks: int) -> None:
    assert projected(weekly(*[str(score)] * weeks), date(2027, 6, 1)) == score


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("0.7", "0.7"), ("0.65", "0.65"), ("1", "1"), ("1.0", "1.0"), ("0.1", "0.1"), ("0.10", "0.10")],
)
def test_an_expected_score_is_read_as_it_was_typed(typed: str, expected: str) -> None:
    assert str(expected_of(typed)) == expected


@pytest.mark.parametrize(
    "typed", ["", "0", "0.09", "1.01", "2", "0.655", "-0.5", "seven", "0,7", "٠٫٧", "1e-1", " 0.7"]
)
def test_an_expected_score_that_is_no_score_is_refused(typed: str) -> None:
    assert expected_of(typed) is None
