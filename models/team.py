"""Teams: a level, a parent, a lead, channels; off until an admin switches them on."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.organisation import Level
from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, text_enum, within_workspace


class PathStep(InWorkspace, Base):
    """A team's own path: who is asked one after another, in place of the leads above and the executive sponsor."""

    __tablename__ = "path_step"
    __table_args__ = (
        sa.UniqueConstraint("team_id", "position"),
        sa.UniqueConstraint("team_id", "member_id"),
        within_workspace("team_id", "team"),
        within_workspace("member_id", "member"),
        sa.CheckConstraint("position >= 1", name="counted"),
    )

    team_id: Mapped[int] = mapped_column(RowId)
    position: Mapped[int]
    member_id: Mapped[int] = mapped_column(RowId)


class PathChange(InWorkspace, Base):
    """Something by which another may be asked next. A tick looks at what is asked for on the paths that it concerns,
    and forgets it (`bot/services/looking_again.py`).

    `member_id`: who came, left, or is at work at other hours; `team_id`: whose own path it is, or who has joined;
    `key_result_id`: what has another owner, or is blocked by another team than before. None of them: any path of the
    workspace.
    """

    __tablename__ = "path_change"
    __table_args__ = (
        within_workspace("member_id", "member"),
        within_workspace("team_id", "team"),
        within_workspace("key_result_id", "key_result"),
        sa.Index("ix_path_change_at", "at"),
    )

    member_id: Mapped[int | None] = mapped_column(RowId)
    team_id: Mapped[int | None] = mapped_column(RowId)
    key_result_id: Mapped[int | None] = mapped_column(RowId)
    at: Mapped[datetime]


class Team(InWorkspace, Base):
    """A unit of the organisation.

    `channel` is the leadership channel that reads the digest, as it was typed (`#growth-leads` or an id);
    `channel_id` is what Slack calls it, known once the team was switched on. Escalations go to
    `escalation_channel_id`, or where that is null to `channel_id`.

    `digest_zone` is the IANA zone of the channel's readers, by whose clock the digest comes; null: the organisation's.

    `next_note_at` and `next_digest_at` are derived from the rhythm and are null while the team is off.
    """

    __tablename__ = "team"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("workspace_id", "name"),
        within_workspace("parent_id", "team"),
        within_workspace("lead_id", "member"),
        sa.CheckConstraint("parent_id is null or parent_id <> id", name="not_its_own_parent"),
        sa.CheckConstraint("name <> ''", name="named"),
        sa.CheckConstraint(
            "switched_on_at is not null or (next_note_at is null and next_digest_at is null)", name="off_is_silent"
        ),
        sa.CheckConstraint(
            "(meeting_on is null) = (exception_reason is null)"
            " and (exception_reason is null or exception_reason <> '')",
            name="exception_has_reason",
        ),
        sa.CheckConstraint("meeting_on is null or meeting_on between 0 and 6", name="meeting"),
        sa.Index("ix_team_note_due", "next_note_at"),
        sa.Index("ix_team_digest_due", "next_digest_at"),
        # What somebody leads is looked up for everybody who is asked.
        sa.Index("ix_team_lead", "workspace_id", "lead_id"),
        NEVER_REUSED,
    )

    name: Mapped[str]
    level: Mapped[Level] = mapped_column(text_enum(Level, "level"))
    parent_id: Mapped[int | None] = mapped_column(RowId)
    lead_id: Mapped[int | None] = mapped_column(RowId)
    # The lead as an import named them, kept while no member matches.
    lead_name: Mapped[str | None]
    channel: Mapped[str | None]
    channel_id: Mapped[str | None]
    escalation_channel: Mapped[str | None]
    escalation_channel_id: Mapped[str | None]
    switched_on_at: Mapped[datetime | None]
    next_note_at: Mapped[datetime | None]
    next_digest_at: Mapped[datetime | None]
    # It is still taken every week and can be asked for, but not posted, and no note comes before it.
    digest_stopped_at: Mapped[datetime | None]
    # A week of its own: the day of the meeting that its days are counted back from, with the reason.
    meeting_on: Mapped[int | None]
    exception_reason: Mapped[str | None]
    digest_zone: Mapped[str | None]
    # Whose public holidays its people keep, where they say nothing themselves.
    country: Mapped[str | None]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def is_on(self) -> bool:
        return self.switched_on_at is not None
