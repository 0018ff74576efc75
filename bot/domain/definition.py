"""What a key result measures, from its text as people write it: "[metric] from [X] to [Y] by [date]" and its kin.

Which number is the target, in this order:

1. two numbers joined by an arrow, by "from X to Y", "to Y from X", or by "X to Y" after a verb of change: they are
   start and target;
2. a number that is called the target, or stands after "to" or "reach" where a verb of change comes before it;
3. a change that is a verb: "double", "halve";
4. the first number outside parentheses; a stretch of time ("within 5 days") gives way to the number that follows it.

A baseline may also stand beside it: "(currently 9)", "baseline: 9", "up from 9". Numbers that only name something
(years, versions, ids) are no quantities at all; see `named_numbers`. Nothing is invented: what is not said is None, and
a text without a target is a milestone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from bot.domain import wording
from bot.domain.cycles import CycleDates
from bot.domain.deadlines import find_deadline
from bot.domain.kinds import Kind
from bot.domain.numbers import LIMIT, MAX_DECIMALS
from bot.domain.quantities import Quantity, find_quantities
from bot.domain.units import is_measure, is_time, units_agree, units_match
from bot.domain.wording import Direction, Limit

MAX_TEXT_LENGTH = 3000  # code points that are looked at; a definition stands on the first page


@dataclass(frozen=True)
class Definition:
    """What a text says about a key result. A metric or threshold always has a target, a milestone never.

    `is_change`: the target is the size of a change ("by 25 %", "3x") from a start that the text does not give;
    otherwise it is the value to arrive at. `metric` is a short name of what is measured, "" for a milestone and where
    the words beside the number make none.
    """

    kind: Kind
    metric: str = ""
    unit: str = ""
    start: Decimal | None = None
    target: Decimal | None = None
    due: date | None = None
    is_change: bool = False


@dataclass(frozen=True)
class _Aim:
    """The chosen target and, where the text gives it, the start; `is_pair` if both were said in one breath."""

    target: Quantity
    start: Quantity | None = None
    is_pair: bool = False
    is_change: bool = False


def parse_key_result(text: str, within: CycleDates | None = None) -> Definition:
    """Read a key result's text. Never raises, whatever the text.

    `within` is the key result's cycle; it gives a year to "by 15 Dec" and an end to "by the end of the quarter".
    """
    text = text[:MAX_TEXT_LENGTH]
    due = find_deadline(text, within)
    quantities = find_quantities(text)
    aim = _pair(text, quantities) or _with_baseline(text, quantities, _single(text, quantities))
    return Definition(Kind.MILESTONE, due=due) if aim is None else _define(text, aim, due)


def _pair(text: str, quantities: Sequence[Quantity]) -> _Aim | None:
    for one, other in pairwise(quantities):
        if not units_agree(one.unit, other.unit):
            continue
        before, between = text[: one.begin], text[one.end : other.begin]
        if wording.joined_by_arrow(between):
            return _Aim(other, one, is_pair=True)
        if wording.joined_by_to(between) and (
            wording.comes_after_from(before) or (wording.moves(before) and not wording.comes_after_preposition(before))
        ):
            return _Aim(other, one, is_pair=True)
        if wording.joined_by_from(between) and wording.comes_after_to(before):
            return _Aim(one, other, is_pair=True)
    return None


def _single(text: str, quantities: Sequence[Quantity]) -> _Aim | None:
    """The one number that is aimed at, where no two are given together."""
    for one in quantities:
        if wording.is_called_target(text[: one.begin]):
            return _Aim(one)
    outside = [one for one in quantities if not wording.is_inside_parentheses(text, one.begin)]
    candidates = [one for one in outside if not _is_baseline(text, one)]
    for one in candidates:
        before = text[: one.begin]
        if wording.comes_after_arrival(before) or (wording.comes_after_to(before) and wording.moves(before)):
            return _Aim(one)
    factor = _leading_factor(text)
    if factor is not None:
        return _Aim(factor, is_change=True)
    first = next((one for one in candidates if not _is_stretch(text, one)), next(iter(candidates), None))
    if first is not None:
        return _Aim(first, is_change=_is_change(text, first))
    aside = [one for one in quantities if _is_relative(one) and wording.change_after(text[one.end :])]
    return _Aim(aside[0], is_change=True) if aside else None


def _leading_factor(text: str) -> Quantity | None:
    match = wording.FACTOR.match(text)
    if match is None:
        return None
    value, unit = {"double": (2, "x"), "triple": (3, "x"), "quadruple": (4, "x"), "halve": (50, "%")}[
        match[1].casefold()
    ]
    return Quantity(Decimal(value), unit, match.start(1), match.end(1), Decimal(value))


def _is_stretch(text: str, one: Quantity) -> bool:
    return is_time(one.unit) and wording.comes_after_stretch(text[: one.begin])


def _is_change(text: str, one: Quantity) -> bool:
    before = text[: one.begin]
    if _is_relative(one) and wording.change_after(text[one.end :]):
        return True
    if wording.comes_after_by(before):
        return wording.moves(before)
    # "Grow revenue 30 %" is growth by 30 %; "Grow revenue in 30 % of shops" is not.
    return _is_relative(one) and wording.direction(before) is not None and not wording.comes_after_preposition(before)


def _is_relative(one: Quantity) -> bool:
    return one.unit.startswith("%") or one.unit in ("x", "pp")


def _is_baseline(text: str, one: Quantity) -> bool:
    before = text[: one.begin]
    from_here = wording.comes_after_from(before) and wording.moves(before)
    return from_here or wording.is_called_baseline(before, text[one.end :])


def _with_baseline(text: str, quantities: Sequence[Quantity], aim: _Aim | None) -> _Aim | None:
    if aim is None:
        return None
    found = (one for one in quantities if one is not aim.target and _is_baseline(text, one))
    start = next((one for one in found if _is_relative(aim.target) or units_match(one.unit, aim.target.unit)), None)
    return _Aim(aim.target, start, is_change=aim.is_change)


def _define(text: str, aim: _Aim, due: date | None) -> Definition:
    target, start, unit = aim.target.value, aim.start.value if aim.start else None, aim.target.unit
    if aim.start and aim.is_pair:
        start, unit = _same_scale(aim.start, aim.target), unit or aim.start.unit
    metric = _metric(text, aim)
    is_change = aim.is_change
    if is_change and aim.start is not None:
        arrived = _arrived(aim.start, aim.target, _change_direction(text, aim.target))
        start, target, unit = (None, target, unit) if arrived is None else (aim.start.value, arrived, aim.start.unit)
        is_change = arrived is None
    kind = _kind(text, aim, start, target, is_change=is_change)
    return Definition(kind, metric, unit, start if start != target else None, target, due, is_change)


def _kind(text: str, aim: _Aim, start: Decimal | None, target: Decimal, *, is_change: bool) -> Kind:
    before, after = text[: aim.target.begin], text[aim.target.end :]
    limit = Limit.AT_MOST if aim.target.spread else wording.limit(before, after)
    keeps = wording.keeps(before) and not aim.is_pair and not is_change
    if keeps or start == target:
        at_most = limit is Limit.AT_MOST or (limit is None and wording.less_is_better(before))
        return Kind.AT_MOST if at_most else Kind.AT_LEAST
    if start is not None:
        return Kind.INCREASE if start < target else Kind.DECREASE
    if is_change:
        return Kind.DECREASE if _change_direction(text, aim.target) is Direction.DOWN else Kind.INCREASE
    if limit is Limit.AT_MOST:
        return Kind.DECREASE
    way = wording.direction(before)
    if way is None:
        is_amount = not aim.target.unit or is_measure(aim.target.unit)
        less = limit is None and is_amount and wording.less_is_better(before)
        return Kind.DECREASE if less else Kind.INCREASE
    # "Cut 2 vendors": right after the verb, a number without a measure counts what is done.
    counts = len(before.split()) <= 1 and not is_measure(aim.target.unit)
    return Kind.DECREASE if way is Direction.DOWN and not counts else Kind.INCREASE


def _change_direction(text: str, one: Quantity) -> Direction:
    upto = text[: one.end]
    way = wording.change_after(text[one.end :]) or wording.direction(upto)
    return way or (Direction.DOWN if wording.less_is_better(upto) else Direction.UP)


def _arrived(start: Quantity, change: Quantity, way: Direction) -> Decimal | None:
    """The value at which a change of this size ends; None if too large, or open to two readings (20 % of 40 %)."""
    step = change.value if way is Direction.UP else -change.value
    if change.unit == "x":
        value = start.value * change.value if way is Direction.UP or not change.value else start.value / change.value
    elif change.unit == "%" and not start.unit.startswith("%"):
        value = start.value * (100 + step) / 100
    elif change.unit == "%" or not (units_agree(start.unit, change.unit) or change.unit == "pp"):
        return None
    else:
        value = start.value + step
    if abs(value) >= LIMIT:
        return None
    return value.quantize(Decimal(1).scaleb(-MAX_DECIMALS), rounding=ROUND_HALF_EVEN).normalize() + 0


def _same_scale(start: Quantity, target: Quantity) -> Decimal:
    """ "from $3 to $5M" starts at three million: a start without its own scale, of like size, shares the target's."""
    if start.value != start.written or target.value == target.written:
        return start.value
    is_alike = 0 < start.written <= target.written * 10 and target.written <= start.written * 10
    return start.value * (target.value / target.written) if is_alike else start.value


def _metric(text: str, aim: _Aim) -> str:
    both = [aim.target, aim.start] if aim.start and aim.is_pair else [aim.target]
    begin, end = min(one.begin for one in both), max(one.end for one in both)
    return wording.metric_name(text[:begin], text[end:], is_pair=aim.is_pair)
