from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.sparkline import GAP, STEPS, carried, sparkline

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False)


@pytest.mark.parametrize(
    ("values", "low", "high", "drawn"),
    [
        ([], 0, 1, ""),
        (["0", "0.2", "0.4", "0.6", "0.8", "1"], 0, 1, "▁▂▄▅▇█"),
        (["0", None, "1"], 0, 1, "▁·█"),
        (["-5", "12"], 0, 10, "▁█"),
        (["9", "7", "5"], 9, 5, "▁▅█"),
        (["4", "5", "6"], 5, 5, "▁██"),
        ([None, None], 0, 1, "··"),
    ],
)
def test_values_are_drawn_as_steps(values: list[str | None], low: int, high: int, drawn: str) -> None:
    row = [None if value is None else Decimal(value) for value in values]
    assert sparkline(row, Decimal(low), Decimal(high)) == drawn


@given(st.lists(st.none() | amounts, max_size=60), amounts, amounts)
def test_every_value_gets_exactly_one_character(values: list[Decimal | None], low: Decimal, high: Decimal) -> None:
    drawn = sparkline(values, low, high)
    assert [char == GAP for char in drawn] == [value is None for value in values]
    assert set(drawn) <= set(STEPS + GAP)


@given(st.lists(amounts, min_size=2, max_size=30), amounts, amounts)
def test_a_greater_value_is_never_drawn_lower(values: list[Decimal], one: Decimal, other: Decimal) -> None:
    drawn = sparkline(sorted(values), min(one, other), max(one, other))
    heights = [STEPS.index(char) for char in drawn]
    assert heights == sorted(heights)


def test_a_missing_value_can_be_drawn_as_the_one_before_it() -> None:
    row = [None, Decimal("0.2"), None, None, Decimal("0.5"), None]
    assert carried(row) == [None, *[Decimal("0.2")] * 3, *[Decimal("0.5")] * 2]
    assert carried([]) == []
