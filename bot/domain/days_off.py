"""Days on which a person does not work although it is a working day: public holidays, leave, free days of their own.

Public holidays come from the library `holidays`, a table of dates by country: no clock, no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache


@dataclass(frozen=True)
class DaysOff:
    """`country`: whose public holidays are kept ("NZ", "US-CA"), null for none. `leave`: first and last days."""

    country: str | None = None
    leave: tuple[tuple[date, date], ...] = ()

    def is_leave(self, day: date) -> bool:
        """Whether the day lies in a leave or is a free day."""
        return any(first <= day <= last for first, last in self.leave)

    def is_holiday(self, day: date) -> bool:
        """Whether the day is a public holiday of the country."""
        return self.country is not None and day in _holidays(self.country, day.year)

    def covers(self, day: date) -> bool:
        return self.is_leave(day) or self.is_holiday(day)


NONE = DaysOff()


def countries() -> tuple[str, ...]:
    """The codes whose public holidays are known: a country ("NZ"), or a part of one ("US-CA"), in their order."""
    return _countries()


def is_country(code: str) -> bool:
    return code in _known()


@lru_cache(maxsize=1024)
def _holidays(code: str, year: int) -> frozenset[date]:
    # Imported here: the library takes most of a second, and most commands need none of it.
    import holidays

    country, _, part = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


@lru_cache(maxsize=1)
def _countries() -> tuple[str, ...]:
    import holidays

    # The library knows each country by two letters and by three; the shorter one is what people write.
    found = holidays.list_supported_countries(include_aliases=False)
    whole = [code for code in found if len(code) == 2]
    parts = [f"{code}-{part}" for code in whole for part in found[code]]
    return tuple(sorted([*whole, *parts]))


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(_countries())
