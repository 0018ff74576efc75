"""Days away: leave, illness, free days; with somebody who covers, or without."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, within_workspace


class Absence(InWorkspace, Base):
    """A person is away from `first_on` to `last_on`, both inside. `ended_at`: taken back before it was over.

    `cover_id`: who answers their check-ins meanwhile; null: nobody, they are excused.
    """

    __tablename__ = "absence"
    __table_args__ = (
        addressable(),
        within_workspace("member_id", "member"),
        within_workspace("cover_id", "member"),
        sa.CheckConstraint("first_on <= last_on", name="forward"),
        sa.CheckConstraint("cover_id is null or cover_id <> member_id", name="covered_by_another"),
        sa.Index("ix_absence_member", "workspace_id", "member_id", "last_on"),
        NEVER_REUSED,
    )

    member_id: Mapped[int] = mapped_column(RowId)
    first_on: Mapped[date]
    last_on: Mapped[date]
    cover_id: Mapped[int | None] = mapped_column(RowId)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AbsenceNotice(InWorkspace, Base):
    """An absence stands in a message to a lead; one message may tell of several."""

    __tablename__ = "absence_notice"
    __table_args__ = (
        sa.UniqueConstraint("absence_id", "delivery_id"),
        within_workspace("absence_id", "absence"),
        within_workspace("delivery_id", "delivery"),
        sa.Index("ix_absence_notice_delivery", "workspace_id", "delivery_id"),
    )

    absence_id: Mapped[int] = mapped_column(RowId)
    delivery_id: Mapped[int] = mapped_column(RowId)
