"""Units of measured values: one spelling for each, and when two of them contradict each other."""

import re

MAX_UNIT_LENGTH = 40  # code points; longer is a sentence, not a unit

CURRENCY_SYMBOLS = "$€£¥₹"

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
_WRITTEN_CURRENCY = re.compile(rf"[A-Za-z]{{0,2}}[{CURRENCY_SYMBOLS}]")


def canonical_unit(text: str) -> str:
    """The one spelling under which a unit is kept: "percent" is "%", "hrs" is "h", "Day" is "days".

    Unknown words stay as they were typed, with single spaces. Applying it twice changes nothing.
    """
    words = " ".join(text.split())
    known = _CANONICAL.get(words.casefold())
    if known is not None:
        return known
    first, _, rest = words.partition(" ")
    known = _CANONICAL.get(first.casefold())
    # Only a symbol is respelled in front of other words ("percent of teams"): "second opinions" are no seconds.
    return f"{known} {rest}" if known is not None and rest and not known.isalpha() else words


def singular(unit: str) -> str:
    """The unit as it follows the number 1: "days" gives "day"; a unit with no other form is returned as it is."""
    return _SINGULAR.get(unit, unit)


def currency_of(unit: str) -> tuple[str, str]:
    """Split a unit into its currency sign and the rest: "€/month" gives ("€", "/month"), "days" gives ("", "days")."""
    sign = _WRITTEN_CURRENCY.match(unit)
    return (sign.group(), unit[sign.end() :].strip()) if sign else ("", unit)


def is_measure(unit: str) -> bool:
    """A unit that says by itself what is measured (a percentage, money, time), unlike "customers"."""
    return canonical_unit(unit) in _SPELLINGS


def units_agree(typed: str, expected: str) -> bool:
    """Whether a typed unit can stand for the expected one; True unless the two clearly contradict each other.

    No unit agrees with every unit. "days" agrees with "business days", "%" with "% of teams". Words that Okra does not
    know are not judged ("clients" may well be "customers"), but a known measure against other words is a contradiction.
    """
    mine, theirs = _words(typed), _words(expected)
    if not mine or not theirs or mine <= theirs or theirs <= mine:
        return True
    return not any(word in _SPELLINGS for word in mine ^ theirs)


def _words(unit: str) -> frozenset[str]:
    whole = canonical_unit(unit)
    parts = re.findall(rf"[{CURRENCY_SYMBOLS}%]|[^\s{CURRENCY_SYMBOLS}%/]+", whole)
    words = (_CANONICAL.get(part.casefold(), part.casefold()) for part in parts)
    return frozenset(word if word in _SPELLINGS else word.removesuffix("s") for word in words)
