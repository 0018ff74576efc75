"""Cycles: one organisation-wide period, usually a quarter, and the days that its name tells."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bot.domain.calendar_words import MONTHS, first_day, last_day


class CycleState(enum.Enum):
    PLANNING = "planning"
    ACTIVE = "active"
    CLOSING = "closing"
    CLOSED = "closed"


@dataclass(frozen=True)
class CycleDates:
    """The first and the last day of a cycle, both inside it."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on < self.starts_on:
            raise ValueError("a cycle ends on or after the day on which it starts")


# First and last month of what a name may call a part of the year.
_PARTS = {
    **{f"q{n}": (3 * n - 2, 3 * n) for n in range(1, 5)},
    **{f"h{n}": (6 * n - 5, 6 * n) for n in range(1, 3)},
    **{f"t{n}": (4 * n - 3, 4 * n) for n in range(1, 4)},
    **{word: (month, month) for word, month in MONTHS.items()},
}
_ISO_DAY = r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)"
_TWO_DAYS = re.compile(rf"{_ISO_DAY}\s*(?:\.\.|-|/|to|until)\s*{_ISO_DAY}")
_ISO_MONTH = re.compile(r"(?<!\d)(?:(?P<year>(?:19|20)\d\d)[-/](?P<month>0[1-9]|1[0-2]))(?![-/\d])")
_PART = re.compile(
    r"(?<![a-z])(?:(?P<letter>[qht])(?P<number>[1-4])(?!\d)"
    r"|(?<!\d)(?P<first_number>[1-4])(?P<after>[qh])(?![a-z])"
    rf"|(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})(?![a-z])\.?)"
)
_HERE = "\0"  # stands where a part of the year was, so that "Q4 26" is seen as a year beside a quarter
_SPLIT_YEAR = re.compile(r"(?<![a-z\d])(?:(?:fy|cy)\s?'?)?(?:(?:19|20)\d\d|(?<=[fc]y)\d\d)\s?[-/]\s?\d\d(?!\d)")
_YEAR = re.compile(
    r"(?<![a-z\d])(?:[fc]y[\s-]?'?)?(?P<long>(?:19|20)\d\d)(?![\d])"
    r"|(?<![a-z\d])[fc]y[\s-]?'?(?P<fiscal>\d\d)(?!\d)"
    rf"|(?:{_HERE}[\s/-]*'?|(?<!\w)')(?P<short>\d\d)(?!\d)"
    rf"|(?<![\w.,])(?P<before>\d\d)(?=[\s/-]*{_HERE})"
)


@lru_cache(maxsize=256)  # a file names the same few cycles on each of its rows
def parse_cycle(name: str) -> CycleDates | None:
    """The days that a cycle's name tells, or None if it tells none for certain. Never raises.

    Understood: "2026 Q4", "Q4 2026", "2026-Q4", "Q4'26", "4Q26", "H2 2026", "T1 2026" (thirds), months ("October 2026",
    "Oct–Dec 2026", "Nov 2026 – Jan 2027", "2026-10"), two days ("2026-10-05..2026-12-31"), and one year or two
    adjoining ones anywhere in a name ("2021 Lisbon release").

    A fiscal year is taken as the calendar year of its number ("FY27 Q1" is January to March 2027), since a name does
    not tell where the organisation's year begins; whose year differs gives the dates. "2026/27" says two things and
    gives None.
    """
    text = re.sub(r"[‐‑‒–—−]", "-", name.replace("’", "'")).casefold()
    days = _TWO_DAYS.search(text)
    if days is not None:
        return _between_days(days[1], days[2])
    if re.search(_ISO_DAY, text):
        return None
    month = _ISO_MONTH.search(text)
    if month is not None:
        return _months(int(month["year"]), int(month["month"]), int(month["year"]), int(month["month"]))
    if _SPLIT_YEAR.search(text):
        return None
    parts = [part for match in _PART.finditer(text) if (part := _part(match)) is not None]
    years = [_year(match) for match in _YEAR.finditer(_PART.sub(_HERE, text))]
    return _combine(parts, years)


def _part(match: re.Match[str]) -> tuple[int, int] | None:
    key = match["month"] or f"{match['letter'] or match['after']}{match['number'] or match['first_number']}"
    return _PARTS.get(key)


def _year(match: re.Match[str]) -> int:
    digits: str = match["long"] or match["fiscal"] or match["short"] or match["before"]
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _combine(parts: list[tuple[int, int]], years: list[int]) -> CycleDates | None:
    if not years or max(years) - min(years) > 1:
        return None
    if not parts:
        return _months(min(years), 1, max(years), 12)
    first, last = parts[0], parts[-1]
    if len(parts) == 2 and len(years) == 2:
        return _months(years[0], first[0], years[1], last[1])
    if min(years) != max(years):
        return None
    year = years[0]
    if len(parts) == 2:  # "Nov – Jan 2027" begins in the year before
        return _months(year - (first[0] > last[1]), first[0], year, last[1])
    return _months(year, min(part[0] for part in parts), year, max(part[1] for part in parts))


def _months(first_year: int, first_month: int, last_year: int, last_month: int) -> CycleDates | None:
    starts_on, ends_on = first_day(first_year, first_month), last_day(last_year, last_month)
    return CycleDates(starts_on, ends_on) if starts_on <= ends_on else None


def _between_days(one: str, other: str) -> CycleDates | None:
    try:
        return CycleDates(date.fromisoformat(one), date.fromisoformat(other))
    except ValueError:  # no such day, or backwards
        return None
