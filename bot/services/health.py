"""How the programme goes, read in a fixed number of queries; per team and cycle, never per person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.domain.cycles import CycleState
from bot.domain.health import LEAST_PEOPLE, Health, Share, median
from bot.domain.localtime import Weekday, local_date_of
from bot.domain.reviews import held, review_days
from bot.services import access
from bot.services.access import Caller
from bot.services.call_history import CallHistory, calls
from bot.services.still_open import decision_open_to
from bot.services.team_tree import held_or_shared_by, teams_of
from bot.services.visibility import visible_to
from models import (
    Answer,
    CheckIn,
    CheckInState,
    Cycle,
    Decision,
    DecisionState,
    Escalation,
    KeyResult,
    Objective,
    Team,
    Workspace,
)

Condition = sa.ColumnElement[bool]

_LATEST = {CycleState.ACTIVE: 0, CycleState.CLOSING: 1, CycleState.CLOSED: 2}


def of_team(session: Session, now: datetime, viewer: Caller, team: Team) -> Health:
    """A team and those beneath it, as far as the viewer may see them. Raises `Refused`: no full member."""
    access.full_member(session, viewer)
    cycle = newest_cycle(session, viewer.workspace_id)
    if cycle is None:
        return Health(team.name, "")
    return read(session, now, team, teams_of(session, team), cycle, viewer=viewer)


def newest_cycle(session: Session, workspace_id: int) -> Cycle | None:
    """The one that is running, or else the one that ended last."""
    order = sa.case(*((Cycle.state == state, place) for state, place in _LATEST.items()), else_=len(_LATEST))
    return session.scalar(
        sa.select(Cycle)
        .where(Cycle.workspace_id == workspace_id, Cycle.state.in_(list(_LATEST)), Cycle.starts_on.is_not(None))
        .order_by(order, Cycle.starts_on.desc(), Cycle.id.desc())
        .limit(1)
    )


def read(
    session: Session, now: datetime, team: Team, teams: Sequence[Team], cycle: Cycle, *, viewer: Caller | None
) -> Health:
    """The health of `team`, which is the first of `teams` or above them. `viewer` null: the readers of a channel."""
    workspace = session.get_one(Workspace, team.workspace_id)
    zone = ZoneInfo(workspace.time_zone)
    which = _covered([one.id for one in teams], cycle, viewer)
    completion, on_time, people = _check_ins(session, now, which)
    is_few = 0 < people < LEAST_PEOPLE
    histories = calls(session, *which)
    ended = [one for one in histories if one.decided_at or one.resolved_at is not None]
    return Health(
        team=team.name,
        cycle=cycle.name,
        completion=Share() if is_few else completion,
        on_time=Share() if is_few else on_time,
        to_answer=median([one.answered_at - one.opened_at for one in histories if one.answered_at is not None]),
        to_decision=median([one.decided_at[0] - one.opened_at for one in histories if one.decided_at]),
        decided=Share(sum(bool(one.decided_at) for one in ended), len(ended)),
        in_time=_in_time(session, local_date_of(now, zone), zone, which),
        reviews=_reviews(local_date_of(now, zone), workspace, teams, cycle, histories),
        moved=_moved(session, which),
        is_few=is_few,
    )


def _covered(team_ids: Collection[int], cycle: Cycle, viewer: Caller | None) -> tuple[Condition, ...]:
    """Over KeyResult and Objective: what the teams hold or share in the cycle, as far as the viewer may see it."""
    return (
        Objective.cycle_id == cycle.id,
        held_or_shared_by(team_ids),
        KeyResult.archived_at.is_(None),
        visible_to(viewer),
    )


def _check_ins(session: Session, now: datetime, which: Sequence[Condition]) -> tuple[Share, Share, int]:
    """What was answered and what came in time; and how many people it is about, not counting who stood in for them."""
    answered = CheckIn.state == CheckInState.ANSWERED
    is_over = sa.or_(
        answered,
        CheckIn.state == CheckInState.MISSED,
        sa.and_(CheckIn.state == CheckInState.DUE, CheckIn.closes_at <= now),
    )
    owner = sa.func.coalesce(CheckIn.covered_for_id, CheckIn.owner_id)
    row = session.execute(
        sa.select(
            sa.func.count(sa.case((is_over, 1))),
            sa.func.count(sa.case((answered, 1))),
            sa.func.count(sa.case((sa.and_(answered, Answer.at <= CheckIn.closes_at), 1))),
            sa.func.count(sa.case((is_over, owner)).distinct()),
        )
        .select_from(CheckIn)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        # The first word decides whether it came in time.
        .outerjoin(Answer, sa.and_(Answer.check_in_id == CheckIn.id, Answer.revision == 1))
        .where(*which)
    ).one()
    due, done, in_time, people = row
    return Share(done, due), Share(in_time, done), people


def _moved(session: Session, which: Sequence[Condition]) -> Share:
    of_each = (
        sa.select(
            sa.func.count().label("answers"),
            sa.func.min(Answer.score).label("least"),
            sa.func.max(Answer.score).label("most"),
        )
        .select_from(Answer)
        .join(CheckIn, CheckIn.id == Answer.check_in_id)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(
            Answer.score.is_not(None),
            ~sa.exists().where(_newer.check_in_id == Answer.check_in_id, _newer.revision > Answer.revision),
            *which,
        )
        .group_by(KeyResult.id)
        .subquery()
    )
    moved, counted = session.execute(
        sa.select(sa.func.count(sa.case((of_each.c.least != of_each.c.most, 1))), sa.func.count()).where(
            of_each.c.answers > 1
        )
    ).one()
    return Share(moved, counted)


def _in_time(session: Session, today: date, zone: ZoneInfo, which: Sequence[Condition]) -> Share:
    rows = session.execute(
        sa.select(Decision.state, Decision.due_on, Decision.settled_at)
        .join(KeyResult, KeyResult.id == Decision.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .outerjoin(Escalation, Escalation.id == Decision.escalation_id)
        .where(Decision.state != DecisionState.DROPPED, decision_open_to(None), *which)
    ).all()
    done = [local_date_of(at, zone) <= due for state, due, at in rows if state is DecisionState.DONE and at is not None]
    late = sum(state is DecisionState.OPEN and due < today for state, due, _ in rows)
    return Share(sum(done), len(done) + late)


def _reviews(
    today: date, workspace: Workspace, teams: Sequence[Team], cycle: Cycle, histories: Sequence[CallHistory]
) -> Share:
    """A review is counted for each team before whose review something was open."""
    found = Share()
    if cycle.starts_on is None or cycle.ends_on is None:
        return found
    zone = ZoneInfo(workspace.time_zone)
    for team in teams:
        of_team = [one.by_days(zone) for one in histories if one.team_id == team.id]
        if not of_team:
            continue
        weekday = Weekday(team.meeting_on if team.meeting_on is not None else workspace.meeting_on)
        days = [day for day in review_days(cycle.starts_on, today, weekday) if day <= cycle.ends_on]
        counted = [one for one in held(days, of_team) if one.open_before]
        found += Share(sum(one.decisions > 0 for one in counted), len(counted))
    return found


# Made once: another name for a table copies all of its columns.
_newer = aliased(Answer)
