"""Of each delivery it is known how often it was sent and not found: an outage, in which nothing is sent, is none of these.

Revision: 0034, after 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("lost", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("delivery", "lost")
