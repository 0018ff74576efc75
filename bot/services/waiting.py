"""Which team a blocker waits for, and what that team says. Queries only."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.blocks.dependency import Waits
from models import Blocker, Dependency, Member, Team


def waits_for(session: Session, blocker_ids: Collection[int]) -> dict[int, Waits]:
    """By blocker id, of those about which another team was asked. One query."""
    asked, answered_by = aliased(Member), aliased(Member)
    rows = session.execute(
        sa.select(Dependency, Team.name, asked.name, answered_by.name)
        .join(Team, Team.id == Dependency.team_id)
        .join(asked, asked.id == Dependency.asked_id)
        .outerjoin(answered_by, answered_by.id == Dependency.answered_by_id)
        .where(Dependency.blocker_id.in_(blocker_ids))
    ).all()
    return {
        dependency.blocker_id: Waits(team, dependency.state, was_asked, by, dependency.due_on, dependency.reason)
        for dependency, team, was_asked, by in rows
    }


def waits_now(session: Session, key_result_id: int) -> Waits | None:
    """What the team says that a key result waits for; None where it waits for none, or none was asked."""
    blocker_id = session.scalar(
        sa.select(Blocker.id)
        .join(Dependency, Dependency.blocker_id == Blocker.id)
        .where(Blocker.key_result_id == key_result_id, Blocker.cleared_at.is_(None))
    )
    return waits_for(session, [blocker_id]).get(blocker_id) if blocker_id is not None else None
