"""Key results that a decision changes or stops.

Revision: 0020, after 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OLD_EVENTS = (
    *("opened", "asked_next", "red_again", "acknowledged", "taken_to_review", "decided", "resolved"),
    *("decision_done", "decision_dropped", "named_again"),
)
EVENTS = (*OLD_EVENTS, "changed", "stopped")
OLD_POSTS = (
    *("introduction", "prompt", "escalation", "escalation_reply", "escalation_ask", "escalation_news"),
    *("lead_note", "digest", "digest_details", "admin_notice", "reminder", "away_news", "hand_over"),
    *("hand_over_news", "ownerless", "prompt_again", "not_mine", "answer_corrected", "understanding"),
    *("escalation_review", "question", "dependency", "dependency_reply", "dependency_news", "morning"),
    *("decision_made", "decision_settled"),
)
POSTS = (*OLD_POSTS, "key_result_changed")


def upgrade() -> None:
    with rebuilt("key_result", checks={}) as key_result:
        key_result.add_column(sa.Column("measured_since", sa.Integer(), server_default="1", nullable=False))
        key_result.add_column(sa.Column("learning", sa.Text(), nullable=True))
    with rebuilt("key_result_revision", checks={}) as revision_row:
        revision_row.add_column(sa.Column("decision_id", ROW_ID, nullable=True))
        revision_row.create_foreign_key(
            op.f("fk_key_result_revision_workspace_id_decision_id"),
            "decision",
            ["workspace_id", "decision_id"],
            ["workspace_id", "id"],
        )
    with rebuilt("escalation_event", checks={"ck_escalation_event_kind": one_of("kind", EVENTS)}):
        pass
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", POSTS)}):
        pass


def downgrade() -> None:
    # The version before knows nothing of these; what they told was told.
    _forget_deliveries(
        "kind = 'key_result_changed' or escalation_event_id in"
        " (select id from escalation_event where kind in ('changed', 'stopped'))"
    )
    op.execute("delete from escalation_event where kind in ('changed', 'stopped')")
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", OLD_POSTS)}):
        pass
    with rebuilt("escalation_event", checks={"ck_escalation_event_kind": one_of("kind", OLD_EVENTS)}):
        pass
    with rebuilt("key_result_revision", checks={}) as revision_row:
        revision_row.drop_constraint(op.f("fk_key_result_revision_workspace_id_decision_id"), type_="foreignkey")
        revision_row.drop_column("decision_id")
    with rebuilt("key_result", checks={}) as key_result:
        key_result.drop_column("learning")
        key_result.drop_column("measured_since")


def _forget_deliveries(which: str) -> None:
    op.execute(f"delete from message where delivery_id in (select id from delivery where {which})")  # noqa: S608 - words of our own
    op.execute(f"delete from delivery where about_id in (select id from delivery where {which})")  # noqa: S608
    op.execute(f"delete from delivery where {which}")  # noqa: S608
