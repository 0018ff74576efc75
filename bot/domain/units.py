"""Units of measured values: one spelling for each, and when two of them contradict each other."""

import re
from functools import lru_cache

MAX_UNIT_LENGTH = 40  # code points; longer is a sentence, not a unit

CURRENCY_SYMBOLS = "$€£¥₹"

# Stretches of time, as an alternation for patterns that look for them in running text; no single letters.
TIME_WORDS = r"milliseconds?|msecs?|ms|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|months?|years?|yrs?"

_SPELLINGS = {
    "%": ("percent", "per cent", "pct"),
    "pp": ("ppt", "ppts", "percentage point", "percentage points", "%-points"),
    "$": ("usd", "us$", "dollar", "dollars"),
    "€": ("eur", "euro", "euros"),
    "£": ("gbp", "pound", "pounds"),
    "¥": ("jpy", "yen"),
    "₹": ("inr", "rupee", "rupees"),
    "ms": ("msec", "millisecond", "milliseconds"),
    "s": ("sec", "secs", "second", "seconds"),
    "min": ("mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "days": ("d", "day"),
    "weeks": ("w", "wk", "wks", "week"),
    "months": ("mo", "month"),
    "years": ("yr", "yrs", "year"),
    "pts": ("pt", "point", "points"),
    "x": ("×", "times"),
}
_CANONICAL = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in (unit, *spellings)}
_SINGULAR = {"days": "day", "weeks": "week", "months": "month", "years": "year", "pts": "pt"}
# In front of a stretch of time: one of it, as in "orders a month".
_EACH = ("a", "an", "each", "every", "per")
_LONG_TIMES = ("days", "weeks", "months", "years")
_WRITTEN_CURRENCY = re.compile(rf"[A-Za-z]{{0,2}}[{CURRENCY_SYMBOLS}]")


def canonical_unit(text: str) -> str:
    """The one spelling under which a unit is kept: "percent" is "%", "hrs" is "h", "business day" is "business days".

    "orders per months" is "orders per month".

    Unknown words stay as they were typed, with single spaces. Applying it twice changes nothing.
    """
    words = " ".join(text.split())
    known = _CANONICAL.get(words.casefold())
    if known is not None:
        return known
    before, _, last = words.rpartition(" ")
    if before and _CANONICAL.get(last.casefold()) in _LONG_TIMES:
        time = _CANONICAL[last.casefold()]
        words = f"{before} {singular(time) if before.rpartition(' ')[2].casefold() in _EACH else time}"
    first, _, rest = words.partition(" ")
    known = _CANONICAL.get(first.casefold())
    # Only a symbol is respelled in front of other words ("percent of teams"): "second opinions" are no seconds.
    return f"{known} {rest}" if known is not None and rest and not known.isalpha() else words


def singular(unit: str) -> str:
    """The unit as it follows the number 1: "days" gives "day"; a unit with no other form is returned as it is."""
    before, space, last = unit.rpartition(" ")
    return f"{before}{space}{_SINGULAR[last]}" if last in _SINGULAR else unit


@lru_cache(maxsize=1024)  # asked for each value that is shown, and units are few
def currency_of(unit: str) -> tuple[str, str]:
    """Split a unit into its currency sign and the rest: "€/month" gives ("€", "/month"), "days" gives ("", "days")."""
    sign = _WRITTEN_CURRENCY.match(unit)
    return (sign.group(), unit[sign.end() :].strip()) if sign else ("", unit)


def is_measure(unit: str) -> bool:
    """A unit that says by itself what is measured (a percentage, money, time), unlike "customers"."""
    return canonical_unit(unit) in _SPELLINGS


def is_time(unit: str) -> bool:
    """Whether a unit is a stretch of time, "business days" included."""
    return unit.rpartition(" ")[2] in ("ms", "s", "min", "h", *_LONG_TIMES)


def units_match(one: str, other: str) -> bool:
    """Whether two units say the same, one perhaps in more words ("days", "business days"); no unit matches any."""
    mine, theirs = _words(one), _words(other)
    return not mine or not theirs or mine <= theirs or theirs <= mine


def units_agree(typed: str, expected: str) -> bool:
    """Whether a typed unit can stand for the expected one; True unless the two clearly contradict each other.

    Beyond `units_match`, words that Okra does not know are not judged ("clients" may well be "customers"); but a known
    measure against other words is a contradiction.
    """
    return units_match(typed, expected) or not any(word in _SPELLINGS for word in _words(typed) ^ _words(expected))


def _words(unit: str) -> frozenset[str]:
    whole = canonical_unit(unit)
    parts = re.findall(rf"[{CURRENCY_SYMBOLS}%]|[^\s{CURRENCY_SYMBOLS}%/]+", whole)
    words = (_CANONICAL.get(part.casefold(), part.casefold()) for part in parts)
    return frozenset(word if word in _SPELLINGS else word.removesuffix("s") for word in words)
