"""Reading a team's week for its digest, in a fixed number of queries whatever the number of key results.

What a digest covers, at every level: the objectives that its team holds or shares, and those of the teams beneath it
that are on. So a team without teams beneath reads about itself, a department about itself and its teams, the company
about all of them; own key results come first, and the counts take in everything. Key results that are limited to a
team or to named people (or whose objective is) are left out altogether, counts included: a channel has many readers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.standing import Standing
from bot.domain.cadence import Period, digest_at
from bot.domain.confidence import Confidence
from bot.domain.digest import Call, KeyResultLine, MadeDecision, OverdueDecision, Snapshot
from bot.domain.health import Health, is_told_monthly
from bot.domain.localtime import local_date_of
from bot.domain.organisation import Level
from bot.services import health, signals
from bot.services.asking import only_asked_about
from bot.services.between_teams import waiting_now
from bot.services.digest_noted import noted_since, settled_since
from bot.services.digest_told import told_since
from bot.services.digest_weeks import pace_of, weeks_of_cycle
from bot.services.rhythm import digest_week
from bot.services.standing import colours, standings_and_answers
from bot.services.still_open import (
    OpenDecision,
    OpenEscalation,
    decisions_since,
    open_decisions,
    open_escalations,
)
from bot.services.team_tree import held_or_shared_by, teams_of
from bot.services.visibility import visible_to
from models import CheckIn, CheckInState, Digest, KeyResult, Objective, ObjectiveTeam, StopOrShift, Team, Workspace


@dataclass(frozen=True)
class Covered:
    """A key result that a digest covers: which team holds it, and whether it is the digest's own team's."""

    key_result_id: int
    owner_id: int | None
    team_id: int
    team: str
    is_own: bool


def read(session: Session, now: datetime, team: Team, period: Period) -> Snapshot:
    """The team's week as it is at `now`."""
    teams = teams_of(session, team)
    covered = covered_by(session, team, teams)
    stands, answers = standings_and_answers(session, [one.key_result_id for one in covered], period)
    states = check_in_states(session, [one.key_result_id for one in covered], period)
    leaders = {one.lead_id for one in teams if one.lead_id is not None}
    team_ids = [one.id for one in teams]
    workspace = session.get_one(Workspace, team.workspace_id)
    week = digest_week(workspace, team)
    zone = week.zone
    today = local_date_of(now, zone)
    before = told_since(session, team, period, week)
    pace = pace_of(session, workspace)
    settled = settled_since(session, team_ids, before, now)
    calls = open_escalations(session, None, team_ids)
    no_longer_open = {one.decision_id for one in settled}
    made = [
        one
        for one in decisions_since(session, team_ids, before, now, today)
        if not one.is_overdue and one.decision_id not in no_longer_open
    ]
    told_of = [*(one.key_result_id for one in calls), *(one.key_result_id for one in made)]
    coloured = _colours(session, stands, told_of, period)
    scored = [key_result_id for key_result_id, one in stands.items() if one.kind.is_scored]
    return Snapshot(
        team=team.name,
        team_id=team.id,
        has_teams=len(teams) > 1,
        weeks=weeks_of_cycle(pace, period, today, answers, scored) if pace is not None else (),
        ends_on=pace.cycle.ends_on if pace is not None else None,
        period=period,
        taken_on=today,
        key_results=tuple(
            _line(one, stands[one.key_result_id], states.get(one.key_result_id), one.owner_id in leaders)
            for one in covered
        ),
        calls=tuple(_call(one, zone, today, coloured.get(one.key_result_id)) for one in calls),
        decided=tuple(_made(one, coloured.get(one.key_result_id)) for one in made),
        overdue=tuple(_overdue(one) for one in open_decisions(session, team_ids, today) if one.is_overdue),
        noted=noted_since(session, team_ids, before, now),
        settled=settled,
        stop_or_shift=session.scalar(
            sa.select(StopOrShift.text).where(StopOrShift.team_id == team.id, StopOrShift.period == period)
        ),
        waiting=waiting_now(session, None, team_ids, zone),
        signal=signals.firing(session, now, workspace, teams, viewer=None, this=period).speaking(period),
        health=_health(session, now, team, teams, today),
    )


def hold(session: Session, now: datetime, team: Team, period: Period) -> bool:
    """Hold what the team's digest tells of until the transaction ends; False where somebody is answering some of it.

    An answer holds its key result as well: one that began before the hour is waited for, and one that comes later finds
    that the digest was taken. What another team answers until a later hour of its own is not held.
    """
    workspace = session.get_one(Workspace, team.workspace_id)
    covered = covered_by(session, team, teams_of(session, team))
    holders = session.scalars(sa.select(Team).where(Team.id.in_({one.team_id for one in covered}))).all()
    over = {one.id for one in holders if digest_at(period, *digest_week(workspace, one)) <= now}
    wanted = [one.key_result_id for one in covered if one.team_id in over]
    held = session.scalars(
        sa.select(KeyResult.id)
        .where(KeyResult.id.in_(wanted))
        .order_by(KeyResult.id)
        .with_for_update(read=True, skip_locked=True)
    ).all()
    return len(held) == len(wanted)


def _health(session: Session, now: datetime, team: Team, teams: Sequence[Team], today: date) -> Health | None:
    """How the programme goes: in the company's first digest of a month."""
    if team.level is not Level.COMPANY or not is_told_monthly(today):
        return None
    cycle = health.newest_cycle(session, team.workspace_id)
    return health.read(session, now, team, teams, cycle, viewer=None) if cycle is not None else None


def covered_by(session: Session, team: Team, teams: Collection[Team]) -> list[Covered]:
    """What the digest of `team` covers (see above): its own first, then by team and number."""
    team_ids = [one.id for one in teams]
    shared_with = sa.select(ObjectiveTeam.team_id).where(ObjectiveTeam.objective_id == Objective.id)
    own = sa.or_(Objective.team_id == team.id, sa.literal(team.id).in_(shared_with)).label("own")
    rows = session.execute(
        only_asked_about(sa.select(KeyResult.id, KeyResult.owner_id, Team.id, Team.name, own))
        .where(held_or_shared_by(team_ids), visible_to(None))
        .order_by(own.desc(), Team.name, KeyResult.number)
    )
    return [
        Covered(key_result_id, owner_id, team_id, name, bool(is_own))
        for key_result_id, owner_id, team_id, name, is_own in rows
    ]


def check_in_states(session: Session, key_result_ids: Collection[int], period: Period) -> Mapping[int, CheckInState]:
    """By key result id, of those that have a check-in in this period."""
    rows = session.scalars(
        sa.select(CheckIn).where(CheckIn.period == period, CheckIn.key_result_id.in_(key_result_ids))
    ).all()
    return {row.key_result_id: row.state for row in rows}


class CheckedIn(NamedTuple):
    """How many of the check-ins that the digest counts are answered, and how many there are; excused ones are not. And
    how many of those that are open are held by other teams. `covered`: the ids of the key results that it tells of."""

    answered: int
    asked: int
    elsewhere: int
    covered: frozenset[int]


def checked_in(session: Session, team: Team, period: Period) -> CheckedIn:
    """What the digest of a team would count as things are."""
    covered = covered_by(session, team, teams_of(session, team))
    states = check_in_states(session, [one.key_result_id for one in covered], period)
    counted = [state for state in states.values() if state is not CheckInState.EXCUSED]
    open_ones = {of for of, state in states.items() if state in (CheckInState.DUE, CheckInState.MISSED)}
    elsewhere = sum(one.key_result_id in open_ones for one in covered if one.team_id != team.id)
    ids = frozenset(one.key_result_id for one in covered)
    return CheckedIn(counted.count(CheckInState.ANSWERED), len(counted), elsewhere, ids)


def was_taken(session: Session, team_id: int, period: Period) -> bool:
    """Whether the digest has been taken: from then on nothing changes what it says."""
    return bool(session.scalar(sa.select(sa.exists().where(Digest.team_id == team_id, Digest.period == period))))


def _line(one: Covered, stands: Standing, state: CheckInState | None, is_leaders: bool) -> KeyResultLine:
    return KeyResultLine(
        key_result_id=one.key_result_id,
        number=stands.number,
        name=stands.name,
        team_id=one.team_id,
        team=one.team,
        is_own=one.is_own,
        is_leaders=is_leaders,
        owner=stands.owner_name or "",
        is_scored=stands.kind.is_scored,
        was_asked=state not in (None, CheckInState.EXCUSED),
        was_answered=state is CheckInState.ANSWERED,
        confidence=stands.confidence,
        score=stands.score,
        # Where this week brought no answer, the score is still last week's.
        last_score=stands.last_score if state is CheckInState.ANSWERED else stands.score,
        answer_id=stands.answer_id,
        scores=stands.scores,
    )


def _colours(
    session: Session, stands: Mapping[int, Standing], key_result_ids: Sequence[int], period: Period
) -> Mapping[int, Confidence | None]:
    """By key result id. A request for help outlives its cycle, so not all are among those that are covered (`stands`).
    Of these it is the newest answer's, as its thread says it."""
    beside = sorted({one for one in key_result_ids if one not in stands})
    covered = {one: stands[one].confidence for one in key_result_ids if one in stands}
    return covered | colours(session, beside, period)


def _call(one: OpenEscalation, zone: ZoneInfo, today: date, confidence: Confidence | None) -> Call:
    return Call(
        escalation_id=one.escalation_id,
        key_result_id=one.key_result_id,
        number=one.number,
        name=one.metric or one.text,
        confidence=confidence,
        state=one.state,
        taken_by=one.taken_by_name,
        need=one.need,
        blocked_by=one.blocked_by,
        asked_slack_id=one.asked_slack_id,
        since=local_date_of(one.opened_at, zone),
        link=one.link,
        back_from=one.back_from(today),
    )


def _made(one: OpenDecision, confidence: Confidence | None) -> MadeDecision:
    return MadeDecision(
        decision_id=one.decision_id,
        key_result_id=one.key_result_id,
        number=one.number,
        name=one.metric or one.key_result_text,
        confidence=confidence,
        text=one.text,
        owner=one.owner_name,
        due_on=one.due_on,
        link=one.link,
        kind=one.kind,
    )


def _overdue(one: OpenDecision) -> OverdueDecision:
    return OverdueDecision(
        decision_id=one.decision_id,
        key_result_id=one.key_result_id,
        number=one.number,
        text=one.text,
        owner=one.owner_name,
        due_on=one.due_on,
        link=one.link,
    )
