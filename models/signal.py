"""What became of a signal: in which digest it was asked, and who put it aside."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.signals.fired import Rule
from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, text_enum, within_workspace


class Signal(InWorkspace, Base):
    """One rule about one thing, once it was told in a digest or dismissed; what fires is worked out anew each time.

    `key` names the rule and the thing (`bot/domain/signals/signal.py: key_of`). `team_id` holds what it is about;
    `key_result_id` and `objective_id` say what that is, both null for a team or an owner. `evidence` (JSON) and `level`
    are what was seen when the row was written last; the higher the level, the worse. `shown_level` and
    `dismissed_level`: how bad it was then.
    """

    __tablename__ = "signal"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("workspace_id", "key"),
        within_workspace("team_id", "team"),
        within_workspace("key_result_id", "key_result"),
        within_workspace("objective_id", "objective"),
        within_workspace("dismissed_by_id", "member"),
        sa.CheckConstraint("level >= 1", name="level"),
        sa.CheckConstraint(
            "(shown_at is null) = (shown_in is null) and (shown_at is null) = (shown_level is null)", name="shown"
        ),
        sa.CheckConstraint(
            "(dismissed_at is null) = (dismissed_by_id is null) and (dismissed_at is null) = (dismissed_level is null)"
            " and (dismissed_at is null or (dismissed_reason is not null and dismissed_reason <> ''))",
            name="dismissed_for_a_reason",
        ),
        sa.Index("ix_signal_team", "workspace_id", "team_id"),
        NEVER_REUSED,
    )

    key: Mapped[str]
    rule: Mapped[Rule] = mapped_column(text_enum(Rule, "rule"))
    team_id: Mapped[int] = mapped_column(RowId)
    key_result_id: Mapped[int | None] = mapped_column(RowId)
    objective_id: Mapped[int | None] = mapped_column(RowId)
    level: Mapped[int]
    evidence: Mapped[dict[str, Any]]
    fired_at: Mapped[datetime]
    # The period of the digest that asked it last.
    shown_in: Mapped[date | None]
    shown_at: Mapped[datetime | None]
    shown_level: Mapped[int | None]
    dismissed_by_id: Mapped[int | None] = mapped_column(RowId)
    dismissed_reason: Mapped[str | None]
    dismissed_at: Mapped[datetime | None]
    dismissed_level: Mapped[int | None]
