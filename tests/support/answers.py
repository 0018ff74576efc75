"""Check-ins and answers as planning and the dialog would have left them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.confidence import Confidence
from models import Answer, AnswerSource, CheckIn, CheckInState, KeyResult


def asked(session: Session, key_result: KeyResult, period: date, state: CheckInState = CheckInState.DUE) -> CheckIn:
    """The check-in of one week: opened on Monday 09:00 UTC, closing on Tuesday 17:00. Flushes."""
    assert key_result.owner_id is not None
    check_in = CheckIn(
        workspace_id=key_result.workspace_id,
        key_result_id=key_result.id,
        period=period,
        owner_id=key_result.owner_id,
        state=state,
        opens_at=datetime.combine(period, time(9), UTC),
        closes_at=datetime.combine(period + timedelta(days=1), time(17), UTC),
    )
    session.add(check_in)
    session.flush()
    return check_in


def answered(
    session: Session,
    key_result: KeyResult,
    period: date,
    *,
    score: str | None = "0.5",
    value: str | None = None,
    confidence: Confidence = Confidence.GREEN,
    next_move: str = "Write to the ten who left",
    working: str = "",
    need: str = "",
) -> Answer:
    """An answer in one week's check-in; a second one in the same week is the next revision. Flushes."""
    check_in = session.scalar(
        sa.select(CheckIn).where(CheckIn.key_result_id == key_result.id, CheckIn.period == period)
    ) or asked(session, key_result, period)
    check_in.state = CheckInState.ANSWERED
    before = session.scalar(sa.select(sa.func.count()).where(Answer.check_in_id == check_in.id)) or 0
    answer = Answer(
        workspace_id=key_result.workspace_id,
        check_in_id=check_in.id,
        revision=before + 1,
        definition=key_result.revision,
        author_id=check_in.owner_id,
        source=AnswerSource.DIALOG,
        value=Decimal(value) if value is not None else None,
        score=Decimal(score) if score is not None else None,
        confidence=confidence,
        next_move=next_move,
        working=working,
        need=need,
        at=check_in.opens_at + timedelta(minutes=10 + before),
    )
    session.add(answer)
    session.flush()
    return answer
