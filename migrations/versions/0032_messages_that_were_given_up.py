"""Messages that could not be brought up to date are found for whoever looks what failed, without a walk through all.

Revision: 0032, after 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    there = sa.text("gone_at is not null")
    op.create_index("ix_message_gone", "message", ["gone_at"], sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    op.drop_index("ix_message_gone", table_name="message")
