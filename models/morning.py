"""What the message of a morning asks about."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, InWorkspace, RowId, within_workspace


class MorningRequest(InWorkspace, Base):
    """A message of a morning asks about a decision, or about an escalation that its reader was asked to help with.

    The delivery's `day` says when. The newest row of a decision (of a step) whose message left is when it was asked
    about last.
    """

    __tablename__ = "morning_request"
    __table_args__ = (
        sa.UniqueConstraint("delivery_id", "decision_id"),
        sa.UniqueConstraint("delivery_id", "step_id"),
        within_workspace("delivery_id", "delivery"),
        within_workspace("decision_id", "decision"),
        within_workspace("step_id", "escalation_step"),
        sa.CheckConstraint("(decision_id is null) <> (step_id is null)", name="one_subject"),
        sa.Index("ix_morning_request_decision", "decision_id"),
        sa.Index("ix_morning_request_step", "step_id"),
    )

    delivery_id: Mapped[int] = mapped_column(RowId)
    decision_id: Mapped[int | None] = mapped_column(RowId)
    step_id: Mapped[int | None] = mapped_column(RowId)
