"""What is to be redrawn, and claims that ran out, are found without a look at all that waits.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STALE = "shown < wanted and gone_at is null"


def upgrade() -> None:
    op.drop_index("ix_message_stale", table_name="message")
    _stale(f"{STALE} and channel is not null")
    claimed = sa.text("state = 'claimed'")
    op.create_index(
        "ix_delivery_leased",
        "delivery",
        ["workspace_id", "leased_until"],
        sqlite_where=claimed,
        postgresql_where=claimed,
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_leased", table_name="delivery")
    op.drop_index("ix_message_stale", table_name="message")
    _stale(STALE)


def _stale(which: str) -> None:
    op.create_index(
        "ix_message_stale", "message", ["not_before"], sqlite_where=sa.text(which), postgresql_where=sa.text(which)
    )
