"""Installations, workspaces and the people in them."""

from __future__ import annotations

import enum
from datetime import date, datetime, time
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.pace import BY_THE_END
from models.base import NEVER_REUSED, Base, InWorkspace, RowId, addressable, text_enum

# Statuses that Slack itself offers, and one that people write.
STATUS_WORDS = "vacation\nsick\non leave"


class InstallationState(enum.Enum):
    ACTIVE = "active"
    REVOKED = "revoked"
    UNINSTALLED = "uninstalled"


class Installation(Base):
    """Okra's place in one Slack team or, with `slack_team_id` null, in a whole enterprise.

    Its token is the environment's, and stands nowhere here.
    """

    __tablename__ = "installation"
    __table_args__ = (
        sa.CheckConstraint("slack_team_id is not null or enterprise_id is not null", name="somewhere"),
        sa.UniqueConstraint("enterprise_id", "slack_team_id"),
        NEVER_REUSED,
    )

    enterprise_id: Mapped[str | None]
    slack_team_id: Mapped[str | None] = mapped_column(unique=True)
    app_id: Mapped[str | None]
    bot_id: Mapped[str | None]
    bot_user_id: Mapped[str | None]
    # Always null, and read by nothing: the version before reads it, and may still run while this one migrates.
    bot_token_encrypted: Mapped[bytes | None]
    scopes: Mapped[str] = mapped_column(default="")
    state: Mapped[InstallationState] = mapped_column(
        text_enum(InstallationState, "state"), default=InstallationState.ACTIVE
    )
    installed_at: Mapped[datetime]
    # When Slack last took the token at a start; null where that was before it was noted.
    connected_at: Mapped[datetime | None]


class Workspace(Base):
    """One Slack workspace and its rhythm. Weekdays count from Monday (0) to Sunday (6); times are local.

    The opening and the end of a check-in are in each owner's zone, the lead's note in the lead's, the digest in
    its team's, which is the workspace's unless the team has one of its own.
    """

    __tablename__ = "workspace"
    __table_args__ = (
        sa.CheckConstraint("next_key_result_number >= 1", name="counter"),
        sa.CheckConstraint(
            "opens_on between 0 and 6 and closes_on between 0 and 6"
            " and note_on between 0 and 6 and digest_on between 0 and 6",
            name="weekdays",
        ),
        sa.CheckConstraint("meeting_on between 0 and 6", name="meeting"),
        sa.CheckConstraint("weekly_budget between 1 and 20", name="budget"),
        # Kept as millionths: 0.1 to 1.0.
        sa.CheckConstraint("expected_score between 100000 and 1000000", name="expected_score"),
        NEVER_REUSED,
    )

    installation_id: Mapped[int | None] = mapped_column(RowId, sa.ForeignKey("installation.id"))
    slack_team_id: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    # The workspace's address at Slack, which links to its messages begin with; null until it was connected.
    url: Mapped[str | None]
    time_zone: Mapped[str]
    next_key_result_number: Mapped[int] = mapped_column(default=1)
    opens_on: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[time] = mapped_column(default=time(9))
    closes_on: Mapped[int] = mapped_column(default=1)
    closes_at: Mapped[time] = mapped_column(default=time(17))
    note_on: Mapped[int] = mapped_column(default=1)
    note_at: Mapped[time] = mapped_column(default=time(14))
    digest_on: Mapped[int] = mapped_column(default=2)
    digest_at: Mapped[time] = mapped_column(default=time(10))
    # The day of the leadership meeting, which the days above are counted back from.
    meeting_on: Mapped[int] = mapped_column(default=3, server_default="3")
    # How many messages that nobody asked for a person gets in a week.
    weekly_budget: Mapped[int] = mapped_column(default=5, server_default="5")
    # Slack statuses during which nobody is reminded: words, one a line.
    status_words: Mapped[str] = mapped_column(default=STATUS_WORDS, server_default=STATUS_WORDS)
    # Whose public holidays count, where neither the person nor their team says otherwise: "NZ", "US-CA".
    country: Mapped[str | None]
    members_read_at: Mapped[datetime | None]
    # When everybody is to be read from Slack again, or until when a worker does that; null: a day after the last time.
    members_due_at: Mapped[datetime | None]
    # When Slack last refused a message for the charts in it.
    charts_refused_at: Mapped[datetime | None]
    # The score that is expected on a cycle's last day; the pace leads there in a straight line.
    expected_score: Mapped[Decimal] = mapped_column(default=BY_THE_END, server_default="700000")
    created_at: Mapped[datetime]


class MemberKind(enum.Enum):
    FULL = "full"
    GUEST = "guest"
    EXTERNAL = "external"
    BOT = "bot"


class Member(InWorkspace, Base):
    """A person in the workspace. `dm_channel` is learned from Slack's first answer and kept."""

    __tablename__ = "member"
    __table_args__ = (
        addressable(),
        sa.UniqueConstraint("workspace_id", "slack_user_id"),
        sa.CheckConstraint("(next_opening_at is null) = (next_period is null)", name="opening_has_period"),
        sa.CheckConstraint("(next_reminder_at is null) = (reminder_period is null)", name="reminder_has_period"),
        sa.CheckConstraint("workdays is null or workdays between 1 and 127", name="workdays"),
        sa.CheckConstraint("(works_from is null) = (works_until is null)", name="working_hours"),
        sa.Index("ix_member_due", "next_opening_at"),
        sa.Index("ix_member_reminder_due", "next_reminder_at"),
        sa.Index("ix_member_morning_due", "next_morning_at"),
        NEVER_REUSED,
    )

    slack_user_id: Mapped[str]
    name: Mapped[str]
    display_name: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None]
    # The zone that counts: Slack's, unless they chose one.
    time_zone: Mapped[str]
    slack_time_zone: Mapped[str | None]
    zone_is_chosen: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    # What they chose, null for the organisation's: the hour at which they are asked, when they work (weekdays as bits,
    # Monday is 1), and whose public holidays they keep.
    asked_at: Mapped[time | None]
    works_from: Mapped[time | None]
    works_until: Mapped[time | None]
    workdays: Mapped[int | None]
    country: Mapped[str | None]
    # Their Slack status, kept only where it is one of the organisation's words; and its end, where it has one.
    status_text: Mapped[str | None]
    status_until: Mapped[datetime | None]
    kind: Mapped[MemberKind] = mapped_column(text_enum(MemberKind, "kind"), default=MemberKind.FULL)
    is_admin: Mapped[bool] = mapped_column(default=False)
    # At the end of every escalation's path.
    is_sponsor: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    deactivated_at: Mapped[datetime | None]
    # When Slack changed what is known of them; null where it has not said. What it said before that is older news.
    slack_updated_at: Mapped[datetime | None]
    introduced_at: Mapped[datetime | None]
    dm_channel: Mapped[str | None]
    # The earliest instant at which the planning tick has work for this person; null: owns nothing that is due.
    # Derived from zone, rhythm and key results: whoever changes one of these replans in the same transaction.
    next_opening_at: Mapped[datetime | None]
    # The period that opens then. A move to another zone moves the instant and keeps the period.
    next_period: Mapped[date | None]
    # When it is looked whether to remind them of a period; null: nothing of theirs is open, or they were reminded.
    next_reminder_at: Mapped[datetime | None]
    reminder_period: Mapped[date | None]
    # When it is looked whether to ask them for what waits for them; null: nothing does.
    next_morning_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def may_take_part(self) -> bool:
        """Full members who are still here; guests, bots and people of other organisations see nothing."""
        return self.kind is MemberKind.FULL and self.deactivated_at is None
