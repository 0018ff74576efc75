"""The same blocker named again brings the escalation up a step: once a week, and not where something is on its way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cadence import following, period
from bot.domain.escalation import EscalationState
from bot.domain.named_again import NamedAgain, goes_up

SECOND = period(date(2026, 11, 16))
FIRST = following(SECOND, -1)
AGAIN = NamedAgain(
    week=SECOND,
    first_named=FIRST,
    first_asked=FIRST,
    state=EscalationState.OPEN,
    is_decided=False,
    review_on=None,
    today=SECOND,
    went_up=False,
)
WEEKS = st.integers(0, 12).map(lambda weeks: following(FIRST, weeks))


@pytest.mark.parametrize(
    ("changed", "up"),
    [
        ({}, True),
        ({"state": EscalationState.ACKNOWLEDGED}, True),
        ({"first_named": SECOND}, False),
        ({"first_asked": SECOND}, False),
        ({"first_asked": None}, False),
        ({"went_up": True}, False),
        ({"is_decided": True}, False),
        ({"state": EscalationState.DECIDED}, False),
        ({"state": EscalationState.RESOLVED}, False),
        ({"state": EscalationState.IN_REVIEW, "review_on": SECOND + timedelta(days=3)}, False),
        ({"state": EscalationState.IN_REVIEW, "review_on": SECOND}, False),
        ({"state": EscalationState.IN_REVIEW, "review_on": SECOND - timedelta(days=4)}, True),
        ({"state": EscalationState.IN_REVIEW, "review_on": None}, True),
    ],
)
def test_a_blocker_named_again_undecided_goes_up_one_step(changed: dict[str, object], up: bool) -> None:
    assert goes_up(replace(AGAIN, **changed)) is up  # type: ignore[arg-type]


@given(
    st.builds(
        NamedAgain,
        week=WEEKS,
        first_named=WEEKS,
        first_asked=st.none() | WEEKS,
        state=st.sampled_from(EscalationState),
        is_decided=st.booleans(),
        review_on=st.none() | st.dates(FIRST, FIRST + timedelta(weeks=13)),
        today=st.dates(FIRST, FIRST + timedelta(weeks=13)),
        went_up=st.booleans(),
    )
)
def test_it_never_goes_up_twice_a_week_nor_over_a_decision_nor_in_the_week_in_which_it_began(again: NamedAgain) -> None:
    if not goes_up(again):
        return
    assert not goes_up(replace(again, went_up=True))
    assert not goes_up(replace(again, is_decided=True))
    assert again.first_asked is not None
    assert again.week > max(again.first_named, again.first_asked)
