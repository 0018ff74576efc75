"""When what fires is told: not again within four weeks, and not after it was dismissed, unless it got worse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.domain.cadence import Period
from bot.domain.signals.fired import Fired

SILENT_WEEKS = 4


@dataclass(frozen=True)
class Before:
    """What became of the same rule about the same thing: told in a period, or dismissed; and how bad it was then."""

    told_in: Period | None = None
    told_severity: int = 0
    dismissed_severity: int | None = None


def speaks(fired: Fired, before: Before | None, this: Period) -> bool:
    """Whether it may be told in the period `this`; told in it already, it stays told."""
    if before is None:
        return True
    if before.dismissed_severity is not None and fired.severity <= before.dismissed_severity:
        return False
    if before.told_in is None or before.told_in == this or fired.severity > before.told_severity:
        return True
    return _weeks(before.told_in, this) >= SILENT_WEEKS


def _weeks(earlier: date, later: date) -> int:
    return (later - earlier).days // 7
