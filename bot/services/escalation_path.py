"""The path of an escalation: who is on it, who was met in this round, and who is left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.escalation import nearest_common_lead, path
from bot.domain.ladder import Climb, Rung, climb
from bot.domain.schedule import Schedule
from bot.services.access import leads_above
from bot.services.schedules import week_of, weeks_of
from models import Blocker, Escalation, EscalationStep, KeyResult, Member, Objective, PathStep, Team
from models.loading import Loaded, LoadedOf, objects
from models.memory import remembered
from models.prepared import Prepared, Row


@remembered
def path_of(session: Session, escalation: Escalation) -> Sequence[Member]:
    """Who is asked one after another: those who take part, but for the owner, who asks for help.

    A team's own path stands in the place of the leads above and the executive sponsors. Where another team blocks, the
    nearest lead of both decides between them, so nobody is asked in between who could not.
    """
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    team_id = session.get_one(Objective, key_result.objective_id).team_id
    leads, sponsors = _named(session, escalation.workspace_id, team_id)
    between = _nearest_common_lead(session, key_result, leads)
    return taking_part(session, path(leads, sponsors, owner_id=key_result.owner_id, between=between))


def path_of_team(session: Session, team: Team, *, but: int | None = None) -> list[Member]:
    """Who is asked about a team's escalations where no other team blocks; `but` is left out, who asks."""
    leads, sponsors = _named(session, team.workspace_id, team.id)
    return taking_part(session, path(leads, sponsors, owner_id=but))


@remembered
def steps_of(session: Session, escalation: Escalation) -> Sequence[EscalationStep]:
    """Whom this round has met, in their order: asked, or passed over because they are away."""
    return objects(_STEPS.all(session, {"escalation_id": escalation.id, "round": escalation.round}))


@remembered
def in_on_it(session: Session, escalation: Escalation) -> Sequence[int]:
    """The members who were asked in any round and are still on the path, nearest first."""
    session.flush()
    asked = set(_ids(_ASKED.rows(session, {"escalation_id": escalation.id})))
    return [one.id for one in path_of(session, escalation) if one.id in asked]


def next_climb(session: Session, escalation: Escalation, now: datetime, steps: Sequence[EscalationStep]) -> Climb:
    """Who would be asked next, seen from `now`. Who has taken it needs no asking."""
    met = {step.member_id for step in steps} | {escalation.taken_by_id}
    return climb(rungs(session, escalation, met), now, step=sum(step.was_asked for step in steps))


def waits_until(escalation: Escalation, steps: Sequence[EscalationStep]) -> datetime | None:
    """Before that nobody else is asked; null or past where only somebody's working hours are waited for.

    The version before noted who was asked, and not until when that keeps the others: who was asked since counts.
    """
    newest = max((step for step in steps if step.was_asked), key=lambda step: step.at, default=None)
    if newest is not None and (escalation.waits_until is None or newest.at >= escalation.waits_until):
        return newest.until
    return escalation.waits_until


def rungs(session: Session, escalation: Escalation, met: Collection[int | None]) -> list[Rung]:
    """Who is left on the path, each with their working time."""
    left = [one for one in path_of(session, escalation) if one.id not in met]
    weeks = weeks_of(session, left)
    return [Rung(one.id, weeks[one.id].schedule) for one in left]


def schedule_of(session: Session, member: Member) -> Schedule:
    """When somebody is at work, and when they are away."""
    return week_of(session, member).schedule


def taking_part(session: Session, member_ids: Sequence[int]) -> list[Member]:
    """The members of these ids who are here and take part, in the given order."""
    people = {one.id: one for (one,) in _MEMBERS.all(session, member_ids)}
    return [people[one] for one in member_ids if people[one].may_take_part]


def _named(session: Session, workspace_id: int, team_id: int) -> tuple[Sequence[int], Sequence[int]]:
    """The team's own path and nobody, or the leads above and the executive sponsors."""
    session.flush()
    own = _ids(_OWN_PATH.rows(session, {"team_id": team_id}))
    if own:
        return own, ()
    return leads_above(session, team_id), _ids(_SPONSORS.rows(session, {"workspace_id": workspace_id}))


def _nearest_common_lead(session: Session, key_result: KeyResult, leads: Sequence[int]) -> int | None:
    """Who decides between the key result's team and the one that blocks it; None where no other team does."""
    session.flush()
    found = _BLOCKED_BY.first(session, {"key_result_id": key_result.id})
    team_id = found[0] if found is not None else None
    return nearest_common_lead(leads, leads_above(session, team_id)) if team_id is not None else None


def _ids(rows: Sequence[Row]) -> list[int]:
    return [one for (one,) in rows]


# Made once: every message about an escalation asks for its path.
_OWN_PATH = Prepared(
    sa.select(PathStep.member_id).where(PathStep.team_id == sa.bindparam("team_id")).order_by(PathStep.position)
)
_SPONSORS = Prepared(
    sa.select(Member.id)
    .where(Member.workspace_id == sa.bindparam("workspace_id"), Member.is_sponsor)
    .order_by(Member.name, Member.id)
)
_BLOCKED_BY = Prepared(
    sa.select(Blocker.by_team_id)
    .where(Blocker.key_result_id == sa.bindparam("key_result_id"), Blocker.cleared_at.is_(None))
    .order_by(Blocker.id.desc())
    .limit(1)
)
_ASKED = Prepared(
    sa.select(EscalationStep.member_id).where(
        EscalationStep.escalation_id == sa.bindparam("escalation_id"), EscalationStep.until.is_not(None)
    )
)
_STEPS = Loaded(
    sa.select(EscalationStep)
    .where(EscalationStep.escalation_id == sa.bindparam("escalation_id"), EscalationStep.round == sa.bindparam("round"))
    .order_by(EscalationStep.number)
)
_MEMBERS = LoadedOf(lambda ids: sa.select(Member).where(Member.id.in_(ids)))
