"""*Later*: when somebody wants to be asked again."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, InWorkspace, RowId, within_workspace


class Snooze(InWorkspace, Base):
    """One a member and period: `until` lies within the period and the member's working hours.

    They are asked again then, once; nothing else of Okra's asks them before.
    """

    __tablename__ = "snooze"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "period"),
        within_workspace("member_id", "member"),
    )

    member_id: Mapped[int] = mapped_column(RowId)
    period: Mapped[date]
    until: Mapped[datetime]
    asked_for_at: Mapped[datetime]
