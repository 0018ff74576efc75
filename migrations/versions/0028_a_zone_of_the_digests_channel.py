"""A team's digest comes by the clock of its channel, where that is not the organisation's.

Revision: 0028, after 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("team", sa.Column("digest_zone", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("team", "digest_zone")
