import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.units import canonical_unit, currency_of, is_measure, units_agree


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("percent", "%"),
        ("Percent", "%"),
        ("pct of  teams", "% of teams"),
        ("hrs", "h"),
        ("Day", "days"),
        ("US$", "$"),
        ("euros", "€"),
        ("usd per seat", "$ per seat"),
        ("percentage points", "pp"),
        ("second opinions", "second opinions"),
        ("business day", "business days"),
        ("Story Points", "Story Points"),
        ("orders a month", "orders a month"),
        ("orders per months", "orders per month"),
        ("$ a month", "$ a month"),
        ("a day", "a day"),
        ("", ""),
    ],
)
def test_a_unit_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert canonical_unit(typed) == kept


@given(st.text(max_size=30))
def test_keeping_a_unit_twice_changes_nothing(text: str) -> None:
    assert canonical_unit(canonical_unit(text)) == canonical_unit(text)


@pytest.mark.parametrize(
    ("typed", "expected", "agree"),
    [
        ("", "days", True),
        ("users", "", True),
        ("percent", "%", True),
        ("%", "% of teams", True),
        ("days", "business days", True),
        ("hour", "h", True),
        ("customer", "customers", True),
        ("points", "story points", True),
        ("$", "$ MRR", True),
        ("clients", "customers", True),
        ("%", "days", False),
        ("days", "weeks", False),
        ("ms", "s", False),
        ("€", "$", False),
        ("%", "pp", False),
        ("users", "%", False),
        ("%", "users", False),
        ("$ ARR", "days", False),
    ],
)
def test_two_units_agree_unless_they_contradict_each_other(typed: str, expected: str, agree: bool) -> None:
    assert units_agree(typed, expected) is agree
    assert units_agree(expected, typed) is agree


def test_a_currency_is_split_from_what_follows_it() -> None:
    assert currency_of("€/month") == ("€", "/month")
    assert currency_of("A$ MRR") == ("A$", "MRR")
    assert currency_of("days") == ("", "days")


def test_customers_are_counted_while_days_measure() -> None:
    assert is_measure("day")
    assert not is_measure("customers")
