"""Who waits for whom: the blockers of the running cycles that name another team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.domain.cycles import CycleState
from bot.domain.friction import Pair, Wait, pairs
from bot.domain.localtime import local_date_of
from bot.services.access import Caller, full_member
from bot.services.between_teams import naming_another_team
from bot.services.visibility import visible_to
from models import Blocker, Cycle, Team, Workspace


@dataclass(frozen=True)
class Friction:
    """Who waits for whom in the cycles that run; `cycles` are their names."""

    cycles: tuple[str, ...]
    pairs: tuple[Pair, ...]


def friction(session: Session, viewer: Caller, now: datetime) -> Friction:
    """Which team waits for which, in the whole workspace, as far as the viewer may see it."""
    full_member(session, viewer)
    zone = ZoneInfo(session.get_one(Workspace, viewer.workspace_id).time_zone)
    rows = session.execute(
        naming_another_team(
            sa.select(Blocker.opened_at, Blocker.cleared_at, _waiting.name, _other.name), _waiting, _other
        ).where(Blocker.workspace_id == viewer.workspace_id, visible_to(viewer))
    ).all()
    waits = [
        Wait(
            waiting=waiter,
            other=waited_for,
            since=local_date_of(opened_at, zone),
            until=local_date_of(cleared_at, zone) if cleared_at is not None else None,
        )
        for opened_at, cleared_at, waiter, waited_for in rows
    ]
    cycles = session.scalars(
        sa.select(Cycle.name)
        .where(Cycle.workspace_id == viewer.workspace_id, Cycle.state == CycleState.ACTIVE)
        .order_by(Cycle.starts_on, Cycle.id)
    ).all()
    return Friction(tuple(cycles), pairs(waits, local_date_of(now, zone)))


# Made once: another name for a table copies all of its columns.
_waiting, _other = aliased(Team), aliased(Team)
