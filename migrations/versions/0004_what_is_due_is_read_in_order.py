"""what is due is read in its order

Revision: 0004, after 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_delivery_next", table_name="delivery")
    op.create_index("ix_delivery_next", "delivery", ["state", "workspace_id", "bulk", "not_before", "id"])


def downgrade() -> None:
    op.drop_index("ix_delivery_next", table_name="delivery")
    op.create_index("ix_delivery_next", "delivery", ["state", "not_before", "bulk", "id"])
