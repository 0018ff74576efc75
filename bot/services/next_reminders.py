"""When somebody is reminded next: planned with their opening, and anew where something has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period
from bot.domain.personal_week import Opening
from bot.domain.reminding import next_reminder, reminders
from bot.services.asked_members import Whom
from bot.services.asking import Asked
from bot.services.schedules import Week, weeks_of
from models import CheckIn, CheckInState, Member


def told_at(asked: Sequence[Asked], after: datetime) -> datetime | None:
    """When the first of the leads is told what is open, after an instant; null where none is."""
    return min((one.note_at for one in asked if one.note_at is not None and one.note_at > after), default=None)


def remind_again(owner: Member, found: Opening, told: datetime | None, week: Week) -> None:
    """Who waits for no reminder, because all was answered, is reminded of what has come since."""
    if owner.reminder_period is None:
        at = next_reminder(
            found.at, sent=0, asked_at=found.at, closes_at=found.closes_at, told_at=told, schedule=week.schedule
        )
        owner.next_reminder_at, owner.reminder_period = at, found.period if at is not None else None


def remind_anew(
    session: Session,
    now: datetime,
    members: Sequence[Member],
    owing: Mapping[int, Sequence[Asked]],
    weeks: Mapping[int, Week],
) -> None:
    """A planned reminder moves with zone, hours and leave; the tick then looks what is still open."""
    planned = {member.id: member for member in members if member.reminder_period is not None}
    if not planned:
        return
    open_ones = session.execute(
        sa.select(CheckIn.owner_id, sa.func.min(CheckIn.opens_at), sa.func.max(CheckIn.closes_at))
        .join(Member, sa.and_(Member.id == CheckIn.owner_id, Member.reminder_period == CheckIn.period))
        .where(CheckIn.owner_id.in_(planned), CheckIn.state == CheckInState.DUE)
        .group_by(CheckIn.owner_id)
    ).all()
    spans = {owner_id: (opens, closes) for owner_id, opens, closes in open_ones}
    for member_id, member in planned.items():
        if member_id not in spans or not member.may_take_part:
            member.next_reminder_at = member.reminder_period = None
            continue
        opens, closes = spans[member_id]
        at = next_reminder(
            now,
            sent=0,
            asked_at=opens,
            closes_at=closes,
            told_at=told_at(owing.get(member_id, ()), opens),
            schedule=weeks[member_id].schedule,
        )
        member.next_reminder_at, member.reminder_period = at, member.reminder_period if at is not None else None


def remind_who_stands_in(session: Session, now: datetime, whom: Sequence[tuple[Whom, Period, datetime]]) -> None:
    """Who owns nothing and answers for somebody else is reminded once, at the last moment that leaves them time for it.

    Their own opening reminds all others. A cover whose row somebody else holds at this moment goes without.
    """
    wanted = {
        member.id: (member, this, at)
        for member, this, at in whom
        if member.next_period is None and member.reminder_period is None and member.may_take_part
    }
    if not wanted:
        return
    free = session.scalars(
        sa.select(Member).where(Member.id.in_(wanted)).with_for_update(skip_locked=True, key_share=True)
    ).all()
    weeks = weeks_of(session, free)
    closings: dict[tuple[int, date], datetime] = {
        (owner_id, this): closes
        for owner_id, this, closes in session.execute(
            sa.select(CheckIn.owner_id, CheckIn.period, sa.func.max(CheckIn.closes_at))
            .where(CheckIn.owner_id.in_([member.id for member in free]), CheckIn.state == CheckInState.DUE)
            .group_by(CheckIn.owner_id, CheckIn.period)
        )
    }
    for member in free:
        _, this, at = wanted[member.id]
        closes = closings.get((member.id, this))
        last = reminders(at, closes, None, weeks[member.id].schedule)[-1:] if closes is not None else ()
        if last and last[0] > now:
            member.next_reminder_at, member.reminder_period = last[0], this
