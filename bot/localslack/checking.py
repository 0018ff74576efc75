"""Holds a JSON value against a shape and says what is wrong, in the words of Slack's own error messages.

They are those of `slackhq/hack-json-schema`, which Slack publishes: it says "must be less than 1" of a number above
the greatest allowed, 1, and "must be greater than 1" of one below the least.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.localslack.facts.limits import Bound
from bot.localslack.facts.shapes import Anything, Flag, Many, Number, OneOf, Problem, Record, Shape, String, Whole


def check(shape: Shape, value: Any, pointer: str) -> Iterator[Problem]:
    """Everything in `value` that does not fit `shape`; nothing if it fits. `pointer` is where `value` stands."""
    match shape:
        case String():
            yield from _check_string(shape, value, pointer)
        case Whole() | Number():
            yield from _check_number(shape, value, pointer)
        case Flag():
            if not isinstance(value, bool):
                yield Problem(pointer, "must provide a boolean")
        case Many():
            yield from _check_many(shape, value, pointer)
        case Record():
            yield from _check_record(shape, value, pointer)
        case OneOf():
            yield from _check_one_of(shape, value, pointer)
        case Anything():
            pass


def _check_string(shape: String, value: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(pointer, "must provide a string")
        return
    if shape.bound.least is not None and len(value) < shape.bound.least:
        yield Problem(pointer, f"must be more than {shape.bound.least - 1} characters")
    if shape.bound.most is not None and len(value) > shape.bound.most:
        yield Problem(pointer, f"must be less than {shape.bound.most + 1} characters")
    if shape.choices and value not in shape.choices:
        yield Problem(pointer, "must be a valid enum value")
    if shape.pattern is not None and not shape.pattern.fullmatch(value):
        yield Problem(pointer, f"input must match regex pattern: {shape.pattern.pattern}")


def _check_number(shape: Whole | Number, value: Any, pointer: str) -> Iterator[Problem]:
    # In Python true is a number; in JSON it is not.
    if isinstance(value, bool) or not isinstance(value, int if isinstance(shape, Whole) else int | float):
        yield Problem(pointer, "must provide an integer" if isinstance(shape, Whole) else "must provide a number")
    elif not math.isfinite(value):
        yield Problem(pointer, "must provide a finite number")
    else:
        yield from _check_size(shape.bound, value, pointer)


def _check_size(bound: Bound, value: float, pointer: str) -> Iterator[Problem]:
    if bound.least is not None and value < bound.least:
        yield Problem(pointer, f"must be greater than {bound.least}")
    if bound.above is not None and value <= bound.above:
        yield Problem(pointer, f"must be greater than {bound.above}")
    if bound.most is not None and value > bound.most:
        yield Problem(pointer, f"must be less than {bound.most}")


def check_count(bound: Bound, count: int, pointer: str) -> Iterator[Problem]:
    """Whether a collection at `pointer` may have `count` items."""
    if bound.least is not None and count < bound.least:
        yield Problem(pointer, f"must provide at least {bound.least} items")
    if bound.most is not None and count > bound.most:
        yield Problem(pointer, f"no more than {bound.most} items allowed")


def _check_many(shape: Many, value: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield Problem(pointer, "must provide an array")
        return
    yield from check_count(shape.bound, len(value), pointer)
    for index, item in enumerate(value):
        if not (item is None and shape.null_items):
            yield from check(shape.item, item, f"{pointer}/{index}")


def _check_record(shape: Record, value: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(pointer, "must provide an object")
        return
    found = list(_check_fields(shape, value, pointer))
    yield from found
    if not found:
        for rule in shape.rules:
            yield from rule(value, pointer)


def _check_fields(shape: Record, value: dict[str, Any], pointer: str) -> Iterator[Problem]:
    if shape.type is not None and value.get("type") != shape.type:
        yield Problem(f"{pointer}/type", f"must be {shape.type}")
    for name in shape.required:
        if name not in value:
            yield Problem(pointer, f"missing required field: {name}")
    for name, inner in value.items():
        known = shape.required.get(name) or shape.optional.get(name)
        if known is not None:
            yield from check(known, inner, f"{pointer}/{_escaped(name)}")
        elif not shape.open and not (name == "type" and shape.type is not None):
            yield Problem(pointer, f"invalid additional property: {name}")


def _check_one_of(shape: OneOf, value: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(pointer, "must provide an object")
        return
    if "type" not in value:
        yield Problem(pointer, "missing required field: type")
        return
    kind = value["type"]
    record = shape.records.get(kind) if isinstance(kind, str) else None
    if record is None:
        yield Problem(f"{pointer}/type", f"unsupported type: {kind}")
        return
    found = _check_record(record, value, pointer)
    yield from (replace(one, within=pointer) for one in found) if shape.named else found


def _escaped(name: object) -> str:
    """A field's name as a step of a JSON pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")
