from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.kinds import Kind
from bot.domain.scoring import hint, holds, score, show

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False)
METRICS = st.sampled_from([Kind.INCREASE, Kind.DECREASE])


def dec(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize(
    ("kind", "start", "target", "value", "expected"),
    [
        (Kind.INCREASE, "40", "60", "52", "0.60"),
        (Kind.INCREASE, "40", "60", "40", "0.00"),
        (Kind.INCREASE, "40", "60", "60", "1.00"),
        (Kind.INCREASE, "40", "60", "75", "1.00"),
        (Kind.INCREASE, "40", "60", "12", "0.00"),
        (Kind.INCREASE, "0", "3", "1", "0.33"),
        (Kind.INCREASE, "0", "3", "2", "0.67"),
        (Kind.INCREASE, "0", "200", "1", "0.00"),
        (Kind.INCREASE, "0", "200", "3", "0.02"),
        (Kind.INCREASE, "-10", "10", "0", "0.50"),
        (Kind.DECREASE, "9", "5", "7", "0.50"),
        (Kind.DECREASE, "9", "5", "10", "0.00"),
        (Kind.DECREASE, "9", "5", "2", "1.00"),
        (Kind.INCREASE, None, "60", "52", None),
        (Kind.INCREASE, "40", None, "52", None),
        (Kind.INCREASE, "40", "60", None, None),
        (Kind.INCREASE, "60", "60", "60", "1.00"),
        (Kind.INCREASE, "60", "60", "59", "0.00"),
        (Kind.DECREASE, "5", "5", "5", "1.00"),
        (Kind.DECREASE, "5", "5", "6", "0.00"),
        (Kind.MILESTONE, "0", "1", "1", None),
        (Kind.HEALTH, "40", "60", "52", None),
        (Kind.AT_LEAST, None, "95", "97", None),
    ],
)
def test_a_score_is_the_way_from_start_to_target(
    kind: Kind, start: str | None, target: str | None, value: str | None, expected: str | None
) -> None:
    result = score(kind, dec(start), dec(target), dec(value))
    assert (None if result is None else str(result)) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([], None),
        ([True], "1.00"),
        ([False], "0.00"),
        ([True, True, False], "0.67"),
        ([True] * 9 + [False], "0.90"),
        ([True] + [False] * 7, "0.12"),
    ],
)
def test_a_threshold_scores_the_share_of_periods_in_which_it_held(held: list[bool], expected: str | None) -> None:
    for kind in (Kind.AT_LEAST, Kind.AT_MOST):
        result = score(kind, None, Decimal(95), Decimal(90), held)
        assert (None if result is None else str(result)) == expected


def test_a_threshold_holds_at_its_limit() -> None:
    limit = Decimal("99.9")
    assert [holds(Kind.AT_LEAST, limit, limit + delta) for delta in (-1, 0, 1)] == [False, True, True]
    assert [holds(Kind.AT_MOST, limit, limit + delta) for delta in (-1, 0, 1)] == [True, True, False]
    assert holds(Kind.AT_LEAST, limit, None) is None
    assert holds(Kind.INCREASE, limit, limit) is None


@pytest.mark.parametrize(
    ("value", "shown"), [("0.40", "0.4"), ("0.35", "0.4"), ("0.45", "0.4"), ("1.00", "1.0"), ("0.00", "0.0")]
)
def test_a_score_is_shown_with_one_place(value: str, shown: str) -> None:
    assert show(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("kind", "start", "target", "example"),
    [
        (Kind.INCREASE, "40", "60", "52"),
        (Kind.INCREASE, "22", "35", "30"),
        (Kind.DECREASE, "4", "2.5", "3.1"),
        (Kind.INCREASE, "0", "1", "0.6"),
        (Kind.INCREASE, "1", "3", "2.2"),
        (Kind.INCREASE, "0", "100000", "60000"),
        (Kind.DECREASE, "9", "5", "6.6"),
    ],
)
def test_the_hint_gives_a_round_example(kind: Kind, start: str, target: str, example: str) -> None:
    found = hint(kind, Decimal(start), Decimal(target), "days")
    assert found is not None
    assert str(found.example) == example
    assert show(found.score) == "0.6"
    assert found.unit == "days"


def test_there_is_no_hint_where_no_value_lies_between() -> None:
    assert hint(Kind.INCREASE, None, Decimal(5), "") is None
    assert hint(Kind.INCREASE, Decimal(5), Decimal(5), "") is None
    assert hint(Kind.AT_MOST, Decimal(1), Decimal(5), "") is None
    assert hint(Kind.MILESTONE, None, None, "") is None


@given(METRICS, amounts, amounts, amounts)
def test_a_score_stays_between_nothing_and_one(kind: Kind, start: Decimal, target: Decimal, value: Decimal) -> None:
    result = score(kind, start, target, value)
    assert result is not None
    assert Decimal(0) <= result <= Decimal(1)
    assert result.as_tuple().exponent == -2


@given(METRICS, amounts, amounts, amounts, amounts)
def test_a_value_nearer_to_the_target_never_scores_less(
    kind: Kind, start: Decimal, target: Decimal, one: Decimal, other: Decimal
) -> None:
    if start == target:
        target += 1
    worse, better = sorted((one, other), reverse=target < start)
    low, high = score(kind, start, target, worse), score(kind, start, target, better)
    assert low is not None
    assert high is not None
    assert low <= high


@given(METRICS, amounts, amounts)
def test_the_hint_lies_between_start_and_target(kind: Kind, start: Decimal, target: Decimal) -> None:
    found = hint(kind, start, target, "")
    if found is not None:
        assert min(start, target) < found.example < max(start, target)
        assert found.score == score(kind, start, target, found.example)
