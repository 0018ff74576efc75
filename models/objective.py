"""Objectives, and the teams that share them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.organisation import Horizon, Visibility
from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, text_enum, within_workspace


class Objective(InWorkspace, Base):
    """Qualitative: "[action verb] + [desired outcome] + [time frame]". `team_id` is the team that holds it."""

    __tablename__ = "objective"
    __table_args__ = (
        addressable(),
        within_workspace("cycle_id", "cycle"),
        within_workspace("team_id", "team"),
        within_workspace("priority_id", "priority"),
        sa.UniqueConstraint("workspace_id", "cycle_id", "team_id", "title"),
        sa.CheckConstraint("title <> ''", name="titled"),
        sa.Index("ix_objective_team", "team_id", "workspace_id"),
        NEVER_REUSED,
    )

    cycle_id: Mapped[int] = mapped_column(RowId)
    team_id: Mapped[int] = mapped_column(RowId)
    priority_id: Mapped[int | None] = mapped_column(RowId)
    title: Mapped[str]
    horizon: Mapped[Horizon] = mapped_column(text_enum(Horizon, "horizon"), default=Horizon.CYCLE)
    # What this objective deliberately leaves out.
    not_now: Mapped[str | None]
    visibility: Mapped[Visibility] = mapped_column(text_enum(Visibility, "visibility"), default=Visibility.WORKSPACE)
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ObjectiveTeam(InWorkspace, Base):
    """A further team that shares the objective; it then stands in that team's digest too."""

    __tablename__ = "objective_team"
    __table_args__ = (
        sa.UniqueConstraint("objective_id", "team_id"),
        within_workspace("objective_id", "objective"),
        within_workspace("team_id", "team"),
        sa.Index("ix_objective_team_team", "team_id", "workspace_id"),
    )

    objective_id: Mapped[int] = mapped_column(RowId)
    team_id: Mapped[int] = mapped_column(RowId)


class ObjectiveViewer(InWorkspace, Base):
    """Someone who may see an objective whose visibility is *named*."""

    __tablename__ = "objective_viewer"
    __table_args__ = (
        sa.UniqueConstraint("objective_id", "member_id"),
        within_workspace("objective_id", "objective"),
        within_workspace("member_id", "member"),
    )

    objective_id: Mapped[int] = mapped_column(RowId)
    member_id: Mapped[int] = mapped_column(RowId)
