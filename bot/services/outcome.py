"""The owner is told what a call for help brought: when what was decided for it is done, or when it is resolved.

It is a note, within the weekly budget and working hours; several that wait for the same reader are one message.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import outcome as blocks
from bot.blocks.post import Post
from bot.domain.escalation import EscalationState
from bot.domain.localtime import local_date_of
from bot.domain.permissions import Action, may
from bot.services import outbox
from bot.services.access import Caller, actor_of
from bot.services.definitions import name_of
from bot.services.escalation_calls import newest_call
from bot.services.escalation_case import asked_by, root_of
from bot.services.escalation_members import facts_of
from bot.services.still_open import link_to, places
from models import (
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    EscalationEvent,
    KeyResult,
    Member,
    Outcome,
    PostKind,
    Workspace,
)

# What is said within so short a time is one message.
GATHERS_FOR = timedelta(minutes=10)


def note(session: Session, now: datetime, escalation: Escalation, event: EscalationEvent) -> None:
    """Something came of a request for help: its owner will be told, unless they did it themselves.

    `event`: a decision was done, or the escalation was resolved; that is only told where no decision of this round was.
    The caller holds the escalation.
    """
    owner_id = session.get_one(KeyResult, escalation.key_result_id).owner_id
    if owner_id is None or owner_id == event.actor_id:
        return
    if event.decision_id is None and _was_told(session, escalation):
        return
    delivery_id = _waiting(session, escalation.workspace_id, owner_id) or outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=escalation.workspace_id,
            key=f"outcome:{event.id}",
            kind=PostKind.OUTCOME,
            member_id=owner_id,
            not_before=now + GATHERS_FOR,
        ),
    )
    if delivery_id is None:
        return
    session.add(
        Outcome(
            workspace_id=escalation.workspace_id,
            escalation_id=escalation.id,
            round=escalation.round,
            decision_id=event.decision_id,
            event_id=event.id,
            delivery_id=delivery_id,
            at=now,
        )
    )
    session.flush()


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """All that this message tells. None where its reader has left, or may see none of it any more."""
    reader = session.get_one(Member, delivery.member_id)
    rows = session.scalars(
        sa.select(Outcome)
        .where(Outcome.workspace_id == delivery.workspace_id, Outcome.delivery_id == delivery.id)
        .order_by(Outcome.id)
    ).all()
    told = [one for row in rows if (one := _told(session, row, reader)) is not None]
    return blocks.outcome(told) if told else None


def _told(session: Session, row: Outcome, reader: Member) -> blocks.Outcome | None:
    escalation = session.get_one(Escalation, row.escalation_id)
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    if not may(actor_of(reader), Action.VIEW_KEY_RESULT, facts_of(session, escalation)):
        return None
    workspace = session.get_one(Workspace, row.workspace_id)
    zone = ZoneInfo(workspace.time_zone)
    event = session.get_one(EscalationEvent, row.event_id)
    call = newest_call(session, [escalation.id])[escalation.id]
    decision = session.get_one(Decision, row.decision_id) if row.decision_id is not None else None
    root = root_of(session, escalation)
    is_reached = root is not None and root.id in places(session, [root], Caller(workspace.id, reader.id))
    return blocks.Outcome(
        number=key_result.number,
        name=name_of(session, key_result),
        need=call.need,
        asked_by=asked_by(session, call, reader.id),
        asked_on=local_date_of(call.at, zone),
        decided=decision.text if decision is not None else _newest_decision(session, escalation, event),
        is_done=decision is not None,
        by=session.get_one(Member, event.actor_id).name if event.actor_id is not None else "Okra",
        on=local_date_of(event.at, zone),
        reason=event.reason or "",
        link=link_to(root, workspace.url) if root is not None and is_reached else None,
    )


def _was_told(session: Session, escalation: Escalation) -> bool:
    """Whether something that came of this round is told, or waits to be."""
    told = sa.exists().where(
        Outcome.workspace_id == escalation.workspace_id,
        Outcome.escalation_id == escalation.id,
        Outcome.round == escalation.round,
    )
    return bool(session.scalar(sa.select(told)))


def _waiting(session: Session, workspace_id: int, member_id: int) -> int | None:
    """A message of this kind that has not left yet; it is held, so that it does not leave without this."""
    return session.scalar(
        sa.select(Delivery.id)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.member_id == member_id,
            Delivery.kind == PostKind.OUTCOME,
            Delivery.state == DeliveryState.QUEUED,
        )
        .order_by(Delivery.created_at, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )


def _newest_decision(session: Session, escalation: Escalation, until: EscalationEvent) -> str:
    """What was decided before this event, since the escalation was opened, or opened again; empty without any."""
    if escalation.decided_at is None or escalation.state is not EscalationState.RESOLVED:
        return ""
    return (
        session.scalar(
            sa.select(Decision.text)
            .where(
                Decision.escalation_id == escalation.id,
                Decision.created_at >= escalation.decided_at,
                Decision.created_at <= until.at,
            )
            .order_by(Decision.id.desc())
            .limit(1)
        )
        or ""
    )
