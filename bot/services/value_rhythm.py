"""How often a key result's value is asked for. Its owner, or a lead above, decides."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.value_rhythm import ValueRhythm
from bot.domain.cadence import Period, first_period_of_cycle, following, period_of, value_asked
from bot.domain.permissions import Action, may
from bot.services import access, audit
from bot.services.access import Caller
from bot.services.refusals import Reason, Refused
from models import CheckIn, Cycle, KeyResult, KeyResultRevision, KeyResultState, Member, Objective

MOST_WEEKS = 52


def view(session: Session, now: datetime, caller: Caller, key_result_id: int) -> ValueRhythm:
    """What the dialog shows. Raises `Refused`: it is not the caller's to decide, or it is closed."""
    _, key_result = _allowed(session, caller, key_result_id)
    return _shown(session, now, caller, key_result)


def choose(session: Session, now: datetime, caller: Caller, key_result_id: int, weeks: int) -> ValueRhythm:
    """Ask for the value every so many weeks (1 to 52; ValueError), from the next check-in on.

    Raises `Refused` as `view`. What the key result measures stays as it is, so this is no new revision of it.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise ValueError("a value is asked for once a year at least, and once a week at most")
    member, key_result = _allowed(session, caller, key_result_id, lock=True)
    definition = _definition(session, key_result)
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
    definition = _definition(session, key_result)
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


def _definition(session: Session, key_result: KeyResult) -> KeyResultRevision:
    return session.scalars(
        sa.select(KeyResultRevision).where(
            KeyResultRevision.key_result_id == key_result.id, KeyResultRevision.revision == key_result.revision
        )
    ).one()


def _allowed(session: Session, caller: Caller, key_result_id: int, *, lock: bool = False) -> tuple[Member, KeyResult]:
    wanted = sa.select(KeyResult).where(
        KeyResult.workspace_id == caller.workspace_id, KeyResult.id == key_result_id, KeyResult.archived_at.is_(None)
    )
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    key_result = session.scalar(wanted)
    member = access.member_of(session, caller)
    facts = access.key_result_facts(session, key_result) if key_result is not None else None
    # Who may not see it learns nothing about it, not even that it exists.
    if key_result is None or facts is None or not may(access.actor_of(member), Action.VIEW_KEY_RESULT, facts):
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    if not may(access.actor_of(member), Action.SET_VALUE_RHYTHM, facts):
        raise Refused(Reason.NOT_FOR_YOU, owner_id=facts.owner_id)
    if key_result.state is KeyResultState.CLOSED:
        raise Refused(Reason.KEY_RESULT_CLOSED, number=key_result.number)
    return member, key_result
