"""The escalations of a key result are found without a look at all of a workspace.

Revision: 0011, after 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_escalation_key_result", "escalation", ["workspace_id", "key_result_id"])


def downgrade() -> None:
    op.drop_index("ix_escalation_key_result", table_name="escalation")
