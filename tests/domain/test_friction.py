"""Which team waits for which: counted over blockers, in days that people count."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.friction import Pair, Wait, pairs

TODAY = date(2026, 11, 16)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("waits", "pair"),
    [
        ([Wait("Growth", "Legal", TODAY)], Pair("Growth", "Legal", 1, 0, Decimal(0), 1)),
        ([Wait("Growth", "Legal", days_ago(9))], Pair("Growth", "Legal", 1, 9, Decimal(9), 1)),
        ([Wait("Growth", "Legal", days_ago(9), days_ago(4))], Pair("Growth", "Legal", 0, None, Decimal(5), 1)),
        (
            [
                Wait("Growth", "Legal", days_ago(30), days_ago(10)),
                Wait("Growth", "Legal", days_ago(9)),
                Wait("Growth", "Legal", days_ago(2)),
            ],
            Pair("Growth", "Legal", 2, 9, Decimal(9), 3),
        ),
        (
            [Wait("Growth", "Legal", days_ago(9)), Wait("Growth", "Legal", days_ago(2))],
            Pair("Growth", "Legal", 2, 9, Decimal("5.5"), 2),
        ),
    ],
)
def test_a_pair_of_teams_counts_how_often_and_how_many_days_one_waits_for_the_other(
    waits: list[Wait], pair: Pair
) -> None:
    assert pairs(waits, TODAY) == (pair,)


def test_who_waits_longest_now_stands_first_and_each_way_is_a_line_of_its_own() -> None:
    waits = [
        Wait("Growth", "Legal", days_ago(2)),
        Wait("Legal", "Growth", days_ago(5)),
        Wait("Growth", "People", days_ago(30), days_ago(1)),
        Wait("Growth", "People", days_ago(40), days_ago(31)),
        Wait("Ports", "People", days_ago(50), days_ago(1)),
    ]
    assert [(one.waiting, one.other) for one in pairs(waits, TODAY)] == [
        ("Legal", "Growth"),
        ("Growth", "Legal"),
        ("Growth", "People"),
        ("Ports", "People"),
    ]


TEAMS = st.sampled_from(["Growth", "Legal", "People"])
WAITS = st.lists(
    st.builds(
        lambda waiting, other, since, lasts: Wait(
            waiting, other, days_ago(since), days_ago(since) + timedelta(days=lasts) if lasts is not None else None
        ),
        TEAMS,
        TEAMS,
        st.integers(0, 90),
        st.none() | st.integers(0, 90),
    )
)


@given(WAITS)
def test_nothing_is_lost_and_no_wait_is_shorter_than_nothing(waits: list[Wait]) -> None:
    found = pairs(waits, TODAY)
    assert sum(pair.times for pair in found) == len(waits)
    assert sum(pair.open for pair in found) == sum(wait.until is None for wait in waits)
    for pair in found:
        assert pair.median >= 0
        assert (pair.oldest is None) == (pair.open == 0)
        assert pair.open <= pair.times


@given(WAITS, st.randoms())
def test_the_order_in_which_they_come_changes_nothing(waits: list[Wait], random: object) -> None:
    shuffled = list(waits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert pairs(shuffled, TODAY) == pairs(waits, TODAY)
