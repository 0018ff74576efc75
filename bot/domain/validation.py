"""A submitted check-in: what is missing or cannot be taken, field by field; else the answer, ready to be recorded.

Required are the value when it is due (for a milestone the score instead), the colour and the next move; red also brings
a plan and a need, and "I don't know yet, help me plan" is a plan.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind
from bot.domain.numbers import NotANumber, Number, parse_number
from bot.domain.units import units_agree

TEXT_LIMIT = 3000  # code points; what one text field of a dialog holds
BLOCKED_BY_LIMIT = 2000


class Field(StrEnum):
    """The inputs of a check-in. `VALUE` holds the score where the key result is a milestone."""

    VALUE = "value"
    START = "start"
    CONFIDENCE = "confidence"
    CHANGED = "changed"
    WORKING = "working"
    BLOCKED_BY = "blocked_by"
    NEXT_MOVE = "next_move"
    NEED = "need"
    PLAN = "plan"


class Problem(StrEnum):
    """What is wrong with a field; each has one sentence, written where sentences are."""

    VALUE_MISSING = "value_missing"
    SCORE_MISSING = "score_missing"
    COLOUR_MISSING = "colour_missing"
    NEXT_MOVE_MISSING = "next_move_missing"
    NEED_MISSING = "need_missing"
    PLAN_MISSING = "plan_missing"
    NOT_A_NUMBER = "not_a_number"
    OTHER_UNIT = "other_unit"
    NOT_A_SCORE = "not_a_score"
    START_PAST_TARGET = "start_past_target"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Finding:
    """A problem with what its sentence needs.

    `number` for NOT_A_NUMBER: why it was not understood. `typed` and `expected`, two units, for OTHER_UNIT. `length`
    and `limit`, in code points, for TOO_LONG. `target` for START_PAST_TARGET.
    """

    problem: Problem
    number: NotANumber | None = None
    typed: str = ""
    expected: str = ""
    length: int = 0
    limit: int = 0
    target: Decimal | None = None


@dataclass(frozen=True)
class CheckInInput:
    """What somebody submitted, as typed. `blocked_by` is the name or the words that were chosen."""

    value_text: str = ""
    start_text: str = ""
    confidence: Confidence | None = None
    changed: str = ""
    working: str = ""
    blocked_by: str = ""
    next_move: str = ""
    need: str = ""
    plan: str = ""


@dataclass(frozen=True)
class KeyResultFacts:
    """What the rules depend on. `asks_value`: the value is due this week; `last_value`: the one beside the field."""

    kind: Kind
    unit: str = ""
    start: Decimal | None = None
    target: Decimal | None = None
    last_value: Decimal | None = None
    asks_value: bool = True


@dataclass(frozen=True)
class Valid:
    """An answer that can be recorded: texts without surrounding blanks, exact numbers.

    `value` is None for a milestone, and where it was neither due nor given. `score` is the owner's own, 0.00 to 1.00,
    and only for a milestone. `start` is a baseline that was given with this answer.
    """

    value: Decimal | None
    score: Decimal | None
    start: Decimal | None
    confidence: Confidence
    changed: str
    working: str
    blocked_by: str
    next_move: str
    need: str
    plan: str


@dataclass(frozen=True)
class Invalid:
    """What has to be put right, by field; never empty."""

    problems: Mapping[Field, Finding]


def validate(given: CheckInInput, facts: KeyResultFacts) -> Valid | Invalid:
    """The answer, or every problem at once, the first one of each field."""
    value = _value(given.value_text, facts)
    start = _start(given.start_text, facts)
    texts = {
        Field.CHANGED: given.changed,
        Field.WORKING: given.working,
        Field.BLOCKED_BY: given.blocked_by,
        Field.NEXT_MOVE: given.next_move,
        Field.NEED: given.need,
        Field.PLAN: given.plan,
    }
    said = {field: "" if _is_blank(text) else text.strip() for field, text in texts.items()}
    problems = _missing(said, given.confidence) | _too_long(said)
    problems |= {Field.VALUE: value} if isinstance(value, Finding) else {}
    problems |= {Field.START: start} if isinstance(start, Finding) else {}
    if problems or given.confidence is None or isinstance(value, Finding) or isinstance(start, Finding):
        return Invalid(problems)
    is_score = facts.kind is Kind.MILESTONE
    return Valid(
        value=None if is_score else value,
        score=value if is_score else None,
        start=start,
        confidence=given.confidence,
        changed=said[Field.CHANGED],
        working=said[Field.WORKING],
        blocked_by=said[Field.BLOCKED_BY],
        next_move=said[Field.NEXT_MOVE],
        need=said[Field.NEED],
        plan=said[Field.PLAN],
    )


def _missing(said: Mapping[Field, str], confidence: Confidence | None) -> dict[Field, Finding]:
    found = {}
    if confidence is None:
        found[Field.CONFIDENCE] = Finding(Problem.COLOUR_MISSING)
    if not said[Field.NEXT_MOVE]:
        found[Field.NEXT_MOVE] = Finding(Problem.NEXT_MOVE_MISSING)
    if confidence is Confidence.RED and not said[Field.NEED]:
        found[Field.NEED] = Finding(Problem.NEED_MISSING)
    if confidence is Confidence.RED and not said[Field.PLAN]:
        found[Field.PLAN] = Finding(Problem.PLAN_MISSING)
    return found


def _too_long(said: Mapping[Field, str]) -> dict[Field, Finding]:
    found = {}
    for field, text in said.items():
        limit = BLOCKED_BY_LIMIT if field is Field.BLOCKED_BY else TEXT_LIMIT
        if len(text) > limit:
            found[field] = Finding(Problem.TOO_LONG, length=len(text), limit=limit)
    return found


def _value(text: str, facts: KeyResultFacts) -> Decimal | Finding | None:
    if facts.kind is Kind.MILESTONE:
        return _score(text, facts)
    if _is_blank(text):
        return Finding(Problem.VALUE_MISSING) if facts.asks_value else None
    return _number(text, facts)


def _score(text: str, facts: KeyResultFacts) -> Decimal | Finding | None:
    """0 to 1, also as "40 %", with two places."""
    if _is_blank(text):
        return Finding(Problem.SCORE_MISSING) if facts.asks_value else None
    number = parse_number(text, near=(Decimal(1),))
    if isinstance(number, NotANumber):
        return Finding(Problem.NOT_A_NUMBER, number=number)
    if number.unit not in ("", "%"):
        return Finding(Problem.NOT_A_SCORE, typed=number.unit)
    score = number.value / 100 if number.unit == "%" else number.value
    if not 0 <= score <= 1:
        return Finding(Problem.NOT_A_SCORE)
    return score.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def _start(text: str, facts: KeyResultFacts) -> Decimal | Finding | None:
    """A baseline on the far side of the target would turn the score round, so it is asked about."""
    if _is_blank(text) or not facts.kind.is_metric:
        return None
    start = _number(text, facts)
    if isinstance(start, Finding) or facts.target is None:
        return start
    is_before = start < facts.target if facts.kind is Kind.INCREASE else start > facts.target
    return start if is_before else Finding(Problem.START_PAST_TARGET, target=facts.target)


def _number(text: str, facts: KeyResultFacts) -> Decimal | Finding:
    beside = (facts.last_value, facts.start, facts.target)
    number = parse_number(text, near=[value for value in beside if value is not None])
    if not isinstance(number, Number):
        return Finding(Problem.NOT_A_NUMBER, number=number)
    if not units_agree(number.unit, facts.unit):
        return Finding(Problem.OTHER_UNIT, typed=number.unit, expected=facts.unit)
    return number.value


def _is_blank(text: str) -> bool:
    """Nothing that can be seen: also no-break spaces and zero-width marks."""
    return all(unicodedata.category(char)[0] in "CZ" for char in text)
