"""Lists of key results, of the cycle that is running, as far as the viewer may see them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.listing import Listed, ListedObjective, ListedTeam
from bot.domain.cadence import Period, period_of
from bot.domain.cycles import CycleState
from bot.domain.organisation import Level
from bot.services import access
from bot.services.access import Caller
from bot.services.refusals import Reason, Refused
from bot.services.standing import standings
from bot.services.team_tree import held_or_shared_by
from bot.services.visibility import owned_by, visible_to
from models import Cycle, KeyResult, KeyResultState, Objective, Team

Condition = sa.ColumnElement[bool]
# What people type for the team at the top.
COMPANY = "company"


@dataclass(frozen=True)
class Listing:
    """`period` is the week that the viewer is in."""

    objectives: tuple[ListedObjective, ...]
    period: Period


def mine(session: Session, viewer: Caller, now: datetime) -> Listing:
    """What the viewer owns or co-owns."""
    return _listing(session, viewer, now, _is_mine(viewer.member_id))


def of_teams(session: Session, viewer: Caller, now: datetime, teams: Sequence[Team]) -> Listing:
    """What these teams hold or share."""
    held = held_or_shared_by([team.id for team in teams])
    return _listing(session, viewer, now, held)


def of_company(session: Session, viewer: Caller, now: datetime) -> Listing:
    """What is held at the level of the company."""
    return _listing(session, viewer, now, Team.level == Level.COMPANY)


def my_teams(session: Session, viewer: Caller) -> list[Team]:
    """The teams that the viewer leads, or holds a key result of."""
    me = viewer.member_id
    held = (
        sa.select(Objective.team_id)
        .join(KeyResult, KeyResult.objective_id == Objective.id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .where(*_is_listed(), _is_mine(me))
    )
    return list(
        session.scalars(
            sa.select(Team)
            .where(
                Team.workspace_id == viewer.workspace_id,
                Team.archived_at.is_(None),
                sa.or_(Team.lead_id == me, Team.id.in_(held)),
            )
            .order_by(Team.name, Team.id)
        ).all()
    )


def team_named(session: Session, viewer: Caller, name: str) -> Team:
    """The team of this name, whatever its capitals; "company" is the top one, unless another is called so.

    Raises `Refused` (NO_SUCH_TEAM).
    """
    teams = session.scalars(
        sa.select(Team).where(Team.workspace_id == viewer.workspace_id, Team.archived_at.is_(None)).order_by(Team.id)
    ).all()
    alike = [team for team in teams if team.name.casefold() == name.casefold()]
    if not alike and name.casefold() == COMPANY:
        alike = [team for team in teams if team.level is Level.COMPANY]
    if not alike:
        raise Refused(Reason.NO_SUCH_TEAM, team=name)
    return next((team for team in alike if team.name == name), alike[0])


def all_teams(session: Session, viewer: Caller) -> tuple[ListedTeam, ...]:
    """The company, then every team by name, with how many of its key results the viewer may see."""
    counts = (
        sa.select(Objective.team_id, sa.func.count(KeyResult.id).label("count"))
        .select_from(KeyResult)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .where(*_is_listed(), visible_to(viewer))
        .group_by(Objective.team_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(Team.name, sa.func.coalesce(counts.c.count, 0), Team.level)
        .outerjoin(counts, counts.c.team_id == Team.id)
        .where(Team.workspace_id == viewer.workspace_id, Team.archived_at.is_(None))
        .order_by(Team.level != Level.COMPANY, Team.name, Team.id)
    )
    return tuple(ListedTeam(name, count, is_company=level is Level.COMPANY) for name, count, level in rows)


def _listing(session: Session, viewer: Caller, now: datetime, condition: Condition) -> Listing:
    member = access.full_member(session, viewer)
    rows = session.execute(
        sa.select(KeyResult, Objective.id, Objective.title, Team.name)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .join(Team, Team.id == Objective.team_id)
        .where(
            KeyResult.workspace_id == viewer.workspace_id,
            *_is_listed(),
            Team.archived_at.is_(None),
            condition,
            visible_to(viewer),
        )
        .order_by(Team.name, Objective.id, KeyResult.number)
    ).all()
    period = period_of(now, ZoneInfo(member.time_zone))
    readers = {key_result.id: viewer.member_id for key_result, *_ in rows}
    stands = standings(session, list(readers), period, readers=readers)
    objectives = []
    for (_, title, team), group in itertools.groupby(rows, key=lambda row: (row[1], row[2], row[3])):
        listed = tuple(
            Listed(stands[key_result.id], key_result.state is KeyResultState.DRAFT) for key_result, *_ in group
        )
        objectives.append(ListedObjective(title, team, listed))
    return Listing(tuple(objectives), period)


def _is_listed() -> tuple[Condition, ...]:
    return (
        KeyResult.state != KeyResultState.CLOSED,
        KeyResult.archived_at.is_(None),
        Objective.archived_at.is_(None),
        Cycle.state == CycleState.ACTIVE,
    )


def _is_mine(me: int) -> Condition:
    return KeyResult.id.in_(owned_by(me))
