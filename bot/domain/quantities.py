"""Quantities inside running text: the numbers of a sentence that measure or count something, with their units."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.named_numbers import hide_named_numbers
from bot.domain.numbers import Number, parse_number
from bot.domain.units import CURRENCY_SYMBOLS, MAX_UNIT_LENGTH, TIME_WORDS

_SPACED = "\u00a0\u2009\u202f "
_DIGITS = rf"(?:\d{{1,3}}(?:[{_SPACED}]\d{{3}})+(?![\d.,]*\d)|\d{{1,15}}(?:[.,'’]\d{{1,15}}){{0,5}}|\.\d{{1,9}})"
_SCALE = r"k|m|bn|b|thousand|millions?|mln|mio|billions?"
_MEASURE = (
    rf"%|‰|percent\b|per\scent\b|pct\b|pp\b|percentage\spoints?\b|x\b|×|[{CURRENCY_SYMBOLS}]|(?:usd|eur|gbp|chf)\b"
    rf"|(?:(?:business|working|calendar)\s)?(?:{TIME_WORDS})\b|(?-i:ms|s|h|d|w)\b|(?:points?|pts?|[kmgt]b|k?wh|k[gm]|mm|cm|m)\b"
)
_NUMBER = re.compile(
    rf"(?<![\w#@/:._-])(?P<sign>(?:\+/-|±|[-−])\s?)?(?P<money>(?:US|A|C)?[{CURRENCY_SYMBOLS}]\s?)?(?P<digits>{_DIGITS})"
    rf"(?:\s?[-–]\s?{_DIGITS}(?!\w{{0,20}}-)|/\d{{1,4}})?"  # of "20–30" the lower end counts, of "9/10" the first
    rf"(?P<scale>\s?(?:{_SCALE})\b)?(?P<unit>\s?(?:{_MEASURE}))?(?![\w/:]|[.,]\d|-\w)",
    re.IGNORECASE,
)
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_WORDS |= {"eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_WORD = re.compile(
    rf"(?<![\w-])(?P<word>{'|'.join(_WORDS)})(?![\w-])(?P<unit>\s(?:{TIME_WORDS})\b)?",
    re.IGNORECASE,
)
# "between the two teams" counts nothing, and "one" counts only where somebody took the trouble to limit it.
_POINTS_AT = re.compile(r"\b(?:the|these|those|both|last|first|next|other|of|or|and)\s$", re.IGNORECASE)
_LIMITS = re.compile(r"\b(?:at least|at most|minimum of|minimum|exactly|under|within|than|to|only)\s$", re.IGNORECASE)

_STOP = (
    r"(?!(?:of|in|on|to|by|for|with|which|that|who|per|at|from|and|or|is|are|as|has|have|was|the|a|an|this|our|during|within"
    r"|via|than|be|us|their|its|across|until|before|after|between|over|under|all|each|yes|if|when|while|so|but|not"
    r"|besides|plus|once|always|less|min)\b)"
)
_PLURAL = rf"{_STOP}[^\W\d_][\w'’-]{{1,24}}(?<![sui])(?-i:s)(?!\w)"
_COUNTED = re.compile(
    rf"\s(?:{_STOP}[^\W\d_][\w'’/-]{{0,24}}\s){{0,3}}?{_PLURAL}(?:\s{_PLURAL})?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Quantity:
    """A value with its unit, written at `begin:end` of the text.

    `written` is the value before "k" or "million" was multiplied out; `spread` marks a "±".
    """

    value: Decimal
    unit: str
    begin: int
    end: int
    written: Decimal
    spread: bool = False


def find_quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities of a text, from left to right.

    The unit is a measure ("%", "days", "$") or the plural that is counted ("active users"), else "". Of a range
    ("20–30") the lower end is taken. Number words up to fifty count too ("at least two"). A number that could mean two
    things ("1.234") is read by the others of the text, and left out where they do not decide.
    """
    plain = hide_named_numbers(text)
    found: list[Quantity] = []
    unclear: list[re.Match[str]] = []
    for match in _NUMBER.finditer(plain):
        one = _from_digits(match, plain, near=())
        if one is None:
            unclear.append(match)
        else:
            found.append(one)
    if unclear:
        certain = [one.value for one in found]
        found += _there(_from_digits(match, plain, near=certain) for match in unclear)
    found += _there(_from_word(match, plain) for match in _WORD.finditer(plain))
    return tuple(sorted(found, key=lambda one: one.begin))


def _there(maybe: Iterable[Quantity | None]) -> Iterator[Quantity]:
    return (one for one in maybe if one is not None)


def _from_digits(match: re.Match[str], plain: str, near: Sequence[Decimal]) -> Quantity | None:
    sign, scale = (match[name] or "" for name in ("sign", "scale"))
    minus = "-" if sign.strip() in ("-", "−") else ""
    digits = f"{minus}{match['money'] or ''}{match['digits']}"
    number = parse_number(f"{digits}{scale}{match['unit'] or ''}", near=near)
    if not isinstance(number, Number):
        return None
    written = parse_number(digits, near=near) if scale else number
    return Quantity(
        number.value,
        number.unit or _counted(plain, match.end()),
        match.start(),
        match.end(),
        written.value if isinstance(written, Number) else number.value,
        spread=bool(sign) and not minus,
    )


def _from_word(match: re.Match[str], plain: str) -> Quantity | None:
    before = plain[max(0, match.start() - 20) : match.start()]
    if _POINTS_AT.search(before) or (match["word"].casefold() == "one" and not _LIMITS.search(before)):
        return None
    number = parse_number(f"{_WORDS[match['word'].casefold()]}{match['unit'] or ''}")
    unit = number.unit if isinstance(number, Number) else ""
    value = Decimal(_WORDS[match["word"].casefold()])
    return Quantity(value, unit or _counted(plain, match.end()), match.start(), match.end(), value)


def _counted(plain: str, position: int) -> str:
    """What is counted by a number that ends at `position`: up to four words, the last a plural; "" if there is none."""
    match = _COUNTED.match(plain, position)
    words = " ".join(match.group().split()) if match else ""
    return words if len(words) <= MAX_UNIT_LENGTH and isinstance(parse_number(f"1 {words}"), Number) else ""
