"""Key results that somebody is asked to take over."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, text_enum, within_workspace


class HandOverState(enum.Enum):
    """`WITHDRAWN`: by who asked, or because the key result changed hands in another way."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class HandOver(InWorkspace, Base):
    """Somebody is asked to own a key result. Until they accept, it stays with its owner. One waits at a time.

    `from_id`: who owned it when it was asked; null for a draft.
    """

    __tablename__ = "hand_over"
    __table_args__ = (
        addressable(),
        within_workspace("key_result_id", "key_result"),
        within_workspace("from_id", "member"),
        within_workspace("to_id", "member"),
        within_workspace("asked_by_id", "member"),
        sa.CheckConstraint("(state = 'waiting') = (settled_at is null)", name="settled_or_waiting"),
        sa.Index("ix_hand_over_to", "workspace_id", "to_id", "state"),
        sa.Index(
            "uq_hand_over_one_waiting",
            "workspace_id",
            "key_result_id",
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        NEVER_REUSED,
    )

    key_result_id: Mapped[int] = mapped_column(RowId)
    from_id: Mapped[int | None] = mapped_column(RowId)
    to_id: Mapped[int] = mapped_column(RowId)
    asked_by_id: Mapped[int] = mapped_column(RowId)
    state: Mapped[HandOverState] = mapped_column(text_enum(HandOverState, "state"), default=HandOverState.WAITING)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
