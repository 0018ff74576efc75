"""The outbox: posts that leave once, and messages that show state."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, found_by, text_enum, within_workspace


class DeliveryState(enum.Enum):
    """queued → claimed → sending → sent | failed | unknown | obsolete.

    `claimed` may expire and be taken by another worker. `sending` may not: the request may have had its effect. An
    `unknown` is settled by looking for the message in the conversation.
    """

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    OBSOLETE = "obsolete"


class PostKind(enum.Enum):
    """What is posted; each kind has one renderer in `scheduler/posts.py`."""

    INTRODUCTION = "introduction"
    PROMPT = "prompt"
    ESCALATION = "escalation"
    ESCALATION_REPLY = "escalation_reply"
    ESCALATION_ASK = "escalation_ask"
    ESCALATION_NEWS = "escalation_news"
    LEAD_NOTE = "lead_note"
    DIGEST = "digest"
    DIGEST_DETAILS = "digest_details"
    ADMIN_NOTICE = "admin_notice"
    REMINDER = "reminder"
    AWAY_NEWS = "away_news"
    HAND_OVER = "hand_over"
    HAND_OVER_NEWS = "hand_over_news"
    OWNERLESS = "ownerless"
    PROMPT_AGAIN = "prompt_again"
    NOT_MINE = "not_mine"
    ANSWER_CORRECTED = "answer_corrected"
    UNDERSTANDING = "understanding"
    ESCALATION_REVIEW = "escalation_review"
    QUESTION = "question"
    DEPENDENCY = "dependency"
    DEPENDENCY_REPLY = "dependency_reply"
    DEPENDENCY_NEWS = "dependency_news"
    MORNING = "morning"
    DECISION_MADE = "decision_made"
    DECISION_SETTLED = "decision_settled"
    KEY_RESULT_CHANGED = "key_result_changed"
    OUTCOME = "outcome"
    DIGEST_UNREAD = "digest_unread"
    DIGEST_SHARED = "digest_shared"


class Delivery(InWorkspace, Base):
    """One post to one conversation, sent once. `key` is permanent: the same key never posts again.

    The recipient is a member (a direct message), a channel, or a conversation of several people. The typed references
    say what it is about; it is rendered from them when it is sent, not when it is queued. `opaque_id` travels in the
    message's metadata.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("workspace_id", "key"),
        sa.UniqueConstraint("opaque_id"),
        within_workspace("member_id", "member"),
        within_workspace("conversation_id", "conversation"),
        within_workspace("team_id", "team"),
        within_workspace("escalation_id", "escalation"),
        within_workspace("escalation_event_id", "escalation_event"),
        within_workspace("digest_id", "digest"),
        within_workspace("hand_over_id", "hand_over"),
        within_workspace("question_id", "question"),
        within_workspace("digest_share_id", "digest_share"),
        within_workspace("dependency_id", "dependency"),
        within_workspace("about_member_id", "member"),
        within_workspace("check_in_id", "check_in"),
        within_workspace("understanding_id", "understanding"),
        within_workspace("decision_id", "decision"),
        within_workspace("follows_id", "delivery"),
        within_workspace("about_id", "delivery"),
        sa.CheckConstraint(
            "(case when member_id is null then 0 else 1 end) + (case when channel_id is null then 0 else 1 end)"
            " + (case when conversation_id is null then 0 else 1 end) = 1",
            name="one_recipient",
        ),
        sa.CheckConstraint(
            "state <> 'sent' or (posted_channel is not null and posted_ts is not null)", name="sent_has_place"
        ),
        sa.CheckConstraint("state not in ('claimed', 'sending') or worker_id is not null", name="held_by_someone"),
        # What a worker takes next is one stretch of this index, read in its order and no further than it takes.
        sa.Index("ix_delivery_next", "state", "workspace_id", "bulk", "not_before", "id"),
        sa.CheckConstraint("held_back_at is null or state = 'obsolete'", name="held_back_was_not_sent"),
        # Claims whose lease ran out, without a look at all that are held.
        sa.Index(
            "ix_delivery_leased",
            "workspace_id",
            "leased_until",
            sqlite_where=sa.text("state = 'claimed'"),
            postgresql_where=sa.text("state = 'claimed'"),
        ),
        sa.Index("ix_delivery_follows", "follows_id", "workspace_id"),
        sa.Index("ix_delivery_member", "member_id", "workspace_id", "attempted_at"),
        found_by("delivery", "escalation_id", "kind"),
        found_by("delivery", "escalation_event_id", "kind"),
        found_by("delivery", "dependency_id", "kind"),
        found_by("delivery", "decision_id", "kind"),
        found_by("delivery", "conversation_id", "kind"),
        found_by("delivery", "digest_id", "kind"),
        found_by("delivery", "team_id", "kind", "period"),
        NEVER_REUSED,
    )

    key: Mapped[str]
    kind: Mapped[PostKind] = mapped_column(text_enum(PostKind, "kind"))
    member_id: Mapped[int | None] = mapped_column(RowId)
    channel_id: Mapped[str | None]
    conversation_id: Mapped[int | None] = mapped_column(RowId)
    team_id: Mapped[int | None] = mapped_column(RowId)
    period: Mapped[date | None]
    # The reader's own day that it is for.
    day: Mapped[date | None]
    escalation_id: Mapped[int | None] = mapped_column(RowId)
    escalation_event_id: Mapped[int | None] = mapped_column(RowId)
    digest_id: Mapped[int | None] = mapped_column(RowId)
    hand_over_id: Mapped[int | None] = mapped_column(RowId)
    dependency_id: Mapped[int | None] = mapped_column(RowId)
    # The person whom it tells about.
    about_member_id: Mapped[int | None] = mapped_column(RowId)
    check_in_id: Mapped[int | None] = mapped_column(RowId)
    understanding_id: Mapped[int | None] = mapped_column(RowId)
    question_id: Mapped[int | None] = mapped_column(RowId)
    digest_share_id: Mapped[int | None] = mapped_column(RowId)
    decision_id: Mapped[int | None] = mapped_column(RowId)
    # Which piece, from 1, where one thing is told in several posts.
    part: Mapped[int | None]
    # The delivery that an admin is told about.
    about_id: Mapped[int | None] = mapped_column(RowId)
    # A reply waits for its root, and goes into the root's thread.
    follows_id: Mapped[int | None] = mapped_column(RowId)
    # What many people get at one hour; what somebody waits for goes first.
    bulk: Mapped[bool] = mapped_column(default=False)
    state: Mapped[DeliveryState] = mapped_column(text_enum(DeliveryState, "state"), default=DeliveryState.QUEUED)
    generation: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    # How often, and since when, it was sent and not found, or the look failed, or the opening of its group message.
    lost: Mapped[int] = mapped_column(default=0, server_default="0")
    lost_since: Mapped[datetime | None]
    worker_id: Mapped[int | None] = mapped_column(RowId, sa.ForeignKey("worker.id"))
    leased_until: Mapped[datetime | None]
    not_before: Mapped[datetime]
    opaque_id: Mapped[str]
    attempted_at: Mapped[datetime | None]
    posted_channel: Mapped[str | None]
    posted_ts: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    # When the week's budget of its reader kept it back; it stands on their Home instead.
    held_back_at: Mapped[datetime | None]


class Message(InWorkspace, Base):
    """A message of ours that shows state, so that a change of state can redraw it.

    A change raises `wanted`; an update renders the newest state and records what it `shown`. One update is in flight
    at a time (`leased_until`). `stands_as` marks what stands at Slack (`delivery.stands_as`), null where that is not
    known: an update is on its way, or nobody knows whether it arrived. What would read the same is not sent again. A
    message that is gone at Slack is never posted again.
    """

    __tablename__ = "message"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("delivery_id"),
        within_workspace("delivery_id", "delivery"),
        sa.CheckConstraint("shown <= wanted", name="shown_follows_wanted"),
        sa.CheckConstraint("(channel is null) = (ts is null)", name="placed_whole"),
        sa.Index(
            "ix_message_stale",
            "not_before",
            # Not those that wait to be posted: on a Monday they are many.
            sqlite_where=sa.text("shown < wanted and gone_at is null and channel is not null"),
            postgresql_where=sa.text("shown < wanted and gone_at is null and channel is not null"),
        ),
        # The few that were given up, among all that ever stood.
        sa.Index(
            "ix_message_gone",
            "gone_at",
            sqlite_where=sa.text("gone_at is not null"),
            postgresql_where=sa.text("gone_at is not null"),
        ),
        NEVER_REUSED,
    )

    delivery_id: Mapped[int] = mapped_column(RowId)
    channel: Mapped[str | None]
    ts: Mapped[str | None]
    wanted: Mapped[int] = mapped_column(default=1)
    shown: Mapped[int] = mapped_column(default=0)
    stands_as: Mapped[str | None]
    generation: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    gone_at: Mapped[datetime | None]
    error: Mapped[str | None]


def shows_less(picture: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether it shows less than is wanted: the condition of the index over those few, and the same once more.

    Where two columns are compared PostgreSQL counts on a third of the table, and then rather reads the whole. That an
    expression has one certain value it takes to be rare, which this is.
    """
    less = picture.c.shown < picture.c.wanted
    yes: sa.ColumnElement[int] = sa.literal_column("1")
    return sa.and_(less, sa.case((less, yes)) == yes)


class Hold(enum.StrEnum):
    """Lanes that only stop: while `next_at` of one lies ahead, nothing of its kind leaves."""

    POSTS = "held:posts"
    BULK = "held:bulk"
    UPDATES = "held:updates"
    LOOKS = "held:looks"
    OPENINGS = "held:openings"
    HOMES = "held:homes"


class RatePace(InWorkspace, Base):
    """When the next request of one kind may leave, for all workers of the database.

    `lane` names what Slack counts: a method, or the posts into one conversation; or it is a `Hold`.
    """

    __tablename__ = "rate_pace"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "lane"),)

    lane: Mapped[str]
    next_at: Mapped[datetime]


class Worker(Base):
    """A process that ticks and delivers. `ticked_through`: everything due up to this instant has been planned."""

    __tablename__ = "worker"
    __table_args__ = (NEVER_REUSED,)

    name: Mapped[str]
    started_at: Mapped[datetime]
    ticked_through: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
