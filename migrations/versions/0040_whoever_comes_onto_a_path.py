"""Whoever comes onto a path, leaves it or works at other hours is noted, and what waits on it is looked at anew.

Revision: 0040, after 0039
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = ("escalation", "dependency")


def upgrade() -> None:
    op.create_table(
        "path_change",
        sa.Column("member_id", ROW_ID, nullable=True),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("key_result_id", ROW_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["workspace_id", f"{other}_id"],
                [f"{other}.workspace_id", f"{other}.id"],
                name=op.f(f"fk_path_change_workspace_id_{other}_id"),
            )
            for other in ("key_result", "member", "team")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_path_change_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path_change")),
    )
    op.create_index("ix_path_change_at", "path_change", ["at"])
    for table in _WAITING:
        op.add_column(table, sa.Column("waits_until", INSTANT, nullable=True))
        # Whether a limit or somebody's morning is waited for was not known: nobody is asked sooner than was planned.
        waiting = sa.table(table, sa.column("waits_until"), sa.column("next_step_at"))
        op.execute(waiting.update().values(waits_until=waiting.c.next_step_at))


def downgrade() -> None:
    for table in reversed(_WAITING):
        op.drop_column(table, "waits_until")
    op.drop_index("ix_path_change_at", table_name="path_change")
    op.drop_table("path_change")
