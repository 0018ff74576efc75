"""Of each installation it is known when its token was last taken, so that what Slack told before is older news; and
which channels people of other organisations read.

Revision: 0036, after 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("installation", sa.Column("connected_at", INSTANT, nullable=True))
    op.create_table(
        "shared_channel",
        sa.Column("slack_id", sa.Text(), nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_shared_channel_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_channel")),
        sa.UniqueConstraint("workspace_id", "slack_id", name=op.f("uq_shared_channel_workspace_id_slack_id")),
    )


def downgrade() -> None:
    op.drop_table("shared_channel")
    op.drop_column("installation", "connected_at")
