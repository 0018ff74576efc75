"""What is pressed in a digest: when it was first used, and questions to owners.

Revision: 0015, after 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)
_KINDS = (
    *("introduction", "prompt", "escalation", "escalation_reply", "escalation_ask", "escalation_news", "lead_note"),
    *("digest", "digest_details", "admin_notice", "reminder", "away_news", "hand_over", "hand_over_news", "ownerless"),
    *("prompt_again", "not_mine", "answer_corrected", "understanding", "escalation_review"),
)
_NEW_KIND = "question"


def upgrade() -> None:
    op.add_column("digest", sa.Column("used_at", INSTANT, nullable=True))
    op.create_table(
        "question",
        sa.Column("escalation_id", ROW_ID, nullable=False),
        sa.Column("asker_id", ROW_ID, nullable=False),
        sa.Column("owner_id", ROW_ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_question_asks")),
        _within("question", "asker_id", "member"),
        _within("question", "escalation_id", "escalation"),
        _within("question", "owner_id", "member"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_question_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_question_workspace_id_id")),
        sqlite_autoincrement=True,
    )
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", (*_KINDS, _NEW_KIND))}) as batch:
        batch.add_column(sa.Column("question_id", ROW_ID, nullable=True))
        batch.create_foreign_key(
            batch.f("fk_delivery_workspace_id_question_id"),
            "question",
            ["workspace_id", "question_id"],
            ["workspace_id", "id"],
        )


def downgrade() -> None:
    _forget_questions()
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", _KINDS)}) as batch:
        batch.drop_constraint(batch.f("fk_delivery_workspace_id_question_id"), type_="foreignkey")
        batch.drop_column("question_id")
    op.drop_table("question")
    op.drop_column("digest", "used_at")


def _forget_questions() -> None:
    """Posts that the version before cannot render go, with what hangs on them."""
    delivery = sa.table("delivery", sa.column("id"), sa.column("kind"), sa.column("about_id"))
    message = sa.table("message", sa.column("delivery_id"))
    unknown = sa.select(delivery.c.id).where(delivery.c.kind == _NEW_KIND)
    op.execute(sa.delete(message).where(message.c.delivery_id.in_(unknown)))
    op.execute(sa.update(delivery).where(delivery.c.about_id.in_(unknown)).values(about_id=None))
    op.execute(sa.delete(delivery).where(delivery.c.kind == _NEW_KIND))


def _within(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
    )
