"""Digests that are put right after they were posted, those that nobody reads, and those posted by hand.

Revision: 0022, after 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)
_KINDS = (
    *("introduction", "prompt", "escalation", "escalation_reply", "escalation_ask", "escalation_news"),
    *("lead_note", "digest", "digest_details", "admin_notice", "reminder", "away_news"),
    *("hand_over", "hand_over_news", "ownerless", "prompt_again", "not_mine", "answer_corrected"),
    *("understanding", "escalation_review", "question", "dependency", "dependency_reply", "dependency_news"),
    *("morning", "decision_made", "decision_settled", "key_result_changed", "outcome"),
)
_NEW_KINDS = ("digest_unread", "digest_shared")


def upgrade() -> None:
    op.add_column("digest", sa.Column("kept_at", INSTANT, nullable=True))
    op.add_column("team", sa.Column("digest_stopped_at", INSTANT, nullable=True))
    op.create_table(
        "digest_correction",
        sa.Column("digest_id", ROW_ID, nullable=False),
        sa.Column("answer_id", ROW_ID, nullable=True),
        sa.Column("decision_id", ROW_ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.CheckConstraint("(answer_id is null) <> (decision_id is null)", name=op.f("ck_digest_correction_one_thing")),
        *(_within("digest_correction", f"{other}_id", other) for other in ("answer", "decision", "digest")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_digest_correction_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_correction")),
        sa.UniqueConstraint("digest_id", "answer_id", name=op.f("uq_digest_correction_digest_id_answer_id")),
        sa.UniqueConstraint("digest_id", "decision_id", name=op.f("uq_digest_correction_digest_id_decision_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "digest_share",
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("digest_id", ROW_ID, nullable=True),
        sa.Column("author_id", ROW_ID, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        _within("digest_share", "author_id", "member"),
        _within("digest_share", "digest_id", "digest"),
        _within("digest_share", "team_id", "team"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_digest_share_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_share")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_digest_share_workspace_id_id")),
        sqlite_autoincrement=True,
    )
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", (*_KINDS, *_NEW_KINDS))}) as batch:
        batch.add_column(sa.Column("digest_share_id", ROW_ID, nullable=True))
        batch.create_foreign_key(
            batch.f("fk_delivery_workspace_id_digest_share_id"),
            "digest_share",
            ["workspace_id", "digest_share_id"],
            ["workspace_id", "id"],
        )


def downgrade() -> None:
    _forget_what_was_not_known()
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", _KINDS)}) as batch:
        batch.drop_constraint(batch.f("fk_delivery_workspace_id_digest_share_id"), type_="foreignkey")
        batch.drop_column("digest_share_id")
    op.drop_table("digest_share")
    op.drop_table("digest_correction")
    op.drop_column("team", "digest_stopped_at")
    op.drop_column("digest", "kept_at")


def _forget_what_was_not_known() -> None:
    """Posts that the version before cannot render go, with what hangs on them."""
    delivery = sa.table("delivery", sa.column("id"), sa.column("kind"), sa.column("about_id"))
    message = sa.table("message", sa.column("delivery_id"))
    unknown = sa.select(delivery.c.id).where(delivery.c.kind.in_(_NEW_KINDS))
    op.execute(sa.delete(message).where(message.c.delivery_id.in_(unknown)))
    op.execute(sa.update(delivery).where(delivery.c.about_id.in_(unknown)).values(about_id=None))
    op.execute(sa.delete(delivery).where(delivery.c.kind.in_(_NEW_KINDS)))


def _within(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
    )
