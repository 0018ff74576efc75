"""Messages about a decision that was made outside of an escalation.

Revision: 0019, after 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OLD_POSTS = (
    *("introduction", "prompt", "escalation", "escalation_reply", "escalation_ask", "escalation_news"),
    *("lead_note", "digest", "digest_details", "admin_notice", "reminder", "away_news", "hand_over"),
    *("hand_over_news", "ownerless", "prompt_again", "not_mine", "answer_corrected", "understanding"),
    *("escalation_review", "question", "dependency", "dependency_reply", "dependency_news", "morning"),
)
POSTS = (*OLD_POSTS, "decision_made", "decision_settled")


def upgrade() -> None:
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", POSTS)}) as delivery:
        delivery.add_column(sa.Column("decision_id", ROW_ID, nullable=True))
        delivery.create_foreign_key(
            op.f("fk_delivery_workspace_id_decision_id"),
            "decision",
            ["workspace_id", "decision_id"],
            ["workspace_id", "id"],
        )


def downgrade() -> None:
    _forget_deliveries("kind in ('decision_made', 'decision_settled')")
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", OLD_POSTS)}) as delivery:
        delivery.drop_constraint(op.f("fk_delivery_workspace_id_decision_id"), type_="foreignkey")
        delivery.drop_column("decision_id")


def _forget_deliveries(which: str) -> None:
    op.execute(f"delete from message where delivery_id in (select id from delivery where {which})")  # noqa: S608 - words of our own
    op.execute(f"delete from delivery where about_id in (select id from delivery where {which})")  # noqa: S608
    op.execute(f"delete from delivery where {which}")  # noqa: S608
