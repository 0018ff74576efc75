"""The order of a meeting: what was taken to this review first, then help, then decisions, then other teams."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import Waiting
from bot.domain.escalation import EscalationState
from bot.domain.review_agenda import SOON, Call, Due, Item, in_order, is_open

TODAY = date(2026, 11, 19)
CALL = Call(
    escalation_id=1,
    number=1,
    name="SOC 2",
    confidence=Confidence.RED,
    score="0.3, was 0.4",
    state=EscalationState.OPEN,
    since=date(2026, 11, 16),
    review_on=None,
    need="two HR days",
    blocked_by="People",
    asked="Tama Reid",
    taken_by=None,
    link=None,
)
DUE = Due(decision_id=1, number=2, text="HR frees Ana", owner="Hana Mori", due_on=TODAY, link=None)
WAITING = Waiting(
    key_result_id=3,
    number=3,
    name="Pricing",
    team="Growth",
    other="Legal",
    state=DependencyState.ASKED,
    by=None,
    due_on=None,
    reason=None,
    asked_on=TODAY,
)


def numbered(*items: Item) -> list[int]:
    """The numbers of the items, which are given in the order that is expected, after they were put in order."""
    given_numbers = [replace(item, number=place) for place, item in enumerate(items)]
    return [item.number for item in in_order(reversed(given_numbers), TODAY)]


def test_reviews_come_first_then_open_help_then_decisions_due_then_dependencies() -> None:
    in_review = replace(CALL, state=EscalationState.IN_REVIEW)
    assert numbered(
        replace(in_review, review_on=TODAY, since=date(2026, 11, 17)),
        replace(in_review, review_on=TODAY + timedelta(days=7), since=date(2026, 10, 1)),
        replace(CALL, since=date(2026, 11, 2)),
        replace(CALL, since=date(2026, 11, 9), state=EscalationState.ACKNOWLEDGED),
        replace(DUE, due_on=TODAY - timedelta(days=6)),
        DUE,
        replace(DUE, due_on=TODAY + timedelta(days=7)),
        replace(WAITING, asked_on=date(2026, 11, 2)),
        replace(WAITING, state=DependencyState.REFUSED),
    ) == list(range(9))


def test_what_is_settled_or_far_off_is_not_talked_about() -> None:
    closed = [replace(CALL, state=state) for state in (EscalationState.DECIDED, EscalationState.RESOLVED)]
    later = replace(DUE, due_on=TODAY + SOON + timedelta(days=1))
    taken_on = replace(WAITING, state=DependencyState.ACCEPTED)
    assert in_order([*closed, later, taken_on], TODAY) == ()


DAYS = st.integers(-40, 40).map(lambda days: TODAY + timedelta(days=days))
ITEMS = st.one_of(
    st.builds(
        lambda state, since, review: replace(
            CALL, state=state, since=since, review_on=review if state is EscalationState.IN_REVIEW else None
        ),
        st.sampled_from(EscalationState),
        DAYS,
        st.none() | DAYS,
    ),
    st.builds(lambda due: replace(DUE, due_on=due), DAYS),
    st.builds(
        lambda state, asked: replace(WAITING, state=state, asked_on=asked), st.sampled_from(DependencyState), DAYS
    ),
)


@given(st.lists(ITEMS, max_size=12))
def test_what_is_open_is_there_once_and_todays_review_is_first(items: list[Item]) -> None:
    found = in_order(items, TODAY)
    assert len(found) == sum(is_open(item, TODAY) for item in items)
    todays = [isinstance(item, Call) and item.review_on == TODAY for item in found]
    assert todays == sorted(todays, reverse=True)
    kinds = [(Call, Due, Waiting).index(type(item)) for item in found]
    assert kinds == sorted(kinds)
