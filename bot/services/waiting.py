"""Which team a blocker waits for, and what that team says. Queries only."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.blocks.dependency import Waits
from models import Blocker, Dependency, Member, Team
from models.prepared import Listed, Prepared


def waits_for(session: Session, blocker_ids: Collection[int]) -> dict[int, Waits]:
    """By blocker id, of those about which another team was asked. One query."""
    session.flush()
    return {blocker_id: Waits(*waits) for blocker_id, *waits in _WAITS.rows(session, blocker_ids)}


def waits_now(session: Session, key_result_id: int) -> Waits | None:
    """What the team says that a key result waits for; None where it waits for none, or none was asked."""
    session.flush()
    found = _WAITS_NOW.first(session, {"key_result_id": key_result_id})
    return Waits(*found[1:]) if found is not None else None


# Made once: every message about an escalation asks for it.
_asked, _answered_by = aliased(Member), aliased(Member)
_ALL = (
    sa.select(
        Dependency.blocker_id, Team.name, Dependency.state, _asked.name, _answered_by.name, Dependency.due_on,
        Dependency.reason,
    )
    .join(Team, Team.id == Dependency.team_id)
    .join(_asked, _asked.id == Dependency.asked_id)
    .outerjoin(_answered_by, _answered_by.id == Dependency.answered_by_id)
)  # fmt: skip
_WAITS = Listed(lambda ids: _ALL.where(Dependency.blocker_id.in_(ids)))
_WAITS_NOW = Prepared(
    _ALL.join(Blocker, Blocker.id == Dependency.blocker_id).where(
        Blocker.key_result_id == sa.bindparam("key_result_id"), Blocker.cleared_at.is_(None)
    )
)
