"""Scores from 0.00 to 1.00, computed exactly; 0.7 is the target and 1.00 means that the aim was too low."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from bot.domain.kinds import Kind
from bot.domain.numbers import MAX_DECIMALS

EXAMPLE_SCORE = "0.6"
_NONE, _ALL = Decimal("0.00"), Decimal("1.00")


def score(
    kind: Kind,
    start: Decimal | None,
    target: Decimal | None,
    value: Decimal | None,
    held: Sequence[bool] | None = None,
) -> Decimal | None:
    """The score of a key result, 0.00 to 1.00 with two places, or None where it cannot be computed.

    - Increase and decrease: how far `value` has come from `start` to `target`, clipped; None if one of them is unknown.
      Where start and target are equal, 1.00 once the target is met and 0.00 before.
    - At least and at most: the share of `held`, one entry a period in which a value was given (see `holds`); None if
      there is no such period.
    - Milestone: None, its owner gives the score. Health: None, it is watched and not scored.

    The exact ratio is rounded once, half to even, so that a table of scores is not pushed up by its rounding.
    """
    if kind.is_metric:
        if start is None or target is None or value is None:
            return None
        if start == target:
            return _NONE if not _is_met(kind, target, value) else _ALL
        return _hundredths(value - start, target - start)
    if kind.is_threshold and held:
        return _hundredths(Decimal(sum(held)), Decimal(len(held)))
    return None


def holds(kind: Kind, target: Decimal | None, value: Decimal | None) -> bool | None:
    """Whether a threshold held with this value (the limit itself holds); None if that cannot be said."""
    if not kind.is_threshold or target is None or value is None:
        return None
    return value >= target if kind is Kind.AT_LEAST else value <= target


def show(score: Decimal) -> str:
    """A score as people read it, with one place: "0.4". Rounded half to even."""
    return str(score.quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN))


@dataclass(frozen=True)
class Hint:
    """An example beside the value's field: "40 → 60: 52 is 0.6". `score` is the score of `example`, two places."""

    start: Decimal
    target: Decimal
    unit: str
    example: Decimal
    score: Decimal


def hint(kind: Kind, start: Decimal | None, target: Decimal | None, unit: str) -> Hint | None:
    """Numbers that explain how a value becomes a score, with an example as round as start and target are.

    None where no value in between exists: not a metric, start or target unknown, or both equal.
    """
    if not kind.is_metric or start is None or target is None or start == target:
        return None
    wanted = start + (target - start) * Decimal(EXAMPLE_SCORE)
    for places in range(max(_places(start), _places(target)), MAX_DECIMALS + 1):
        example = wanted.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
        reached = score(kind, start, target, example)
        if reached is not None and show(reached) == EXAMPLE_SCORE:
            return Hint(start, target, unit, example, reached)
    return None


def _is_met(kind: Kind, target: Decimal, value: Decimal) -> bool:
    return value >= target if kind is Kind.INCREASE else value <= target


def _hundredths(part: Decimal, whole: Decimal) -> Decimal:
    """The share in hundredths, clipped; `whole` is not 0. Exact: a quotient would be rounded before it is rounded."""
    if whole < 0:
        part, whole = -part, -whole
    if part <= 0 or part >= whole:
        return _ALL if part > 0 else _NONE
    hundredths, rest = divmod(100 * part, whole)
    if 2 * rest > whole or (2 * rest == whole and hundredths % 2):
        hundredths += 1
    return hundredths.scaleb(-2).quantize(_NONE)


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
