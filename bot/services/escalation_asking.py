"""The direct messages that ask somebody to help: on the path, after a review, and to who was passed over."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from bot.services import outbox
from bot.services.escalation_case import root_of
from bot.services.escalation_path import steps_of
from bot.services.escalation_readers import LOST, readers_of
from models import Delivery, Escalation, EscalationEvent, EscalationStep, PostKind

# The direct message carries a link to the thread, so the thread's first message gets a head start.
HEAD_START = timedelta(seconds=1)


def ask(session: Session, now: datetime, escalation: Escalation, step: EscalationStep) -> None:
    """Queue the request to the one whose turn it is, unless they are the first, and the thread reaches them itself.

    It does where its first message has yet to leave. One that stands is drawn anew, of which nobody is notified. The
    caller holds the escalation.
    """
    root = root_of(session, escalation)
    is_first = escalation.round == 1 and not any(
        one.was_asked and one.number < step.number for one in steps_of(session, escalation)
    )
    is_to_leave = root is not None and root.posted_ts is None and root.state not in LOST
    if is_first and root is not None and is_to_leave and step.member_id in readers_of(session, root):
        return
    again = "" if escalation.round == 1 else f":{escalation.round}"
    _ask(session, now, escalation, f"escalation:{escalation.id}:ask:{step.member_id}{again}", step.member_id)


def ask_directly(session: Session, now: datetime, root: Delivery) -> None:
    """The thread's first message could not be posted, so who was to read it there is asked by a direct message.

    Whoever is being asked at this moment (`ask`) is waited for: one of the two sees what the other has done.
    """
    if root.kind is not PostKind.ESCALATION or root.channel_id is not None:
        return
    escalation = session.get_one(
        Escalation, root.escalation_id, with_for_update={"key_share": True}, populate_existing=True
    )
    for member_id in {one.member_id for one in steps_of(session, escalation) if one.was_asked}:
        _ask(session, now, escalation, f"escalation:{escalation.id}:ask:{member_id}", member_id)


def ask_after_review(session: Session, now: datetime, escalation: Escalation, member_id: int) -> bool:
    """Queue the request for what the review decided; False where it was asked for already."""
    key = f"escalation:{escalation.id}:review:{escalation.review_on}:{member_id}"
    return _ask(session, now, escalation, key, member_id, kind=PostKind.ESCALATION_REVIEW)


def review_in(key: str) -> date:
    """The day of the review that a request for its decision is about: the escalation may have gone to another since."""
    return date.fromisoformat(key.split(":")[3])


def tell_who_was_away(
    session: Session, at: datetime, escalation: Escalation, event: EscalationEvent, member_id: int
) -> None:
    """Queue the news, for when they are back, that somebody else was asked in their place."""
    outbox.post(
        session,
        at,
        outbox.NewPost(
            workspace_id=escalation.workspace_id,
            key=f"escalation:{escalation.id}:event:{event.id}:away:{member_id}",
            kind=PostKind.ESCALATION_NEWS,
            member_id=member_id,
            escalation_id=escalation.id,
            escalation_event_id=event.id,
        ),
    )


def _ask(
    session: Session,
    now: datetime,
    escalation: Escalation,
    key: str,
    member_id: int,
    *,
    kind: PostKind = PostKind.ESCALATION_ASK,
) -> bool:
    queued = outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=escalation.workspace_id,
            key=key,
            kind=kind,
            member_id=member_id,
            escalation_id=escalation.id,
            not_before=now + HEAD_START,
        ),
    )
    return queued is not None
