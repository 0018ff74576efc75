"""A snapshot as the JSON that is kept, with its version; a kept one of an older version can still be read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bot.domain import health as healths
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import (
    Call,
    KeyResultLine,
    MadeDecision,
    Mix,
    Noted,
    NotedAs,
    OverdueDecision,
    SettledDecision,
    Snapshot,
    Waiting,
    Week,
)
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.redefinition import Difference, Part
from bot.domain.signals import signal as signals

VERSION = 2
# Version 1 knew neither teams by their ids nor the weeks before.
READ = (1, VERSION)


def to_json(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as JSON with its version; decimals and days as text. `from_json` gives the same snapshot back."""
    return {
        "version": VERSION,
        "team": snapshot.team,
        "team_id": snapshot.team_id,
        "has_teams": snapshot.has_teams,
        "period": snapshot.period.isoformat(),
        "taken_on": snapshot.taken_on.isoformat(),
        "ends_on": snapshot.ends_on.isoformat() if snapshot.ends_on is not None else None,
        "weeks": [
            {
                "period": week.period.isoformat(),
                "score": _as_text(week.score),
                "expected": str(week.expected),
                "colours": vars(week.colours),
            }
            for week in snapshot.weeks
        ],
        "key_results": [
            {
                **vars(line),
                "confidence": _colour_as_text(line.confidence),
                "score": _as_text(line.score),
                "last_score": _as_text(line.last_score),
                "scores": [_as_text(score) for score in line.scores],
            }
            for line in snapshot.key_results
        ],
        "calls": [
            {
                **vars(call),
                "confidence": _colour_as_text(call.confidence),
                "state": call.state.value,
                "since": call.since.isoformat(),
                "back_from": call.back_from.isoformat() if call.back_from is not None else None,
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
        "settled": [dict(vars(one)) for one in snapshot.settled],
        "noted": [
            {
                **vars(one),
                "noted_as": one.noted_as.value,
                "differences": [[each.part.value, each.before, each.after] for each in one.differences],
            }
            for one in snapshot.noted
        ],
        "waiting": [
            {
                **vars(one),
                "state": one.state.value,
                "due_on": one.due_on.isoformat() if one.due_on is not None else None,
                "asked_on": one.asked_on.isoformat(),
            }
            for one in snapshot.waiting
        ],
        "stop_or_shift": snapshot.stop_or_shift,
        "signal": signals.to_json(snapshot.signal) if snapshot.signal is not None else None,
        "health": healths.to_json(snapshot.health) if snapshot.health is not None else None,
    }


def from_json(kept: Mapping[str, Any]) -> Snapshot:
    """A snapshot that was kept. ValueError for a version that is not known."""
    if kept.get("version") not in READ:
        raise ValueError(f"a digest of version {kept.get('version')!r} cannot be read")
    return Snapshot(
        team=kept["team"],
        team_id=kept.get("team_id", 0),
        has_teams=kept.get("has_teams", False),
        period=period(date.fromisoformat(kept["period"])),
        taken_on=date.fromisoformat(kept["taken_on"]),
        ends_on=date.fromisoformat(kept["ends_on"]) if kept.get("ends_on") else None,
        weeks=tuple(
            Week(
                period=period(date.fromisoformat(week["period"])),
                score=_as_decimal(week["score"]),
                expected=Decimal(week["expected"]),
                colours=Mix(**week["colours"]),
            )
            for week in kept.get("weeks", ())
        ),
        key_results=tuple(
            KeyResultLine(
                **{
                    **line,
                    "confidence": _as_colour(line["confidence"]),
                    "score": _as_decimal(line["score"]),
                    "last_score": _as_decimal(line["last_score"]),
                    "scores": tuple(_as_decimal(score) for score in line.get("scores", ())),
                }
            )
            for line in kept["key_results"]
        ),
        calls=tuple(
            Call(
                **{
                    **call,
                    "confidence": _as_colour(call["confidence"]),
                    "state": EscalationState(call["state"]),
                    "since": date.fromisoformat(call["since"]),
                    "back_from": date.fromisoformat(call["back_from"]) if call.get("back_from") else None,
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
        # What was kept before these were told has none.
        settled=tuple(SettledDecision(**one) for one in kept.get("settled", ())),
        noted=tuple(
            Noted(
                **{
                    **one,
                    "noted_as": NotedAs(one["noted_as"]),
                    "differences": tuple(
                        Difference(Part(part), before, after) for part, before, after in one["differences"]
                    ),
                }
            )
            for one in kept.get("noted", ())
        ),
        waiting=tuple(
            Waiting(
                **{
                    **one,
                    "state": DependencyState(one["state"]),
                    "due_on": date.fromisoformat(one["due_on"]) if one["due_on"] is not None else None,
                    "asked_on": date.fromisoformat(one["asked_on"]),
                }
            )
            for one in kept.get("waiting", ())
        ),
        stop_or_shift=kept["stop_or_shift"],
        signal=signals.from_json(kept["signal"]) if kept.get("signal") is not None else None,
        health=healths.from_json(kept["health"]) if kept.get("health") is not None else None,
    )


def _colour_as_text(confidence: Confidence | None) -> str | None:
    return confidence.value if confidence is not None else None


def _as_colour(text: str | None) -> Confidence | None:
    return Confidence(text) if text is not None else None


def _as_text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _as_decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
