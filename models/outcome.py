"""What a request for help brought, to be told to the owner."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSED, Base, InWorkspace, RowId, within_workspace


class Outcome(InWorkspace, Base):
    """A decision of an escalation was done, or (`decision_id` null) the escalation was resolved before any was.

    `round` is the escalation's: each is told once. `delivery_id` is the message that tells it; several that wait for
    the same reader are told in one.
    """

    __tablename__ = "outcome"
    __table_args__ = (
        within_workspace("escalation_id", "escalation"),
        within_workspace("decision_id", "decision"),
        within_workspace("event_id", "escalation_event"),
        within_workspace("delivery_id", "delivery"),
        sa.UniqueConstraint("workspace_id", "event_id"),
        sa.Index("ix_outcome_delivery", "workspace_id", "delivery_id"),
        sa.Index("ix_outcome_escalation", "workspace_id", "escalation_id"),
        NEVER_REUSED,
    )

    escalation_id: Mapped[int] = mapped_column(RowId)
    round: Mapped[int]
    decision_id: Mapped[int | None] = mapped_column(RowId)
    event_id: Mapped[int] = mapped_column(RowId)
    delivery_id: Mapped[int] = mapped_column(RowId)
    at: Mapped[datetime]
