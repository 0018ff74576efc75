"""What was posted into a group message is found by it.

Revision: 0042, after 0041
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

THERE = sa.text("conversation_id is not null")


def upgrade() -> None:
    op.create_index(
        "ix_delivery_conversation",
        "delivery",
        ["conversation_id", "workspace_id", "kind"],
        sqlite_where=THERE,
        postgresql_where=THERE,
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_conversation", table_name="delivery")
