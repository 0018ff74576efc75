"""Key results that wait for another team."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.dependency import DependencyState
from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, text_enum, within_workspace


class Dependency(InWorkspace, Base):
    """A blocker names another team, and somebody who can speak for that team is asked: once for each blocker.

    It holds as long as its blocker is open. `asked_id`: who was asked. `due_on` is the day that the other team
    proposes, `reason` why it refuses. An answer can be changed: `revision` counts them, 0 while there is none.
    `remind_on` is the day of the one asked on whose morning they are reminded; `next_step_at` is when its path is
    looked at next, null once nobody is left, it is answered, or nobody waits any more. Nobody else is asked before
    `waits_until`: the end of the limit of who was asked; null where only working hours are waited for.
    """

    __tablename__ = "dependency"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("blocker_id"),
        within_workspace("blocker_id", "blocker"),
        within_workspace("key_result_id", "key_result"),
        within_workspace("team_id", "team"),
        within_workspace("asked_id", "member"),
        within_workspace("answered_by_id", "member"),
        sa.CheckConstraint(
            "(state = 'asked') = (answered_at is null) and (answered_at is null) = (answered_by_id is null)"
            " and (answered_at is null) = (revision = 0)",
            name="asked_or_answered",
        ),
        sa.CheckConstraint("(state = 'dated') = (due_on is not null)", name="dated_has_a_day"),
        sa.CheckConstraint(
            "(state = 'refused') = (reason is not null) and (reason is null or reason <> '')",
            name="refused_has_a_reason",
        ),
        sa.Index("ix_dependency_key_result", "key_result_id", "workspace_id"),
        sa.Index("ix_dependency_team", "team_id", "workspace_id"),
        sa.Index("ix_dependency_next_step", "next_step_at"),
        NEVER_REUSED,
    )

    blocker_id: Mapped[int] = mapped_column(RowId)
    key_result_id: Mapped[int] = mapped_column(RowId)
    # The team that is waited for.
    team_id: Mapped[int] = mapped_column(RowId)
    asked_id: Mapped[int] = mapped_column(RowId)
    state: Mapped[DependencyState] = mapped_column(text_enum(DependencyState, "state"), default=DependencyState.ASKED)
    due_on: Mapped[date | None]
    reason: Mapped[str | None]
    revision: Mapped[int] = mapped_column(default=0)
    answered_by_id: Mapped[int | None] = mapped_column(RowId)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    remind_on: Mapped[date | None]
    next_step_at: Mapped[datetime | None]
    waits_until: Mapped[datetime | None]
