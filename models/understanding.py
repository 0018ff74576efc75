"""What Okra understood of words that somebody wrote to it, until they say whether that is right."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.confidence import Confidence
from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, text_enum, within_workspace


class UnderstandingState(enum.Enum):
    """Nothing is saved while it is pending. `unclear`: there was nothing to save."""

    PENDING = "pending"
    SAVED = "saved"
    DROPPED = "dropped"
    OVER = "over"
    UNCLEAR = "unclear"


class Understanding(InWorkspace, Base):
    """One line that a member wrote in the direct message with Okra. `text` is what they wrote.

    What has no place is kept in `not_understood`, a piece a line; of one that is unclear, the lines that were not read
    are there. The texts are blanked at `kept_until`, when
    answering is over.
    """

    __tablename__ = "understanding"
    __table_args__ = (
        addressable(),
        within_workspace("member_id", "member"),
        within_workspace("key_result_id", "key_result"),
        sa.CheckConstraint("state = 'unclear' or key_result_id is not null", name="about_something"),
        sa.Index("ix_understanding_kept_until", "kept_until"),
        sa.Index(
            "ix_understanding_pending",
            "key_result_id",
            "workspace_id",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        ),
        NEVER_REUSED,
    )

    member_id: Mapped[int] = mapped_column(RowId)
    key_result_id: Mapped[int | None] = mapped_column(RowId)
    period: Mapped[date | None]
    state: Mapped[UnderstandingState] = mapped_column(text_enum(UnderstandingState, "state"))
    text: Mapped[str]
    value: Mapped[str] = mapped_column(default="")
    same: Mapped[bool] = mapped_column(default=False)
    confidence: Mapped[Confidence | None] = mapped_column(text_enum(Confidence, "confidence"))
    words: Mapped[str] = mapped_column(default="")
    next_move: Mapped[str] = mapped_column(default="")
    need: Mapped[str] = mapped_column(default="")
    plan: Mapped[str] = mapped_column(default="")
    not_understood: Mapped[str] = mapped_column(default="")
    # The revision of the key result's definition by which it was read; null for lines from before this was kept.
    definition: Mapped[int | None]
    at: Mapped[datetime]
    # Null once the texts are blank.
    kept_until: Mapped[datetime | None]
