"""Indexes begin with the id that is asked for: with the workspace first they served only who named that too, and others
read the whole table.

Revision: 0027, after 0026
"""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# Name, table, and the columns beside the workspace, which came first and is second now: who names both is served as well.
_INDEXES = (
    ("ix_blocker_key_result", "blocker", ["key_result_id", "cleared_at"]),
    ("ix_check_in_owner", "check_in", ["owner_id", "period"]),
    ("ix_decision_escalation", "decision", ["escalation_id"]),
    ("ix_delivery_follows", "delivery", ["follows_id"]),
    ("ix_delivery_member", "delivery", ["member_id", "attempted_at"]),
    ("ix_dependency_key_result", "dependency", ["key_result_id"]),
    ("ix_dependency_team", "dependency", ["team_id"]),
    ("ix_escalation_key_result", "escalation", ["key_result_id"]),
    ("ix_escalation_event_escalation", "escalation_event", ["escalation_id"]),
    ("ix_key_result_objective", "key_result", ["objective_id"]),
    ("ix_key_result_owner", "key_result", ["owner_id", "state"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, [columns[0], "workspace_id", *columns[1:]])
    op.create_index("ix_digest_correction_answer", "digest_correction", ["answer_id", "workspace_id"])


def downgrade() -> None:
    op.drop_index("ix_digest_correction_answer", table_name="digest_correction")
    for name, table, columns in _INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["workspace_id", *columns])
