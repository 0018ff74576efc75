from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.doubts import Doubt, Odd, doubt
from bot.domain.kinds import Kind
from bot.domain.validation import KeyResultFacts


def facts(kind: Kind = Kind.INCREASE, last: str | None = None, start: str = "20", target: str = "40") -> KeyResultFacts:
    return KeyResultFacts(
        kind, "%", Decimal(start), Decimal(target), Decimal(last) if last is not None else None, asks_value=True
    )


@pytest.mark.parametrize(
    ("value", "about", "odd", "beside"),
    [
        ("41", facts(), Odd.PAST_TARGET, "40"),
        ("19", facts(), Odd.BEHIND_START, "20"),
        ("1.9", facts(Kind.DECREASE, start="9", target="2"), Odd.PAST_TARGET, "2"),
        ("9.1", facts(Kind.DECREASE, start="9", target="2"), Odd.BEHIND_START, "9"),
        ("300", facts(last="30"), Odd.TEN_TIMES, "30"),
        ("3", facts(last="30"), Odd.A_TENTH, "30"),
        ("-300", facts(last="30"), Odd.TEN_TIMES, "30"),
        ("995", facts(Kind.AT_LEAST, last="99.5"), Odd.TEN_TIMES, "99.5"),
        ("7100", facts(Kind.HEALTH, last="71"), Odd.TEN_TIMES, "71"),
        ("42", facts(last="19"), Odd.PAST_TARGET, "40"),
    ],
)
def test_an_odd_value_is_asked_about(value: str, about: KeyResultFacts, odd: Odd, beside: str) -> None:
    assert doubt(Decimal(value), about) == Doubt(odd, Decimal(value), Decimal(beside))


@pytest.mark.parametrize(
    ("value", "about"),
    [
        ("20", facts()),
        ("40", facts()),
        ("30", facts(last="21")),
        ("45", facts(last="42")),  # past the target last week already
        ("15", facts(last="18")),
        ("0", facts(Kind.HEALTH, last="71")),
        ("5", facts(Kind.HEALTH, last="0")),
        ("98", facts(Kind.AT_LEAST, last="99.5")),
        ("0.9", facts(Kind.MILESTONE)),
    ],
)
def test_a_value_like_any_other_is_not_asked_about(value: str, about: KeyResultFacts) -> None:
    assert doubt(Decimal(value), about) is None


def test_no_value_is_no_doubt() -> None:
    assert doubt(None, facts(last="30")) is None


values = st.decimals(min_value=-10000, max_value=10000, places=2, allow_nan=False)


@given(value=values, start=values, target=values, last=st.none() | values)
def test_what_was_kept_last_week_is_never_doubted_this_week(
    value: Decimal, start: Decimal, target: Decimal, last: Decimal | None
) -> None:
    for kind in Kind:
        about = KeyResultFacts(kind, "", start, target, value)
        assert doubt(value, about) is None
        found = doubt(value, KeyResultFacts(kind, "", start, target, last))
        assert found is None or found.value == value
