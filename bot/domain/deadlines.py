"""Days and periods named in running text: which of them is the deadline, and which stretches are no quantities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.calendar_words import MONTHS, first_day, last_day
from bot.domain.cycles import CycleDates
from bot.domain.wording import is_inside_parentheses

_MONTH = rf"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
_YEAR = r"(?:(?:19|20)\d\d|'\d\d)(?!\d)"
_AND_YEAR = rf"(?:,?\s{{1,2}}(?:of\s)?(?P<year>{_YEAR}))?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)"
_PART = r"(?P<part>[qh][1-4])(?!\d)"
_BEFORE_WORD = r"(?<![\w#/.$€£-])"

# In the order in which they are tried at one place; the longer form comes first.
_FORMS = [
    re.compile(_BEFORE_WORD + pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<iso>\d{4}-\d{2}-\d{2})(?!\d)",
        r"(?P<numeric>\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2}))(?![\d/])",
        rf"{_DAY}(?:\sof)?\s{{1,2}}{_MONTH}{_AND_YEAR}",
        rf"{_MONTH}\s{{1,2}}{_DAY}{_AND_YEAR}",
        rf"{_MONTH}{_AND_YEAR}",
        rf"(?P<year>(?:[fc]y\s?)(?:\d{{4}}|\d{{2}}))(?!\d)(?:[\s-]?{_PART})?",
        rf"(?P<year>{_YEAR})[\s-]?{_PART}",
        rf"{_PART}(?:[\s/-]?(?P<year>[fc]y\s?(?:\d{{4}}|\d\d)(?!\d)|{_YEAR}))?",
        r"(?P<period>eo[qyh]\b|(?:quarter|year)[\s-]end\b|(?:quarter|year|half|cycle)\b)",
        r"(?P<year>20(?:1[5-9]|[23]\d))(?![\w%]|\s%)",
        rf"(?P<year>{_YEAR})(?!\s?[%\w\"“(])",
    )
]
_CUES = re.compile(
    r"(?<![\w-])(?P<cue>by|before|until|till|due|deadline|no later than|during|in|on|at|within)(?:\son|:)?\s{1,2}"
    r"(?:(?:the|this|our)\s)?(?P<end>(?:end|close)\s(?:of\s)?(?:the\s|this\s)?)?$"
    r"|(?P<bare_end>(?<![\w-])(?:end|close)\sof\s(?:the\s|this\s)?)$",
    re.IGNORECASE,
)
_FIRM = ("by", "before", "until", "till", "due", "deadline", "no later than", "end")
_NEXT = timedelta(days=184)
_LOOK_BACK = 40
_PERIODS_WITH_END = ("quarter", "year", "half", "cycle")


@dataclass(frozen=True)
class Mention:
    """A day, month, quarter, half or year in a text, as the slice `begin:end`; the fields are as they were written."""

    begin: int
    end: int
    iso: str = ""
    numeric: str = ""
    day: int | None = None
    month: int | None = None
    part: str = ""
    year: int | None = None
    period: str = ""

    def days(self, within: CycleDates | None) -> tuple[date, date] | None:
        """First and last day of what is meant.

        A missing year is the one that puts it into `within` or at most half a year after it, else it is not known.
        None, too, for days that do not exist or could be read in two ways ("3/4/2026").
        """
        if self.iso or self.numeric:
            day = _iso(self.iso) if self.iso else _numeric(self.numeric)
            return (day, day) if day else None
        if self.period:
            return _named_period(self.period, within)
        years = [self.year] if self.year else [within.starts_on.year, within.starts_on.year + 1] if within else []
        for year in years:
            days = self._in_year(year)
            if days and (self.year or (within and within.starts_on <= days[1] <= within.ends_on + _NEXT)):
                return days
        return None

    def _in_year(self, year: int) -> tuple[date, date] | None:
        if self.part:
            length = 3 if self.part[0] == "q" else 6
            last = int(self.part[1]) * length
            return (first_day(year, last - length + 1), last_day(year, last)) if last <= 12 else None
        if self.month is None:
            return first_day(year, 1), last_day(year, 12)
        if self.day is None:
            return first_day(year, self.month), last_day(year, self.month)
        if not 1 <= self.day <= last_day(year, self.month).day:
            return None
        return date(year, self.month, self.day), date(year, self.month, self.day)


def find_mentions(text: str) -> Iterator[Mention]:
    """Every day or period named in the text, from left to right, none overlapping another."""
    ahead = {form: form.search(text) for form in _FORMS}
    while found := [match for match in ahead.values() if match]:
        match = min(found, key=lambda one: one.start())  # min keeps the first, so the longer form wins at one place
        yield _mention(match)
        for form, other in ahead.items():
            if other and other.start() < match.end():
                ahead[form] = form.search(text, match.end())


def find_deadline(text: str, within: CycleDates | None = None) -> date | None:
    """The day by which something is to be done: "by 15 Dec 2026", "before June", "in Q3", "by the end of the quarter".

    `within` is the cycle of the text and settles what has no year of its own; without it such a deadline is None. Where
    several are named, the first with "by", "before", "until" or "end of" counts before one with "in" or "during"; in
    parentheses only the firm ones count.
    """
    later: date | None = None
    for mention in find_mentions(text):
        cue = _CUES.search(text, max(0, mention.begin - _LOOK_BACK), mention.begin)
        word = (cue["cue"] or "end").casefold() if cue else ""
        if word not in _FIRM and is_inside_parentheses(text, mention.begin):
            continue
        if not _is_deadline(mention, word, has_end=bool(cue and (cue["end"] or cue["bare_end"]))):
            continue
        days = mention.days(within)
        if days is None:
            continue
        day = days[0] - timedelta(days=1) if word == "before" else days[1]
        if word not in ("in", "during", "within"):
            return day
        later = later or day
    return later


def _is_deadline(mention: Mention, cue: str, *, has_end: bool) -> bool:
    if mention.period in _PERIODS_WITH_END:
        return has_end or (mention.period in ("quarter", "cycle") and cue == "within")
    if mention.period:
        return True
    if cue in ("on", "at"):  # "on 3 June" is a day to be done by, "on Q1 renewals" is not; "at the end of June" is
        return has_end or mention.day is not None or bool(mention.iso or mention.numeric)
    return bool(cue)


def _mention(match: re.Match[str]) -> Mention:
    parts = match.groupdict()
    year = re.sub(r"\D", "", parts.get("year") or "")
    return Mention(
        match.start(),
        match.end(),
        iso=parts.get("iso") or "",
        numeric=parts.get("numeric") or "",
        day=int(parts["day"]) if parts.get("day") else None,
        month=MONTHS[parts["month"].casefold()] if parts.get("month") else None,
        part=(parts.get("part") or "").casefold(),
        year=None if not year else int(year) if len(year) == 4 else 2000 + int(year),
        period=(parts.get("period") or "").casefold().replace("-", " "),
    )


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _numeric(text: str) -> date | None:
    """A day with a point is day first; with a slash it may be either, and is taken only where one order is possible."""
    one, other, year = (int(part) for part in re.split(r"[./]", text))
    year += 2000 if year < 100 else 0
    orders = {(other, one)} if "." in text else {(one, other), (other, one)}
    days = [day for month, number in orders if (day := _existing(year, month, number))]
    return days[0] if len(days) == 1 else None


def _existing(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _named_period(period: str, within: CycleDates | None) -> tuple[date, date] | None:
    if within is None:
        return None
    if period in ("eoy", "year", "year end"):
        return within.starts_on, last_day(within.ends_on.year, 12)
    return within.starts_on, within.ends_on
