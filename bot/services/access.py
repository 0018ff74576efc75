"""Permission: gathers the facts for `bot/domain/permissions.py: may`, which decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.permissions import Action, Actor, Facts, may
from bot.services.refusals import Reason, Refused
from models import (
    KeyResult,
    KeyResultCoOwner,
    KeyResultViewer,
    Member,
    Objective,
    ObjectiveTeam,
    ObjectiveViewer,
    Team,
)


@dataclass(frozen=True)
class Caller:
    """Who acts, as the verified payload said: never from a button's value."""

    workspace_id: int
    member_id: int


def member_of(session: Session, caller: Caller) -> Member:
    """The caller's row."""
    return session.scalars(
        sa.select(Member).where(Member.workspace_id == caller.workspace_id, Member.id == caller.member_id)
    ).one()


def actor_of(member: Member) -> Actor:
    """A member as the permission rules see them."""
    return Actor(
        member_id=member.id,
        is_admin=member.is_admin,
        is_full_member=member.may_take_part,
        is_active=member.deactivated_at is None,
    )


def teams_above(session: Session, team_id: int) -> list[Team]:
    """The team, its parent, and so on to the top; one query whatever the depth."""
    start = sa.select(Team.id, Team.parent_id, sa.literal(0).label("height")).where(Team.id == team_id)
    chain = start.cte("chain", recursive=True)
    above = sa.select(Team.id, Team.parent_id, chain.c.height + 1).join(chain, Team.id == chain.c.parent_id)
    # A ring of parents would never end; nobody's organisation is fifty levels deep.
    chain = chain.union_all(above.where(chain.c.height < 50))
    return list(session.scalars(sa.select(Team).join(chain, chain.c.id == Team.id).order_by(chain.c.height)).all())


def leads_above(session: Session, team_id: int) -> list[int]:
    """The member ids of the team's lead and of each lead above, nearest first, each once."""
    leads = [team.lead_id for team in teams_above(session, team_id) if team.lead_id is not None]
    return list(dict.fromkeys(leads))


def key_result_facts(session: Session, key_result: KeyResult, *, asked: Sequence[int] = ()) -> Facts:
    """What permission about a key result depends on. `asked`: members that an escalation has asked."""
    objective = session.get_one(Objective, key_result.objective_id)
    co_owners = session.scalars(
        sa.select(KeyResultCoOwner.member_id).where(KeyResultCoOwner.key_result_id == key_result.id)
    ).all()
    named = session.scalars(
        sa.union_all(
            sa.select(KeyResultViewer.member_id).where(KeyResultViewer.key_result_id == key_result.id),
            sa.select(ObjectiveViewer.member_id).where(ObjectiveViewer.objective_id == objective.id),
        )
    ).all()
    visibility = max(key_result.visibility, objective.visibility, key=_narrowness)
    return Facts(
        owner_id=key_result.owner_id,
        co_owner_ids=frozenset(co_owners),
        lead_ids_above=tuple(leads_above(session, objective.team_id)),
        team_member_ids=frozenset(_people_of_teams(session, objective)),
        visibility=visibility,
        named_ids=frozenset(named),
        escalation_member_ids=frozenset(asked),
    )


def require(session: Session, caller: Caller, action: Action, facts: Facts) -> Member:
    """The caller's row, or `Refused`. Called first in every service command, and again when a post is rendered."""
    member = member_of(session, caller)
    if not member.may_take_part:
        raise Refused(Reason.NOT_A_FULL_MEMBER)
    if not may(actor_of(member), action, facts):
        raise Refused(Reason.NOT_FOR_YOU, owner_id=facts.owner_id)
    return member


def _narrowness(visibility: object) -> int:
    return ["workspace", "team", "named"].index(str(getattr(visibility, "value", visibility)))


def _people_of_teams(session: Session, objective: Objective) -> Sequence[int]:
    """Leads and owners of the objective's teams: who a *team* visibility is open to."""
    teams = (
        sa.select(ObjectiveTeam.team_id)
        .where(ObjectiveTeam.objective_id == objective.id)
        .union_all(sa.select(sa.literal(objective.team_id)))
    )
    owners = (
        sa.select(KeyResult.owner_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(Objective.team_id.in_(teams), KeyResult.owner_id.is_not(None))
    )
    leads = sa.select(Team.lead_id).where(Team.id.in_(teams), Team.lead_id.is_not(None))
    return [row for row in session.scalars(sa.union(owners, leads)).all() if row is not None]
