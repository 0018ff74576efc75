"""Escalations, what happened in them, and the decisions they end in."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.escalation import DecisionKind, EscalationState
from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, found_by, text_enum, within_workspace


class Escalation(InWorkspace, Base):
    """The open request for help about one key result. At most one is unresolved; each lives in one Slack thread.

    `asked_id` is the person asked to act now; null where there is nobody to ask, and until the first on the path is at
    work. `next_step_at` is when the path is looked at next; null where nobody is left, and once something is decided.
    Nobody else is asked before `waits_until`: the end of the limit of who was asked or has taken it, or the evening of
    its review; past where only working hours are waited for. `round` counts how often the path began anew.
    `review_on` is the day of the review that it was taken to. It cannot be resolved without a decision (`decided_at`)
    or a stated reason why none was needed. Once it was made private (`private_at`) only its members see it; `has_moved`
    says that its thread went on in a group message then, and `regrouped` how often it went on in another one, because
    somebody in the one before may not read it any more.
    """

    __tablename__ = "escalation"
    __table_args__ = (
        addressable(),
        within_workspace("key_result_id", "key_result"),
        within_workspace("team_id", "team"),
        within_workspace("answer_id", "answer"),
        within_workspace("asked_id", "member"),
        within_workspace("taken_by_id", "member"),
        sa.CheckConstraint(
            "state <> 'resolved' or decided_at is not null"
            " or (no_decision_reason is not null and no_decision_reason <> '')",
            name="ends_in_a_decision_or_a_reason",
        ),
        sa.CheckConstraint("(state = 'resolved') = (resolved_at is not null)", name="resolved_has_time"),
        sa.CheckConstraint("state <> 'decided' or decided_at is not null", name="decided_has_time"),
        sa.CheckConstraint("state <> 'resolved' or next_step_at is null", name="resolved_has_no_next_step"),
        sa.CheckConstraint("round >= 1", name="rounds"),
        sa.Index(
            "uq_escalation_one_open",
            "workspace_id",
            "key_result_id",
            unique=True,
            sqlite_where=sa.text("state <> 'resolved'"),
            postgresql_where=sa.text("state <> 'resolved'"),
        ),
        sa.Index("ix_escalation_team", "team_id", "workspace_id", "state"),
        sa.Index("ix_escalation_key_result", "key_result_id", "workspace_id"),
        sa.Index("ix_escalation_next_step", "next_step_at"),
        found_by("escalation", "asked_id"),
        found_by("escalation", "taken_by_id"),
        NEVER_REUSED,
    )

    key_result_id: Mapped[int] = mapped_column(RowId)
    # The team whose channel holds the thread.
    team_id: Mapped[int] = mapped_column(RowId)
    # The answer that opened it; null where somebody asked for help without a check-in.
    answer_id: Mapped[int | None] = mapped_column(RowId)
    state: Mapped[EscalationState] = mapped_column(text_enum(EscalationState, "state"), default=EscalationState.OPEN)
    asked_id: Mapped[int | None] = mapped_column(RowId)
    taken_by_id: Mapped[int | None] = mapped_column(RowId)
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    next_step_at: Mapped[datetime | None]
    waits_until: Mapped[datetime | None]
    review_on: Mapped[date | None]
    opened_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    no_decision_reason: Mapped[str | None]
    private_at: Mapped[datetime | None]
    has_moved: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    regrouped: Mapped[int] = mapped_column(default=0, server_default="0")


def is_unresolved(escalation: sa.FromClause) -> sa.ColumnElement[bool]:
    """The condition of the index over what is open, word for word: with a bound value neither engine would use it."""
    return escalation.c.state != sa.literal_column("'resolved'")


class EscalationStep(InWorkspace, Base):
    """Somebody on the path was asked, or passed over because they are away: once a round.

    `number` counts from 1 in a round. `until`: when the next one is asked if nobody picks it up; null where they were
    passed over.
    """

    __tablename__ = "escalation_step"
    __table_args__ = (
        addressable(),
        within_workspace("escalation_id", "escalation"),
        within_workspace("member_id", "member"),
        sa.UniqueConstraint("escalation_id", "round", "member_id"),
        sa.UniqueConstraint("escalation_id", "round", "number"),
        sa.Index("ix_escalation_step_member", "member_id"),
        sa.CheckConstraint("number >= 1", name="counted"),
        NEVER_REUSED,
    )

    escalation_id: Mapped[int] = mapped_column(RowId)
    round: Mapped[int]
    number: Mapped[int]
    member_id: Mapped[int] = mapped_column(RowId)
    at: Mapped[datetime]
    until: Mapped[datetime | None]

    @property
    def was_asked(self) -> bool:
        return self.until is not None


class EscalationEventKind(enum.Enum):
    OPENED = "opened"
    ASKED_NEXT = "asked_next"
    RED_AGAIN = "red_again"
    ACKNOWLEDGED = "acknowledged"
    TAKEN_TO_REVIEW = "taken_to_review"
    DECIDED = "decided"
    RESOLVED = "resolved"
    DECISION_DONE = "decision_done"
    DECISION_DROPPED = "decision_dropped"
    # The same blocker in a later week, with nothing decided in between: the path goes on at once.
    NAMED_AGAIN = "named_again"
    CHANGED = "changed"
    STOPPED = "stopped"
    GREEN_AGAIN = "green_again"
    REOPENED = "reopened"
    MADE_PRIVATE = "made_private"
    OWNER_ASKED = "owner_asked"
    # Without a check-in: by a lead or owner, or by whoever turned a message into a blocker.
    HELP_ASKED = "help_asked"


class EscalationEvent(InWorkspace, Base):
    """One thing that happened in an escalation; each but the first is one reply in its thread.

    `words` is what somebody typed to be said there: a question to the owner, or what is stuck; with what is needed
    (`need`), or the address of a message that says it (`link`). `quote` is that message's text, until it is posted.
    """

    __tablename__ = "escalation_event"
    __table_args__ = (
        addressable(),
        within_workspace("escalation_id", "escalation"),
        within_workspace("actor_id", "member"),
        within_workspace("answer_id", "answer"),
        within_workspace("decision_id", "decision"),
        within_workspace("step_id", "escalation_step"),
        sa.Index("ix_escalation_event_escalation", "escalation_id", "workspace_id"),
        found_by("escalation_event", "decision_id"),
        NEVER_REUSED,
    )

    escalation_id: Mapped[int] = mapped_column(RowId)
    kind: Mapped[EscalationEventKind] = mapped_column(text_enum(EscalationEventKind, "kind"))
    actor_id: Mapped[int | None] = mapped_column(RowId)
    answer_id: Mapped[int | None] = mapped_column(RowId)
    decision_id: Mapped[int | None] = mapped_column(RowId)
    # Whom it went on to.
    step_id: Mapped[int | None] = mapped_column(RowId)
    # Why it was resolved without a decision.
    reason: Mapped[str | None]
    words: Mapped[str | None]
    need: Mapped[str | None]
    link: Mapped[str | None]
    quote: Mapped[str | None]
    at: Mapped[datetime]


class DecisionState(enum.Enum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Decision(InWorkspace, Base):
    """What was decided, by whom, who owns the follow-up, and by when. Open until done, or dropped for a reason.

    `settled_by_id` is who said which. An escalation may end in several.
    """

    __tablename__ = "decision"
    __table_args__ = (
        addressable(),
        within_workspace("key_result_id", "key_result"),
        within_workspace("escalation_id", "escalation"),
        within_workspace("decided_by_id", "member"),
        within_workspace("owner_id", "member"),
        within_workspace("settled_by_id", "member"),
        sa.CheckConstraint("text <> ''", name="worded"),
        sa.CheckConstraint("state <> 'dropped' or (reason is not null and reason <> '')", name="dropped_has_reason"),
        sa.Index("ix_decision_escalation", "escalation_id", "workspace_id"),
        sa.Index("ix_decision_key_result", "key_result_id", "workspace_id"),
        sa.Index("ix_decision_due", "workspace_id", "state", "due_on"),
        # Who has a follow-up that is not done.
        sa.Index(
            "ix_decision_owed",
            "owner_id",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
        NEVER_REUSED,
    )

    key_result_id: Mapped[int] = mapped_column(RowId)
    escalation_id: Mapped[int | None] = mapped_column(RowId)
    text: Mapped[str]
    decided_by_id: Mapped[int] = mapped_column(RowId)
    owner_id: Mapped[int] = mapped_column(RowId)
    due_on: Mapped[date]
    state: Mapped[DecisionState] = mapped_column(text_enum(DecisionState, "state"), default=DecisionState.OPEN)
    reason: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    kind: Mapped[DecisionKind] = mapped_column(
        text_enum(DecisionKind, "kind"), default=DecisionKind.UNBLOCK, server_default=DecisionKind.UNBLOCK.value
    )
    settled_by_id: Mapped[int | None] = mapped_column(RowId)


def is_owed(decision: sa.FromClause) -> sa.ColumnElement[bool]:
    """Neither done nor dropped: word for word the condition of the index over who owes it."""
    return decision.c.state == sa.literal_column("'open'")
