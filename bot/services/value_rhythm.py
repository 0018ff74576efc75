"""How often a key result's value is asked for. Its owner, or a lead above, decides."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.value_rhythm import ValueRhythm
from bot.domain.cadence import Period, first_period_of_cycle, following, period_of, value_asked
from bot.domain.permissions import Action
from bot.services import access, audit
from bot.services.access import Caller
from bot.services.definitions import definition_of
from models import CheckIn, Cycle, KeyResult, Objective

MOST_WEEKS = 52


def view(session: Session, now: datetime, caller: Caller, key_result_id: int) -> ValueRhythm:
    """What the dialog shows. Raises `Refused`: it is not the caller's to decide, or it is closed."""
    _, key_result = access.key_result_for(session, caller, key_result_id, Action.SET_VALUE_RHYTHM)
    return _shown(session, now, caller, key_result)


def choose(session: Session, now: datetime, caller: Caller, key_result_id: int, weeks: int) -> ValueRhythm:
    """Ask for the value every so many weeks (1 to 52; ValueError), from the next check-in on.

    Raises `Refused` as `view`. What the key result measures stays as it is, so this is no new revision of it.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise ValueError("a value is asked for once a year at least, and once a week at most")
    member, key_result = access.key_result_for(session, caller, key_result_id, Action.SET_VALUE_RHYTHM, lock=True)
    definition = definition_of(session, key_result)
    before, definition.value_every_weeks = definition.value_every_weeks, weeks
    session.flush()
    if before != weeks:
        audit.record(
            session,
            now,
            workspace_id=key_result.workspace_id,
            actor_id=member.id,
            actor_name=member.name,
            action="key_result.value_rhythm_changed",
            subject=key_result,
            detail={"from": before, "to": weeks},
        )
    return _shown(session, now, caller, key_result)


def _shown(session: Session, now: datetime, caller: Caller, key_result: KeyResult) -> ValueRhythm:
    definition = definition_of(session, key_result)
    return ValueRhythm(
        key_result_id=key_result.id,
        number=key_result.number,
        name=definition.metric or definition.text,
        weeks=definition.value_every_weeks,
        next_week=_next_week(session, now, caller, key_result, definition.value_every_weeks),
    )


def _next_week(session: Session, now: datetime, caller: Caller, key_result: KeyResult, weeks: int) -> Period | None:
    """The first week in which the value is asked for whose check-in has not opened."""
    starts_on, ends_on = session.execute(
        sa.select(Cycle.starts_on, Cycle.ends_on)
        .join(Objective, Objective.cycle_id == Cycle.id)
        .where(Objective.id == key_result.objective_id)
    ).one()
    if starts_on is None or ends_on is None:
        return None
    first = first_period_of_cycle(starts_on)
    this = max(period_of(now, ZoneInfo(access.member_of(session, caller).time_zone)), first)
    opened = set(
        session.scalars(sa.select(CheckIn.period).where(CheckIn.key_result_id == key_result.id, CheckIn.period >= this))
    )
    while this <= ends_on:
        if this not in opened and value_asked(this, first, weeks):
            return this
        this = following(this)
    return None
