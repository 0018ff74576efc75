"""What somebody began to type in a check-in and has not saved."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.confidence import Confidence
from models.base import NEVER_REUSED, Base, InWorkspace, RowId, text_enum, within_workspace


class CheckInDraft(InWorkspace, Base):
    """The fields of one dialog as they were when Slack last told of them: text, whatever it is.

    One a member, key result and period. It goes when the answer is saved, and at `kept_until`, when answering is over.
    `blocked_by` is the chosen entry's value and `blocked_by_text` its words.
    """

    __tablename__ = "check_in_draft"
    __table_args__ = (
        sa.UniqueConstraint("member_id", "key_result_id", "period"),
        within_workspace("member_id", "member"),
        within_workspace("key_result_id", "key_result"),
        sa.Index("ix_check_in_draft_kept_until", "kept_until"),
        NEVER_REUSED,
    )

    member_id: Mapped[int] = mapped_column(RowId)
    key_result_id: Mapped[int] = mapped_column(RowId)
    period: Mapped[date]
    value: Mapped[str] = mapped_column(default="")
    start: Mapped[str] = mapped_column(default="")
    confidence: Mapped[Confidence | None] = mapped_column(text_enum(Confidence, "confidence"))
    changed: Mapped[str] = mapped_column(default="")
    working: Mapped[str] = mapped_column(default="")
    next_move: Mapped[str] = mapped_column(default="")
    blocked_by: Mapped[str | None]
    blocked_by_text: Mapped[str | None]
    same_blocker: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    wants_help: Mapped[bool] = mapped_column(default=False)
    need: Mapped[str] = mapped_column(default="")
    plan: Mapped[str] = mapped_column(default="")
    # The revision of the key result's definition that was shown; null for drafts from before this was kept.
    definition: Mapped[int | None]
    kept_at: Mapped[datetime]
    kept_until: Mapped[datetime]
