"""What a key result is measured by: its text, and the columns that win over it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume
from hypothesis import given as for_all
from hypothesis import strategies as st

from bot.domain.cycles import parse_cycle
from bot.domain.importing.columns import Column
from bot.domain.importing.rows import Row
from bot.domain.importing.terms import Given, Terms, Unfit, merge, read_given, reworded, terms_of_text
from bot.domain.kinds import Kind

Q4 = parse_cycle("2026 Q4")
FALLING = Terms(Kind.DECREASE, "Lead time", "days", Decimal(9), Decimal(5))


def row(**cells: str) -> Row:
    return Row(
        7, {Column(name.replace("_", "-") if name == "co_owners" else name): text for name, text in cells.items()}
    )


def merged(given: Given, base: Terms) -> Terms:
    found = merge(given, base)
    assert isinstance(found, Terms)
    return found


def unfit(given: Given, base: Terms) -> Unfit:
    found = merge(given, base)
    assert isinstance(found, Unfit)
    return found


def test_without_columns_the_text_alone_counts() -> None:
    terms = merged(Given(), terms_of_text("Churn from 4 % to 2.5 % by 11 December", Q4))
    assert (terms.kind, terms.start, terms.target, terms.unit) == (Kind.DECREASE, Decimal(4), Decimal("2.5"), "%")
    assert terms.due == date(2026, 12, 11)


def test_a_text_without_numbers_is_a_milestone() -> None:
    assert merged(Given(), terms_of_text("The new hull floats", Q4)) == Terms(Kind.MILESTONE)


def test_a_number_without_baseline_is_a_metric_whose_start_is_unknown() -> None:
    terms = merged(Given(), terms_of_text("40 harbour masters come to the open day", Q4))
    assert (terms.kind, terms.start, terms.target) == (Kind.INCREASE, None, Decimal(40))


def test_a_change_by_a_share_begins_at_nothing() -> None:
    grown = merged(Given(), terms_of_text("Increase daily readers by 25 %", Q4))
    assert (grown.kind, grown.start, grown.target, grown.unit) == (Kind.INCREASE, Decimal(0), Decimal(25), "%")
    cut = merged(Given(), terms_of_text("Reduce fuel used by 20 %", Q4))
    assert (cut.kind, cut.start, cut.target, cut.unit) == (Kind.INCREASE, Decimal(0), Decimal(20), "%")


def test_a_day_outside_the_cycle_in_the_text_is_no_due_day() -> None:
    assert terms_of_text("Talk to the 17 customers who went quiet in August", Q4).due is None
    assert terms_of_text("Hull certified by 4 December", Q4).due == date(2026, 12, 4)


def test_every_column_wins_over_the_text() -> None:
    given = Given(Kind.DECREASE, "Meetings", "meetings", Decimal(41), Decimal(10), date(2026, 12, 1))
    terms = merged(given, Terms(Kind.INCREASE, "hours", "h", Decimal(8), Decimal(18), date(2026, 11, 1)))
    assert terms == Terms(Kind.DECREASE, "Meetings", "meetings", Decimal(41), Decimal(10), date(2026, 12, 1))


def test_start_and_target_decide_the_direction_where_no_kind_is_said() -> None:
    base = Terms(Kind.MILESTONE)
    assert merged(Given(start=Decimal(9), target=Decimal(5)), base).kind is Kind.DECREASE
    assert merged(Given(start=Decimal(5), target=Decimal(9)), base).kind is Kind.INCREASE
    assert merged(Given(target=Decimal(9)), base) == Terms(Kind.INCREASE, target=Decimal(9))


def test_a_milestone_drops_the_numbers_of_its_text_but_refuses_those_of_its_columns() -> None:
    assert merged(Given(kind=Kind.MILESTONE), FALLING) == Terms(Kind.MILESTONE)
    assert unfit(Given(kind=Kind.MILESTONE, target=Decimal(1)), FALLING).column is Column.TARGET
    assert unfit(Given(kind=Kind.MILESTONE, start=Decimal(1)), FALLING).column is Column.START


def test_a_milestone_is_named_by_its_text_unless_a_column_names_it() -> None:
    text = "Rewrite the handbook so that two people can use it"
    assert merged(Given(kind=Kind.MILESTONE), terms_of_text(text, Q4)).metric is None
    named = merged(Given(kind=Kind.MILESTONE, metric="Handbook"), terms_of_text(text, Q4))
    assert named == Terms(Kind.MILESTONE, "Handbook")
    assert merged(Given(kind=Kind.MILESTONE), named) == named


def test_a_threshold_takes_no_start_from_its_text() -> None:
    terms = merged(Given(kind=Kind.AT_MOST), FALLING)
    assert (terms.kind, terms.start, terms.target) == (Kind.AT_MOST, None, Decimal(5))


def test_a_health_number_needs_no_target() -> None:
    assert merged(Given(kind=Kind.HEALTH, unit="%"), FALLING) == Terms(Kind.HEALTH, "Lead time", "%")


@pytest.mark.parametrize("kind", [Kind.INCREASE, Kind.DECREASE, Kind.AT_LEAST, Kind.AT_MOST])
def test_a_measured_kind_without_any_target_is_refused(kind: Kind) -> None:
    assert unfit(Given(kind=kind), Terms(Kind.MILESTONE)).column is Column.TARGET


def test_a_start_alone_is_no_definition() -> None:
    assert unfit(Given(start=Decimal(3)), Terms(Kind.MILESTONE)).column is Column.TARGET


def test_a_kind_that_contradicts_its_numbers_is_refused_with_the_way_out() -> None:
    found = unfit(Given(kind=Kind.INCREASE), FALLING)
    assert found.column is Column.KIND
    assert "9 days → 5 days" in found.message
    assert "decrease" in found.message


def test_a_start_that_equals_the_target_is_refused_in_columns() -> None:
    assert unfit(Given(start=Decimal(5), target=Decimal(5)), FALLING).column is Column.TARGET


def test_new_words_keep_a_start_that_was_given_at_a_check_in() -> None:
    current = Terms(Kind.INCREASE, "Readers", "", Decimal(12), Decimal(40))
    said = Terms(Kind.INCREASE, "Daily readers", "", None, Decimal(50))
    assert reworded(Given(), said, current) == replace(said, start=Decimal(12))
    assert reworded(Given(), replace(said, unit="%"), current) == replace(said, unit="%")
    assert reworded(Given(), replace(said, start=Decimal(20)), current) == replace(said, start=Decimal(20))


def test_cells_are_read_with_their_units() -> None:
    given, problems = read_given(row(kind="at least", start="", target="£240k", due="2026-12-18", metric="Revenue"))
    assert problems == []
    assert given == Given(Kind.AT_LEAST, "Revenue", "£", None, Decimal(240_000), date(2026, 12, 18))


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"kind": "bigger"}, "kind"),
        ({"target": "a lot"}, "target"),
        ({"start": "1 or 2"}, "start"),
        ({"due": "18/12/2026"}, "due"),
        ({"start": "12 days", "target": "40 %"}, "target"),
        ({"unit": "days", "target": "40 %"}, "target"),
        ({"target": "10000000000000"}, "target"),
    ],
)
def test_a_cell_that_cannot_be_read_is_a_problem_at_its_column(cells: dict[str, str], column: str) -> None:
    _, problems = read_given(row(**cells))
    assert [(problem.line, problem.column) for problem in problems] == [(7, column)]


numbers = st.none() | st.integers(-1000, 1000).map(Decimal)
days = st.none() | st.dates()
units = st.sampled_from(["", "%", "days"])
givens = st.builds(
    Given, st.none() | st.sampled_from(Kind), st.none() | st.just("M"), st.none() | units, numbers, numbers, days
)


@st.composite
def bases(draw: st.DrawFn) -> Terms:
    terms = draw(st.builds(Terms, st.sampled_from(Kind), st.none() | st.just("B"), units, numbers, numbers, days))
    if terms.kind is Kind.MILESTONE:
        return replace(terms, start=None, target=None)
    assume(terms.target is not None or terms.kind is Kind.HEALTH)
    return terms


@for_all(givens, bases())
def test_merging_the_same_columns_again_changes_nothing(given: Given, base: Terms) -> None:
    once = merge(given, base)
    assume(isinstance(once, Terms))
    assert isinstance(once, Terms)
    assert merge(given, once) == once
    assert once.kind in {Kind.MILESTONE, Kind.HEALTH} or once.target is not None
    assert once.kind is not Kind.MILESTONE or once.target is None
