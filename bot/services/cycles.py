"""Cycles begin and end by the calendar of the organisation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import cycle_is_told_until, digest_at, period_on
from bot.domain.cycles import CycleState
from bot.domain.localtime import instant_of
from bot.services import audit, departures, dependency_ladder, planning
from bot.services.rhythm import KeepsRhythm, OwnWeek, digest_week, rhythm_of
from models import Cycle, Objective, Team, Workspace
from models.base import table_of
from models.prepared import Prepared


def turn(session: Session, now: datetime, limit: int) -> int:
    """Begin what has begun and end what is over. Returns how many cycles changed.

    A cycle whose last day is over goes into closing, not before the digests of its last period were taken: what was
    asked on that week's Monday is answered, and read. What is due even then is excused. One in planning whose first day
    has come becomes active, unless another one still is; one that never came to run is closed when its time is over.
    Days are counted in the organisation's zone.

    One cycle is active at a time, so a successor begins when the one before it ends. Where the digest stands so late in
    the rhythm that the successor's first period has opened by then, its owners are asked right after that digest.
    """
    # Teams with a week of their own are looked through only where the organisation's alone says that it is time.
    if not any(at <= now for at in _turns(session, _not_told_before)):
        return 0
    if not any(at <= now for at in _turns(session, _told_until)):
        return 0
    # As `asking.hold`, but what somebody else holds now comes with the next tick: an import may take long.
    held = session.scalars(_FREE).all()
    # Another worker may have turned one since it was looked at without the lock.
    rows = session.execute(_HELD, {"workspace_ids": held}).all()
    active = {cycle.workspace_id for cycle, _ in rows if cycle.state is CycleState.ACTIVE}
    changed = 0
    for cycle, workspace in rows:
        today = now.astimezone(ZoneInfo(workspace.time_zone)).date()
        starts_on, ends_on = _days(cycle)
        if cycle.state is CycleState.ACTIVE and _is_told(session, now, cycle, workspace):
            _move(session, now, cycle, CycleState.CLOSING)
            active.discard(cycle.workspace_id)
        elif cycle.state is CycleState.PLANNING and ends_on < today:
            _move(session, now, cycle, CycleState.CLOSED)
        elif cycle.state is CycleState.PLANNING and starts_on <= today and cycle.workspace_id not in active:
            _move(session, now, cycle, CycleState.ACTIVE)
            active.add(cycle.workspace_id)
        else:
            continue
        changed += 1
        if changed == limit:
            break
    return changed


def next_turn(at: Session | sa.Connection) -> datetime | None:
    """The earliest instant at which `turn` has something to do; None where no cycle is waiting to begin or end."""
    return min(_turns(at, _told_until), default=None)


def may_turn(at: Session | sa.Connection) -> datetime | None:
    """As `next_turn`, or an instant before it, without a look at the teams."""
    return min(_turns(at, _not_told_before), default=None)


def _turns(
    at: Session | sa.Connection,
    told_until: Callable[[Session | sa.Connection, int, KeepsRhythm, date], datetime],
) -> list[datetime]:
    """When each active cycle ends, and when each in planning begins (where nothing is in its way)."""
    rows = [_Turning._make(row) for row in _RUNNING.rows(at, {})]
    busy = {row.workspace_id for row in rows if row.state is CycleState.ACTIVE}
    turns: list[datetime] = []
    for row in rows:
        if row.state is CycleState.ACTIVE:
            turns.append(told_until(at, row.workspace_id, row, row.ends_on))
        else:
            first = row.ends_on + timedelta(days=1) if row.workspace_id in busy else row.starts_on
            turns.append(instant_of(first, time(0), ZoneInfo(row.time_zone)))
    return turns


def _is_told(session: Session, now: datetime, cycle: Cycle, workspace: Workspace) -> bool:
    """Whether the last day is over and each digest of the last period was taken: a late one is waited for."""
    until = _told_until(session, workspace.id, workspace, _days(cycle)[1])
    waits_for_digest = sa.exists().where(Team.workspace_id == workspace.id, Team.next_digest_at <= until)
    return until <= now and not session.scalar(sa.select(waits_for_digest))


def _not_told_before(_at: Session | sa.Connection, _workspace_id: int, rhythm: KeepsRhythm, ends_on: date) -> datetime:
    """`_told_until`, or an instant before it: the organisation's own digest, without a look at the teams."""
    return cycle_is_told_until(ends_on, rhythm_of(rhythm), ZoneInfo(rhythm.time_zone))


def _told_until(at: Session | sa.Connection, workspace_id: int, rhythm: KeepsRhythm, ends_on: date) -> datetime:
    """When the last digest of a cycle is out: the organisation's, or that of a team with a week or zone of its own."""
    own = [digest_week(rhythm, OwnWeek(*row)) for row in _OWN_WEEKS.rows(at, {"workspace_id": workspace_id})]
    of_teams = [digest_at(period_on(ends_on), *one) for one in own]
    return max([_not_told_before(at, workspace_id, rhythm, ends_on), *of_teams])


def _days(cycle: Cycle) -> tuple[date, date]:
    assert cycle.starts_on is not None  # noqa: S101 - cycles with days are asked for
    assert cycle.ends_on is not None  # noqa: S101
    return cycle.starts_on, cycle.ends_on


def _move(session: Session, now: datetime, cycle: Cycle, state: CycleState) -> None:
    before = cycle.state
    cycle.state = state
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=cycle.workspace_id,
        actor_id=None,
        action=f"cycle.{state.value}",
        subject=cycle,
        detail={"before": before.value},
    )
    if before is CycleState.ACTIVE:
        # Held before members, as whoever answers holds them.
        dependency_ladder.look_at_cycle(session, now, cycle)
    if CycleState.ACTIVE in (before, state):
        planning.replan_cycle(session, now, cycle)
    if state is CycleState.ACTIVE:
        departures.left_before(session, now, Objective.cycle_id == cycle.id)


class _Turning(NamedTuple):
    """A cycle with days that is active or in planning, and its organisation's rhythm."""

    state: CycleState
    workspace_id: int
    starts_on: date
    ends_on: date
    opens_on: int
    opens_at: time
    closes_on: int
    closes_at: time
    digest_on: int
    digest_at: time
    note_at: time
    time_zone: str


# Made once: each tick asks for them.
_is_running = sa.and_(
    # As literals: the statement is prepared.
    Cycle.state.in_([sa.literal(one, Cycle.state.type) for one in (CycleState.PLANNING, CycleState.ACTIVE)]),
    Cycle.starts_on.is_not(None),
    Cycle.ends_on.is_not(None),
)
_RUNNING = Prepared(
    sa.select(
        *(table_of(Cycle).c[name] for name in _Turning._fields[:4]),
        *(table_of(Workspace).c[name] for name in _Turning._fields[4:]),
    )
    .join(Workspace, Workspace.id == Cycle.workspace_id)
    .where(_is_running)
)
_FREE = (
    sa.select(Workspace.id)
    .where(Workspace.id.in_(sa.select(Cycle.workspace_id).where(_is_running)))
    .order_by(Workspace.id)
    .with_for_update(skip_locked=True, key_share=True)
)
_HELD = (
    sa.select(Cycle, Workspace)
    .join(Workspace, Workspace.id == Cycle.workspace_id)
    .where(_is_running, Cycle.workspace_id.in_(sa.bindparam("workspace_ids", expanding=True)))
    # Ends come before beginnings, so that one cycle can follow another on the same morning.
    .order_by(Cycle.state, Cycle.ends_on, Cycle.id)
    .with_for_update(of=Cycle, key_share=True)
    .execution_options(populate_existing=True)
)
_OWN_WEEKS = Prepared(
    sa.select(Team.meeting_on, Team.digest_zone)
    .where(
        Team.workspace_id == sa.bindparam("workspace_id"),
        sa.or_(Team.meeting_on.is_not(None), Team.digest_zone.is_not(None)),
        Team.switched_on_at.is_not(None),
    )
    .distinct()
)
