"""Home, a picture of state for each member who has opened it.

Revision: 0009, after 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
STALE = sa.text("shown < wanted")


def upgrade() -> None:
    op.create_table(
        "home",
        sa.Column("member_id", ROW_ID, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.CheckConstraint("shown <= wanted", name=op.f("ck_home_shown_follows_wanted")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "member_id"],
            ["member.workspace_id", "member.id"],
            name=op.f("fk_home_workspace_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_home_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home")),
        sa.UniqueConstraint("workspace_id", "member_id", name=op.f("uq_home_workspace_id_member_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_home_opened", "home", ["workspace_id", "opened_at"])
    op.create_index("ix_home_stale", "home", ["not_before"], sqlite_where=STALE, postgresql_where=STALE)


def downgrade() -> None:
    op.drop_table("home")
