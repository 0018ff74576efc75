"""What kind of decision it is, and who said what became of it.

Revision: 0010, after 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = ("unblock", "move", "change_target", "wrong_measure", "stop", "accept_risk")


def upgrade() -> None:
    with rebuilt("decision", checks={}) as decision:
        decision.add_column(sa.Column("kind", sa.String(20), server_default="unblock", nullable=False))
        decision.add_column(sa.Column("settled_by_id", ROW_ID, nullable=True))
        decision.create_check_constraint(op.f("ck_decision_kind"), sa.text(one_of("kind", KINDS)))
        decision.create_foreign_key(
            op.f("fk_decision_workspace_id_settled_by_id"),
            "member",
            ["workspace_id", "settled_by_id"],
            ["workspace_id", "id"],
        )
    op.execute(
        "update decision set settled_by_id = (select max(actor_id) from escalation_event"
        " where decision_id = decision.id and kind in ('decision_done', 'decision_dropped'))"
    )


def downgrade() -> None:
    with rebuilt("decision", checks={}) as decision:
        decision.drop_constraint(op.f("fk_decision_workspace_id_settled_by_id"), type_="foreignkey")
        decision.drop_constraint(op.f("ck_decision_kind"), type_="check")
        decision.drop_column("settled_by_id")
        decision.drop_column("kind")
