"""Weeks that should have been opened, and were not."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import period
from bot.domain.digest import LATE_AFTER
from bot.domain.personal_week import opening
from bot.services.faults import STUMBLES
from bot.services.planning import AGAIN
from bot.services.schedules import Week, weeks_of
from models import Member


def openings(session: Session, now: datetime) -> int:
    """How many people of all workspaces should have been asked well before `now`, and were not.

    Either nobody looks what is due, or a fault of ours is in the way: then they are tried again every few minutes, so
    what tells is when their week opens by the rules, not when it is tried next.
    """
    waiting = session.scalars(sa.select(Member).where(Member.next_opening_at <= now + AGAIN)).all()
    try:
        weeks = weeks_of(session, waiting)
    except STUMBLES:
        # One of them is in the way: each for itself.
        weeks = {}
    return sum(_is_overdue(session, member, now, weeks.get(member.id)) for member in waiting)


def _is_overdue(session: Session, member: Member, now: datetime, week: Week | None) -> bool:
    if member.next_period is None or member.next_opening_at is None:
        return False
    if now - member.next_opening_at >= LATE_AFTER:
        return True
    try:
        week = week or weeks_of(session, [member])[member.id]
        return now - opening(period(member.next_period), week.rhythm, week.schedule).at >= LATE_AFTER
    except STUMBLES:
        # Not even its hour can be told.
        return True
