"""What a request for help brought; why one was resolved stands at the event, for it may be opened again.

Revision: 0021, after 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
OLD_EVENTS = (
    *("opened", "asked_next", "red_again", "acknowledged", "taken_to_review", "decided", "resolved"),
    *("decision_done", "decision_dropped", "named_again", "changed", "stopped"),
)
EVENTS = (*OLD_EVENTS, "green_again", "reopened")
OLD_POSTS = (
    *("introduction", "prompt", "escalation", "escalation_reply", "escalation_ask", "escalation_news"),
    *("lead_note", "digest", "digest_details", "admin_notice", "reminder", "away_news", "hand_over"),
    *("hand_over_news", "ownerless", "prompt_again", "not_mine", "answer_corrected", "understanding"),
    *("escalation_review", "question", "dependency", "dependency_reply", "dependency_news", "morning"),
    *("decision_made", "decision_settled", "key_result_changed"),
)
POSTS = (*OLD_POSTS, "outcome")


def upgrade() -> None:
    op.create_table(
        "outcome",
        sa.Column("escalation_id", ROW_ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("decision_id", ROW_ID, nullable=True),
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        _within("decision_id", "decision"),
        _within("delivery_id", "delivery"),
        _within("escalation_id", "escalation"),
        _within("event_id", "escalation_event"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_outcome_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
        sa.UniqueConstraint("workspace_id", "event_id", name=op.f("uq_outcome_workspace_id_event_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outcome_delivery", "outcome", ["workspace_id", "delivery_id"])
    op.create_index("ix_outcome_escalation", "outcome", ["workspace_id", "escalation_id"])
    with rebuilt("escalation_event", checks={"ck_escalation_event_kind": one_of("kind", EVENTS)}) as event:
        event.add_column(sa.Column("reason", sa.Text(), nullable=True))
    op.execute(
        "update escalation_event set reason = (select no_decision_reason from escalation"
        " where escalation.id = escalation_event.escalation_id) where kind = 'resolved'"
    )
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", POSTS)}):
        pass


def downgrade() -> None:
    op.drop_table("outcome")
    # The version before knows nothing of these; what they told was told.
    _forget_deliveries(
        "kind = 'outcome' or escalation_event_id in"
        " (select id from escalation_event where kind in ('green_again', 'reopened'))"
    )
    op.execute("delete from escalation_event where kind in ('green_again', 'reopened')")
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", OLD_POSTS)}):
        pass
    with rebuilt("escalation_event", checks={"ck_escalation_event_kind": one_of("kind", OLD_EVENTS)}) as event:
        event.drop_column("reason")


def _forget_deliveries(which: str) -> None:
    op.execute(f"delete from message where delivery_id in (select id from delivery where {which})")  # noqa: S608 - words of our own
    op.execute(f"delete from delivery where about_id in (select id from delivery where {which})")  # noqa: S608
    op.execute(f"delete from delivery where {which}")  # noqa: S608


def _within(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_outcome_workspace_id_{column}"),
    )
