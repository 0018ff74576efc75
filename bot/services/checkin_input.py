"""From what somebody typed, wherever they typed it, to what the rules look at."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.blocks.checkin_parts import Choice, Filled, Question
from bot.domain.confidence import Confidence
from bot.domain.validation import CheckInInput, KeyResultFacts


@dataclass(frozen=True)
class Prefill:
    """What somebody typed elsewhere, to stand in the dialog. A colour is among it only if they typed it.

    `not_understood`: words of theirs that had no place; the dialog says so. `understanding`: the line in words that it
    came from, where it was written to Okra; `value_anew`: its value was of another measure.
    """

    value_text: str = ""
    confidence: Confidence | None = None
    words: str = ""
    not_understood: tuple[str, ...] = ()
    next_move: str = ""
    need: str = ""
    plan: str = ""
    understanding: int | None = None
    value_anew: bool = False


def prefilled(asked: Question, prefill: Prefill, blocked_by: Choice | None) -> Filled:
    """`blocked_by`: whom the typed words name; it stands in the place of what blocked last week."""
    given = {
        "value": prefill.value_text,
        "confidence": prefill.confidence,
        "next_move": prefill.next_move,
        "need": prefill.need,
        "plan": prefill.plan,
    }
    filled = replace(asked.filled, **{name: one for name, one in given.items() if one})  # type: ignore[arg-type]
    if prefill.need or prefill.plan:
        filled = replace(filled, keeps_more=True)
    if not prefill.words:
        return filled
    # Beside yellow or red, words are about what is stuck; the first check-in has no "since last week".
    is_stuck = prefill.confidence is not None and prefill.confidence.wants_more
    if is_stuck and blocked_by is not None:
        filled = replace(filled, blocked_by=blocked_by)
    if is_stuck or asked.asks_start:
        return replace(filled, working=prefill.words)
    return replace(filled, changed=prefill.words)


def input_of(filled: Filled) -> CheckInInput:
    """What stands in the fields, as the rules take it."""
    return CheckInInput(
        value_text=filled.value,
        start_text=filled.start,
        confidence=filled.confidence,
        changed=filled.changed,
        working=filled.working,
        blocked_by=filled.blocked_by.text if filled.blocked_by is not None else "",
        next_move=filled.next_move,
        need=filled.need,
        plan=filled.plan,
    )


def facts_of(asked: Question) -> KeyResultFacts:
    """What the rules depend on."""
    standing = asked.standing
    return KeyResultFacts(
        kind=standing.kind,
        unit=standing.unit,
        start=standing.start,
        target=standing.target,
        last_value=standing.value,
        asks_value=asked.needs_value,
    )
