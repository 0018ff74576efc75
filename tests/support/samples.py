"""Three key results of an invented company, on a Monday; and lines and calls of its digest on Wednesday."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bot.blocks.standing import EscalationLink, Standing
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.digest import Call, KeyResultLine, OverdueDecision, Snapshot
from bot.domain.escalation import EscalationState
from bot.domain.kinds import Kind

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

TAKEN_ON = date(2026, 11, 18)
LINE = KeyResultLine(
    key_result_id=1,
    number=12,
    name="Activation",
    team="Growth",
    is_own=True,
    is_leaders=False,
    owner="Mele Fonua",
    is_scored=True,
    was_asked=True,
    was_answered=True,
    confidence=Confidence.GREEN,
    score=Decimal("0.5"),
    last_score=Decimal("0.4"),
    answer_id=7,
)
RED_LINE = replace(
    LINE,
    key_result_id=2,
    number=15,
    name="SOC 2",
    confidence=Confidence.RED,
    last_score=Decimal("0.5"),
    owner="Ana Lima",
)
CALL = Call(
    escalation_id=1,
    key_result_id=1,
    number=12,
    name="Activation",
    confidence=Confidence.RED,
    state=EscalationState.OPEN,
    taken_by=None,
    need="Two HR days",
    blocked_by="People",
    asked_slack_id="U1",
    since=MONDAY,
    link=None,
)
OVERDUE = OverdueDecision(2, 1, 12, "Ask the bank", "Hana Mori", date(2026, 11, 10), None)


def snapshot(*lines: KeyResultLine, calls: tuple[Call, ...] = (), **more: Any) -> Snapshot:
    """The week of Growth, with these lines and calls, and nothing else but what is given."""
    plain = Snapshot("Growth", MONDAY, TAKEN_ON, lines, calls, (), (), None)
    return replace(plain, **more)
