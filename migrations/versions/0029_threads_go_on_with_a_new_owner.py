"""A private request for help goes on in another group message when its key result has another owner.

Revision: 0029, after 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("escalation", sa.Column("regrouped", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("escalation", "regrouped")
