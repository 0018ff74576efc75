"""Quantities as people type them, exactly: "28,5 %", "$1.2M", "−3", "1'200 users", and how they are shown.

How separators are read, where several habits meet:

- Spaces and apostrophes between digits group thousands: "1 200" and "1'200" are 1200. "12 45" is two numbers.
- Where both a point and a comma stand, the last one is the decimal sign: "1,200.5" and "1.200,5" are 1200.5.
- One sign that is repeated groups thousands: "1.200.000".
- A single comma before exactly three digits groups ("1,200" is 1200); otherwise it is decimal ("1,2" is 1.2, "0,125"
  is 0.125, "1234,567" is 1234.567).
- A single point is decimal ("1.2", "0.125", "1.2345"), but before exactly three digits it may be either. It is decimal
  in a percentage and before k, M or bn. Otherwise the values that the person sees beside the field decide, where they
  clearly do; then a last digit 0 means thousands ("1.200" is 1200); and what is left ("1.234") is refused, with both
  readings named, because a mistake would be a thousandfold one.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.domain.units import CURRENCY_SYMBOLS, MAX_UNIT_LENGTH, canonical_unit, currency_of, singular

MAX_DECIMALS = 6
LIMIT = Decimal("9e12")  # exclusive; with six decimals the scaled integer fits 64 bits
MINUS = "−"


class NumberTrouble(StrEnum):
    """Why a typed quantity cannot be taken."""

    EMPTY = "empty"
    NO_NUMBER = "no_number"
    SEVERAL = "several"
    UNCLEAR = "unclear"
    EXTRA_TEXT = "extra_text"
    TOO_LARGE = "too_large"
    TOO_PRECISE = "too_precise"


@dataclass(frozen=True)
class Number:
    """An exact value with its unit in the one spelling of `canonical_unit` ("" for none)."""

    value: Decimal
    unit: str


@dataclass(frozen=True)
class NotANumber:
    """A quantity that was not understood: why, and, where it could mean two things, both readings (plain digits)."""

    trouble: NumberTrouble
    readings: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What was wrong and how to put it right, in one sentence."""
        if self.trouble is NumberTrouble.UNCLEAR and self.readings:
            return f"This could mean {' or '.join(self.readings)}; please write {_way_out(self.readings)}."
        return _SENTENCES[self.trouble]


_SENTENCES = {
    NumberTrouble.EMPTY: "Please type a number, for example 45 or 28.5 %.",
    NumberTrouble.NO_NUMBER: "There is no number in this; please type one such as 45 or 28.5 %.",
    NumberTrouble.SEVERAL: "There is more than one number in this; please type just the current value.",
    NumberTrouble.UNCLEAR: "This number can't be read for certain; please write it like 1200 or 1200.5.",
    NumberTrouble.EXTRA_TEXT: "Please type just the number and its unit, for example 45 or 12 days.",
    NumberTrouble.TOO_LARGE: "This number is too large to keep; the limit is 9 trillion. A larger unit may help.",
    NumberTrouble.TOO_PRECISE: f"At most {MAX_DECIMALS} digits after the decimal point can be kept.",
}

_SPACES = " \u00a0\u2009\u202f"  # plain, no-break, thin, narrow no-break
_DIGITS = rf"\d+(?:[.,'’{_SPACES}]\d+)*|[.,]\d+"
_MONEY = rf"[A-Za-z]{{0,2}}[{CURRENCY_SYMBOLS}]|(?:USD|EUR|GBP|CHF|SEK|NOK|DKK|JPY|INR|AUD|NZD|CAD)\b"
_QUANTITY = re.compile(
    rf"(?P<sign>[-+−–])?\s*(?P<money>{_MONEY})?\s*(?P<inner>[-+−–])?\s*(?P<digits>{_DIGITS})(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE | re.ASCII,
)
_SCALE = re.compile(r"\s*(?P<word>k|M|bn|thousand|millions?|mln|mio|billions?|m|b)(?![\w²³])", re.IGNORECASE)
_POWERS = {"k": 3, "thousand": 3, "m": 6, "mln": 6, "mio": 6, "million": 6, "b": 9, "bn": 9, "billion": 9}
_UNIT = re.compile(
    rf"(?:[^\W\d_{CURRENCY_SYMBOLS}]|[{CURRENCY_SYMBOLS}%‰°/(])"
    rf"(?:[^\W_]|[ {CURRENCY_SYMBOLS}%‰°/.'’()×·&+-])*|"
)
_LOOSE_DIGIT = re.compile(r"(?<![^\W_])\d")  # one that is not part of a word such as CO2
# Behind a number without a space: 1e5, 1h30, 2min30 and 0x10 go on with another one, 5m2 does not.
_GOES_ON = re.compile(r"[eE][+-]?\d|(?!m[23]\b)[^\W\d_]\d|[^\W\d_]+\d{2}", re.IGNORECASE)


def parse_number(text: str, *, near: Iterable[Decimal] = ()) -> Number | NotANumber:
    """Read one quantity with its unit, or say why it cannot be taken. Never raises.

    `near` are values that the person sees beside the field (the last value, start, target): they decide whether "1.234"
    is 1234 or 1.234, where only one of the two lies within a factor of ten of one of them.

    The value has at most six decimals and lies strictly between −9e12 and 9e12; "k", "M" and "bn" are multiplied out.
    """
    plain = _ascii_digits(text).strip()
    if not plain:
        return NotANumber(NumberTrouble.EMPTY)
    if not any(char.isdecimal() for char in plain):
        return NotANumber(NumberTrouble.NO_NUMBER)
    match = _QUANTITY.fullmatch(plain)
    if match is None or (match["sign"] and match["inner"]):
        return NotANumber(NumberTrouble.EXTRA_TEXT)
    money = match["money"] or ""
    power, rest = _scale(match["rest"], has_money=bool(money))
    unit = _unit(money, rest)
    if isinstance(unit, NotANumber):
        return unit
    readings = _readings(match["digits"])
    if not readings:
        several = any(space in match["digits"] for space in _SPACES)
        return NotANumber(NumberTrouble.SEVERAL if several else NumberTrouble.UNCLEAR)
    digits = _choose(readings, power=power, unit=unit, near=near)
    if digits is None:
        return NotANumber(NumberTrouble.UNCLEAR, readings)
    negative = (match["sign"] or match["inner"] or "+") != "+"
    return _exact(digits, power, unit, negative=negative)


def format_value(value: Decimal, unit: str) -> str:
    """The value as Okra shows it: "28.5 %", "$1,200", "12 days", "−3", with no digit lost and none added.

    `parse_number` reads it back to the same value and unit (given the value itself as `near`).
    """
    size = abs(value)
    digits = f"{size:,f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    sign = MINUS if value < 0 else ""
    money, rest = currency_of(unit)
    if money:
        return f"{sign}{money}{digits}{'' if not rest or rest.startswith('/') else ' '}{rest}"
    if unit == "x":
        return f"{sign}{digits}x"
    return f"{sign}{digits} {singular(unit) if size == 1 else unit}".rstrip()


def _ascii_digits(text: str) -> str:
    """Digits of other scripts and full-width ones as ASCII, without the invisible marks that copied text brings.

    Superscripts are no decimal digits and stay.
    """
    visible = (char for char in text if unicodedata.category(char) != "Cf")
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in visible)


def _scale(rest: str, *, has_money: bool) -> tuple[int, str]:
    """The power of ten that a following "k" or "million" means, and what stands after it."""
    match = _SCALE.match(rest)
    if match is None:
        return 0, rest
    word = match["word"]
    # "5m" may be metres or minutes and "5 B" bytes: lower-case m and b count as millions and billions of money only.
    if (word == "m" or word.casefold() == "b") and not (has_money or _starts_with_money(rest[match.end() :])):
        return 0, rest
    return _POWERS[word.casefold().removesuffix("s")], rest[match.end() :]


def _starts_with_money(text: str) -> bool:
    return text.lstrip()[:1] in tuple(CURRENCY_SYMBOLS)


def _unit(money: str, rest: str) -> str | NotANumber:
    if _LOOSE_DIGIT.search(rest) or _GOES_ON.match(rest):
        return NotANumber(NumberTrouble.SEVERAL)
    words = " ".join(rest.rstrip(" .,;!+").split())
    if not _UNIT.fullmatch(words) or words[:1].isnumeric() or (words.startswith("/") and not money):
        return NotANumber(NumberTrouble.EXTRA_TEXT)
    unit = canonical_unit(canonical_unit(money) + ("" if words.startswith("/") else " ") + words)
    return NotANumber(NumberTrouble.EXTRA_TEXT) if len(unit) > MAX_UNIT_LENGTH else unit


def _readings(digits: str) -> tuple[str, ...]:
    """What digits and separators can mean, as plain digits: one reading, two where it may be either, or none."""
    tidy = re.sub(rf"[{_SPACES}]", " ", digits.replace("’", "'"))
    signs = [char for char in tidy if not char.isdigit()]
    if not signs:
        return (tidy,)
    if len(set(signs)) == 1:
        return _one_sign(tidy, signs[0], repeated=len(signs) > 1)
    group, decimal = signs[0], signs[-1]
    if set(signs) != {group, decimal} or signs.count(decimal) > 1 or decimal in " '":
        return ()
    whole, _, fraction = tidy.rpartition(decimal)
    return (f"{whole.replace(group, '')}.{fraction}",) if _is_grouped(whole, group) else ()


def _one_sign(tidy: str, sign: str, *, repeated: bool) -> tuple[str, ...]:
    joined = tidy.replace(sign, "")
    grouped = _is_grouped(tidy, sign)
    if repeated or sign in " '":
        return (joined,) if grouped else ()
    whole, _, fraction = tidy.partition(sign)
    decimal = f"{whole or '0'}.{fraction}"
    if not grouped:
        return (decimal,)
    return (joined,) if sign == "," else (decimal, joined)


def _is_grouped(whole: str, sign: str) -> bool:
    first, *groups = whole.split(sign)
    return 1 <= len(first) <= 3 and first[0] != "0" and bool(groups) and all(len(group) == 3 for group in groups)


def _choose(readings: tuple[str, ...], *, power: int, unit: str, near: Iterable[Decimal]) -> str | None:
    if len(readings) == 1:
        return readings[0]
    decimal, joined = readings
    if power or unit.startswith("%"):
        return decimal
    known = [abs(value) for value in near if value]
    close = [
        one for one in readings if any(value <= Decimal(one) * 10 and Decimal(one) <= value * 10 for value in known)
    ]
    if len(close) == 1:
        return close[0]
    return joined if joined.endswith("0") else None


def _exact(digits: str, power: int, unit: str, *, negative: bool) -> Number | NotANumber:
    whole, _, fraction = digits.partition(".")
    whole, fraction = whole + fraction[:power].ljust(power, "0"), fraction[power:].rstrip("0")
    if len(whole.lstrip("0")) > 13:
        return NotANumber(NumberTrouble.TOO_LARGE)
    if len(fraction) > MAX_DECIMALS:
        return NotANumber(NumberTrouble.TOO_PRECISE)
    value = Decimal(f"{whole}.{fraction or '0'}")
    if value >= LIMIT:
        return NotANumber(NumberTrouble.TOO_LARGE)
    value = Decimal(int(value)) if not fraction else value
    return Number(-value if negative and value else value, unit)


def _way_out(readings: tuple[str, ...]) -> str:
    """How to write what was meant so that it can be read in one way only: "3.1250" or "3125"."""
    return " or ".join(f"{reading}0" if "." in reading else reading for reading in readings)
