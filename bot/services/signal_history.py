"""What the rules of `bot/domain/signals/` read: teams' key results with their history, in a fixed number of queries.

Of the cycle that is running, of teams that are on, and as far as the reader may see it: what is limited is not counted
either. `viewer` null stands for the readers of a channel.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.domain.cadence import Period
from bot.domain.cadence import period as monday
from bot.domain.confidence import Confidence
from bot.domain.cycles import CycleDates, CycleState
from bot.domain.escalation import DecisionKind
from bot.domain.kinds import Kind
from bot.domain.localtime import local_date_of
from bot.domain.pace import Pace
from bot.domain.reviews import Call
from bot.domain.signals.history import History, Told
from bot.services import call_history
from bot.services.access import Caller
from bot.services.definitions import current_definition, is_only_a_baseline
from bot.services.still_open import decision_open_to
from bot.services.team_tree import held_or_shared_by
from bot.services.visibility import visible_to
from models import (
    Answer,
    Blocker,
    CheckIn,
    CheckInState,
    Cycle,
    Decision,
    DecisionState,
    Escalation,
    Initiative,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    MemberKind,
    Objective,
    Priority,
    Team,
)
from models.base import table_of


class Line(NamedTuple):
    """A key result with all that it stands on. `is_active`: not a draft. `owner_is_here`: a full member who has not
    left."""

    id: int
    number: int
    name: str
    kind: Kind
    unit: str
    start: Decimal | None
    is_active: bool
    owner_id: int | None
    owner_is_here: bool
    initiatives: int
    objective_id: int
    objective: str
    priority_id: int | None
    team_id: int
    team: str
    starts_on: date
    ends_on: date


class Wait(NamedTuple):
    """An open blocker by another team."""

    key_result_id: int
    team_id: int
    team: str
    since: date


def key_results(session: Session, viewer: Caller | None, team_ids: Collection[int]) -> list[Line]:
    """The active and drafted key results of objectives that these teams hold or share, by team and number."""
    initiatives = (
        sa.select(sa.func.count(Initiative.id))
        .where(Initiative.key_result_id == KeyResult.id, Initiative.archived_at.is_(None))
        .scalar_subquery()
    )
    # One that was archived is no priority any more.
    serves = (
        sa.select(Priority.id)
        .where(Priority.id == Objective.priority_id, Priority.archived_at.is_(None))
        .scalar_subquery()
    )
    here = sa.and_(Member.deactivated_at.is_(None), Member.kind == MemberKind.FULL)
    rows = session.execute(
        sa.select(
            KeyResult.id,
            KeyResult.number,
            sa.func.coalesce(KeyResultRevision.metric, KeyResultRevision.text),
            KeyResultRevision.kind,
            KeyResultRevision.unit,
            KeyResultRevision.start,
            KeyResult.state,
            KeyResult.owner_id,
            sa.case((here, 1), else_=0),
            initiatives,
            Objective.id,
            Objective.title,
            serves,
            Objective.team_id,
            Team.name,
            Cycle.starts_on,
            Cycle.ends_on,
        )
        .select_from(KeyResult)
        .join(KeyResultRevision, current_definition())
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .join(Team, Team.id == Objective.team_id)
        .outerjoin(Member, Member.id == KeyResult.owner_id)
        .where(
            *_is_running(),
            KeyResult.state != KeyResultState.CLOSED,
            held_or_shared_by(team_ids),
            visible_to(viewer),
        )
        .order_by(Team.name, KeyResult.number)
    )
    return [
        Line(id_, number, name, kind, unit, start, state is KeyResultState.ACTIVE, owner_id, bool(is_here), *rest)
        for id_, number, name, kind, unit, start, state, owner_id, is_here, *rest in rows
    ]


def histories(
    session: Session, lines: Sequence[Line], *, today: date, now: datetime, until: Period, by_the_end: Decimal
) -> list[History]:
    """The check-ins of each of these in its cycle, up to and with the period `until`; `by_the_end` as in `Pace`.

    What is excused, and what can still be answered at `now`, is not among them; nor is what was said of a measure that
    turned out to be the wrong one: the history of the new measure starts with it.
    """
    told = _told(session, lines, now, until)
    return [
        History(
            key_result_id=line.id,
            kind=line.kind,
            told=told.get(line.id, ()),
            pace=Pace(CycleDates(line.starts_on, line.ends_on), by_the_end),
            today=today,
        )
        for line in lines
    ]


def changes(session: Session, lines: Sequence[Line], zone: ZoneInfo) -> dict[int, list[tuple[int, date]]]:
    """By team id: the key result and the day of each definition that was added or changed in the cycle.

    A baseline that was missing, and is given, is no change.
    """
    if not lines:
        return {}
    teams = {line.id: line.team_id for line in lines}
    since = datetime.combine(min(line.starts_on for line in lines), datetime.min.time(), zone)
    rows = session.execute(
        sa.select(_new.key_result_id, _new.created_at)
        .outerjoin(_old, sa.and_(_old.key_result_id == _new.key_result_id, _old.revision == _new.revision - 1))
        .where(_new.key_result_id.in_(teams), _new.created_at >= since, ~is_only_a_baseline(_old, _new))
        .order_by(_new.id)
    )
    found: dict[int, list[tuple[int, date]]] = {}
    for key_result_id, created_at in rows:
        found.setdefault(teams[key_result_id], []).append((key_result_id, local_date_of(created_at, zone)))
    return found


def owned(session: Session, viewer: Caller | None, member_ids: Collection[int]) -> dict[int, int]:
    """By member id: how many active key results they drive, in all teams, as far as the reader may see them."""
    rows = session.execute(
        sa.select(KeyResult.owner_id, sa.func.count())
        .select_from(KeyResult)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .join(Team, Team.id == Objective.team_id)
        .where(
            *_is_running(),
            KeyResult.state == KeyResultState.ACTIVE,
            KeyResult.owner_id.in_(member_ids),
            visible_to(viewer),
        )
        .group_by(KeyResult.owner_id)
    )
    return {owner_id: count for owner_id, count in rows if owner_id is not None}


def calls(session: Session, lines: Sequence[Line], zone: ZoneInfo) -> list[Call]:
    """The escalations about these key results that were opened in their cycle, the oldest first."""
    if not lines:
        return []
    since = datetime.combine(min(line.starts_on for line in lines), datetime.min.time(), zone)
    of_lines = Escalation.key_result_id.in_([line.id for line in lines])
    return [one.by_days(zone) for one in call_history.calls(session, of_lines, Escalation.opened_at >= since)]


def overdue(session: Session, lines: Sequence[Line], today: date) -> list[int]:
    """The key result of each decision that is open past its day."""
    return list(
        session.scalars(
            sa.select(Decision.key_result_id)
            .outerjoin(Escalation, Escalation.id == Decision.escalation_id)
            .where(
                Decision.key_result_id.in_([line.id for line in lines]),
                Decision.state == DecisionState.OPEN,
                Decision.due_on < today,
                decision_open_to(None),
            )
        ).all()
    )


def waits(session: Session, lines: Sequence[Line], zone: ZoneInfo) -> list[Wait]:
    """Which of these key results wait for another team, since when."""
    rows = session.execute(
        sa.select(Blocker.key_result_id, Team.id, Team.name, Blocker.opened_at)
        .join(Team, Team.id == Blocker.by_team_id)
        .where(Blocker.key_result_id.in_([line.id for line in lines]), Blocker.cleared_at.is_(None))
        .order_by(Team.name, Blocker.id)
    )
    return [Wait(one, team_id, team, local_date_of(opened_at, zone)) for one, team_id, team, opened_at in rows]


def has_priorities(session: Session, workspace_id: int) -> bool:
    """Whether the organisation has named any."""
    named = sa.exists().where(Priority.workspace_id == workspace_id, Priority.archived_at.is_(None))
    return bool(session.scalar(sa.select(named)))


def _told(session: Session, lines: Sequence[Line], now: datetime, until: Period) -> Mapping[int, Sequence[Told]]:
    if not lines:
        return {}
    since = min(line.starts_on for line in lines)
    begun = {line.id: line.starts_on for line in lines}
    rows = session.execute(_TOLD, {"ids": list(begun), "since": since, "until": until})
    found: dict[int, list[Told]] = {}
    for key_result_id, of_period, state, closes_at, confidence, value, score, length in rows:
        is_over = state is CheckInState.MISSED or (state is CheckInState.DUE and closes_at <= now)
        if of_period < begun[key_result_id] or not (is_over or state is CheckInState.ANSWERED):
            continue
        answered = confidence if state is CheckInState.ANSWERED else None
        found.setdefault(key_result_id, []).append(_as_told(of_period, answered, value, score, length))
    return found


def _as_told(
    of_period: date, confidence: Confidence | None, value: Decimal | None, score: Decimal | None, length: int | None
) -> Told:
    if confidence is None:
        return Told(monday(of_period))
    return Told(monday(of_period), confidence, value, score, length or 0)


def _is_running() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        KeyResult.archived_at.is_(None),
        Objective.archived_at.is_(None),
        Cycle.state == CycleState.ACTIVE,
        Team.switched_on_at.is_not(None),
        Team.archived_at.is_(None),
    )


# Made once, over tables: a history has many rows.

_check_in, _answer = table_of(CheckIn), table_of(Answer)
_newer = _answer.alias("newer")
_texts = (_answer.c.changed, _answer.c.working, _answer.c.next_move, _answer.c.need, _answer.c.plan)
_length = sum((sa.func.length(one) for one in _texts[1:]), sa.func.length(_texts[0]))

# Which definition brought the measure that counts, and when, where another one turned out to be wrong.
_revision, _decision = table_of(KeyResultRevision), table_of(Decision)
_measure = (
    sa.select(
        _revision.c.key_result_id,
        sa.func.max(_revision.c.revision).label("revision"),
        sa.func.max(_revision.c.created_at).label("at"),
    )
    .join(_decision, _decision.c.id == _revision.c.decision_id)
    .where(
        _revision.c.key_result_id.in_(sa.bindparam("ids", expanding=True)),
        _decision.c.kind == DecisionKind.WRONG_MEASURE,
    )
    .group_by(_revision.c.key_result_id)
    .subquery()
)
_is_of_the_measure = sa.case(
    (_measure.c.revision.is_(None), sa.true()),
    (_answer.c.id.is_not(None), _answer.c.definition >= _measure.c.revision),
    else_=_check_in.c.closes_at > _measure.c.at,
)

_TOLD = (
    sa.select(
        _check_in.c.key_result_id,
        _check_in.c.period,
        _check_in.c.state,
        _check_in.c.closes_at,
        _answer.c.confidence,
        _answer.c.value,
        _answer.c.score,
        _length,
    )
    .select_from(_check_in)
    .outerjoin(
        _answer,
        sa.and_(
            _answer.c.check_in_id == _check_in.c.id,
            ~sa.exists().where(_newer.c.check_in_id == _answer.c.check_in_id, _newer.c.revision > _answer.c.revision),
        ),
    )
    .outerjoin(_measure, _measure.c.key_result_id == _check_in.c.key_result_id)
    .where(
        _check_in.c.key_result_id.in_(sa.bindparam("ids", expanding=True)),
        _is_of_the_measure,
        _check_in.c.period.between(sa.bindparam("since"), sa.bindparam("until")),
    )
    .order_by(_check_in.c.key_result_id, _check_in.c.period)
)


# Made once: another name for a table copies all of its columns.
_old, _new = aliased(KeyResultRevision), aliased(KeyResultRevision)
