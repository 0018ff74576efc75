"""What became of a digest after it was posted: an answer that was corrected, a decision that came late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.domain.confidence import Confidence
from bot.domain.digest import KeyResultLine, MadeDecision, Snapshot, Week, mean, mix
from bot.domain.escalation import EscalationState


@dataclass(frozen=True)
class AnswerPutRight:
    """The answer that a line was read off has a newer revision. `score` is null where that one gave none; `value` and
    `was_value` likewise, in `unit`."""

    at: datetime
    key_result_id: int
    answer_id: int
    score: Decimal | None
    confidence: Confidence
    value: Decimal | None = None
    was_value: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True)
class DecidedSince:
    """What an escalation waited for was decided."""

    at: datetime
    escalation_id: int
    decision: MadeDecision


Correction = AnswerPutRight | DecidedSince


@dataclass(frozen=True)
class Shown:
    """One correction as it is told: which key result, and what stood there before and stands there now. `is_decided`:
    it is a decision, and the rest is null."""

    at: datetime
    number: int
    is_decided: bool = False
    score: Decimal | None = None
    was_score: Decimal | None = None
    confidence: Confidence | None = None
    was_confidence: Confidence | None = None
    value: Decimal | None = None
    was_value: Decimal | None = None
    unit: str = ""


def corrected(snapshot: Snapshot, corrections: Iterable[Correction]) -> tuple[Snapshot, tuple[Shown, ...]]:
    """The snapshot as it is right now, and what is said about it; the corrections in their order.

    What is about a key result that the snapshot does not tell of is left out.
    """
    shown: list[Shown] = []
    for one in corrections:
        if isinstance(one, DecidedSince):
            call = next((call for call in snapshot.calls if call.escalation_id == one.escalation_id), None)
            if call is None:
                continue
            calls = tuple(
                replace(other, state=EscalationState.DECIDED) if other is call else other for other in snapshot.calls
            )
            snapshot = replace(snapshot, calls=calls, decided=(*snapshot.decided, one.decision))
            shown.append(Shown(one.at, call.number, is_decided=True))
            continue
        line = next((line for line in snapshot.key_results if line.key_result_id == one.key_result_id), None)
        if line is None:
            continue
        right = replace(
            line,
            score=one.score if one.score is not None else line.score,
            confidence=one.confidence,
            answer_id=one.answer_id,
        )
        lines = tuple(right if other is line else other for other in snapshot.key_results)
        snapshot = replace(snapshot, key_results=lines, weeks=_with_this_week(snapshot.weeks, lines))
        shown.append(
            Shown(
                one.at,
                line.number,
                score=right.score,
                was_score=line.score,
                confidence=right.confidence,
                was_confidence=line.confidence,
                value=one.value,
                was_value=one.was_value,
                unit=one.unit,
            )
        )
    return snapshot, tuple(shown)


def _with_this_week(weeks: tuple[Week, ...], lines: tuple[KeyResultLine, ...]) -> tuple[Week, ...]:
    """The newest week is what its lines say."""
    if not weeks:
        return ()
    scores = [line.score for line in lines if line.is_scored and line.score is not None]
    colours = mix(line.confidence for line in lines if line.was_answered)
    return (*weeks[:-1], replace(weeks[-1], score=mean(scores), colours=colours))
