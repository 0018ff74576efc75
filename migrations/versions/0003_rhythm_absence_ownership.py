"""Hours, holidays and absences of people; exceptions of teams; reminders; hand-overs; the weekly budget.

Revision: 0003, after 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from migrations.rebuild import one_of, rebuilt

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
STATUS_WORDS = "vacation\nsick\non leave"
EXCUSES = ("away", "holiday", "lead", "not_asked", "nothing_owed")
OLD_KINDS = (
    "introduction",
    "prompt",
    "escalation",
    "escalation_reply",
    "escalation_ask",
    "escalation_news",
    "lead_note",
    "digest",
    "digest_details",
    "admin_notice",
)
NEW_KINDS = ("reminder", "away_news", "hand_over", "hand_over_news", "ownerless")


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("member_id", ROW_ID, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("cover_id", ROW_ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.CheckConstraint("cover_id is null or cover_id <> member_id", name=op.f("ck_absence_covered_by_another")),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_absence_forward")),
        _within("absence", "cover_id", "member"),
        _within("absence", "member_id", "member"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_absence_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_absence_workspace_id_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_absence_member", "absence", ["workspace_id", "member_id", "last_on"])
    op.create_table(
        "hand_over",
        sa.Column("key_result_id", ROW_ID, nullable=False),
        sa.Column("from_id", ROW_ID, nullable=True),
        sa.Column("to_id", ROW_ID, nullable=False),
        sa.Column("asked_by_id", ROW_ID, nullable=False),
        sa.Column("state", _words("state", ("waiting", "accepted", "declined", "withdrawn")), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.CheckConstraint("(state = 'waiting') = (settled_at is null)", name=op.f("ck_hand_over_settled_or_waiting")),
        _within("hand_over", "asked_by_id", "member"),
        _within("hand_over", "from_id", "member"),
        _within("hand_over", "key_result_id", "key_result"),
        _within("hand_over", "to_id", "member"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_hand_over_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_hand_over_workspace_id_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hand_over_to", "hand_over", ["workspace_id", "to_id", "state"])
    op.create_index(
        "uq_hand_over_one_waiting",
        "hand_over",
        ["workspace_id", "key_result_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "absence_notice",
        sa.Column("absence_id", ROW_ID, nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        _within("absence_notice", "absence_id", "absence"),
        _within("absence_notice", "delivery_id", "delivery"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_absence_notice_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence_notice")),
        sa.UniqueConstraint("absence_id", "delivery_id", name=op.f("uq_absence_notice_absence_id_delivery_id")),
    )
    op.create_index("ix_absence_notice_delivery", "absence_notice", ["workspace_id", "delivery_id"])
    with rebuilt("check_in", checks={}) as check_in:
        check_in.add_column(sa.Column("covered_for_id", ROW_ID, nullable=True))
        check_in.add_column(sa.Column("excuse", sa.String(20), nullable=True))
        _refer(check_in, "check_in", "covered_for_id", "member")
        check_in.create_check_constraint(op.f("ck_check_in_excuse"), one_of("excuse", EXCUSES))
        check_in.create_check_constraint(
            op.f("ck_check_in_excused_for_a_reason"), "excuse is null or state = 'excused'"
        )
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", OLD_KINDS + NEW_KINDS)}) as delivery:
        delivery.add_column(sa.Column("hand_over_id", ROW_ID, nullable=True))
        delivery.add_column(sa.Column("about_member_id", ROW_ID, nullable=True))
        delivery.add_column(sa.Column("held_back_at", INSTANT, nullable=True))
        _refer(delivery, "delivery", "hand_over_id", "hand_over")
        _refer(delivery, "delivery", "about_member_id", "member")
        delivery.create_check_constraint(
            op.f("ck_delivery_held_back_was_not_sent"), "held_back_at is null or state = 'obsolete'"
        )
        delivery.create_index("ix_delivery_member", ["workspace_id", "member_id", "attempted_at"])
    with rebuilt("member", checks={}) as member:
        member.add_column(sa.Column("slack_time_zone", sa.Text(), nullable=True))
        member.add_column(sa.Column("zone_is_chosen", sa.Boolean(), server_default=sa.false(), nullable=False))
        member.add_column(sa.Column("asked_at", sa.Time(), nullable=True))
        member.add_column(sa.Column("works_from", sa.Time(), nullable=True))
        member.add_column(sa.Column("works_until", sa.Time(), nullable=True))
        member.add_column(sa.Column("workdays", sa.Integer(), nullable=True))
        member.add_column(sa.Column("country", sa.Text(), nullable=True))
        member.add_column(sa.Column("status_text", sa.Text(), nullable=True))
        member.add_column(sa.Column("status_until", INSTANT, nullable=True))
        member.add_column(sa.Column("next_reminder_at", INSTANT, nullable=True))
        member.add_column(sa.Column("reminder_period", sa.Date(), nullable=True))
        member.create_check_constraint(
            op.f("ck_member_reminder_has_period"), "(next_reminder_at is null) = (reminder_period is null)"
        )
        member.create_check_constraint(op.f("ck_member_workdays"), "workdays is null or workdays between 1 and 127")
        member.create_check_constraint(op.f("ck_member_working_hours"), "(works_from is null) = (works_until is null)")
        member.create_index("ix_member_reminder_due", ["next_reminder_at"])
    with rebuilt("team", checks={}) as team:
        team.add_column(sa.Column("meeting_on", sa.Integer(), nullable=True))
        team.add_column(sa.Column("exception_reason", sa.Text(), nullable=True))
        team.add_column(sa.Column("country", sa.Text(), nullable=True))
        team.create_check_constraint(
            op.f("ck_team_exception_has_reason"),
            "(meeting_on is null) = (exception_reason is null) and (exception_reason is null or exception_reason <> '')",
        )
        team.create_check_constraint(op.f("ck_team_meeting"), "meeting_on is null or meeting_on between 0 and 6")
    with rebuilt("workspace", checks={}) as workspace:
        workspace.add_column(sa.Column("meeting_on", sa.Integer(), server_default="3", nullable=False))
        workspace.add_column(sa.Column("weekly_budget", sa.Integer(), server_default="5", nullable=False))
        workspace.add_column(sa.Column("status_words", sa.Text(), server_default=STATUS_WORDS, nullable=False))
        workspace.add_column(sa.Column("country", sa.Text(), nullable=True))
        workspace.create_check_constraint(op.f("ck_workspace_meeting"), "meeting_on between 0 and 6")
        workspace.create_check_constraint(op.f("ck_workspace_budget"), "weekly_budget between 1 and 20")
    # The meeting is on the working day after the digest.
    op.execute("update workspace set meeting_on = case when digest_on >= 4 then 0 else digest_on + 1 end")


def downgrade() -> None:
    with rebuilt("workspace", checks={}) as workspace:
        _drop(workspace, "ck_workspace_meeting", "ck_workspace_budget")
        for column in ("meeting_on", "weekly_budget", "status_words", "country"):
            workspace.drop_column(column)
    with rebuilt("team", checks={}) as team:
        _drop(team, "ck_team_exception_has_reason", "ck_team_meeting")
        for column in ("meeting_on", "exception_reason", "country"):
            team.drop_column(column)
    with rebuilt("member", checks={}) as member:
        _drop(member, "ck_member_reminder_has_period", "ck_member_workdays", "ck_member_working_hours")
        member.drop_index("ix_member_reminder_due")
        for column in (
            *("slack_time_zone", "zone_is_chosen", "asked_at", "works_from", "works_until", "workdays", "country"),
            *("status_text", "status_until", "next_reminder_at", "reminder_period"),
        ):
            member.drop_column(column)
    # The version before knows nothing of these messages; what they told was told.
    op.execute("delete from absence_notice")
    made_since = ", ".join(f"'{kind}'" for kind in NEW_KINDS)
    op.execute(
        f"delete from message where delivery_id in (select id from delivery where kind in ({made_since}))"  # noqa: S608 - words of our own
    )
    op.execute(f"delete from delivery where about_id in (select id from delivery where kind in ({made_since}))")  # noqa: S608
    op.execute(f"delete from delivery where kind in ({made_since})")  # noqa: S608
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", OLD_KINDS)}) as delivery:
        _drop(delivery, "ck_delivery_held_back_was_not_sent")
        delivery.drop_index("ix_delivery_member")
        for column, _ in (("hand_over_id", "hand_over"), ("about_member_id", "member")):
            delivery.drop_constraint(op.f(f"fk_delivery_workspace_id_{column}"), type_="foreignkey")
        for column in ("hand_over_id", "about_member_id", "held_back_at"):
            delivery.drop_column(column)
    with rebuilt("check_in", checks={}) as check_in:
        _drop(check_in, "ck_check_in_excuse", "ck_check_in_excused_for_a_reason")
        check_in.drop_constraint(op.f("fk_check_in_workspace_id_covered_for_id"), type_="foreignkey")
        check_in.drop_column("covered_for_id")
        check_in.drop_column("excuse")
    op.drop_table("absence_notice")
    op.drop_table("hand_over")
    op.drop_table("absence")


def _words(name: str, values: Sequence[str]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def _within(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
    )


def _refer(batch: BatchOperations, table: str, column: str, other: str) -> None:
    batch.create_foreign_key(
        op.f(f"fk_{table}_workspace_id_{column}"), other, ["workspace_id", column], ["workspace_id", "id"]
    )


def _drop(batch: BatchOperations, *checks: str) -> None:
    for name in checks:
        batch.drop_constraint(op.f(name), type_="check")
