"""Of a message it is known how it stands at Slack: what would read the same is not sent again.

Revision: 0041, after 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("stands_as", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("message", "stands_as")
