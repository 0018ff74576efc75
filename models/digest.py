"""The lead's word before the digest, and what the digest said."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, within_workspace


class StopOrShift(InWorkspace, Base):
    """The lead's answer to "what should stop or shift this week?", one a team and period; the last word counts."""

    __tablename__ = "stop_or_shift"
    __table_args__ = (
        sa.UniqueConstraint("team_id", "period"),
        within_workspace("team_id", "team"),
        within_workspace("author_id", "member"),
        NEVER_REUSED,
    )

    team_id: Mapped[int] = mapped_column(RowId)
    period: Mapped[date]
    author_id: Mapped[int] = mapped_column(RowId)
    text: Mapped[str]
    at: Mapped[datetime]


class Digest(InWorkspace, Base):
    """The one snapshot a team's digest of a period was built from, kept so that it can be shown again.

    `snapshot` is JSON with its `version`; it holds the ids of the answers it was read off. `used_at`: when somebody
    first pressed something in it, or asked for it; null while nobody did.
    """

    __tablename__ = "digest"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("team_id", "period"),
        within_workspace("team_id", "team"),
        NEVER_REUSED,
    )

    team_id: Mapped[int] = mapped_column(RowId)
    period: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)
    snapshot: Mapped[dict[str, Any]]
    taken_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
