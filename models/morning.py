"""What the message of a morning asks about."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, InWorkspace, RowId, within_workspace


class MorningRequest(InWorkspace, Base):
    """A message of a morning asks about a decision, about an escalation that its reader was asked to help with, or for
    what their team says to one that waits for it.

    The delivery's `day` says when. The newest row of a subject whose message left is when it was asked
    about last.
    """

    __tablename__ = "morning_request"
    __table_args__ = (
        sa.UniqueConstraint("delivery_id", "decision_id"),
        sa.UniqueConstraint("delivery_id", "step_id"),
        sa.UniqueConstraint("delivery_id", "dependency_id"),
        within_workspace("delivery_id", "delivery"),
        within_workspace("decision_id", "decision"),
        within_workspace("step_id", "escalation_step"),
        within_workspace("dependency_id", "dependency"),
        sa.CheckConstraint(
            "(case when decision_id is null then 0 else 1 end) + (case when step_id is null then 0 else 1 end)"
            " + (case when dependency_id is null then 0 else 1 end) = 1",
            name="one_subject",
        ),
        sa.Index("ix_morning_request_decision", "decision_id"),
        sa.Index("ix_morning_request_step", "step_id"),
        sa.Index("ix_morning_request_dependency", "dependency_id"),
    )

    delivery_id: Mapped[int] = mapped_column(RowId)
    decision_id: Mapped[int | None] = mapped_column(RowId)
    step_id: Mapped[int | None] = mapped_column(RowId)
    dependency_id: Mapped[int | None] = mapped_column(RowId)
