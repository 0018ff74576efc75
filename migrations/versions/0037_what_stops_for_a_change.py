"""Of each change of a key result it is kept what stops for it.

Revision: 0037, after 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("key_result_revision", sa.Column("stops", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("key_result_revision", "stops")
