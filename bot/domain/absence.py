"""Days away, as people write them: "2026-12-20..2027-01-06", "20 Dec - 6 Jan", "today", "until Friday"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.cycles import CycleDates
from bot.domain.deadlines import find_mentions
from bot.domain.localtime import Weekday

# Longer than this is a slip of the pen, or a key result that needs another owner.
LONGEST = timedelta(days=366)
# Further ahead nobody knows when they are away: it is a slip of the pen.
FARTHEST = timedelta(days=2 * 366)
# Who says so late that they are away began at most so long ago.
NOTED_LATE = timedelta(weeks=4)
# A span without a year that is longer may be meant in another order, or in another year.
SURE = timedelta(weeks=26)

_WEEKDAYS = {day.name.casefold(): day for day in Weekday} | {day.name.casefold()[:3]: day for day in Weekday}
_NAMED = re.compile(rf"\b(yesterday|today|tomorrow|{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})\b")
# What may stand beside the days. Any other word may turn them into others: "back on", "for two weeks", "next", "not".
_BESIDE = re.compile(
    r"(?:\b(?:from|to|until|till|through|thru|on|the|this|incl|including|inclusive|i|am|i'm|i’m|away|off|out|leave|holidays?|"
    r"vacation|pto)\b|[\s.,;:()–—-])*",
    re.IGNORECASE,
)
# From a day on, with no last one.
_OPEN_ENDED = re.compile(r"\bfrom\b", re.IGNORECASE)
_MENTION = re.compile(r"^\s*@\S+|@.*$", re.DOTALL)
_COVER = re.compile(r"\b(?:cover(?:ed)?(?:\s+by)?|covers|stand-?in)\b.*$", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Days:
    """The first and the last day away, both inside."""

    first: date
    last: date


def parse_days(text: str, today: date) -> Days | None:
    """The days that a text names, or None where it names none for certain. Never raises.

    One day is itself; two are the first and the last; "until X" is from today. A day without a year is the next one of
    its name; a first day of the last four weeks is this one's, where the last day is still to come. None for days in
    the wrong order, over already, more than a year long or more than two ahead; and beside words of which another day
    may come ("back on", "for two weeks"). Whom it mentions, and what follows "cover", is left out.
    """
    words = _words(text)
    days = _named(words, today)
    if days is None or not 1 <= len(days) <= 2 or _BESIDE.fullmatch(_without_days(words)) is None:
        return None
    if len(days) == 1 and _OPEN_ENDED.search(words):
        return None
    if len(days) == 1:
        starts_today = re.match(r"\s*(?:until|till|through)\b", words, re.IGNORECASE) is not None
        found = Days(today, days[0]) if starts_today else Days(days[0], days[0])
    else:
        first, last = days
        found = Days(first, last) if _names_a_year(words) else _without_years(words, first, last, today)
    if found.last < found.first or found.last < today or found.last - found.first > LONGEST:
        return None
    if found.last > today + FARTHEST:
        return None
    return found


def in_wrong_order(text: str, today: date) -> bool:
    """Whether the text names a first and a last day, and the last comes before the first."""
    days = _named(_words(text), today)
    return parse_days(text, today) is None and days is not None and len(days) == 2 and days[1] < days[0]


def names_cover(text: str) -> bool:
    """Whether the text says that somebody covers, whoever that is."""
    return _COVER.search(text) is not None


def _words(text: str) -> str:
    return re.sub(r"\.{2,}|…", " to ", _MENTION.sub("", _COVER.sub("", text))).strip()


def _without_days(words: str) -> str:
    """What stands beside the days that the words name."""
    for mention in reversed([*find_mentions(words)]):
        words = f"{words[: mention.begin]} {words[mention.end :]}"
    return _NAMED.sub(" ", words.casefold())


def _without_years(words: str, first: date, last: date, today: date) -> Days:
    """Two days, each as the next of its name: brought together where it is certain which ones are meant."""
    begun = _in_year(first, first.year - 1)
    if today - NOTED_LATE <= begun < today and last - begun <= SURE:
        return Days(begun, last)
    if first <= last:
        return Days(first, last)
    later = _later(last, _named_last(words))
    return Days(first, later if later - first <= SURE else last)


def _later(last: date, named: str | None) -> date:
    """The day after the next of its name; today, tomorrow and yesterday are days for certain."""
    if named is None:
        return _in_year(last, last.year + 1)
    return last + timedelta(days=7) if named in _WEEKDAYS else last


def _named_last(words: str) -> str | None:
    """How the last day is called; None where it is a date."""
    dated = max((mention.begin for mention in find_mentions(words)), default=-1)
    return next((match[1] for match in reversed([*_NAMED.finditer(words.casefold())]) if match.start() > dated), None)


def _named(words: str, today: date) -> list[date] | None:
    """The days in the order in which they stand; None where one of them may be read in two ways, or is no day."""
    found: list[tuple[int, date]] = []
    taken: list[tuple[int, int]] = []
    within = CycleDates(today, today + LONGEST)
    for mention in find_mentions(words):
        days = mention.days(within)
        if days is None or days[0] != days[1]:
            return None
        found.append((mention.begin, days[0]))
        taken.append((mention.begin, mention.end))
    for match in _NAMED.finditer(words.casefold()):
        if not any(begin <= match.start() < end for begin, end in taken):
            found.append((match.start(), _relative(match[1], today)))
    return [day for _, day in sorted(found)]


def _relative(word: str, today: date) -> date:
    if word == "yesterday":
        return today - timedelta(days=1)
    if word == "today":
        return today
    if word == "tomorrow":
        return today + timedelta(days=1)
    return today + timedelta(days=(_WEEKDAYS[word] - today.weekday()) % 7)


def _names_a_year(words: str) -> bool:
    return re.search(r"\b(?:19|20)\d\d\b", words) is not None


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return day.replace(year=year, day=28)
