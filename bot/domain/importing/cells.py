"""What single cells mean: levels, scores, kinds, numbers, days, lists of people."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.domain.kinds import Kind
from bot.domain.numbers import NotANumber, Number, parse_number
from bot.domain.organisation import Level

_HIGHEST_SCORE = Decimal(1)
_BETWEEN_PEOPLE = re.compile(r"[;\n]|,(?!\s*(?:jr|sr)\b)", re.IGNORECASE)
_SEVERAL_OWNERS = re.compile(r"\s*(?:[;,/&+]|\band\b)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class ImportedScore:
    """What stood under "score": a number from 0 to 1, or else the words, to be kept as a note. Never both."""

    score: Decimal | None = None
    note: str | None = None


def read_score(text: str) -> ImportedScore:
    """0 to 1 (also "0,7") is a score; everything else ("done", "NA", "40 %") is a note, as it was written."""
    if not text:
        return ImportedScore()
    number = parse_number(text)
    if isinstance(number, Number) and not number.unit and 0 <= number.value <= _HIGHEST_SCORE:
        return ImportedScore(score=number.value)
    return ImportedScore(note=text)


def read_level(text: str) -> Level | None:
    """The level, in any case; None for an empty cell and for words that are no level."""
    try:
        return Level(text.casefold())
    except ValueError:
        return None


def read_kind(text: str) -> Kind | None:
    """The kind as `Kind` spells it, with spaces or hyphens instead of the underscore too ("at least")."""
    try:
        return Kind(re.sub(r"[\s-]+", "_", text.casefold()))
    except ValueError:
        return None


def read_quantity(text: str) -> Number | NotANumber:
    """A start or target: one number, with its unit where the cell has one."""
    return parse_number(text)


def read_day(text: str) -> date | None:
    """A day as 2026-12-18, the one way of writing it that nobody reads differently; None otherwise."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_people(text: str) -> tuple[str, ...]:
    """The people in a list, separated by semicolons or commas; each once, in their order."""
    people = (" ".join(part.split()) for part in _BETWEEN_PEOPLE.split(text))
    return tuple(dict.fromkeys(person for person in people if person))


def names_several(text: str) -> bool:
    """Whether an owner's cell reads like more than one person: "Ana & Bo", "Ana, Bo", "Ana and Bo"."""
    return len([part for part in _SEVERAL_OWNERS.split(text) if part]) > 1
