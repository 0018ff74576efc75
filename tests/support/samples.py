"""Three key results of an invented company, on a Monday."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.blocks.standing import EscalationLink, Standing
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
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
