"""What was posted about a thing is found by that thing, and what a team holds by the team: both were looked for among all
that its workspace has.

Revision: 0030, after 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# Table, the id that is asked for, and what stands behind it and the workspace. Where it is null there is no entry.
_ABOUT = (
    ("delivery", "escalation_id", ["kind"]),
    ("delivery", "escalation_event_id", ["kind"]),
    ("delivery", "dependency_id", ["kind"]),
    ("delivery", "decision_id", ["kind"]),
    ("delivery", "digest_id", ["kind"]),
    ("delivery", "team_id", ["kind", "period"]),
    ("escalation_event", "decision_id", []),
    ("escalation", "asked_id", []),
    ("escalation", "taken_by_id", []),
    ("check_in", "covered_for_id", []),
)
# Name, table, and the columns beside the workspace, which came first and is second now.
_TURNED = (
    ("ix_objective_team", "objective", ["team_id"]),
    ("ix_objective_team_team", "objective_team", ["team_id"]),
    ("ix_escalation_team", "escalation", ["team_id", "state"]),
    ("ix_key_result_co_owner_member", "key_result_co_owner", ["member_id"]),
)


def upgrade() -> None:
    for table, column, more in _ABOUT:
        there = sa.text(f"{column} is not null")
        op.create_index(
            _name(table, column),
            table,
            [column, "workspace_id", *more],
            sqlite_where=there,
            postgresql_where=there,
        )
    for name, table, columns in _TURNED:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, [columns[0], "workspace_id", *columns[1:]])
    op.create_index("ix_decision_key_result", "decision", ["key_result_id", "workspace_id"])


def downgrade() -> None:
    op.drop_index("ix_decision_key_result", table_name="decision")
    for name, table, columns in _TURNED:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["workspace_id", *columns])
    for table, column, _ in _ABOUT:
        op.drop_index(_name(table, column), table_name=table)


def _name(table: str, column: str) -> str:
    return f"ix_{table}_{column.removesuffix('_id')}"
