"""A key result's definition is changed: from what was typed into its fields, and its text, to the new definition.

Text and fields say the same in the end. Where only the text was changed, its numbers and its day count; where only a
field was, the number is replaced in the text. Where both were and they differ, it is for the writer to say which.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from bot.domain.cycles import CycleDates
from bot.domain.definition import Definition, parse_key_result
from bot.domain.kinds import Kind
from bot.domain.numbers import format_value
from bot.domain.quantities import Quantity, find_quantities

LONGEST_TEXT = 500

_NUMBER = re.compile(r"\d(?:[\d.,'’\s]*\d)?")


class Part(enum.Enum):
    """What can differ between two definitions."""

    TEXT = "text"
    START = "start"
    TARGET = "target"
    DUE = "due"


class Trouble(enum.Enum):
    """Why a part cannot be taken as it was typed."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    SAME_AS_START = "same_as_start"
    NOTHING_CHANGES = "nothing_changes"
    OTHER_NUMBER = "other_number"
    OTHER_DAY = "other_day"


@dataclass(frozen=True)
class Terms:
    """A definition: its text, and what it measures. As a row of `key_result_revision` has it."""

    text: str
    kind: Kind
    metric: str | None
    unit: str
    start: Decimal | None
    target: Decimal | None
    due_on: date | None


@dataclass(frozen=True)
class Typed:
    """The fields as they were typed; those that were not touched are as they were."""

    text: str
    start: Decimal | None
    target: Decimal | None
    due_on: date | None


@dataclass(frozen=True)
class Difference:
    """One part of a definition that is another one now; a value is null where there is none."""

    part: Part
    before: str | None
    after: str | None


def redefined(old: Terms, typed: Typed, within: CycleDates | None = None) -> Terms | Mapping[Part, Trouble]:
    """The new definition, or what is wrong with what was typed. `within` gives a year to "by 15 Dec"."""
    text = typed.text.strip()
    if not text or len(text) > LONGEST_TEXT:
        return {Part.TEXT: Trouble.TOO_LONG if text else Trouble.MISSING}
    is_reworded = text != old.text
    if not is_reworded:
        text = _with_number(text, old.target, typed.target, last=True)
        text = _with_number(text, old.start, typed.start, last=False)
    said = parse_key_result(text, within)
    new = _terms(old, replace(typed, text=text), said, is_reworded=is_reworded)
    trouble = _trouble(old, new, said)
    return trouble or new


def typed_over(then: Terms, typed: Typed, now: Terms) -> Typed:
    """What was typed over `then`, as it is over `now`: what was left as it was follows the newer definition."""
    return Typed(
        now.text if typed.text.strip() == then.text else typed.text,
        now.start if typed.start == then.start else typed.start,
        now.target if typed.target == then.target else typed.target,
        now.due_on if typed.due_on == then.due_on else typed.due_on,
    )


def differences(old: Terms, new: Terms) -> tuple[Difference, ...]:
    """What another definition says otherwise: its numbers and its day; its text only where it is another measure."""
    found = []
    if not is_same_measure(old, new):
        found.append(Difference(Part.TEXT, old.text, new.text))
    for part, before, after in (
        (Part.START, _value(old.start, old.unit), _value(new.start, new.unit)),
        (Part.TARGET, _value(old.target, old.unit), _value(new.target, new.unit)),
        (Part.DUE, _day(old.due_on), _day(new.due_on)),
    ):
        if before != after:
            found.append(Difference(part, before, after))
    return tuple(found) or (Difference(Part.TEXT, old.text, new.text),)


def is_same_measure(old: Terms, new: Terms) -> bool:
    """Whether values of the old definition still mean the same: it measures the same thing, in the same unit."""
    is_alike = old.kind is new.kind or (old.kind.is_metric and new.kind.is_metric)
    return is_alike and old.unit == new.unit and (old.metric or "").casefold() == (new.metric or "").casefold()


def _terms(old: Terms, typed: Typed, said: Definition, *, is_reworded: bool) -> Terms:
    says_target = said.target is not None and not said.is_change
    reads = is_reworded and says_target
    target = said.target if reads and typed.target == old.target else typed.target
    start = said.start if reads and typed.start == old.start and said.start is not None else typed.start
    due = said.due if is_reworded and typed.due_on == old.due_on and said.due is not None else typed.due_on
    return Terms(
        text=typed.text,
        kind=_kind(said.kind if reads and old.kind is not Kind.HEALTH else old.kind, start, target),
        metric=(said.metric or None) if is_reworded else old.metric,
        unit=said.unit if reads else old.unit,
        start=start,
        target=target,
        due_on=due,
    )


def _kind(kind: Kind, start: Decimal | None, target: Decimal | None) -> Kind:
    if kind is Kind.MILESTONE and target is not None:
        kind = Kind.INCREASE
    if kind.is_metric and start is not None and target is not None and start != target:
        return Kind.INCREASE if start < target else Kind.DECREASE
    return kind


def _trouble(old: Terms, new: Terms, said: Definition) -> dict[Part, Trouble]:
    if new == old:
        return {Part.TEXT: Trouble.NOTHING_CHANGES}
    if new.target is None and new.kind not in (Kind.MILESTONE, Kind.HEALTH):
        return {Part.TARGET: Trouble.MISSING}
    if new.kind.is_metric and new.start is not None and new.start == new.target:
        return {Part.TARGET: Trouble.SAME_AS_START}
    # What did not agree before, and was not touched, is not asked about.
    was_touched = new.text != old.text or (new.start, new.target) != (old.start, old.target)
    if was_touched and not said.is_change and _says_another_number(new, said):
        return {Part.TEXT: Trouble.OTHER_NUMBER}
    if said.due is not None and new.due_on not in (said.due, old.due_on):
        return {Part.TEXT: Trouble.OTHER_DAY}
    return {}


def _says_another_number(new: Terms, said: Definition) -> bool:
    if said.target is not None and said.target != new.target:
        return True
    return said.start is not None and new.kind.is_metric and said.start != new.start


def _with_number(text: str, old: Decimal | None, new: Decimal | None, *, last: bool) -> str:
    """The text with another number where the old one stands as it was meant; as it was where that is not plain."""
    if old is None or new is None or old == new:
        return text
    found = [one for one in find_quantities(text) if one.value == old and one.written == old]
    if not found:
        return text
    return _replaced(text, found[-1 if last else 0], new)


def _replaced(text: str, one: Quantity, new: Decimal) -> str:
    match = _NUMBER.search(text, one.begin, one.end)
    if match is None or new < 0:
        return text
    return text[: match.start()] + format_value(new, "") + text[match.end() :]


def _value(value: Decimal | None, unit: str) -> str | None:
    return format_value(value, unit) if value is not None else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
