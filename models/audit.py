"""What changed, by whom; and which of Slack's deliveries were already handled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSED, Base, InWorkspace, RowId, within_workspace


class AuditEvent(InWorkspace, Base):
    """One change. `actor_id` is null where Okra itself or the command line acted (`actor_name` says which)."""

    __tablename__ = "audit_event"
    __table_args__ = (
        within_workspace("actor_id", "member"),
        sa.Index("ix_audit_event_subject", "workspace_id", "subject", "subject_id"),
        NEVER_REUSED,
    )

    actor_id: Mapped[int | None] = mapped_column(RowId)
    actor_name: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[int]
    detail: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class SeenEvent(InWorkspace, Base):
    """The id of something Slack delivered (event_id, trigger_id, a dialog in one state), so that a second delivery has
    no effect. `words` marks which words a submitted dialog had; "" where it was none."""

    __tablename__ = "seen_event"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "slack_id"),
        sa.Index("ix_seen_event_seen_at", "seen_at"),
    )

    slack_id: Mapped[str]
    words: Mapped[str] = mapped_column(server_default="")
    seen_at: Mapped[datetime]
