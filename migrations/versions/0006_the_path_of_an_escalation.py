"""The path of an escalation: its steps, its reviews, executive sponsors and a team's own path.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
OLD_EVENTS = (
    "opened",
    "red_again",
    "acknowledged",
    "taken_to_review",
    "decided",
    "resolved",
    "decision_done",
    "decision_dropped",
)
EVENTS = ("opened", "asked_next", *OLD_EVENTS[1:])
OLD_POSTS = (
    *("introduction", "prompt", "escalation", "escalation_reply", "escalation_ask", "escalation_news", "lead_note"),
    *("digest", "digest_details", "admin_notice", "reminder", "away_news", "hand_over", "hand_over_news", "ownerless"),
    *("prompt_again", "not_mine", "answer_corrected", "understanding"),
)
POSTS = (*OLD_POSTS, "escalation_review")


def upgrade() -> None:
    op.create_table(
        "path_step",
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("member_id", ROW_ID, nullable=False),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_path_step_counted")),
        _within("path_step", "member_id", "member"),
        _within("path_step", "team_id", "team"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_path_step_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path_step")),
        sa.UniqueConstraint("team_id", "member_id", name=op.f("uq_path_step_team_id_member_id")),
        sa.UniqueConstraint("team_id", "position", name=op.f("uq_path_step_team_id_position")),
    )
    op.create_table(
        "escalation_step",
        sa.Column("escalation_id", ROW_ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("member_id", ROW_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_escalation_step_counted")),
        _within("escalation_step", "escalation_id", "escalation"),
        _within("escalation_step", "member_id", "member"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_escalation_step_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_step")),
        sa.UniqueConstraint(
            "escalation_id", "round", "member_id", name=op.f("uq_escalation_step_escalation_id_round_member_id")
        ),
        sa.UniqueConstraint(
            "escalation_id", "round", "number", name=op.f("uq_escalation_step_escalation_id_round_number")
        ),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_escalation_step_workspace_id_id")),
        sqlite_autoincrement=True,
    )
    # Whom escalations asked before there was a path: the first step of the first round.
    op.execute(
        "insert into escalation_step (escalation_id, round, number, member_id, at, until, workspace_id)"
        " select id, 1, 1, asked_id, opened_at, opened_at, workspace_id from escalation where asked_id is not null"
    )
    with rebuilt("member", checks={}) as member:
        member.add_column(sa.Column("is_sponsor", sa.Boolean(), server_default=sa.false(), nullable=False))
    with rebuilt("escalation", checks={}) as escalation:
        escalation.add_column(sa.Column("round", sa.Integer(), server_default="1", nullable=False))
        escalation.add_column(sa.Column("next_step_at", INSTANT, nullable=True))
        escalation.add_column(sa.Column("review_on", sa.Date(), nullable=True))
        escalation.create_check_constraint(
            op.f("ck_escalation_resolved_has_no_next_step"), "state <> 'resolved' or next_step_at is null"
        )
        escalation.create_check_constraint(op.f("ck_escalation_rounds"), "round >= 1")
        escalation.create_index("ix_escalation_next_step", ["next_step_at"])
    with rebuilt("escalation_event", checks={"ck_escalation_event_kind": one_of("kind", EVENTS)}) as event:
        event.add_column(sa.Column("step_id", ROW_ID, nullable=True))
        event.create_foreign_key(
            op.f("fk_escalation_event_workspace_id_step_id"),
            "escalation_step",
            ["workspace_id", "step_id"],
            ["workspace_id", "id"],
        )
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", POSTS)}):
        pass


def downgrade() -> None:
    # The version before knows nothing of these; what they told was told.
    _forget_deliveries(
        "kind = 'escalation_review' or escalation_event_id in"
        " (select id from escalation_event where kind = 'asked_next')"
    )
    op.execute("delete from escalation_event where kind = 'asked_next'")
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", OLD_POSTS)}):
        pass
    with rebuilt("escalation_event", checks={"ck_escalation_event_kind": one_of("kind", OLD_EVENTS)}) as event:
        event.drop_constraint(op.f("fk_escalation_event_workspace_id_step_id"), type_="foreignkey")
        event.drop_column("step_id")
    with rebuilt("escalation", checks={}) as escalation:
        escalation.drop_index("ix_escalation_next_step")
        escalation.drop_constraint(op.f("ck_escalation_resolved_has_no_next_step"), type_="check")
        escalation.drop_constraint(op.f("ck_escalation_rounds"), type_="check")
        for column in ("round", "next_step_at", "review_on"):
            escalation.drop_column(column)
    with rebuilt("member", checks={}) as member:
        member.drop_column("is_sponsor")
    op.drop_table("escalation_step")
    op.drop_table("path_step")


def _forget_deliveries(which: str) -> None:
    op.execute(f"delete from message where delivery_id in (select id from delivery where {which})")  # noqa: S608 - words of our own
    op.execute(f"delete from delivery where about_id in (select id from delivery where {which})")  # noqa: S608
    op.execute(f"delete from delivery where {which}")  # noqa: S608


def _within(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
    )
