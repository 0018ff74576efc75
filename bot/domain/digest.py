"""A team's week as the digest tells it: one snapshot, and what follows from it.

A snapshot is taken once a team and period and kept, so that the digest can be shown again as it was. What it says
(how many checked in, what moved, what needs a decision) is worked out from it and never stored beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from bot.domain.cadence import Period, period
from bot.domain.confidence import Confidence
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.scoring import show
from bot.domain.signals import signal as signals
from bot.domain.signals.signal import Signal

VERSION = 1

STOP_OR_SHIFT_LENGTH = 1000
"""The longest answer to "what should stop or shift?", in code points."""


@dataclass(frozen=True)
class KeyResultLine:
    """A key result as it stood when the digest was taken.

    `is_own`: an objective of the digest's own team, held or shared, rather than of a team beneath. `is_leaders`: its
    owner leads one of the teams. `was_asked`: a check-in was due and not excused. `answer_id` is the answer that
    colour and score were read off, of this week where `was_answered`, else an older one. Scores are 0.00 to 1.00.
    """

    key_result_id: int
    number: int
    name: str
    team: str
    is_own: bool
    is_leaders: bool
    owner: str
    is_scored: bool
    was_asked: bool
    was_answered: bool
    confidence: Confidence | None
    score: Decimal | None
    last_score: Decimal | None
    answer_id: int | None

    @property
    def move(self) -> Decimal:
        """How far the score went since last week; 0 where people would read the same number twice."""
        if not self.was_answered or self.score is None or self.last_score is None:
            return Decimal(0)
        return self.score - self.last_score if show(self.score) != show(self.last_score) else Decimal(0)


@dataclass(frozen=True)
class Call:
    """An escalation that is not resolved. `since` is the local day on which it was opened; `taken_by` a name."""

    escalation_id: int
    key_result_id: int
    number: int
    name: str
    confidence: Confidence | None
    state: EscalationState
    taken_by: str | None
    need: str
    blocked_by: str
    asked_slack_id: str | None
    since: date
    link: str | None

    @property
    def wants_help(self) -> bool:
        """Nothing has been decided yet."""
        return self.state not in (EscalationState.DECIDED, EscalationState.RESOLVED)

    @property
    def wants_a_decision(self) -> bool:
        """The owner said what they need, or it was taken to the review: somebody can say yes or no."""
        return self.wants_help and (bool(self.need) or self.state is EscalationState.IN_REVIEW)


@dataclass(frozen=True)
class MadeDecision:
    """What was decided since the digest before, and was not dropped."""

    decision_id: int
    key_result_id: int
    number: int
    name: str
    confidence: Confidence | None
    text: str
    owner: str
    due_on: date
    link: str | None
    kind: DecisionKind = DecisionKind.UNBLOCK


@dataclass(frozen=True)
class OverdueDecision:
    """A decision whose day has passed and whose follow-up is not done."""

    decision_id: int
    key_result_id: int
    number: int
    text: str
    owner: str
    due_on: date
    link: str | None


@dataclass(frozen=True)
class Snapshot:
    """All that the digest of one team and period says. `stop_or_shift` is the lead's answer, null without one; `signal`
    the one question that the data asks, null where it asks none."""

    team: str
    period: Period
    taken_on: date
    key_results: tuple[KeyResultLine, ...]
    calls: tuple[Call, ...]
    decided: tuple[MadeDecision, ...]
    overdue: tuple[OverdueDecision, ...]
    stop_or_shift: str | None
    signal: Signal | None = None

    @property
    def is_empty(self) -> bool:
        """There is no key result to tell of."""
        return not self.key_results

    @property
    def asked(self) -> int:
        """How many check-ins were due; excused ones are not."""
        return sum(line.was_asked for line in self.key_results)

    @property
    def answered(self) -> int:
        return sum(line.was_asked and line.was_answered for line in self.key_results)

    @property
    def leaders(self) -> tuple[KeyResultLine, ...]:
        """The leaders' own key results that were due."""
        return tuple(line for line in self.key_results if line.is_leaders and line.was_asked)

    @property
    def decide(self) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if call.wants_a_decision)

    @property
    def want_help(self) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if call.wants_help)

    @property
    def is_first(self) -> bool:
        """There are scores this week, and none of them has one of last week beside it."""
        scored = [line for line in self.key_results if line.was_answered and line.score is not None]
        return bool(scored) and all(line.last_score is None for line in scored)

    @property
    def moved_up(self) -> tuple[KeyResultLine, ...]:
        return tuple(sorted((line for line in self.key_results if line.move > 0), key=_largest_first))

    @property
    def moved_down(self) -> tuple[KeyResultLine, ...]:
        return tuple(sorted((line for line in self.key_results if line.move < 0), key=_largest_first))

    @property
    def key_result_ids(self) -> frozenset[int]:
        """All that the digest tells of."""
        told = [line.key_result_id for line in self.key_results]
        called = [call.key_result_id for call in self.calls]
        decided = [one.key_result_id for one in self.decided]
        asked = self.signal.key_result_ids if self.signal is not None else ()
        return frozenset((*told, *called, *decided, *asked, *(one.key_result_id for one in self.overdue)))

    def without(self, key_result_ids: Collection[int]) -> Snapshot:
        """The same without these key results and all that is about them."""
        return replace(
            self,
            key_results=tuple(line for line in self.key_results if line.key_result_id not in key_result_ids),
            calls=tuple(call for call in self.calls if call.key_result_id not in key_result_ids),
            decided=tuple(one for one in self.decided if one.key_result_id not in key_result_ids),
            overdue=tuple(one for one in self.overdue if one.key_result_id not in key_result_ids),
            signal=self.signal if self.signal and self.signal.key_result_ids.isdisjoint(key_result_ids) else None,
        )


def to_json(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as JSON with its version; decimals and days as text. `from_json` gives the same snapshot back."""
    return {
        "version": VERSION,
        "team": snapshot.team,
        "period": snapshot.period.isoformat(),
        "taken_on": snapshot.taken_on.isoformat(),
        "key_results": [_line_to_json(line) for line in snapshot.key_results],
        "calls": [
            {
                **vars(call),
                "confidence": _colour_as_text(call.confidence),
                "state": call.state.value,
                "since": call.since.isoformat(),
            }
            for call in snapshot.calls
        ],
        "decided": [
            {
                **vars(one),
                "confidence": _colour_as_text(one.confidence),
                "due_on": one.due_on.isoformat(),
                "kind": one.kind.value,
            }
            for one in snapshot.decided
        ],
        "overdue": [{**vars(one), "due_on": one.due_on.isoformat()} for one in snapshot.overdue],
        "stop_or_shift": snapshot.stop_or_shift,
        "signal": signals.to_json(snapshot.signal) if snapshot.signal is not None else None,
    }


def from_json(kept: Mapping[str, Any]) -> Snapshot:
    """A snapshot that was kept. ValueError for a version that is not known."""
    if kept.get("version") != VERSION:
        raise ValueError(f"a digest of version {kept.get('version')!r} cannot be read")
    return Snapshot(
        team=kept["team"],
        period=period(date.fromisoformat(kept["period"])),
        taken_on=date.fromisoformat(kept["taken_on"]),
        key_results=tuple(_line_from_json(line) for line in kept["key_results"]),
        calls=tuple(
            Call(
                **{
                    **call,
                    "confidence": _as_colour(call["confidence"]),
                    "state": EscalationState(call["state"]),
                    "since": date.fromisoformat(call["since"]),
                }
            )
            for call in kept["calls"]
        ),
        decided=tuple(
            MadeDecision(
                **{
                    **one,
                    "confidence": _as_colour(one["confidence"]),
                    "due_on": date.fromisoformat(one["due_on"]),
                    # What was kept before there were kinds.
                    "kind": DecisionKind(one.get("kind", DecisionKind.UNBLOCK.value)),
                }
            )
            for one in kept["decided"]
        ),
        overdue=tuple(
            OverdueDecision(**{**one, "due_on": date.fromisoformat(one["due_on"])}) for one in kept["overdue"]
        ),
        stop_or_shift=kept["stop_or_shift"],
        signal=signals.from_json(kept["signal"]) if kept.get("signal") is not None else None,
    )


def _largest_first(line: KeyResultLine) -> tuple[bool, Decimal, int]:
    return not line.is_own, -abs(line.move), line.number


def _line_to_json(line: KeyResultLine) -> dict[str, Any]:
    return {
        **vars(line),
        "confidence": _colour_as_text(line.confidence),
        "score": _as_text(line.score),
        "last_score": _as_text(line.last_score),
    }


def _line_from_json(kept: Mapping[str, Any]) -> KeyResultLine:
    return KeyResultLine(
        **{
            **kept,
            "confidence": _as_colour(kept["confidence"]),
            "score": _as_decimal(kept["score"]),
            "last_score": _as_decimal(kept["last_score"]),
        }
    )


def _colour_as_text(confidence: Confidence | None) -> str | None:
    return confidence.value if confidence is not None else None


def _as_colour(text: str | None) -> Confidence | None:
    return Confidence(text) if text is not None else None


def _as_text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _as_decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
