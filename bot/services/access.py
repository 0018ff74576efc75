"""Who acts, and permission: gathers the facts for `bot/domain/permissions.py: may`, which decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from bot.domain.localtime import local_date_of
from bot.domain.organisation import Visibility
from bot.domain.permissions import Action, Actor, Facts, may
from bot.services.refusals import Reason, Refused
from models import (
    KeyResult,
    KeyResultCoOwner,
    KeyResultState,
    KeyResultViewer,
    Member,
    Objective,
    ObjectiveTeam,
    ObjectiveViewer,
    Team,
)
from models.base import table_of
from models.loading import Loaded, objects
from models.memory import remembered
from models.prepared import Prepared


@dataclass(frozen=True)
class Caller:
    """Who acts, as the verified payload said: never from a button's value."""

    workspace_id: int
    member_id: int


def member_of(session: Session, caller: Caller) -> Member:
    """The caller's row."""
    member = session.get_one(Member, caller.member_id)
    if member.workspace_id != caller.workspace_id:
        raise NoResultFound
    return member


def full_member(session: Session, caller: Caller) -> Member:
    """The caller's row. Raises `Refused` for who is no full member."""
    member = member_of(session, caller)
    if not member.may_take_part:
        raise Refused(Reason.NOT_A_FULL_MEMBER)
    return member


def today_of(member: Member, now: datetime) -> date:
    """The day on the member's own calendar."""
    return local_date_of(now, ZoneInfo(member.time_zone))


def actor_of(member: Member) -> Actor:
    """A member as the permission rules see them."""
    return Actor(
        member_id=member.id,
        is_admin=member.is_admin,
        is_full_member=member.may_take_part,
        is_active=member.deactivated_at is None,
    )


@remembered
def teams_above(session: Session, team_id: int) -> Sequence[Team]:
    """The team, its parent, and so on to the top; one query whatever the depth."""
    return objects(_TEAMS_ABOVE.all(session, {"team_id": team_id}))


@remembered
def leads_above(session: Session, team_id: int) -> Sequence[int]:
    """The member ids of the team's lead and of each lead above, nearest first, each once."""
    session.flush()
    rows = _LEADS_ABOVE.rows(session, {"team_id": team_id})
    return list(dict.fromkeys(lead_id for (lead_id,) in rows if lead_id is not None))


def lead_above(session: Session, member_id: int, team_id: int) -> Member | None:
    """The nearest lead of a team, or above it, who takes part and is not this member: who reads *Not mine* of them."""
    for lead_id in leads_above(session, team_id):
        lead = session.get_one(Member, lead_id)
        if lead.id != member_id and lead.may_take_part:
            return lead
    return None


def key_result_facts(session: Session, key_result: KeyResult, *, asked: Sequence[int] = ()) -> Facts:
    """What permission about a key result depends on, in one query. `asked`: members that an escalation has asked."""
    objective = session.get_one(Objective, key_result.objective_id)
    found = _found(session, key_result.id, objective.id, objective.team_id)
    return Facts(
        owner_id=key_result.owner_id,
        co_owner_ids=_ids(found, _CO_OWNER),
        lead_ids_above=tuple(dict.fromkeys(one for _, one in sorted(found.get(_LEAD, ())))),
        team_member_ids=_ids(found, _IN_TEAM),
        visibility=max(key_result.visibility, objective.visibility, key=_WIDE_TO_NARROW.index),
        named_ids=_ids(found, _NAMED),
        escalation_member_ids=frozenset(asked),
    )


@remembered
def _found(
    session: Session, key_result_id: int, objective_id: int, team_id: int
) -> Mapping[str, Sequence[tuple[int, int]]]:
    """(height, member id) of everybody whom permission about a key result depends on, by role."""
    # A statement over tables does not see to it by itself that what was changed in this session is read.
    session.flush()
    found: dict[str, list[tuple[int, int]]] = {}
    given = {"key_result_id": key_result_id, "objective_id": objective_id, "team_id": team_id}
    for role, member_id, height in _FACTS.rows(session, given):
        found.setdefault(role, []).append((height, member_id))
    return found


def require(session: Session, caller: Caller, action: Action, facts: Facts) -> Member:
    """The caller's row, or `Refused`. Called first in every service command, and again when a post is rendered."""
    member = full_member(session, caller)
    if not may(actor_of(member), action, facts):
        raise Refused(Reason.NOT_FOR_YOU, owner_id=facts.owner_id)
    return member


def key_result_for(
    session: Session, caller: Caller, key_result_id: int, action: Action, *, lock: bool = False
) -> tuple[Member, KeyResult]:
    """The caller, and a key result about which they may do this. `lock`: held until the end of the transaction.

    Raises `Refused`: it is not theirs to do, or it is closed.
    """
    wanted = sa.select(KeyResult).where(
        KeyResult.workspace_id == caller.workspace_id, KeyResult.id == key_result_id, KeyResult.archived_at.is_(None)
    )
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    key_result = session.scalar(wanted)
    member = member_of(session, caller)
    facts = key_result_facts(session, key_result) if key_result is not None else None
    # Who may not see it learns nothing about it, not even that it exists.
    if key_result is None or facts is None or not may(actor_of(member), Action.VIEW_KEY_RESULT, facts):
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    if not may(actor_of(member), action, facts):
        raise Refused(Reason.NOT_FOR_YOU, owner_id=facts.owner_id)
    if key_result.state is KeyResultState.CLOSED:
        raise Refused(Reason.KEY_RESULT_CLOSED, number=key_result.number)
    return member, key_result


def _ids(found: Mapping[str, Sequence[tuple[int, int]]], role: str) -> frozenset[int]:
    return frozenset(one for _, one in found.get(role, ()))


# Made once: every post and every redraw asks for these, and putting such a statement together takes longer than the
# database needs for it.


def _chain() -> sa.CTE:
    """The ids of the team `team_id` and of those above it, with their height."""
    team = table_of(Team)
    chain = (
        sa.select(team.c.id, team.c.parent_id, sa.literal(0).label("height"))
        .where(team.c.id == sa.bindparam("team_id"))
        .cte("chain", recursive=True)
    )
    above = sa.select(team.c.id, team.c.parent_id, chain.c.height + 1).join(chain, team.c.id == chain.c.parent_id)
    # A ring of parents would never end; nobody's organisation is fifty levels deep.
    return chain.union_all(above.where(chain.c.height < 50))


def _facts() -> sa.CompoundSelect[str, int, int]:
    """(role, member id, height) of everybody whom permission about a key result depends on."""
    co_owner, viewer, widely = table_of(KeyResultCoOwner), table_of(KeyResultViewer), table_of(ObjectiveViewer)
    team, sharing, owned, held = (table_of(one) for one in (Team, ObjectiveTeam, KeyResult, Objective))
    key_result_id: sa.BindParameter[int] = sa.bindparam("key_result_id")
    objective_id: sa.BindParameter[int] = sa.bindparam("objective_id")

    def as_role(role: str, member_id: sa.ColumnElement[int], height: sa.ColumnElement[int] | None = None) -> Any:
        nearest = sa.literal_column("0") if height is None else height
        return sa.select(sa.literal_column(f"'{role}'"), member_id, nearest)

    chain = _chain()
    # Leads and owners of the teams that hold or share the objective: whom a *team* visibility is open to.
    teams = (
        sa.select(sharing.c.team_id)
        .where(sharing.c.objective_id == objective_id)
        .union_all(sa.select(sa.bindparam("team_id", type_=team.c.id.type)))
    )
    return sa.union_all(
        as_role(_CO_OWNER, co_owner.c.member_id).where(co_owner.c.key_result_id == key_result_id),
        as_role(_NAMED, viewer.c.member_id).where(viewer.c.key_result_id == key_result_id),
        as_role(_NAMED, widely.c.member_id).where(widely.c.objective_id == objective_id),
        as_role(_LEAD, team.c.lead_id, chain.c.height)
        .join(chain, chain.c.id == team.c.id)
        .where(team.c.lead_id.is_not(None)),
        as_role(_IN_TEAM, team.c.lead_id).where(team.c.id.in_(teams), team.c.lead_id.is_not(None)),
        as_role(_IN_TEAM, owned.c.owner_id)
        .join(held, held.c.id == owned.c.objective_id)
        .where(held.c.team_id.in_(teams), owned.c.owner_id.is_not(None)),
    )


_WIDE_TO_NARROW = tuple(Visibility)
_CO_OWNER, _NAMED, _LEAD, _IN_TEAM = "co_owner", "named", "lead", "in_team"
_above = _chain()
_TEAMS_ABOVE = Loaded(sa.select(Team).join(_above, _above.c.id == Team.id).order_by(_above.c.height))
_LEADS_ABOVE = Prepared(sa.select(Team.lead_id).join(_above, _above.c.id == Team.id).order_by(_above.c.height))
_FACTS = Prepared(_facts())
