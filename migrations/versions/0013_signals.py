"""What became of a signal; and the score that is expected at the end of a cycle.

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
RULES = (
    *("suspicious_green", "questionable_red", "sandbag", "drifting", "status_inflation", "orphan", "overload"),
    *("changing_priorities", "ceremonial_review", "friction"),
)


def upgrade() -> None:
    op.create_table(
        "signal",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("key_result_id", ROW_ID, nullable=True),
        sa.Column("objective_id", ROW_ID, nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("fired_at", INSTANT, nullable=False),
        sa.Column("shown_in", sa.Date(), nullable=True),
        sa.Column("shown_at", INSTANT, nullable=True),
        sa.Column("shown_level", sa.Integer(), nullable=True),
        sa.Column("dismissed_by_id", ROW_ID, nullable=True),
        sa.Column("dismissed_reason", sa.Text(), nullable=True),
        sa.Column("dismissed_at", INSTANT, nullable=True),
        sa.Column("dismissed_level", sa.Integer(), nullable=True),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.CheckConstraint(one_of("rule", RULES), name=op.f("ck_signal_rule")),
        sa.CheckConstraint("level >= 1", name=op.f("ck_signal_level")),
        sa.CheckConstraint(
            "(shown_at is null) = (shown_in is null) and (shown_at is null) = (shown_level is null)",
            name=op.f("ck_signal_shown"),
        ),
        sa.CheckConstraint(
            "(dismissed_at is null) = (dismissed_by_id is null) and (dismissed_at is null) = (dismissed_level is null)"
            " and (dismissed_at is null or (dismissed_reason is not null and dismissed_reason <> ''))",
            name=op.f("ck_signal_dismissed_for_a_reason"),
        ),
        _within("team_id", "team"),
        _within("key_result_id", "key_result"),
        _within("objective_id", "objective"),
        _within("dismissed_by_id", "member"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_signal_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_signal_workspace_id_id")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_signal_workspace_id_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_signal_team", "signal", ["workspace_id", "team_id"])
    with rebuilt("workspace", checks={}) as workspace:
        workspace.add_column(sa.Column("expected_score", sa.BigInteger(), server_default="700000", nullable=False))
        workspace.create_check_constraint(
            op.f("ck_workspace_expected_score"), "expected_score between 100000 and 1000000"
        )


def downgrade() -> None:
    with rebuilt("workspace", checks={}) as workspace:
        workspace.drop_constraint(op.f("ck_workspace_expected_score"), type_="check")
        workspace.drop_column("expected_score")
    op.drop_table("signal")


def _within(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_signal_workspace_id_{column}"),
    )
