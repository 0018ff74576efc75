"""What is told of a key result that a decision changed or stopped, or that other people may see now."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.blocks.redefining import Redefined, Stopped, changed, news_of_change, news_of_stop, stopped
from bot.domain.escalation import DecisionKind
from bot.domain.permissions import Action, may
from bot.domain.redefinition import differences
from bot.services import outbox, who_sees
from bot.services.access import actor_of, key_result_facts
from bot.services.definitions import name_of, terms_of
from models import Decision, Delivery, KeyResult, KeyResultRevision, Member, PostKind


def tell(session: Session, now: datetime, decision: Decision, owner_id: int | None) -> None:
    """Queue the word to the key result's owner, to who decided, and to who was asked to make it happen; not to who did
    it."""
    for member_id in dict.fromkeys((owner_id, decision.decided_by_id, decision.owner_id)):
        if member_id not in (None, decision.settled_by_id):
            outbox.post(
                session,
                now,
                outbox.NewPost(
                    workspace_id=decision.workspace_id,
                    key=f"decision:{decision.id}:carried_out:{member_id}",
                    kind=PostKind.KEY_RESULT_CHANGED,
                    member_id=member_id,
                    decision_id=decision.id,
                ),
            )


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The direct message. None where its reader may not see the key result and has no part in the decision."""
    if delivery.decision_id is None:
        return who_sees.post(session, delivery, now)
    reader = session.get_one(Member, delivery.member_id)
    decision = session.get_one(Decision, delivery.decision_id)
    key_result = session.get_one(KeyResult, decision.key_result_id)
    facts = key_result_facts(session, key_result, asked=[decision.owner_id, decision.decided_by_id])
    if not may(actor_of(reader), Action.VIEW_KEY_RESULT, facts):
        return None
    if decision.kind is DecisionKind.STOP:
        return news_of_stop(stopped_by(session, decision))
    found = redefined_by(session, decision)
    return news_of_change(found) if found is not None else None


def reply(session: Session, decision: Decision) -> Post | None:
    """The reply in the thread."""
    if decision.kind is DecisionKind.STOP:
        return stopped(stopped_by(session, decision))
    found = redefined_by(session, decision)
    return changed(found) if found is not None else None


def redefined_by(session: Session, decision: Decision) -> Redefined | None:
    """What a decision has changed; null where nothing was."""
    new = session.scalar(sa.select(KeyResultRevision).where(KeyResultRevision.decision_id == decision.id))
    if new is None:
        return None
    old = session.scalars(
        sa.select(KeyResultRevision).where(
            KeyResultRevision.key_result_id == new.key_result_id, KeyResultRevision.revision == new.revision - 1
        )
    ).one()
    return Redefined(
        number=session.get_one(KeyResult, new.key_result_id).number,
        name=old.metric or old.text,
        by=session.get_one(Member, new.author_id).name,
        differences=differences(terms_of(old), terms_of(new)),
        reason=new.reason or "",
        stops=new.stops or "",
    )


def stopped_by(session: Session, decision: Decision) -> Stopped:
    """With which words the key result ended."""
    key_result = session.get_one(KeyResult, decision.key_result_id)
    by = session.get(Member, decision.settled_by_id) if decision.settled_by_id is not None else None
    return Stopped(
        number=key_result.number,
        name=name_of(session, key_result),
        by=by.name if by is not None else "Somebody",
        learning=key_result.learning or "",
    )
