"""A definition is changed: text and fields say the same in the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cycles import CycleDates
from bot.domain.definition import parse_key_result
from bot.domain.kinds import Kind
from bot.domain.redefinition import (
    Difference,
    Part,
    Terms,
    Trouble,
    Typed,
    differences,
    is_same_measure,
    redefined,
    typed_over,
)

QUARTER = CycleDates(date(2026, 10, 1), date(2026, 12, 31))
DUE = date(2026, 12, 15)
OLD = Terms("Activation from 20 to 40 % by 15 Dec", Kind.INCREASE, "Activation", "%", Decimal(20), Decimal(40), DUE)
MILESTONE = Terms("SOC 2 certified by 15 Dec", Kind.MILESTONE, None, "", None, None, DUE)


def typed(old: Terms, **changed: object) -> Typed:
    return replace(Typed(old.text, old.start, old.target, old.due_on), **changed)  # type: ignore[arg-type]


def change(old: Terms, **changed: object) -> Terms:
    found = redefined(old, typed(old, **changed), QUARTER)
    assert isinstance(found, Terms), found
    return found


def test_another_target_stands_in_the_text_too() -> None:
    new = change(OLD, target=Decimal(30))
    assert (new.text, new.target, new.kind) == ("Activation from 20 to 30 % by 15 Dec", Decimal(30), Kind.INCREASE)
    assert differences(OLD, new) == (Difference(Part.TARGET, "40 %", "30 %"),)


def test_a_text_brings_its_numbers_and_its_day_along() -> None:
    new = change(OLD, text="Activation from 20 to 30 % by 1 Dec")
    assert (new.start, new.target, new.due_on) == (Decimal(20), Decimal(30), date(2026, 12, 1))
    assert is_same_measure(OLD, new)


def test_a_target_below_the_start_is_a_decrease() -> None:
    assert change(OLD, target=Decimal(10)).kind is Kind.DECREASE


def test_another_measure_has_its_own_unit_and_name() -> None:
    new = change(OLD, text="Onboarding time from 9 to 5 days by 15 Dec")
    assert (new.metric, new.unit, new.kind) == ("Onboarding time", "days", Kind.DECREASE)
    assert not is_same_measure(OLD, new)
    assert differences(OLD, new)[0] == Difference(Part.TEXT, OLD.text, new.text)


def test_a_milestone_may_become_a_metric_and_stays_one_where_only_its_words_change() -> None:
    assert change(MILESTONE, text="ISO 27001 certified by 15 Dec").kind is Kind.MILESTONE
    new = change(MILESTONE, text="Open audit findings from 12 to 0 by 15 Dec")
    assert (new.kind, new.start, new.target) == (Kind.DECREASE, Decimal(12), Decimal(0))


@pytest.mark.parametrize(
    ("changed", "trouble"),
    [
        ({}, {Part.TEXT: Trouble.NOTHING_CHANGES}),
        ({"text": "  "}, {Part.TEXT: Trouble.MISSING}),
        ({"text": "x" * 501}, {Part.TEXT: Trouble.TOO_LONG}),
        ({"target": None}, {Part.TARGET: Trouble.MISSING}),
        ({"target": Decimal(20)}, {Part.TARGET: Trouble.SAME_AS_START}),
        ({"text": "Activation from 20 to 35 % by 15 Dec", "target": Decimal(30)}, {Part.TEXT: Trouble.OTHER_NUMBER}),
        ({"due_on": date(2026, 12, 1)}, {Part.TEXT: Trouble.OTHER_DAY}),
    ],
)
def test_what_cannot_be_taken_is_said_where_it_was_typed(
    changed: dict[str, object], trouble: dict[Part, Trouble]
) -> None:
    assert redefined(OLD, typed(OLD, **changed), QUARTER) == trouble


@given(
    st.sampled_from([OLD, MILESTONE]),
    st.one_of(st.just(OLD.text), st.text(max_size=80), st.sampled_from(["Churn from 4 to 2.5 %", "Ship it by 1 Nov"])),
    st.none() | st.decimals(-1000, 1000, places=2),
    st.none() | st.decimals(-1000, 1000, places=2),
    st.none() | st.dates(QUARTER.starts_on, QUARTER.ends_on),
)
def test_whatever_is_typed_text_and_terms_agree_in_the_end(
    old: Terms, text: str, start: Decimal | None, target: Decimal | None, due: date | None
) -> None:
    new = redefined(old, Typed(text, start, target, due), QUARTER)
    if not isinstance(new, Terms):
        assert new
        return
    said = parse_key_result(new.text, QUARTER)
    if said.target is not None and not said.is_change:
        assert said.target == new.target
    assert new.target is not None or new.kind in (Kind.MILESTONE, Kind.HEALTH)
    if new.kind.is_metric and new.start is not None and new.target is not None:
        assert (new.start < new.target) is (new.kind is Kind.INCREASE)
    assert differences(old, new)


def test_what_was_left_as_it_was_follows_a_newer_definition_and_what_was_typed_stays() -> None:
    newer = change(OLD, target=Decimal(50))
    assert typed_over(OLD, typed(OLD), newer) == typed(newer)
    lower = typed(OLD, start=Decimal(10))
    assert redefined(newer, typed_over(OLD, lower, newer), QUARTER) == change(newer, start=Decimal(10))
    other = typed(OLD, target=Decimal(30), due_on=date(2026, 11, 30))
    assert typed_over(OLD, other, newer) == typed(newer, target=Decimal(30), due_on=date(2026, 11, 30))
