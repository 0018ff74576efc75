"""May this be answered, by this person, now? One place that says no, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.dates import weekday_time
from bot.domain.cadence import Period, next_opening
from bot.domain.cycles import CycleState
from bot.domain.permissions import Action, Facts, may
from bot.services import access
from bot.services.access import Caller
from bot.services.prompt import changes_until, current_period
from bot.services.refusals import Reason, Refused
from bot.services.rhythm import rhythm_of
from models import (
    CheckIn,
    Cycle,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    Objective,
    Team,
    Workspace,
)


@dataclass(frozen=True)
class Subject:
    """A key result that its caller may answer in `period`. `check_in` is null where it was not asked about yet."""

    caller: Member
    workspace: Workspace
    owner: Member
    key_result: KeyResult
    definition: KeyResultRevision
    objective: Objective
    team: Team
    cycle: Cycle
    period: Period
    check_in: CheckIn | None


def subject(
    session: Session, now: datetime, caller: Caller, key_result_id: int, period: Period | None, *, lock: bool = False
) -> Subject:
    """Everything about a key result that is to be answered; `period` None means the current one.

    `lock` holds the key result until the transaction ends: two answers at once come one after the other. Raises
    `Refused`: it does not exist (or may not be seen), is a draft or closed, its cycle or team is not on, the caller may
    not answer, or the period's digest is out.
    """
    key_result = _key_result(session, caller, key_result_id, lock=lock)
    member = access.member_of(session, caller)
    facts = access.key_result_facts(session, key_result)
    # Who may not see it learns nothing about it, not even that it exists.
    if not may(access.actor_of(member), Action.VIEW_KEY_RESULT, facts):
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    _refuse_if_not_theirs(session, member, key_result, facts)
    objective, team, cycle = session.execute(
        sa.select(Objective, Team, Cycle)
        .join(Team, Team.id == Objective.team_id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .where(Objective.id == key_result.objective_id)
    ).one()
    owner = _owner(session, key_result)
    if cycle.state is not CycleState.ACTIVE:
        raise Refused(Reason.CYCLE_NOT_ACTIVE, number=key_result.number)
    if not team.is_on or team.archived_at is not None:
        raise Refused(Reason.TEAM_OFF, team=team.name)
    workspace = session.get_one(Workspace, caller.workspace_id)
    this = period if period is not None else current_period(now, owner)
    _refuse_if_over(now, workspace, owner, this)
    if cycle.ends_on is not None and this > cycle.ends_on:
        # It runs until its last digest, and has no period after its last day.
        raise Refused(Reason.CYCLE_NOT_ACTIVE, number=key_result.number)
    definition = session.scalars(
        sa.select(KeyResultRevision).where(
            KeyResultRevision.key_result_id == key_result.id, KeyResultRevision.revision == key_result.revision
        )
    ).one()
    check_in = session.scalar(sa.select(CheckIn).where(CheckIn.key_result_id == key_result.id, CheckIn.period == this))
    return Subject(member, workspace, owner, key_result, definition, objective, team, cycle, this, check_in)


def refuse_if_over(session: Session, now: datetime, caller: Caller, period: Period) -> None:
    """Raise `Refused` where the answers of `period` can no longer be given or changed."""
    workspace = session.get_one(Workspace, caller.workspace_id)
    _refuse_if_over(now, workspace, access.member_of(session, caller), period)


def _key_result(session: Session, caller: Caller, key_result_id: int, *, lock: bool) -> KeyResult:
    wanted = sa.select(KeyResult).where(
        KeyResult.workspace_id == caller.workspace_id,
        KeyResult.id == key_result_id,
        KeyResult.archived_at.is_(None),
    )
    key_result = session.scalar(wanted.with_for_update(key_share=True) if lock else wanted)
    if key_result is None:
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    return key_result


def _refuse_if_not_theirs(session: Session, member: Member, key_result: KeyResult, facts: Facts) -> None:
    if may(access.actor_of(member), Action.ANSWER_CHECK_IN, facts):
        return
    owner = session.get(Member, key_result.owner_id) if key_result.owner_id is not None else None
    raise Refused(Reason.NOT_FOR_YOU, number=key_result.number, owner=owner.name if owner is not None else None)


def _owner(session: Session, key_result: KeyResult) -> Member:
    if key_result.state is KeyResultState.CLOSED:
        raise Refused(Reason.KEY_RESULT_CLOSED, number=key_result.number)
    if key_result.state is KeyResultState.DRAFT or key_result.owner_id is None:
        raise Refused(Reason.KEY_RESULT_DRAFT, number=key_result.number)
    return session.get_one(Member, key_result.owner_id)


def _refuse_if_over(now: datetime, workspace: Workspace, owner: Member, period: Period) -> None:
    """A period is answered until its digest goes out; what was said then stands."""
    current = current_period(now, owner)
    if now < changes_until(workspace, period):
        return
    if period < current:
        raise Refused(Reason.PERIOD_OVER)
    zone = ZoneInfo(owner.time_zone)
    opens = next_opening(now, rhythm_of(workspace), zone).astimezone(zone)
    raise Refused(Reason.DIGEST_OUT, next=weekday_time(opens))
