"""Which week a press is about: the value of a button, or of a menu's entry, names its Monday."""

from __future__ import annotations

from datetime import date

from bot.domain.cadence import Period, period
from bot.services.refusals import Reason, Refused


def parse_period(text: str) -> Period:
    """The week of a button. Raises `Refused` where it names none."""
    try:
        return period(date.fromisoformat(text))
    except ValueError:
        raise Refused(Reason.PERIOD_OVER) from None


def parse_entry(value: str) -> tuple[str, Period]:
    """What was chosen, and the week: of an entry's value, `this_afternoon:2026-10-05`. Raises `Refused`."""
    choice, _, monday = value.partition(":")
    return choice, parse_period(monday)
