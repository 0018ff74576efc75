"""Cycles begin and end by the calendar of the organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cycles import CycleState
from bot.domain.localtime import instant_of
from bot.services import audit, planning
from models import Cycle, KeyResult, Objective, Workspace


def turn(session: Session, now: datetime, limit: int) -> int:
    """Begin what has begun and end what is over. Returns how many cycles changed.

    A cycle whose last day is over goes into closing: nobody is asked about it any more. One in planning whose first
    day has come becomes active, unless another one still is; one that never came to run is closed when its time is
    over. Days are counted in the organisation's zone.
    """
    if not any(at <= now for at in _turns(session)):
        return 0
    rows = _running(session, lock=True)
    active = {cycle.workspace_id for cycle, _ in rows if cycle.state is CycleState.ACTIVE}
    changed = 0
    for cycle, zone in rows:
        today = now.astimezone(ZoneInfo(zone)).date()
        starts_on, ends_on = _days(cycle)
        if cycle.state is CycleState.ACTIVE and ends_on < today:
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
    return min(_turns(session), default=None)


def _turns(session: Session) -> list[datetime]:
    """When each active cycle ends, and when each in planning begins (where nothing is in its way)."""
    rows = _running(session)
    busy = {cycle.workspace_id for cycle, _ in rows if cycle.state is CycleState.ACTIVE}
    turns: list[datetime] = []
    for cycle, name in rows:
        starts_on, ends_on = _days(cycle)
        zone = ZoneInfo(name)
        if cycle.state is CycleState.ACTIVE:
            turns.append(instant_of(ends_on + timedelta(days=1), time(0), zone))
        else:
            waits = cycle.workspace_id in busy
            turns.append(instant_of(ends_on + timedelta(days=1) if waits else starts_on, time(0), zone))
    return turns


def _running(session: Session, *, lock: bool = False) -> Sequence[sa.Row[Cycle, str]]:
    """Cycles with days that are active, then those in planning, with the organisation's zone."""
    query = (
        sa.select(Cycle, Workspace.time_zone)
        .join(Workspace, Workspace.id == Cycle.workspace_id)
        .where(
            Cycle.state.in_((CycleState.PLANNING, CycleState.ACTIVE)),
            Cycle.starts_on.is_not(None),
            Cycle.ends_on.is_not(None),
        )
        # Ends come before beginnings, so that one cycle can follow another on the same morning.
        .order_by(Cycle.state, Cycle.ends_on, Cycle.id)
    )
    return session.execute(query.with_for_update(of=Cycle, key_share=True) if lock else query).all()


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
    owners = session.scalars(
        sa.select(KeyResult.owner_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(Objective.cycle_id == cycle.id, KeyResult.owner_id.is_not(None))
        .distinct()
    ).all()
    planning.replan(session, now, [owner for owner in owners if owner is not None])
