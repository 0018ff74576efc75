"""A blocker that is named again brings its escalation one step up, and a draft keeps whether it is the same.

Revision: 0014, after 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OLD_EVENTS = (
    *("opened", "asked_next", "red_again", "acknowledged", "taken_to_review", "decided", "resolved"),
    *("decision_done", "decision_dropped"),
)
EVENTS = (*OLD_EVENTS, "named_again")


def upgrade() -> None:
    _events(EVENTS)
    op.add_column("check_in_draft", sa.Column("same_blocker", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    op.drop_column("check_in_draft", "same_blocker")
    # To the version before, the next one was asked, or where nobody was, the owner called once more.
    op.execute("update escalation_event set kind = 'asked_next' where kind = 'named_again' and step_id is not null")
    op.execute("update escalation_event set kind = 'red_again' where kind = 'named_again'")
    _events(OLD_EVENTS)


def _events(kinds: tuple[str, ...]) -> None:
    with rebuilt("escalation_event", checks={"ck_escalation_event_kind": one_of("kind", kinds)}):
        pass
