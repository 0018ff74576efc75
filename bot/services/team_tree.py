"""A team and those beneath it, and what teams hold."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Objective, ObjectiveTeam, Team
from models.base import table_of
from models.loading import Loaded, objects


def teams_of(session: Session, team: Team) -> list[Team]:
    """The team itself, and all beneath it that are on."""
    return objects(_TEAMS.all(session, {"team_id": team.id}))


def with_those_beneath(session: Session, team_ids: Collection[int]) -> list[int]:
    """The ids of these teams, and of all beneath them that are on."""
    beneath = sa.select(Team.id).where(Team.id.in_(team_ids)).cte("beneath", recursive=True)
    beneath = beneath.union(sa.select(Team.id).join(beneath, Team.parent_id == beneath.c.id))
    return list(
        session.scalars(
            sa.select(Team.id)
            .where(
                Team.id.in_(sa.select(beneath.c.id)),
                sa.or_(Team.id.in_(team_ids), Team.switched_on_at.is_not(None)),
                Team.archived_at.is_(None),
            )
            .order_by(Team.id)
        ).all()
    )


def held_or_shared_by(team_ids: Collection[int] | sa.CompoundSelect[int]) -> sa.ColumnElement[bool]:
    """For a select over `Objective`: these teams (or those that a select finds) hold or share it.

    A list of ids, where an index leads to each: asked of each objective by itself, it would be asked of all there are.
    """
    held, shared = _HELD.where(_held.c.team_id.in_(team_ids)), _SHARED.where(_sharing.c.team_id.in_(team_ids))
    return Objective.id.in_(held.union_all(shared))


def _teams() -> sa.Select[Team]:
    top: sa.BindParameter[int] = sa.bindparam("team_id")
    beneath = sa.select(Team.id).where(Team.id == top).cte("beneath", recursive=True)
    # A union, not a union all: a ring of parents ends.
    beneath = beneath.union(sa.select(Team.id).join(beneath, Team.parent_id == beneath.c.id))
    return (
        sa.select(Team)
        .where(
            Team.id.in_(sa.select(beneath.c.id)),
            sa.or_(Team.id == top, Team.switched_on_at.is_not(None)),
            Team.archived_at.is_(None),
        )
        .order_by(Team.name, Team.id)
    )


_TEAMS = Loaded(_teams())
# Other names for the tables: what is asked of these stays apart from the select that they stand in.
_held, _sharing = table_of(Objective).alias("held"), table_of(ObjectiveTeam).alias("sharing")
_HELD, _SHARED = sa.select(_held.c.id), sa.select(_sharing.c.objective_id)
