"""Check-ins (what is owed), answers (what was said) and blockers (what is stuck)."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.confidence import Confidence
from bot.domain.excuses import Excuse
from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, found_by, text_enum, within_workspace


class CheckInState(enum.Enum):
    DUE = "due"
    ANSWERED = "answered"
    EXCUSED = "excused"
    MISSED = "missed"


class CheckIn(InWorkspace, Base):
    """One key result in one period: the obligation. `owner_id` is who was asked; `period` is a Monday.

    `covered_for_id`: the owner for whom `owner_id` stands in, because they are away or have left. `excuse`: why it is
    excused; null for those that were excused before reasons were kept.
    """

    __tablename__ = "check_in"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("key_result_id", "period"),
        within_workspace("key_result_id", "key_result"),
        within_workspace("owner_id", "member"),
        within_workspace("covered_for_id", "member"),
        sa.CheckConstraint("excuse is null or state = 'excused'", name="excused_for_a_reason"),
        sa.Index("ix_check_in_owner", "owner_id", "workspace_id", "period"),
        sa.Index("ix_check_in_closing", "state", "closes_at"),
        found_by("check_in", "covered_for_id"),
        NEVER_REUSED,
    )

    key_result_id: Mapped[int] = mapped_column(RowId)
    period: Mapped[date]
    owner_id: Mapped[int] = mapped_column(RowId)
    state: Mapped[CheckInState] = mapped_column(text_enum(CheckInState, "state"), default=CheckInState.DUE)
    # Whether the value is asked this week ("every N weeks"); colour and next move always are.
    asks_value: Mapped[bool] = mapped_column(default=True)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    # Since when its owner says that the key result is not theirs, and what they wrote beside it.
    disowned_at: Mapped[datetime | None]
    disowned_words: Mapped[str | None]
    covered_for_id: Mapped[int | None] = mapped_column(RowId)
    excuse: Mapped[Excuse | None] = mapped_column(text_enum(Excuse, "excuse"))


class AnswerSource(enum.Enum):
    """Where an answer was begun. `unchanged`: *Nothing changed* was pressed, and the value stayed as it was."""

    DIALOG = "dialog"
    WORDS = "words"
    UNCHANGED = "unchanged"


class Answer(InWorkspace, Base):
    """What was said in a check-in. Append-only; the newest revision counts.

    `score` is 0.00 to 1.00 as it was computed (or given) at that moment; null where the kind has none or the
    baseline is unknown. `definition` is the key result revision it was given against. `reason`: why a lead changed it
    after the digest; null for all others.
    """

    __tablename__ = "answer"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("check_in_id", "revision"),
        within_workspace("check_in_id", "check_in"),
        within_workspace("author_id", "member"),
        sa.CheckConstraint("revision >= 1", name="counted"),
        sa.CheckConstraint("score is null or score between 0 and 1000000", name="score_range"),
        NEVER_REUSED,
    )

    check_in_id: Mapped[int] = mapped_column(RowId)
    revision: Mapped[int]
    definition: Mapped[int]
    author_id: Mapped[int] = mapped_column(RowId)
    source: Mapped[AnswerSource] = mapped_column(text_enum(AnswerSource, "source"))
    value: Mapped[Decimal | None]
    score: Mapped[Decimal | None]
    confidence: Mapped[Confidence] = mapped_column(text_enum(Confidence, "confidence"))
    changed: Mapped[str] = mapped_column(default="")
    working: Mapped[str] = mapped_column(default="")
    next_move: Mapped[str] = mapped_column(default="")
    need: Mapped[str] = mapped_column(default="")
    plan: Mapped[str] = mapped_column(default="")
    reason: Mapped[str | None]
    at: Mapped[datetime]


class Blocker(InWorkspace, Base):
    """Something stuck, with who or what it is blocked by: a person, a team, or words; exactly one of them.

    At most one is open for a key result. `answer_id` is null where it was not named in a check-in.
    """

    __tablename__ = "blocker"
    __table_args__ = (
        addressable(),
        within_workspace("key_result_id", "key_result"),
        within_workspace("answer_id", "answer"),
        within_workspace("by_member_id", "member"),
        within_workspace("by_team_id", "team"),
        sa.CheckConstraint(
            "(case when by_member_id is null then 0 else 1 end) + (case when by_team_id is null then 0 else 1 end)"
            " + (case when by_words is null then 0 else 1 end) = 1",
            name="blocked_by_one",
        ),
        sa.Index("ix_blocker_key_result", "key_result_id", "workspace_id", "cleared_at"),
        sa.Index(
            "uq_blocker_one_open",
            "workspace_id",
            "key_result_id",
            unique=True,
            sqlite_where=sa.text("cleared_at is null"),
            postgresql_where=sa.text("cleared_at is null"),
        ),
        NEVER_REUSED,
    )

    key_result_id: Mapped[int] = mapped_column(RowId)
    answer_id: Mapped[int | None] = mapped_column(RowId)
    by_member_id: Mapped[int | None] = mapped_column(RowId)
    by_team_id: Mapped[int | None] = mapped_column(RowId)
    by_words: Mapped[str | None]
    wants_help: Mapped[bool]
    opened_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
