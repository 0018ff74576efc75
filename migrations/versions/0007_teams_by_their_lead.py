"""Teams are found by their lead without reading all of them.

Revision: 0007, after 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_team_lead", "team", ["workspace_id", "lead_id"])


def downgrade() -> None:
    op.drop_index("ix_team_lead", table_name="team")
