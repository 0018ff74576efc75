"""What a key result is measured by, from its text and from the columns that say it outright."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from bot.domain.cycles import CycleDates
from bot.domain.definition import parse_key_result
from bot.domain.importing.cells import read_day, read_kind, read_quantity
from bot.domain.importing.columns import Column
from bot.domain.importing.problem import Problem, shown
from bot.domain.importing.rows import Row
from bot.domain.kinds import Kind
from bot.domain.numbers import NotANumber, format_value
from bot.domain.units import canonical_unit, units_agree


@dataclass(frozen=True)
class Terms:
    """A whole definition but for its text. A metric or threshold has a target; a milestone has neither number."""

    kind: Kind
    metric: str | None = None
    unit: str = ""
    start: Decimal | None = None
    target: Decimal | None = None
    due: date | None = None


@dataclass(frozen=True)
class Given:
    """What a row's own columns say, each None where the cell is empty: then it leaves alone what is known otherwise."""

    kind: Kind | None = None
    metric: str | None = None
    unit: str | None = None
    start: Decimal | None = None
    target: Decimal | None = None
    due: date | None = None


@dataclass(frozen=True)
class Unfit:
    """Columns that contradict each other, or leave nothing to measure by: which column to mend, and how."""

    column: Column
    message: str


def read_given(row: Row) -> tuple[Given, list[Problem]]:
    """The row's explicit columns, with a problem for each cell that cannot be read."""
    problems: list[Problem] = []
    kind = read_kind(row[Column.KIND])
    if kind is None and row[Column.KIND]:
        kinds = ", ".join(Kind)
        problems.append(row.at(Column.KIND, f"{shown(row[Column.KIND])} is no kind; there are {kinds}."))
    numbers: dict[Column, Decimal] = {}
    units = [canonical_unit(row[Column.UNIT])] if row[Column.UNIT] else []
    for column in (Column.START, Column.TARGET):
        if not row[column]:
            continue
        number = read_quantity(row[column])
        if isinstance(number, NotANumber):
            problems.append(row.at(column, f"{shown(row[column])}: {number.sentence}"))
            continue
        numbers[column] = number.value
        if number.unit and units and not units_agree(number.unit, units[0]):
            problems.append(row.at(column, f"This is in {shown(number.unit)}, but it should be in {shown(units[0])}."))
        elif number.unit:
            units.append(number.unit)
    due = read_day(row[Column.DUE])
    if due is None and row[Column.DUE]:
        problems.append(row.at(Column.DUE, f"{shown(row[Column.DUE])} is no day; please write it like 2026-12-18."))
    given = Given(
        kind=kind,
        metric=row[Column.METRIC] or None,
        unit=units[0] if units else None,
        start=numbers.get(Column.START),
        target=numbers.get(Column.TARGET),
        due=due,
    )
    return given, problems


def terms_of_text(text: str, within: CycleDates | None) -> Terms:
    """What the words of a key result say by themselves; `within` is its cycle, whose year "by 15 Dec" means.

    "Grow by 25 %" tells no level but a change, and a change begins at nothing: it is measured from 0 % to 25 %, and
    "twice as fast" from 1x to 2x. A cut by 20 % is as far along as it has cut, so that too goes from 0 to 20.
    """
    said = parse_key_result(text, within)
    # a day outside the cycle is some other day: "customers who left in August"
    outside = said.due is not None and within is not None and not within.starts_on <= said.due <= within.ends_on
    due = None if outside else said.due
    terms = Terms(said.kind, said.metric or None, said.unit, said.start, said.target, due)
    if said.is_change and said.kind.is_metric and said.start is None and said.target is not None:
        return replace(terms, kind=Kind.INCREASE, start=Decimal(1 if said.unit == "x" else 0), target=abs(said.target))
    return terms


def merge(given: Given, base: Terms) -> Terms | Unfit:
    """`base` with what the columns say in its place; the columns win.

    Without a kind in its column, a start and a target decide between increase and decrease by which is larger.
    """
    start = given.start if given.start is not None else base.start
    target = given.target if given.target is not None else base.target
    kind = given.kind or _implied_kind(given, base.kind, start, target)
    unit = given.unit if given.unit is not None else base.unit
    terms = Terms(kind, given.metric or base.metric, unit, start, target, given.due or base.due)
    if kind is Kind.MILESTONE:
        if given.start is not None or given.target is not None:
            column = Column.TARGET if given.target is not None else Column.START
            return Unfit(column, "A milestone has no number; leave this cell empty, or choose another kind.")
        # the words beside a number in its text ("two people who …") name no metric of a milestone
        metric = given.metric or (base.metric if base.kind is Kind.MILESTONE else None)
        return replace(terms, metric=metric, unit=given.unit or "", start=None, target=None)
    if kind is Kind.HEALTH:
        watched = base if base.kind is Kind.HEALTH else Terms(Kind.HEALTH)
        return replace(
            terms,
            start=given.start if given.start is not None else watched.start,
            target=given.target if given.target is not None else watched.target,
        )
    if target is None:
        return Unfit(Column.TARGET, f"The kind is {kind}, so there has to be a target, and the text names none.")
    if kind.is_threshold:
        # "from 40 to 60" in a text is no start of a threshold; one that is kept with a threshold already is
        return terms if base.kind.is_threshold else replace(terms, start=given.start)
    return _checked_direction(given, terms)


def reworded(given: Given, said: Terms, current: Terms) -> Terms | Unfit:
    """The terms after a key result's text changed: those that the new text says, and the columns.

    A start that was only given at a check-in is in no text; it stays as long as kind and unit stay the same.
    """
    terms = merge(given, said)
    if isinstance(terms, Terms) and terms.start is None and (terms.kind, terms.unit) == (current.kind, current.unit):
        return replace(terms, start=current.start)
    return terms


def _implied_kind(given: Given, base: Kind, start: Decimal | None, target: Decimal | None) -> Kind:
    says_numbers = given.start is not None or given.target is not None
    if not says_numbers or base.is_threshold or base is Kind.HEALTH:
        return base
    if start is not None and target is not None and start != target:
        return Kind.INCREASE if start < target else Kind.DECREASE
    return base if base.is_metric else Kind.INCREASE


def _checked_direction(given: Given, terms: Terms) -> Terms | Unfit:
    start, target = terms.start, terms.target
    if start is None or target is None or (given.start is None and given.target is None and given.kind is None):
        return terms
    if start == target:
        column = Column.TARGET if given.target is not None else Column.START
        return Unfit(column, "Start and target are the same, so there would be nothing to score.")
    if (start < target) != (terms.kind is Kind.INCREASE):
        other = Kind.DECREASE if terms.kind is Kind.INCREASE else Kind.INCREASE
        path = f"{format_value(start, terms.unit)} → {format_value(target, terms.unit)}"
        return Unfit(Column.KIND, f"The kind is {terms.kind}, but {path} goes the other way; is it {other}?")
    return terms
