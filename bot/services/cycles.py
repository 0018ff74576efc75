"""Cycles begin and end by the calendar of the organisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import cycle_is_told_until
from bot.domain.cycles import CycleState
from bot.domain.localtime import Weekday, instant_of
from bot.services import audit, planning
from bot.services.rhythm import rhythm_for
from models import Cycle, Team, Workspace


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
    rows = _running(session, lock=True)
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


def next_turn(session: Session) -> datetime | None:
    """The earliest instant at which `turn` has something to do; None where no cycle is waiting to begin or end."""
    return min(_turns(session, _told_until), default=None)


def _turns(session: Session, told_until: Callable[[Session, Workspace, date], datetime]) -> list[datetime]:
    """When each active cycle ends, and when each in planning begins (where nothing is in its way)."""
    rows = _running(session)
    busy = {cycle.workspace_id for cycle, _ in rows if cycle.state is CycleState.ACTIVE}
    turns: list[datetime] = []
    for cycle, workspace in rows:
        starts_on, ends_on = _days(cycle)
        zone = ZoneInfo(workspace.time_zone)
        if cycle.state is CycleState.ACTIVE:
            turns.append(told_until(session, workspace, ends_on))
        else:
            waits = cycle.workspace_id in busy
            turns.append(instant_of(ends_on + timedelta(days=1) if waits else starts_on, time(0), zone))
    return turns


def _is_told(session: Session, now: datetime, cycle: Cycle, workspace: Workspace) -> bool:
    """Whether the last day is over and each digest of the last period was taken: a late one is waited for."""
    until = _told_until(session, workspace, _days(cycle)[1])
    waits_for_digest = sa.exists().where(Team.workspace_id == workspace.id, Team.next_digest_at <= until)
    return until <= now and not session.scalar(sa.select(waits_for_digest))


def _not_told_before(_session: Session, workspace: Workspace, ends_on: date) -> datetime:
    """`_told_until`, or an instant before it: the organisation's own digest, without a look at the teams."""
    return cycle_is_told_until(ends_on, rhythm_for(workspace, None), ZoneInfo(workspace.time_zone))


def _told_until(session: Session, workspace: Workspace, ends_on: date) -> datetime:
    """When the last digest of a cycle is out: the organisation's, or that of a team with a week of its own."""
    zone = ZoneInfo(workspace.time_zone)
    exceptions = session.scalars(
        sa.select(Team.meeting_on)
        .where(Team.workspace_id == workspace.id, Team.meeting_on.is_not(None), Team.switched_on_at.is_not(None))
        .distinct()
    )
    meetings = [None, *(Weekday(one) for one in exceptions if one is not None)]
    return max(cycle_is_told_until(ends_on, rhythm_for(workspace, one), zone) for one in meetings)


def _running(session: Session, *, lock: bool = False) -> Sequence[sa.Row[Cycle, Workspace]]:
    """Cycles with days that are active, then those in planning, with the organisation's row."""
    return session.execute(_HELD if lock else _RUNNING).all()


def _days(cycle: Cycle) -> tuple[date, date]:
    assert cycle.starts_on is not None  # noqa: S101 - `_running` asks for cycles with days
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
    if CycleState.ACTIVE in (before, state):
        planning.replan_cycle(session, now, cycle)


# Made once: each tick asks for them.
_RUNNING = (
    sa.select(Cycle, Workspace)
    .join(Workspace, Workspace.id == Cycle.workspace_id)
    .where(
        Cycle.state.in_((CycleState.PLANNING, CycleState.ACTIVE)),
        Cycle.starts_on.is_not(None),
        Cycle.ends_on.is_not(None),
    )
    # Ends come before beginnings, so that one cycle can follow another on the same morning.
    .order_by(Cycle.state, Cycle.ends_on, Cycle.id)
)
# Another worker may have turned one since it was read without the lock.
_HELD = _RUNNING.with_for_update(of=Cycle, key_share=True).execution_options(populate_existing=True)
