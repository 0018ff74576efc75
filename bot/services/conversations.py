"""Group messages: who is in one, and the one that some people have together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Conversation, ConversationMember
from models.once import insert_missing, insert_once

# So many people, beside Okra, fit into one group message.
MOST = 8


def with_people(session: Session, now: datetime, workspace_id: int, member_ids: Collection[int]) -> int:
    """The id of the conversation that exactly these two to eight people have; noted where it is new."""
    people = sorted(set(member_ids))
    if not 1 < len(people) <= MOST:
        raise ValueError(f"a group message has 2 to {MOST} people, not {len(people)}")
    named = ",".join(map(str, people))
    row = {"workspace_id": workspace_id, "people": named, "slack_id": None, "created_at": now}
    made = insert_once(session, Conversation, row, key=("workspace_id", "people"))
    if made is None:
        return session.scalars(
            sa.select(Conversation.id).where(Conversation.workspace_id == workspace_id, Conversation.people == named)
        ).one()
    rows = [{"workspace_id": workspace_id, "conversation_id": made, "member_id": one} for one in people]
    insert_missing(session, ConversationMember, rows, key=("conversation_id", "member_id"))
    return made


def with_any_of(session: Session, workspace_id: int, member_ids: Collection[int]) -> Sequence[int]:
    """The group messages that any of these reads. Asked beforehand, an index leads to the few posts in them."""
    theirs = sa.select(ConversationMember.conversation_id).where(
        ConversationMember.workspace_id == workspace_id, ConversationMember.member_id.in_(member_ids)
    )
    return session.scalars(theirs.distinct()).all()


def people_in(session: Session, conversation_id: int) -> Sequence[int]:
    """The ids of its members."""
    return session.scalars(
        sa.select(ConversationMember.member_id)
        .where(ConversationMember.conversation_id == conversation_id)
        .order_by(ConversationMember.member_id)
    ).all()
