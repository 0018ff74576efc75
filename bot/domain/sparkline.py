"""Sparklines: a row of values as a row of characters, for text where no picture can stand."""

from collections.abc import Sequence
from decimal import Decimal

STEPS = "▁▂▃▄▅▆▇█"
GAP = "·"


def sparkline(values: Sequence[Decimal | None], low: Decimal, high: Decimal) -> str:
    """One character a value, the oldest first: ▁ at `low` or under, █ at `high` or over, "·" where a value is missing.

    The range between is cut into eight equal steps. `low` above `high` draws downwards (a decrease from start to target
    rises as it gets better); where both are equal, values that reach it are █ and others ▁.
    """
    return "".join(GAP if value is None else _step(value, low, high) for value in values)


def carried(values: Sequence[Decimal | None]) -> list[Decimal | None]:
    """Where a value is missing, the one before it. For rows that others read: none shows who left out which week."""
    found: list[Decimal | None] = []
    for value in values:
        found.append(found[-1] if value is None and found else value)
    return found


def _step(value: Decimal, low: Decimal, high: Decimal) -> str:
    if low == high:
        return STEPS[-1] if value >= high else STEPS[0]
    step = int((value - low) * len(STEPS) // (high - low))
    return STEPS[min(max(step, 0), len(STEPS) - 1)]
