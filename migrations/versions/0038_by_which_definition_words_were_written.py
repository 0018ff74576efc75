"""Of words that are not saved yet it is known which definition they are about: one that measures something else asks anew.

Revision: 0038, after 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("understanding", sa.Column("definition", sa.Integer(), nullable=True))
    op.add_column("check_in_draft", sa.Column("definition", sa.Integer(), nullable=True))
    waits = sa.text("state = 'pending'")
    op.create_index(
        "ix_understanding_pending",
        "understanding",
        ["key_result_id", "workspace_id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )


def downgrade() -> None:
    op.drop_index("ix_understanding_pending", table_name="understanding")
    op.drop_column("check_in_draft", "definition")
    op.drop_column("understanding", "definition")
