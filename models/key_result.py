"""Key results, their revisions, co-owners and initiatives."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.kinds import Kind
from bot.domain.organisation import Visibility
from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, text_enum, within_workspace


class KeyResultState(enum.Enum):
    """A draft has no owner that Okra could ask; only active ones are asked about."""

    DRAFT = "draft"
    ACTIVE = "active"
    CLOSED = "closed"


class KeyResult(InWorkspace, Base):
    """What stays the same while the definition changes: the number (KR-12), the objective, the owner.

    `revision` names the definition that counts, a row of `key_result_revision`.
    """

    __tablename__ = "key_result"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("workspace_id", "number"),
        sa.UniqueConstraint("workspace_id", "import_key"),
        within_workspace("objective_id", "objective"),
        within_workspace("owner_id", "member"),
        sa.CheckConstraint("state <> 'active' or owner_id is not null", name="active_has_owner"),
        sa.CheckConstraint("(state = 'closed') = (closed_at is not null)", name="closed_has_time"),
        sa.CheckConstraint("number >= 1 and revision >= 1", name="counted"),
        sa.Index("ix_key_result_owner", "owner_id", "workspace_id", "state"),
        sa.Index("ix_key_result_objective", "objective_id", "workspace_id"),
        NEVER_REUSED,
    )

    number: Mapped[int]
    # The id in the file that it was imported from.
    import_key: Mapped[str | None]
    objective_id: Mapped[int] = mapped_column(RowId)
    owner_id: Mapped[int | None] = mapped_column(RowId)
    # The owner as an import named them, kept while no member matches.
    owner_name: Mapped[str | None]
    state: Mapped[KeyResultState] = mapped_column(text_enum(KeyResultState, "state"), default=KeyResultState.DRAFT)
    revision: Mapped[int] = mapped_column(default=1)
    visibility: Mapped[Visibility] = mapped_column(text_enum(Visibility, "visibility"), default=Visibility.WORKSPACE)
    # What the import said under "score": a number where it was one, else the words.
    imported_score: Mapped[Decimal | None]
    imported_note: Mapped[str | None]
    # The first revision that measures the same as the one that counts: values of those before mean something else.
    measured_since: Mapped[int] = mapped_column(default=1, server_default="1")
    # What was learnt, where it was stopped.
    learning: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def label(self) -> str:
        """`KR-12`, as people say it."""
        return f"KR-{self.number}"


class KeyResultRevision(InWorkspace, Base):
    """One definition of a key result. A change adds a row, with its reason; nothing is overwritten.

    `text` is what people read, whole; `metric` is the short name of what is measured. `start` is null until it is
    known: such a metric has no score.
    """

    __tablename__ = "key_result_revision"
    __table_args__ = (
        sa.UniqueConstraint("key_result_id", "revision"),
        within_workspace("key_result_id", "key_result"),
        within_workspace("author_id", "member"),
        within_workspace("decision_id", "decision"),
        sa.CheckConstraint("revision = 1 or (reason is not null and reason <> '')", name="change_has_reason"),
        sa.CheckConstraint("value_every_weeks between 1 and 53", name="value_every"),
        sa.CheckConstraint("text <> ''", name="worded"),
        sa.CheckConstraint("kind in ('milestone', 'health') or target is not null", name="measured_has_target"),
        NEVER_REUSED,
    )

    key_result_id: Mapped[int] = mapped_column(RowId)
    revision: Mapped[int]
    text: Mapped[str]
    kind: Mapped[Kind] = mapped_column(text_enum(Kind, "kind"))
    metric: Mapped[str | None]
    unit: Mapped[str] = mapped_column(default="")
    start: Mapped[Decimal | None]
    target: Mapped[Decimal | None]
    due_on: Mapped[date | None]
    value_every_weeks: Mapped[int] = mapped_column(default=1)
    reason: Mapped[str | None]
    # What stops for a change in mid-cycle, in the words of who made it.
    stops: Mapped[str | None]
    author_id: Mapped[int | None] = mapped_column(RowId)
    # The decision that it carries out.
    decision_id: Mapped[int | None] = mapped_column(RowId)
    created_at: Mapped[datetime]


class KeyResultCoOwner(InWorkspace, Base):
    """May answer for the owner; the owner stays the one driver."""

    __tablename__ = "key_result_co_owner"
    __table_args__ = (
        sa.UniqueConstraint("key_result_id", "member_id"),
        within_workspace("key_result_id", "key_result"),
        within_workspace("member_id", "member"),
        sa.Index("ix_key_result_co_owner_member", "member_id", "workspace_id"),
    )

    key_result_id: Mapped[int] = mapped_column(RowId)
    member_id: Mapped[int] = mapped_column(RowId)


class KeyResultViewer(InWorkspace, Base):
    """Someone who may see a key result whose visibility is *named*."""

    __tablename__ = "key_result_viewer"
    __table_args__ = (
        sa.UniqueConstraint("key_result_id", "member_id"),
        within_workspace("key_result_id", "key_result"),
        within_workspace("member_id", "member"),
    )

    key_result_id: Mapped[int] = mapped_column(RowId)
    member_id: Mapped[int] = mapped_column(RowId)


class Initiative(InWorkspace, Base):
    """Work that should move a key result: a link or a line of text."""

    __tablename__ = "initiative"
    __table_args__ = (
        within_workspace("key_result_id", "key_result"),
        sa.CheckConstraint("text <> ''", name="worded"),
        sa.Index("ix_initiative_key_result", "workspace_id", "key_result_id"),
        NEVER_REUSED,
    )

    key_result_id: Mapped[int] = mapped_column(RowId)
    text: Mapped[str]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
