"""The weeks before the visitor comes: everybody was asked, answered as the chronicle says, and got their digest.

Okra itself plans, reports and escalates as the clock passes over these weeks. What people said goes straight to the
services that their dialogs would have called, checked by the same rules, and a little before they are asked: a prompt
with nothing left to ask does not leave. So weeks take seconds, and who left something open still has their prompts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.demo.chronicle import Does, Help, Said, chronicle
from bot.demo.town import Town
from bot.domain.cadence import Period, following
from bot.domain.localtime import instant_of
from bot.domain.validation import CheckInInput, Invalid, KeyResultFacts, validate
from bot.services import blocking, checkin, decisions, escalation, lead_note
from bot.services.access import Caller
from bot.services.definitions import current_definition
from models import (
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    KeyResult,
    KeyResultRevision,
    Member,
    PostKind,
    Team,
)

# By people's own clocks.
ANSWERS_AT = time(8, 40)
HELPS_AT = time(15, 30)
# By London's: on Tuesday evening New York's lead has had her note, too.
SHIFTS_AT = time(20)
DIGEST_IS_READ_AT = time(11)
LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class _Event:
    at: datetime
    happens: Callable[[Session, datetime], None]


def live_through(town: Town, first: Period, last: Period) -> None:
    """Let these weeks pass, both included, up to the morning after the last one's digest."""
    week = first
    while week <= last:
        for event in sorted(_events(town, week), key=lambda one: one.at):
            town.time.advance_to(event.at)
            with town.program.runtime.write() as session:
                event.happens(session, town.now())
        town.time.advance_to(instant_of(week + timedelta(days=2), DIGEST_IS_READ_AT, LONDON))
        week = following(week)


def _events(town: Town, week: Period) -> Iterator[_Event]:
    for zone in town.zones():
        at = instant_of(week, ANSWERS_AT, ZoneInfo(zone))
        yield _Event(at, lambda session, now, zone=zone: _answer(session, now, town.workspace_id, week, zone))  # type: ignore[misc]
    for one in chronicle().helped(week, following(week)):
        yield _Event(_late(town, one.who, one.on), lambda session, now, one=one: _help(session, now, town, one))  # type: ignore[misc]
    for one in chronicle().help:
        if one.done is not None and week <= one.done < following(week):
            yield _Event(_late(town, one.owner, one.done), lambda session, now, one=one: _done(session, now, town, one))  # type: ignore[misc]
    tuesday = week + timedelta(days=1)
    yield _Event(instant_of(tuesday, SHIFTS_AT, LONDON), lambda session, now: _shift(session, now, town, week))


def _late(town: Town, name: str, day: date) -> datetime:
    return instant_of(day, HELPS_AT, ZoneInfo(town.zone_of(name)))


def _answer(session: Session, now: datetime, workspace_id: int, week: Period, zone: str) -> None:
    """Everybody of a zone answers what they were asked, as far as the chronicle has something."""
    rows = session.execute(
        sa.select(KeyResult, KeyResultRevision, Member.id)
        .join(KeyResultRevision, current_definition())
        .join(Member, Member.id == KeyResult.owner_id)
        .where(KeyResult.workspace_id == workspace_id, Member.time_zone == zone)
        .order_by(KeyResult.number)
    ).all()
    for key_result, definition, owner_id in rows:
        said = chronicle().said(key_result.import_key, week)
        if said is None:
            continue
        caller = Caller(workspace_id, owner_id)
        checkin.record(
            session,
            now,
            caller=caller,
            key_result_id=key_result.id,
            period=week,
            said=_checked(session, caller, definition, said),
        )


def _checked(session: Session, caller: Caller, definition: KeyResultRevision, said: Said) -> checkin.Said:
    """What the dialog makes of what is typed into it."""
    typed = CheckInInput(
        value_text=said.value,
        start_text=said.start if definition.start is None else "",
        confidence=said.colour,
        changed=said.changed,
        working=said.working,
        blocked_by=said.blocked_by,
        next_move=said.next_move,
        need=said.need,
        plan=said.plan,
    )
    facts = KeyResultFacts(definition.kind, definition.unit, definition.start, definition.target)
    checked = validate(typed, facts)
    assert not isinstance(checked, Invalid), (definition.text, checked)  # noqa: S101 - our own file
    by = blocking.meant(session, caller, said.blocked_by)
    return checkin.Said.of(
        checked,
        blocked_by=blocking.parse_choice(session, caller.workspace_id, by.value) if by is not None else None,
        wants_help=said.wants_help,
    )


def _help(session: Session, now: datetime, town: Town, one: Help) -> None:
    caller = town.caller(session, one.who)
    escalation_id = session.scalars(
        sa.select(Escalation.id)
        .join(KeyResult, KeyResult.id == Escalation.key_result_id)
        .where(KeyResult.import_key == one.about, Escalation.resolved_at.is_(None))
    ).one()
    match one.does:
        case Does.TAKE:
            escalation.take(session, now, caller=caller, escalation_id=escalation_id)
        case Does.REVIEW:
            escalation.take_to_review(session, now, caller=caller, escalation_id=escalation_id)
        case Does.RESOLVE:
            escalation.resolve(session, now, caller=caller, escalation_id=escalation_id)
        case Does.DECIDE:
            owner = town.caller(session, one.owner)
            draft = decisions.Draft(one.text, owner.member_id, one.due)
            decisions.decide(session, now, caller=caller, escalation_id=escalation_id, draft=draft)


def _done(session: Session, now: datetime, town: Town, one: Help) -> None:
    decision_id = session.scalars(sa.select(Decision.id).where(Decision.text == one.text)).one()
    decisions.done(session, now, caller=town.caller(session, one.owner), decision_id=decision_id)


def _shift(session: Session, now: datetime, town: Town, week: Period) -> None:
    """The leads answer their notes."""
    rows = session.execute(
        sa.select(Delivery.id, Team.name, Team.lead_id)
        .join(Team, Team.id == Delivery.team_id)
        .where(Delivery.kind == PostKind.LEAD_NOTE, Delivery.period == week, Delivery.state == DeliveryState.SENT)
    ).all()
    for note_id, team, lead_id in rows:
        text = chronicle().shift(team, week)
        if text is not None and lead_id is not None:
            lead_note.answer(session, now, Caller(town.workspace_id, lead_id), note_id, text)
