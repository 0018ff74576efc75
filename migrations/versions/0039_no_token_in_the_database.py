"""No token stands in the database: the one column that could have held one was never written.

Revision: 0039, after 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("installation", "bot_token_encrypted")


def downgrade() -> None:
    op.add_column("installation", sa.Column("bot_token_encrypted", sa.LargeBinary(), nullable=True))
