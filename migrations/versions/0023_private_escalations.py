"""Escalations that are for their members only, and questions to the owner.

Revision: 0023, after 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
KIND = "ck_escalation_event_kind"
OLD_EVENTS = (
    *("opened", "asked_next", "red_again", "acknowledged", "taken_to_review", "decided", "resolved"),
    *("decision_done", "decision_dropped", "named_again", "changed", "stopped", "green_again", "reopened"),
)
EVENTS = (*OLD_EVENTS, "made_private", "owner_asked")


def upgrade() -> None:
    with rebuilt("escalation", checks={}) as escalation:
        escalation.add_column(sa.Column("private_at", INSTANT, nullable=True))
        escalation.add_column(sa.Column("has_moved", sa.Boolean(), server_default=sa.false(), nullable=False))
    with rebuilt("escalation_event", checks={KIND: one_of("kind", EVENTS)}) as event:
        event.add_column(sa.Column("words", sa.Text(), nullable=True))


def downgrade() -> None:
    # The version before knows nothing of these; what they told was told.
    events = "select id from escalation_event where kind in ('made_private', 'owner_asked')"
    ours = f"select id from delivery where escalation_event_id in ({events})"  # noqa: S608 - words of our own
    op.execute(f"update delivery set follows_id = null where follows_id in ({ours})")  # noqa: S608
    op.execute(f"delete from message where delivery_id in ({ours})")  # noqa: S608
    op.execute(f"delete from delivery where about_id in ({ours})")  # noqa: S608
    op.execute(f"delete from delivery where escalation_event_id in ({events})")  # noqa: S608
    op.execute("delete from escalation_event where kind in ('made_private', 'owner_asked')")
    with rebuilt("escalation_event", checks={KIND: one_of("kind", OLD_EVENTS)}) as event:
        event.drop_column("words")
    with rebuilt("escalation", checks={}) as escalation:
        escalation.drop_column("has_moved")
        escalation.drop_column("private_at")
