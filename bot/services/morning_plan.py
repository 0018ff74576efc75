"""Whom the next tick looks at, because something new waits for their decision or what waited is settled."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services import outbox
from models import Delivery, EscalationStep, Member, MorningRequest


def morning_key(member_id: int, day: object) -> str:
    """The permanent key of the one message that a person gets on a morning; `day` is their own date."""
    return f"morning:{member_id}:{day}"


def look_at(session: Session, now: datetime, member_ids: Collection[int]) -> None:
    """Something waits for these people now: `morning.ask_due` finds out when they are asked for it."""
    if member_ids:
        session.execute(
            sa.update(Member)
            .where(
                Member.id.in_(sorted(member_ids)),
                sa.or_(Member.next_morning_at.is_(None), Member.next_morning_at > now),
            )
            .values(next_morning_at=now)
            .execution_options(synchronize_session="fetch")
        )


def keys_about(session: Session, workspace_id: int, subject: sa.ColumnElement[bool]) -> list[str]:
    """The keys of the messages that ask about a subject: a condition on `MorningRequest`."""
    return list(
        session.scalars(
            sa.select(Delivery.key)
            .join(MorningRequest, MorningRequest.delivery_id == Delivery.id)
            .where(MorningRequest.workspace_id == workspace_id, subject)
            .distinct()
        )
    )


def of_escalation(escalation_id: int) -> sa.ColumnElement[bool]:
    """For `keys_about`: an escalation that somebody was asked to help with."""
    steps = sa.select(EscalationStep.id).where(EscalationStep.escalation_id == escalation_id)
    return MorningRequest.step_id.in_(steps)


def of_dependencies(dependency_ids: Collection[int]) -> sa.ColumnElement[bool]:
    """For `keys_about`: questions to other teams."""
    return MorningRequest.dependency_id.in_(dependency_ids)


def settled(session: Session, now: datetime, *, workspace_id: int, decision_id: int) -> None:
    """A decision is done or dropped: the messages that ask about it say so."""
    keys = keys_about(session, workspace_id, MorningRequest.decision_id == decision_id)
    outbox.redraw_all(session, now, workspace_id=workspace_id, keys=keys)
