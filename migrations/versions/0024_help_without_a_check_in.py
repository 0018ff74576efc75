"""Calls for help without a check-in: by a lead or owner, or by a message that is turned into a blocker.

Revision: 0024, after 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KIND = "ck_escalation_event_kind"
OLD_EVENTS = (
    *("opened", "asked_next", "red_again", "acknowledged", "taken_to_review", "decided", "resolved"),
    *(
        "decision_done",
        "decision_dropped",
        "named_again",
        "changed",
        "stopped",
        "green_again",
        "reopened",
        "made_private",
        "owner_asked",
    ),
)
EVENTS = (*OLD_EVENTS, "help_asked")


def upgrade() -> None:
    with rebuilt("escalation", checks={}) as escalation:
        escalation.alter_column("answer_id", existing_type=sa.BigInteger(), nullable=True)
    with rebuilt("blocker", checks={}) as blocker:
        blocker.alter_column("answer_id", existing_type=sa.BigInteger(), nullable=True)
    with rebuilt("escalation_event", checks={KIND: one_of("kind", EVENTS)}) as event:
        for name in ("need", "link", "quote"):
            event.add_column(sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    # To the version before a call without an answer is none: what it was about is told no more.
    op.execute("update escalation_event set kind = 'red_again' where kind = 'help_asked'")
    with rebuilt("escalation_event", checks={KIND: one_of("kind", OLD_EVENTS)}) as event:
        for name in ("need", "link", "quote"):
            event.drop_column(name)
