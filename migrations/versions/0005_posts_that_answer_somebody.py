"""posts that answer somebody: asked again, not mine, corrected, understood

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KINDS = (
    "introduction",
    "prompt",
    "escalation",
    "escalation_reply",
    "escalation_ask",
    "escalation_news",
    "lead_note",
    "digest",
    "digest_details",
    "admin_notice",
    "reminder",
    "away_news",
    "hand_over",
    "hand_over_news",
    "ownerless",
)
_NEW_KINDS = ("prompt_again", "not_mine", "answer_corrected", "understanding")
_REFERENCES = {"check_in_id": "check_in", "understanding_id": "understanding"}


def upgrade() -> None:
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", (*_KINDS, *_NEW_KINDS))}) as batch_op:
        for column, table in _REFERENCES.items():
            batch_op.add_column(sa.Column(column, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
            batch_op.create_foreign_key(
                batch_op.f(f"fk_delivery_workspace_id_{column}"),
                table,
                ["workspace_id", column],
                ["workspace_id", "id"],
            )


def downgrade() -> None:
    _forget_what_was_not_known()
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", _KINDS)}) as batch_op:
        for column in _REFERENCES:
            batch_op.drop_constraint(batch_op.f(f"fk_delivery_workspace_id_{column}"), type_="foreignkey")
            batch_op.drop_column(column)


def _forget_what_was_not_known() -> None:
    """Posts of kinds that the version before cannot render go, with what hangs on them."""
    delivery = sa.table("delivery", sa.column("id"), sa.column("kind"), sa.column("about_id"))
    message = sa.table("message", sa.column("delivery_id"))
    unknown = sa.select(delivery.c.id).where(delivery.c.kind.in_(_NEW_KINDS))
    op.execute(sa.delete(message).where(message.c.delivery_id.in_(unknown)))
    op.execute(sa.update(delivery).where(delivery.c.about_id.in_(unknown)).values(about_id=None))
    op.execute(sa.delete(delivery).where(delivery.c.kind.in_(_NEW_KINDS)))
