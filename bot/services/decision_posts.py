"""What a decision outside of an escalation says in Slack: direct messages, for there is no thread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import decisions as messages
from bot.blocks.escalation_shown import Decided
from bot.blocks.post import Post
from bot.blocks.standing import Standing
from bot.domain.permissions import Action, may
from bot.services import outbox
from bot.services.access import actor_of, key_result_facts
from bot.services.escalation_case import decided_of
from bot.services.escalation_members import facts_of
from bot.services.escalation_news import redraw_decided
from bot.services.standing import standing_now
from models import Decision, Delivery, Escalation, KeyResult, Member, PostKind


def tell_made(session: Session, now: datetime, decision: Decision, owner_id: int | None) -> None:
    """Queue the word to who makes it happen (it has the buttons, so they get it though they decided themselves), and to
    the key result's owner."""
    for member_id in dict.fromkeys((decision.owner_id, owner_id)):
        if member_id is not None and (member_id == decision.owner_id or member_id != decision.decided_by_id):
            _post(session, now, decision, PostKind.DECISION_MADE, member_id)


def tell_settled(session: Session, now: datetime, decision: Decision) -> None:
    """What told of the decision says what became of it; who is concerned and did not press is told as well."""
    redraw_made(session, now, decision)
    key_result = session.get_one(KeyResult, decision.key_result_id)
    for member_id in dict.fromkeys((decision.owner_id, decision.decided_by_id, key_result.owner_id)):
        if member_id not in (None, decision.settled_by_id):
            _post(session, now, decision, PostKind.DECISION_SETTLED, member_id)


def tell_new_owner(session: Session, now: datetime, decision: Decision, actor_id: int) -> None:
    """Somebody else makes it happen from now on: they are told, unless they took it; what shows who does says so."""
    if decision.owner_id != actor_id:
        _post(session, now, decision, PostKind.DECISION_MADE, decision.owner_id)
    redraw_made(session, now, decision)
    if decision.escalation_id is not None:
        redraw_decided(session, now, decision)


def redraw_made(session: Session, now: datetime, decision: Decision) -> None:
    """What told of the decision says what became of it, and asks for nothing any more."""
    told = session.scalars(
        sa.select(Delivery.key).where(
            Delivery.workspace_id == decision.workspace_id,
            Delivery.decision_id == decision.id,
            Delivery.kind == PostKind.DECISION_MADE,
        )
    ).all()
    outbox.redraw_all(session, now, workspace_id=decision.workspace_id, keys=told)


def made_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The word that something was decided, as it stands."""
    return _told(
        session,
        delivery,
        now,
        lambda reader, decision, about, decided: messages.made(
            about, decided, for_follow_up=reader.id == decision.owner_id
        ),
    )


def settled_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The word of what became of it."""
    return _told(
        session,
        delivery,
        now,
        lambda _, decision, about, decided: (
            messages.became(about, decided, decided.settled) if decided.settled is not None else None
        ),
    )


def _told(
    session: Session,
    delivery: Delivery,
    now: datetime,
    said: Callable[[Member, Decision, Standing, Decided], Post | None],
) -> Post | None:
    """None where its reader has left, or may not see the key result any more and has no part in the decision; of a
    private request, where they are no member of it."""
    reader = session.get_one(Member, delivery.member_id)
    decision = session.get_one(Decision, delivery.decision_id)
    key_result = session.get_one(KeyResult, decision.key_result_id)
    part = [decision.owner_id, decision.decided_by_id]
    if decision.escalation_id is not None:
        facts = facts_of(session, session.get_one(Escalation, decision.escalation_id), told=part)
    else:
        facts = key_result_facts(session, key_result, asked=part)
    if not may(actor_of(reader), Action.VIEW_KEY_RESULT, facts):
        return None
    return said(reader, decision, standing_now(session, now, key_result), decided_of(session, decision))


def _post(session: Session, now: datetime, decision: Decision, kind: PostKind, member_id: int | None) -> None:
    outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=decision.workspace_id,
            key=f"decision:{decision.id}:{kind.value}:{member_id}",
            kind=kind,
            member_id=member_id,
            decision_id=decision.id,
        ),
    )
