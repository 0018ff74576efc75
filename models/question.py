"""A question that somebody asks the owner of a key result, from a digest or a thread."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, within_workspace


class Question(InWorkspace, Base):
    """It goes to `owner_id` alone, who owned the key result when it was asked, and answers from person to person."""

    __tablename__ = "question"
    __table_args__ = (
        addressable(),
        within_workspace("escalation_id", "escalation"),
        within_workspace("asker_id", "member"),
        within_workspace("owner_id", "member"),
        sa.CheckConstraint("text <> ''", name="asks"),
        NEVER_REUSED,
    )

    escalation_id: Mapped[int] = mapped_column(RowId)
    asker_id: Mapped[int] = mapped_column(RowId)
    owner_id: Mapped[int] = mapped_column(RowId)
    text: Mapped[str]
    at: Mapped[datetime]
