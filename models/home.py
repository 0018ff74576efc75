"""Home: the page that each person has with Okra, as a picture of state."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSED, Base, InWorkspace, RowId, within_workspace


class Home(InWorkspace, Base):
    """One member's Home, from their first opening on.

    As with `Message`: opening it, or a change that concerns its reader, raises `wanted`; a publication renders the
    newest state and records what it `shown`; one is in flight at a time (`leased_until`). `opened_at`: when it was
    opened last; nobody looks at it long after that, so nothing is published then.
    """

    __tablename__ = "home"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "member_id"),
        within_workspace("member_id", "member"),
        sa.CheckConstraint("shown <= wanted", name="shown_follows_wanted"),
        sa.Index("ix_home_opened", "workspace_id", "opened_at"),
        sa.Index(
            "ix_home_stale",
            "not_before",
            sqlite_where=sa.text("shown < wanted"),
            postgresql_where=sa.text("shown < wanted"),
        ),
        NEVER_REUSED,
    )

    member_id: Mapped[int] = mapped_column(RowId)
    opened_at: Mapped[datetime]
    wanted: Mapped[int] = mapped_column(default=1)
    shown: Mapped[int] = mapped_column(default=0)
    generation: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
