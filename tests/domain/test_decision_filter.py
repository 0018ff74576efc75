"""What is typed behind `/okr decisions`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.decision_filter import DecisionFilter, Which, understand


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("", DecisionFilter()),
        ("2", DecisionFilter(page=2)),
        ("overdue", DecisionFilter(Which.OVERDUE)),
        ("Mine DONE 3", DecisionFilter(Which.DONE, is_mine=True, page=3)),
        ("KR-12", DecisionFilter(number=12)),
        ("kr 12 all", DecisionFilter(Which.ALL, number=12)),
        ("kr12 2", DecisionFilter(number=12, page=2)),
        ("Customer Success overdue", DecisionFilter(Which.OVERDUE, team="Customer Success")),
        ("Team 2", DecisionFilter(team="Team", page=2)),
        ("dropped Growth 0", DecisionFilter(Which.DROPPED, team="Growth", page=1)),
        ("9" * 40, DecisionFilter(page=999_999)),
    ],
)
def test_words_are_understood_in_any_order(words: str, wanted: DecisionFilter) -> None:
    assert understand(words) == wanted


@given(
    st.sampled_from(Which),
    st.booleans(),
    st.none() | st.integers(1, 99_999),
    st.sampled_from(["", "Growth", "Customer Success"]),
    st.integers(1, 999),
)
def test_what_is_shown_for_the_next_page_is_understood_again(
    which: Which, is_mine: bool, number: int | None, team: str, page: int
) -> None:
    wanted = DecisionFilter(which, is_mine, number, team, page)
    assert understand(f"{wanted.words} {page}") == wanted


@given(st.text())
def test_no_words_are_too_odd(words: str) -> None:
    assert understand(words).page >= 1
