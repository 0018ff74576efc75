"""Of a submitted dialog it is known which words were in it: the same dialog with other words is no repetition.

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
    op.add_column("seen_event", sa.Column("words", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("seen_event", "words")
