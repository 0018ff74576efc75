"""Group messages: the conversations that Okra has with several people at once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, table_of, within_workspace


class Conversation(InWorkspace, Base):
    """The group message of a fixed set of people, one row a set: Slack opens the same one for the same people.

    `people` names the set by its members' ids, ascending. `slack_id` is null until something was posted into it. Nobody
    can be added: with somebody else it is another conversation.
    """

    __tablename__ = "conversation"
    __table_args__ = (addressable(), sa.UniqueConstraint("workspace_id", "people"), NEVER_REUSED)

    people: Mapped[str]
    slack_id: Mapped[str | None]
    created_at: Mapped[datetime]


def is_unopened(delivery: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether a post goes into a group message that is to be opened first. A reply goes where its root stands."""
    return sa.and_(
        delivery.c.conversation_id.is_not(None),
        delivery.c.follows_id.is_(None),
        sa.exists().where(_conversation.c.id == delivery.c.conversation_id, _conversation.c.slack_id.is_(None)),
    )


_conversation = table_of(Conversation)


class ConversationMember(InWorkspace, Base):
    """Somebody who reads a group message."""

    __tablename__ = "conversation_member"
    __table_args__ = (
        within_workspace("conversation_id", "conversation"),
        within_workspace("member_id", "member"),
        sa.UniqueConstraint("conversation_id", "member_id"),
        sa.Index("ix_conversation_member_member", "workspace_id", "member_id"),
    )

    conversation_id: Mapped[int] = mapped_column(RowId)
    member_id: Mapped[int] = mapped_column(RowId)
