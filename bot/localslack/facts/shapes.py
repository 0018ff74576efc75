"""The vocabulary in which the shapes of Slack's objects are written down.

A shape is plain data. `bot.localslack.checking` holds a JSON value against it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.localslack.facts.limits import LIMITS, Bound


@dataclass(frozen=True)
class Problem:
    """One thing that Slack would refuse: where (a JSON pointer, such as "/blocks/0/text/text") and why.

    `within`: the object around it that Slack names before it, where that could have been of several kinds.
    `of_shape`: whether something has not its shape; otherwise it does not go together with something else."""

    pointer: str
    message: str
    within: str | None = field(default=None, compare=False)
    of_shape: bool = field(default=True, compare=False)


Rule = Callable[[Mapping[str, Any], str], Iterator[Problem]]
"""A condition between the fields of one object: (the object, its pointer) to what is wrong.

A rule runs only when every field by itself has its shape.
"""

OPEN = Bound()


@dataclass(frozen=True)
class String:
    bound: Bound = OPEN
    choices: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    bound: Bound = OPEN


@dataclass(frozen=True)
class Number:
    """A finite number."""

    bound: Bound = OPEN


@dataclass(frozen=True)
class Flag:
    """true or false."""


@dataclass(frozen=True)
class Anything:
    """A field that is known to exist, with contents that are not described here."""


@dataclass(frozen=True)
class Many:
    """An array whose items all have one shape."""

    item: "Shape"
    bound: Bound = OPEN
    null_items: bool = False


@dataclass(frozen=True)
class Record:
    """An object. With `type`, its field "type" must say so. Unless `open`, unknown fields are refused."""

    required: Mapping[str, "Shape"] = field(default_factory=dict)
    optional: Mapping[str, "Shape"] = field(default_factory=dict)
    type: str | None = None
    rules: tuple[Rule, ...] = ()
    open: bool = False


@dataclass(frozen=True)
class OneOf:
    """An object that is told apart by its field "type". `named`: Slack names it before what is wrong inside it."""

    records: Mapping[str, Record]
    named: bool = False


Shape = String | Whole | Number | Flag | Anything | Many | Record | OneOf


def string(limit: str) -> String:
    """A string within the named limit."""
    return String(LIMITS[limit])


def choice(*values: str) -> String:
    return String(choices=frozenset(values))


def records(*known: Record) -> dict[str, Record]:
    """Records by their type."""
    return {str(record.type): record for record in known}


def text(limit: str = "text", *kinds: str) -> OneOf:
    """A text object within the named limit, of the kinds named (both kinds if none is). No text may be empty."""
    bound = Bound(least=LIMITS["text"].least, most=LIMITS[limit].most)
    every = {
        "plain_text": Record(type="plain_text", required={"text": String(bound)}, optional={"emoji": Flag()}),
        "mrkdwn": Record(type="mrkdwn", required={"text": String(bound)}, optional={"verbatim": Flag()}),
    }
    return OneOf({kind: every[kind] for kind in kinds or every}, named=len(kinds) != 1)


def plain(limit: str = "text") -> OneOf:
    return text(limit, "plain_text")


def between_digits(digits: int) -> Bound:
    """Whole numbers of exactly so many digits."""
    return Bound(least=10 ** (digits - 1), most=10**digits - 1)


def needs_one_of(*names: str) -> Rule:
    """At least one of the fields must be there."""

    def rule(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
        if not any(name in value for name in names):
            yield Problem(pointer, f"missing required field: one of {', '.join(names)}")

    return rule


def needs_exactly_one_of(*names: str) -> Rule:
    def rule(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
        given = [name for name in names if name in value]
        if not given:
            yield Problem(pointer, f"missing required field: {names[0]}")
        elif len(given) > 1:
            yield Problem(pointer, f"must have exactly one of {', '.join(names)}")

    return rule


def allows_one_of(*names: str) -> Rule:
    """At most one of the fields may be there."""

    def rule(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
        if sum(name in value for name in names) > 1:
            yield Problem(pointer, f"must not have more than one of {', '.join(names)}")

    return rule


def not_above(low: str, high: str) -> Rule:
    """Where both fields are there, `low` is at most `high` (numbers, or strings that hold numbers)."""

    def rule(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
        if low in value and high in value and float(value[low]) > float(value[high]):
            yield Problem(f"{pointer}/{low}", f"must not be greater than {high}")

    return rule
