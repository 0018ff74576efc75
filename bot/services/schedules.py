"""People's working time, as they chose it, or as the organisation and their teams have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Rhythm
from bot.domain.days_off import DaysOff
from bot.domain.localtime import WORKDAYS, Weekday
from bot.domain.schedule import Schedule
from bot.services.asking import Asked, asked_about
from bot.services.rhythm import rhythm_for
from models import Absence, Member, Workspace

# A working day where nobody chose one; it reaches from the hour at which all are asked to the one at which it closes.
STARTS, ENDS = time(9), time(17)


@dataclass(frozen=True)
class Week:
    """One person's week: the rhythm that they live in, their working time, and who covers when they are away.

    `organisation`: the zone in which the digests come and the weeks of the budget are counted.
    """

    rhythm: Rhythm
    schedule: Schedule
    organisation: ZoneInfo
    budget: int
    covers: tuple[Absence, ...] = ()

    def cover_on(self, day: date) -> int | None:
        """The member who stands in on a day; null where nobody does."""
        return next((one.cover_id for one in self.covers if one.first_on <= day <= one.last_on and one.cover_id), None)


def week_of(session: Session, member: Member) -> Week:
    """One person's week."""
    return weeks_of(session, [member])[member.id]


def weeks_of(
    session: Session, members: Collection[Member], asked: Mapping[int, Sequence[Asked]] | None = None
) -> dict[int, Week]:
    """By member id. `asked`: what they are asked about, where that was read already. A fixed number of queries.

    Who is asked for one team with an exception lives in that; who is asked for several teams lives in the
    organisation's week, unless all have the same exception. Holidays are those of the person's own country, else of
    their first team's, else of the organisation's.
    """
    if not members:
        return {}
    known = asked if asked is not None else asked_about(session, [member.id for member in members])
    workspaces = {
        row.id: row
        for row in session.scalars(
            sa.select(Workspace).where(Workspace.id.in_({member.workspace_id for member in members}))
        )
    }
    away = _absences(session, members)
    return {
        member.id: _week(workspaces[member.workspace_id], member, known.get(member.id, ()), away[member.id])
        for member in members
    }


def default_hours(rhythm: Rhythm) -> tuple[time, time]:
    """A working day where nobody chose one: nine to five, longer where people are asked or it closes outside of it."""
    opens = rhythm.opens.at
    an_hour_later = time(min(opens.hour + 1, 23), 59 if opens.hour == 23 else opens.minute)
    return min(STARTS, opens), max(ENDS, rhythm.closes.at, an_hour_later)


def chosen_days(bits: int) -> frozenset[Weekday]:
    """Weekdays from a row: bits, Monday is 1."""
    return frozenset(day for day in Weekday if bits >> day & 1)


def as_bits(days: Collection[Weekday]) -> int:
    """Weekdays for a row."""
    return sum(1 << day for day in days)


def _week(workspace: Workspace, member: Member, asked: Sequence[Asked], away: Sequence[Absence]) -> Week:
    meetings = {one.meeting_on for one in asked}
    rhythm = rhythm_for(workspace, meetings.pop() if len(meetings) == 1 else None)
    country = member.country or next((one.country for one in asked if one.country), None) or workspace.country
    chosen = member.works_from is not None and member.works_until is not None
    common = default_hours(rhythm)
    return Week(
        rhythm=rhythm,
        schedule=Schedule(
            zone=ZoneInfo(member.time_zone),
            hour=member.asked_at or rhythm.opens.at,
            starts=member.works_from if chosen and member.works_from else common[0],
            ends=member.works_until if chosen and member.works_until else common[1],
            workdays=chosen_days(member.workdays) if member.workdays is not None else WORKDAYS,
            off=DaysOff(country, tuple((one.first_on, one.last_on) for one in away)),
        ),
        organisation=ZoneInfo(workspace.time_zone),
        budget=workspace.weekly_budget,
        covers=tuple(away),
    )


def _absences(session: Session, members: Collection[Member]) -> Mapping[int, list[Absence]]:
    found: dict[int, list[Absence]] = defaultdict(list)
    rows = session.scalars(
        sa.select(Absence)
        .where(
            Absence.workspace_id.in_({member.workspace_id for member in members}),
            Absence.member_id.in_([member.id for member in members]),
            Absence.ended_at.is_(None),
        )
        .order_by(Absence.first_on, Absence.id)
    )
    for row in rows:
        found[row.member_id].append(row)
    return found
