"""Values of an invented company for builders that have no case of their own, by the names of their fields."""

from __future__ import annotations

import enum
import typing
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from worst_cases import Mood, Worst

from bot.blocks.escalation import Person
from bot.blocks.post import Post
from bot.blocks.standing import EscalationLink, Standing
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.kinds import Kind
from bot.domain.redefinition import Difference, Part

LONDON = ZoneInfo("Europe/London")
MONDAY = period(date(2026, 11, 16))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=LONDON)


ACTIVATION = Standing(
    key_result_id=1,
    number=12,
    text="Activation from 22 to 35 % by 15 Dec",
    metric="Activation",
    kind=Kind.INCREASE,
    unit="%",
    start=Decimal(22),
    target=Decimal(35),
    value=Decimal("28.5"),
    score=Decimal("0.5"),
    last_score=Decimal("0.4"),
    confidence=Confidence.GREEN,
    last_confidence=Confidence.GREEN,
    next_move="new sign-up to half of the users",
    scores=(Decimal("0.2"), Decimal("0.4"), Decimal("0.5")),
    as_of=period(date(2026, 11, 9)),
    owner_name="Mere Ngata",
)
CHURN = replace(
    ACTIVATION,
    key_result_id=2,
    number=14,
    text="Churn from 4 to 2.5 % by 15 Dec",
    metric="Churn",
    kind=Kind.DECREASE,
    start=Decimal(4),
    target=Decimal("2.5"),
    value=Decimal("3.7"),
    score=Decimal("0.2"),
    last_score=Decimal("0.2"),
    confidence=Confidence.YELLOW,
    next_move="call the ten who left in October",
    scores=(Decimal("0.3"), Decimal("0.2"), Decimal("0.2")),
)
AUDIT = replace(
    ACTIVATION,
    key_result_id=3,
    number=15,
    text="SOC 2 certified by 15 Dec",
    metric=None,
    kind=Kind.MILESTONE,
    unit="",
    start=None,
    target=None,
    value=None,
    score=Decimal("0.3"),
    last_score=Decimal("0.3"),
    confidence=Confidence.RED,
    next_move="send our own evidence",
    scores=(Decimal("0.1"), Decimal("0.3"), Decimal("0.3")),
    escalation=EscalationLink(EscalationState.OPEN, "C1", "1790000000.000100"),
)

WORDS: Mapping[str, str] = {
    "label": "KR-12",
    "text": "Activation from 22 to 35 % by 15 Dec",
    "metric": "Activation",
    "name": "Activation",
    "unit": "%",
    "owner": "Mere Ngata",
    "owner_name": "Mere Ngata",
    "by": "Tama Reid",
    "to": "Tama Reid",
    "team": "Growth",
    "waiting": "Growth",
    "other": "Legal",
    "objective": "Make new customers feel at home",
    "need": "somebody to free two days of HR",
    "plan": "our own evidence goes out on Wednesday",
    "stuck": "the auditor has had nothing from HR",
    "working": "the auditor has had nothing from HR",
    "changed": "a new first page",
    "next_move": "call the ten who left",
    "blocked_by": "People team",
    "reason": "the pilot has ended",
    "incident": "3f9a12c4",
    "closes": "Tue 17:00",
    "value": "30 %",
    "typed": "12 quickly",
    "sure_of": "",
}


# What reads well only together, by "Class.field".
TOGETHER: Mapping[str, Any] = {
    "Case.standing": replace(AUDIT, escalation=None),
    "Case.owner": Person("Mere Ngata", "U0MERE"),
    "Case.asked": Person("Tama Reid", "U0TAMA"),
    "Case.deciders": ("Tama Reid", "Hana Mori"),
    "Case.opened_at": at(16, 10, 12),
    "Case.zone": LONDON,
    "Case.state": EscalationState.OPEN,
    "Case.taken_by": None,
    "Case.decisions": (),
    "ChangeQuestion.start": "20",
    "ChangeQuestion.target": "40",
    "Redefined.differences": (Difference(Part.TARGET, "40 %", "30 %"),),
    "Redefined.reason": "two of three channels are gone",
    "Stopped.learning": "nobody misses it",
    "in_words.differences": (Difference(Part.TARGET, "40 %", "30 %"),),
    "Snapshot.noted": (),
    "Outcome.need": "two HR days",
    "Outcome.decided": "HR frees Ana for two days",
    "Outcome.is_done": True,
    "Decided.kind": DecisionKind.UNBLOCK,
    "MadeDecision.kind": DecisionKind.UNBLOCK,
    "Case.resolved_by": None,
    "Case.no_decision_reason": None,
    "Case.asked_as": None,
    "Case.title": "KR-15 SOC 2 certified by 15 Dec",
    "Person.name": "Tama Reid",
    "Person.slack_id": "U0TAMA",
    "Settled.reason": None,
    "Decided.text": "HR frees Ana for two days",
    "Decided.settled": None,
    "MadeDecision.text": "HR frees Ana for two days",
    "OverdueDecision.text": "HR frees Ana for two days",
    "MadeDecision.owner": "Tama Reid",
    "OverdueDecision.owner": "Tama Reid",
    "Call.confidence": Confidence.RED,
    "Call.state": EscalationState.OPEN,
    "Call.number": 15,
    "Call.name": "SOC 2 certified by 15 Dec",
    "KeyResultLine.is_leaders": False,
    "KeyResultLine.is_own": True,
    "KeyResultLine.is_scored": True,
    "KeyResultLine.was_asked": True,
    "KeyResultLine.was_answered": True,
    "KeyResultLine.confidence": Confidence.GREEN,
    "KeyResultLine.score": Decimal("0.5"),
    "KeyResultLine.last_score": Decimal("0.4"),
    "LeadNote.stop_or_shift": None,
    "LeadNote.answered": 7,
    "LeadNote.asked": 9,
    "Snapshot.stop_or_shift": "webinars pause until KR-15 has its evidence",
    "Waits.team": "Legal",
    "Waits.asked": "Finn Adler",
    "Waits.by": "Finn Adler",
    "Waits.state": DependencyState.REFUSED,
    "Waits.due_on": None,
    "Waits.reason": "no lawyer is free before January",
    "Waiting.by": "Finn Adler",
    "Waiting.state": DependencyState.DATED,
    "Request.standing": replace(AUDIT, escalation=None),
    "Request.leads": "Legal",
    "Request.away": (),
    "Request.is_over": False,
    "Again.by": "Legal",
    "friction.cycles": ("2026 Q4",),
    "Agenda.teams": ("Growth",),
    "Due.text": "HR frees Ana for two days",
    "Change.score": "0.2, was 0.3",
    "Change.confidence": Confidence.RED,
    "Corrected.was": "30 %",
    "Corrected.now": "25 %",
    "Corrected.was_colour": Confidence.GREEN,
    "Corrected.now_colour": Confidence.YELLOW,
    "Corrected.reason": "the report counted a region twice",
    "Correctable.value": "30",
    "Correctable.confidence": Confidence.GREEN,
    "undelivered.code": "not_in_channel",
    "undelivered.what": "digest",
}


class Sample(Worst):
    """As `Worst`, with values that read well."""

    def __init__(self, case: str) -> None:
        super().__init__(case, Mood.WORDS, (2, 2))

    def made(self, hint: Any, name: str, path: str, depth: int = 0) -> Any:
        if path in TOGETHER:
            return TOGETHER[path]
        if hint is Standing:
            return ACTIVATION
        if hint is Post:
            return Post("All right: nothing was changed.")
        plain: Mapping[Any, Any] = {
            str: WORDS.get(name, "call the ten who left"),
            int: 3 if name in ("count", "answered", "asked", "position", "total") else 12,
            Decimal: Decimal("0.5") if "score" in name else Decimal(30),
            datetime: at(18, 10),
            date: date(2026, 11, 16),
            time: time(9),
            bool: False,
        }
        if typing.get_origin(hint) is frozenset and issubclass(typing.get_args(hint)[0], enum.Enum):
            return frozenset(list(typing.get_args(hint)[0])[:5])
        return plain[hint] if hint in plain else super().made(hint, name, path, depth)
