"""What stands beneath the newest reply in a thread: the state, and the way to act where the first message is out of
reach. The replies before it show neither any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.escalation_foot import Foot
from bot.domain.escalation import is_out_of_reach
from bot.services import outbox
from bot.services.escalation_case import root_of
from bot.services.escalation_readers import LOST
from models import Delivery, Escalation, EscalationEvent, EscalationEventKind, Message, PostKind

# These say by themselves where it stands.
_SAYS_THE_STATE = (
    EscalationEventKind.ACKNOWLEDGED,
    EscalationEventKind.TAKEN_TO_REVIEW,
    EscalationEventKind.DECIDED,
    EscalationEventKind.RESOLVED,
    EscalationEventKind.REOPENED,
    EscalationEventKind.ASKED_NEXT,
    EscalationEventKind.NAMED_AGAIN,
)
# Of a long thread: the newest one, and the one that was it before.
_NEWEST = 2


def may_carry(event: EscalationEvent) -> bool:
    """Whether the reply to an event can be drawn again: a message that somebody has copied is kept no longer than until
    it is posted."""
    return event.quote is None


def foot_of(
    session: Session, delivery: Delivery, escalation: Escalation, event: EscalationEvent, now: datetime
) -> Foot | None:
    """What stands beneath this reply; None where a newer one has it."""
    replies = _carrying(session, escalation)
    if not replies or replies[0] != delivery.id:
        return None
    acts = _is_out_of_reach(session, escalation, len(replies), now)
    return Foot(acts) if acts or event.kind not in _SAYS_THE_STATE else None


def is_newest(session: Session, delivery: Delivery, escalation: Escalation) -> bool:
    """Whether no reply that could show the state comes after this one."""
    return _carrying(session, escalation)[:1] == [delivery.id]


def keys_that_carry(session: Session, escalation: Escalation) -> list[str]:
    """The keys of the newest reply and of the one before it, which loses its foot when another one comes."""
    ids = _carrying(session, escalation)[:_NEWEST]
    return list(session.scalars(sa.select(Delivery.key).where(Delivery.id.in_(ids)))) if ids else []


def root_is_gone(session: Session, now: datetime, delivery: Delivery) -> None:
    """A message cannot be edited any more: where it is a thread's first one, the newest reply shows how to act."""
    if delivery.kind is PostKind.ESCALATION and delivery.escalation_id is not None:
        keys = keys_that_carry(session, session.get_one(Escalation, delivery.escalation_id))
        outbox.redraw_all(session, now, workspace_id=delivery.workspace_id, keys=keys, alone=True)


def _carrying(session: Session, escalation: Escalation) -> Sequence[int]:
    """The deliveries of the replies that can show the state, the newest first."""
    root = root_of(session, escalation)
    if root is None:
        return ()
    return session.scalars(
        sa.select(Delivery.id)
        .join(Message, Message.delivery_id == Delivery.id)
        .where(
            Delivery.workspace_id == escalation.workspace_id,
            Delivery.escalation_id == escalation.id,
            Delivery.follows_id == root.id,
            Delivery.kind == PostKind.ESCALATION_REPLY,
            Delivery.state.not_in(LOST),
        )
        .order_by(Delivery.id.desc())
    ).all()


def _is_out_of_reach(session: Session, escalation: Escalation, replies: int, now: datetime) -> bool:
    root = root_of(session, escalation)
    if root is None or root.settled_at is None:
        return False
    gone_at = session.scalar(sa.select(Message.gone_at).where(Message.delivery_id == root.id))
    return is_out_of_reach(replies, now - root.settled_at, can_be_edited=gone_at is None)
