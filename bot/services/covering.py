"""Covering: who stands in for somebody who is away, from when they are asked and until when they can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.domain.cadence import Period, period
from bot.domain.excuses import Excuse
from bot.domain.localtime import local_date_of
from bot.domain.personal_week import Opening, is_away_until, opening
from bot.services.asked_members import COLUMNS, Due, Whom
from bot.services.schedules import Week, weeks_of
from models import CheckIn, CheckInState, Member
from models.base import table_of
from models.prepared import Listed


@dataclass(frozen=True)
class Cover:
    """Somebody who can stand in, with their own week."""

    member: Whom
    week: Week


@dataclass(frozen=True)
class Covered:
    """Somebody stands in for a period: from when they are asked, and until when they can answer; in UTC."""

    member: Whom
    at: datetime
    closes_at: datetime


def cover_of(session: Session, member_id: int | None, closes: datetime, now: datetime) -> Covered | None:
    """How a member would stand in for a period that closes then; None where they cannot: they are away too, or left."""
    member = session.get(Member, member_id) if member_id is not None else None
    if member is None or not member.may_take_part:
        return None
    cover = Cover(member, weeks_of(session, [member])[member.id])
    at = cover.week.schedule.at_work_from(now)
    return Covered(member, at, closes) if at is not None and at < closes else None


def give(
    session: Session, now: datetime, check_in: CheckIn, member: Member, week: Week, *, left_id: int | None = None
) -> tuple[Whom, Period, datetime] | None:
    """A check-in that can be answered still is the member's from now on, or their cover's, where leave keeps them from
    answering it in time. Gives who is to be asked, in which period, and when, as `planning.ask_also` takes it: at work,
    or now, where their day is over and it closes before the next.

    None where nobody can be asked: it is excused, because of leave, or because they do not work until it closes.
    `left_id`: the owner who has left, in whose place the member (their lead) is asked.
    """
    of = period(check_in.period)
    check_in.owner_id, check_in.covered_for_id = member.id, left_id
    check_in.state, check_in.excuse = CheckInState.DUE, None
    at = week.schedule.at_work_from(now)
    if at is not None and at < check_in.closes_at:
        return member, of, at
    if is_on_leave_until(check_in.closes_at, now, week):
        cover = _in_place_of(session, week, check_in.closes_at, now)
        if cover is not None:
            check_in.owner_id, check_in.covered_for_id = cover.member.id, left_id if left_id is not None else member.id
            return cover.member, of, cover.at
        check_in.state, check_in.excuse = CheckInState.EXCUSED, Excuse.AWAY
        return None
    if not week.schedule.works_on(local_date_of(now, week.schedule.zone)):
        check_in.state, check_in.excuse = CheckInState.EXCUSED, Excuse.NOT_ASKED
        return None
    return member, of, now


def is_on_leave_until(closes: datetime, now: datetime, week: Week) -> bool:
    """Whether somebody has no working time left until answering closes, because of leave, and not because their working
    day is over."""
    if not is_away_until(closes, now, week.schedule):
        return False
    day, last = local_date_of(now, week.schedule.zone), local_date_of(closes, week.schedule.zone)
    while day <= last:
        if week.schedule.off.is_leave(day):
            return True
        day += timedelta(days=1)
    return False


def _in_place_of(session: Session, week: Week, closes: datetime, now: datetime) -> Covered | None:
    """Who stands in for somebody who is away from now on until answering closes."""
    days = [local_date_of(at, week.schedule.zone) for at in (now, closes)]
    found = (cover_of(session, week.cover_on(day), closes, now) for day in days)
    return next((cover for cover in found if cover is not None), None)


def covers(session: Session, members: Sequence[Due], weeks: Mapping[int, Week]) -> dict[int | None, Cover | None]:
    """By member id: those who are named as covers, with their own weeks. Who is due as well is there once."""
    ids = {one.cover_id for week in weeks.values() for one in week.away if one.cover_id is not None}
    if not ids:
        return {}
    known = {member.id: member for member in members}
    found = [known[one] for one in sorted(ids & known.keys())]
    found += [Due(*row) for row in _COVERS.rows(session, sorted(ids - known.keys()))]
    theirs = weeks_of(session, found)
    return {member.id: Cover(member, theirs[member.id]) for member in found}


def cover_id(week: Week, one: Opening) -> int | None:
    """Who is named to stand in on the day of an opening, which is the owner's."""
    return week.cover_on(local_date_of(one.at, week.schedule.zone))


def covered(cover: Cover | None, owner: Whom, one: Opening, now: datetime) -> Covered | None:
    """The cover for a period of the owner's; None where there is none, or they cannot either."""
    if cover is None or not cover.member.may_take_part or cover.member.id == owner.id:
        return None
    theirs = opening(one.period, cover.week.rhythm, cover.week.schedule)
    closes = max(one.closes_at, theirs.closes_at)
    at = cover.week.schedule.at_work_from(max(now, one.at))
    if theirs.excuse is not None or at is None or at >= closes:
        return None
    return Covered(cover.member, max(at, theirs.at), closes) if theirs.at < closes else None


_member = table_of(Member)
_COVERS = Listed(lambda ids: COLUMNS.where(_member.c.id.in_(ids)))
