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

    `snapshot` is JSON with its `version`; it holds the ids of the answers it was read off. `due_at`: the hour it was
    promised for, null for one that was taken before that was kept. `used_at`: when somebody
    first pressed something in it, or asked for it; null while nobody did. `kept_at`: when somebody said that the
    digest stays although nobody did.
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
    due_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    kept_at: Mapped[datetime | None]


class DigestShare(InWorkspace, Base):
    """A digest that somebody posted by hand, as it was then. `digest_id`: this week's, null where it was not taken
    yet. `note`: the poster's words, "" for none."""

    __tablename__ = "digest_share"
    __table_args__ = (
        addressable(),
        within_workspace("team_id", "team"),
        within_workspace("digest_id", "digest"),
        within_workspace("author_id", "member"),
        NEVER_REUSED,
    )

    team_id: Mapped[int] = mapped_column(RowId)
    digest_id: Mapped[int | None] = mapped_column(RowId)
    author_id: Mapped[int] = mapped_column(RowId)
    note: Mapped[str]
    version: Mapped[int]
    snapshot: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class DigestCorrection(InWorkspace, Base):
    """What is put right in a digest that was taken: the newer revision of an answer, or a decision that came late."""

    __tablename__ = "digest_correction"
    __table_args__ = (
        sa.UniqueConstraint("digest_id", "answer_id"),
        sa.UniqueConstraint("digest_id", "decision_id"),
        sa.Index("ix_digest_correction_answer", "answer_id", "workspace_id"),
        within_workspace("digest_id", "digest"),
        within_workspace("answer_id", "answer"),
        within_workspace("decision_id", "decision"),
        sa.CheckConstraint("(answer_id is null) <> (decision_id is null)", name="one_thing"),
        NEVER_REUSED,
    )

    digest_id: Mapped[int] = mapped_column(RowId)
    answer_id: Mapped[int | None] = mapped_column(RowId)
    decision_id: Mapped[int | None] = mapped_column(RowId)
    at: Mapped[datetime]
