"""Cycles and the priorities that objectives serve."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.cycles import CycleState
from models.base import NEVER_REUSED, Base, InWorkspace, addressable, text_enum


class Cycle(InWorkspace, Base):
    """One organisation-wide period, usually a quarter; both days are inside it. At most one is active."""

    __tablename__ = "cycle"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("workspace_id", "name"),
        sa.CheckConstraint("starts_on <= ends_on", name="forward"),
        sa.CheckConstraint(
            "state <> 'active' or (starts_on is not null and ends_on is not null)", name="active_has_dates"
        ),
        sa.Index(
            "uq_cycle_one_active",
            "workspace_id",
            unique=True,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        ),
        NEVER_REUSED,
    )

    name: Mapped[str]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    state: Mapped[CycleState] = mapped_column(text_enum(CycleState, "state"))
    # "What execution problem are we solving?"
    problem: Mapped[str | None]
    created_at: Mapped[datetime]


class Priority(InWorkspace, Base):
    """A strategic choice of the year that objectives must serve."""

    __tablename__ = "priority"
    __table_args__ = (addressable(), sa.UniqueConstraint("workspace_id", "name"), NEVER_REUSED)

    name: Mapped[str]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
