"""Numbers in running text that only name something and measure nothing.

Dates, years and quarters; ids ("#12") and links; list markers; clock times and ratios ("1:1", "24/7"); ordinals
("3rd"); names ("tier 2", "SOC 2", "version 3.1", "top 10"); hyphenated adjectives ("3-day"); windows ("the last 30
days", "every 2 weeks", "per 100"). Numbers glued to a letter in front ("B2B", "p95", "v2", a redacted "N4") need no
rule: no quantity begins there.
"""

import re

from bot.domain.deadlines import find_mentions
from bot.domain.units import TIME_WORDS

_NAMES = (
    *("tier", "phase", "stage", "level", "part", "step", "version", "release", "ver", "rev", "rfc", "iso", "soc"),
    *("pci", "tickets?", "issues?", "prs?", "section", "krs?", "okr", "key result", "objective", "sprint", "week"),
    *("day", "month", "quarter", "cohort", "chapter", "option", "priority", "type", "class", "grade", "page"),
    *("article", "item", "milestone", "epic", "gen", "wave", "round", "season", "gate", "horizon", "scope"),
    *("python", "node", "react", "angular", "java", "php", "ios", "android", "windows", "postgres", "postgresql"),
    *("mysql", "mariadb", "ruby", "rails", "django", "vue", "kubernetes", "ubuntu", "debian", "macos", "gpt", "chrome"),
    *("http", "ipv", "wcag", "tls", "web"),
)
# Where a sentence begins with one of these, it is the verb: "Release 3 features", "Stage 4 events".
_ALSO_VERBS = ("release", "stage", "issue", "ticket", "page", "gate", "step", "round", "grade")

_AND_MORE = r"(?:\s?(?:,|or|and|&|-|–|to|→)\s?\d{1,3}(?:\.\d{1,3})?(?![\d\w]|\s?[%,.]?\d|\s?%))*"
_FORMS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:https?://|www\.)\S{1,500}",
        r"[\w.+-]{1,60}@\S{1,100}",
        r"^\W{0,5}(?:(?:kr|o)\s?)?\d{1,2}(?:\.\d{1,2})?\s?[.):](?=\s)",
        r"(?<![\w.,])\d{1,4}:\d{1,4}(?::\d{2})?(?!\d)",
        r"(?<![\w.,])\d{1,2}\s?[ap]m\b",
        r"(?<![\w.,])(?P<part>\d{1,4})/(?P<whole>\d{1,4})(?![\d,])(?P<counted>\s(?:[a-z]{1,20}\s){0,2}?[a-z]{2,20}s\b)?",
        r"(?<![\w.,])\d{1,9}(?:st|nd|rd|th)\b",
        rf"(?<![\w-])(?P<name>{'|'.join(_NAMES)})[\s#-]{{0,2}}\d[\d.]{{0,9}}{_AND_MORE}",
        r"(?<![\w-])(?:top|bottom)[\s-](?:two|three|five|ten|twenty|\d{1,3})\b",
        rf"(?<![\w-])(?:last|past|first|next|previous|rolling|trailing)[\s-]\d{{1,4}}[\s-](?:{TIME_WORDS})\b",
        r"(?<![\w-])(?:every|per)\s\d[\d.,]{0,12}",
        r"(?<![\w.,])\d0s\sof\b",
        r"(?<![\w.,])\d{1,4}[\s-]on[\s-]\d{1,4}\b",
        r"(?<![\w.,])\d[\d.,]{0,9}-(?=[a-z])",
    )
]


def hide_named_numbers(text: str) -> str:
    """The text, equally long, with "_" in place of each number that only names something (and of the name with it)."""
    for mention in list(find_mentions(text)):
        text = _hide(text, mention.begin, mention.end)
    for form in _FORMS:
        for match in list(form.finditer(text)):
            if not _is_verb(match) and not _is_share(match):
                text = _hide(text, match.start(), match.end())
    return text


def _hide(text: str, begin: int, end: int) -> str:
    return text[:begin] + re.sub(r"\S", "_", text[begin:end]) + text[end:]


def _is_verb(match: re.Match[str]) -> bool:
    word = match.groupdict().get("name") or ""
    return word.casefold() in _ALSO_VERBS and not re.search(r"\w", match.string[: match.start()])


def _is_share(match: re.Match[str]) -> bool:
    """ "9/10 teams" counts nine, where "24/7" and "1/2 the size" count nothing."""
    found = match.groupdict()
    return bool(found.get("counted")) and int(found["part"]) <= int(found["whole"])
