"""A question to another team that nobody answers is reminded of, and goes on to the next on that team's path.

Revision: 0025, after 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import rebuilt

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SUBJECT = "ck_morning_request_one_subject"
OLD_SUBJECT = "(decision_id is null) <> (step_id is null)"
NEW_SUBJECT = (
    "(case when decision_id is null then 0 else 1 end) + (case when step_id is null then 0 else 1 end)"
    " + (case when dependency_id is null then 0 else 1 end) = 1"
)


def upgrade() -> None:
    op.add_column("dependency", sa.Column("remind_on", sa.Date(), nullable=True))
    op.add_column("dependency", sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_dependency_next_step", "dependency", ["next_step_at"])
    # What waits for an answer already is looked at by the next tick.
    op.execute("update dependency set next_step_at = asked_at where state = 'asked'")
    with rebuilt("morning_request", checks={SUBJECT: NEW_SUBJECT}) as batch:
        batch.add_column(sa.Column("dependency_id", ROW_ID, nullable=True))
        batch.create_foreign_key(
            batch.f("fk_morning_request_workspace_id_dependency_id"),
            "dependency",
            ["workspace_id", "dependency_id"],
            ["workspace_id", "id"],
        )
        batch.create_unique_constraint(
            batch.f("uq_morning_request_delivery_id_dependency_id"), ["delivery_id", "dependency_id"]
        )
    op.create_index("ix_morning_request_dependency", "morning_request", ["dependency_id"])


def downgrade() -> None:
    op.execute("delete from morning_request where dependency_id is not null")
    op.drop_index("ix_morning_request_dependency", table_name="morning_request")
    with rebuilt("morning_request", checks={SUBJECT: OLD_SUBJECT}) as batch:
        batch.drop_constraint(batch.f("uq_morning_request_delivery_id_dependency_id"), type_="unique")
        batch.drop_constraint(batch.f("fk_morning_request_workspace_id_dependency_id"), type_="foreignkey")
        batch.drop_column("dependency_id")
    op.drop_index("ix_dependency_next_step", table_name="dependency")
    op.drop_column("dependency", "next_step_at")
    op.drop_column("dependency", "remind_on")
