"""The message of a morning: what waits for somebody's decision, asked about once a day at most.

Revision: 0018, after 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_OPEN = sa.text("state = 'open'")
OLD_POSTS = (
    *("introduction", "prompt", "escalation", "escalation_reply", "escalation_ask", "escalation_news"),
    *("lead_note", "digest", "digest_details", "admin_notice", "reminder", "away_news"),
    *("hand_over", "hand_over_news", "ownerless", "prompt_again", "not_mine", "answer_corrected"),
    *("understanding", "escalation_review", "question", "dependency", "dependency_reply", "dependency_news"),
)


def upgrade() -> None:
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", (*OLD_POSTS, "morning"))}) as batch:
        batch.add_column(sa.Column("day", sa.Date(), nullable=True))
    op.add_column("member", sa.Column("next_morning_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_member_morning_due", "member", ["next_morning_at"])
    op.create_index("ix_escalation_step_member", "escalation_step", ["member_id"])
    op.create_index("ix_decision_owed", "decision", ["owner_id"], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
    op.create_table(
        "morning_request",
        sa.Column("delivery_id", ROW_ID, nullable=False),
        sa.Column("decision_id", ROW_ID, nullable=True),
        sa.Column("step_id", ROW_ID, nullable=True),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.CheckConstraint("(decision_id is null) <> (step_id is null)", name=op.f("ck_morning_request_one_subject")),
        _within("delivery_id", "delivery"),
        _within("decision_id", "decision"),
        _within("step_id", "escalation_step"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_morning_request_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_morning_request")),
        sa.UniqueConstraint("delivery_id", "decision_id", name=op.f("uq_morning_request_delivery_id_decision_id")),
        sa.UniqueConstraint("delivery_id", "step_id", name=op.f("uq_morning_request_delivery_id_step_id")),
    )
    op.create_index("ix_morning_request_decision", "morning_request", ["decision_id"])
    op.create_index("ix_morning_request_step", "morning_request", ["step_id"])
    _look_at_those_who_are_waited_for()


def downgrade() -> None:
    op.drop_table("morning_request")
    op.drop_index("ix_decision_owed", table_name="decision")
    op.drop_index("ix_escalation_step_member", table_name="escalation_step")
    op.drop_index("ix_member_morning_due", table_name="member")
    op.drop_column("member", "next_morning_at")
    _forget_what_was_not_known()
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", OLD_POSTS)}) as batch:
        batch.drop_column("day")


def _within(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{table}.workspace_id", f"{table}.id"],
        name=op.f(f"fk_morning_request_workspace_id_{column}"),
    )


def _look_at_those_who_are_waited_for() -> None:
    """Whoever owns an open decision, or was asked for help, is looked at by the next tick."""
    op.execute(
        "update member set next_morning_at = created_at where id in"
        " (select owner_id from decision where state = 'open'"
        " union select step.member_id from escalation_step step"
        " join escalation on escalation.id = step.escalation_id where escalation.state = 'open')"
    )


def _forget_what_was_not_known() -> None:
    """Posts of a kind that the version before cannot render go, with what hangs on them."""
    delivery = sa.table("delivery", sa.column("id"), sa.column("kind"), sa.column("about_id"))
    message = sa.table("message", sa.column("delivery_id"))
    unknown = sa.select(delivery.c.id).where(delivery.c.kind == "morning")
    op.execute(sa.delete(message).where(message.c.delivery_id.in_(unknown)))
    op.execute(sa.update(delivery).where(delivery.c.about_id.in_(unknown)).values(about_id=None))
    op.execute(sa.delete(delivery).where(delivery.c.kind == "morning"))
