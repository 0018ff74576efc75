"""A blocker that is named again: what the rule depends on, and since when nothing was decided. Queries only."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.escalation_path import Again
from bot.domain.cadence import Period, period, period_of
from bot.domain.localtime import local_date_of
from bot.domain.named_again import NamedAgain, goes_up
from bot.services.blockers import blocked_by, first_named
from models import (
    Answer,
    Blocker,
    CheckIn,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    EscalationStep,
    Workspace,
)


def asks_the_next(
    session: Session, now: datetime, escalation: Escalation, blocker: Blocker, check_in: CheckIn | None = None
) -> bool:
    """Whether it brings the escalation one step up that `blocker` is named: in a check-in's answer, or without one."""
    zone = _zone(session, escalation)
    week = period(check_in.period) if check_in is not None else period_of(now, zone)
    first = _first_step(session, escalation, now)
    return goes_up(
        NamedAgain(
            week=week,
            first_named=first_named(session, blocker),
            first_asked=period_of(first.at, zone) if first is not None and first.round == escalation.round else None,
            state=escalation.state,
            is_decided=escalation.decided_at is not None,
            review_on=escalation.review_on,
            today=local_date_of(now, zone),
            went_up=_went_up(session, escalation, week, zone),
        )
    )


def again_of(session: Session, event: EscalationEvent) -> Again | None:
    """What was named again at an event, and since when nothing was decided; null where nothing blocked then."""
    escalation = session.get_one(Escalation, event.escalation_id)
    blocker = session.scalar(
        sa.select(Blocker)
        .where(
            Blocker.key_result_id == escalation.key_result_id,
            Blocker.opened_at <= event.at,
            sa.or_(Blocker.cleared_at.is_(None), Blocker.cleared_at > event.at),
        )
        .order_by(Blocker.id.desc())
        .limit(1)
    )
    if blocker is None:
        return None
    return Again(blocked_by(session, [blocker])[blocker.id], _since(session, escalation, event, blocker))


def _since(session: Session, escalation: Escalation, event: EscalationEvent, blocker: Blocker) -> date:
    """The later of the days on which it was named first and on which this round began."""
    first = _first_step(session, escalation, event.at)
    began = first.at if first is not None else escalation.opened_at
    return local_date_of(max(blocker.opened_at, began), _zone(session, escalation))


def _first_step(session: Session, escalation: Escalation, at: datetime) -> EscalationStep | None:
    """The first one that the round which ran at an instant has asked."""
    return session.scalar(
        sa.select(EscalationStep)
        .where(
            EscalationStep.escalation_id == escalation.id,
            EscalationStep.until.is_not(None),
            EscalationStep.at <= at,
        )
        .order_by(EscalationStep.round.desc(), EscalationStep.number)
        .limit(1)
    )


def _went_up(session: Session, escalation: Escalation, week: Period, zone: ZoneInfo) -> bool:
    """Whether it did for this week: that of the check-in which named it again, or in which it was named without one."""
    rows = session.execute(
        sa.select(EscalationEvent.at, CheckIn.period)
        .outerjoin(Answer, Answer.id == EscalationEvent.answer_id)
        .outerjoin(CheckIn, CheckIn.id == Answer.check_in_id)
        .where(
            EscalationEvent.escalation_id == escalation.id,
            EscalationEvent.kind == EscalationEventKind.NAMED_AGAIN,
        )
    )
    return any(week == (monday or period_of(at, zone)) for at, monday in rows)


def _zone(session: Session, escalation: Escalation) -> ZoneInfo:
    return ZoneInfo(session.get_one(Workspace, escalation.workspace_id).time_zone)
