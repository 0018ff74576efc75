"""People's working time, as they chose it, or as the organisation and their teams have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Rhythm
from bot.domain.days_off import DaysOff
from bot.domain.localtime import WORKDAYS, Weekday
from bot.domain.schedule import Schedule
from bot.services.asking import Asked, asked_about_beside
from bot.services.rhythm import rhythm_for
from models import Absence, Member, Workspace
from models.base import table_of
from models.memory import kept
from models.prepared import Listed, Values, at_once

# A working day where nobody chose one; it reaches from the hour at which all are asked to the one at which it closes.
STARTS, ENDS = time(9), time(17)


class KeepsHours(Protocol):
    """A member's row, or a row that brings its columns along: whose week it is, and what they chose."""

    @property
    def id(self) -> int: ...
    @property
    def workspace_id(self) -> int: ...
    @property
    def time_zone(self) -> str: ...
    @property
    def asked_at(self) -> time | None: ...
    @property
    def works_from(self) -> time | None: ...
    @property
    def works_until(self) -> time | None: ...
    @property
    def workdays(self) -> int | None: ...
    @property
    def country(self) -> str | None: ...


class Organisation(NamedTuple):
    """What the week of everybody in a workspace has in common (`bot/services/rhythm.py`), and the budget."""

    id: int
    opens_on: int
    opens_at: time
    closes_on: int
    closes_at: time
    digest_on: int
    digest_at: time
    note_at: time
    time_zone: str
    country: str | None
    weekly_budget: int


class Away(NamedTuple):
    """An absence of a member that was not taken back; both days are inside."""

    member_id: int
    first_on: date
    last_on: date
    cover_id: int | None


@dataclass(frozen=True, eq=False)
class Week:
    """One person's week: the rhythm that they live in, their working time, and when they are away.

    Those who were asked about together and have it in common share one, so what was reckoned for it can be looked up.
    `organisation`: the zone in which the digests come and the weeks of the budget are counted; `workspace`: what it
    shares with everybody's.
    """

    rhythm: Rhythm
    schedule: Schedule
    organisation: ZoneInfo
    workspace: Organisation
    away: tuple[Away, ...] = ()

    def cover_on(self, day: date) -> int | None:
        """The member who stands in on a day; null where nobody does."""
        return next((one.cover_id for one in self.away if one.first_on <= day <= one.last_on and one.cover_id), None)


def week_of(session: Session, member: KeepsHours) -> Week:
    """One person's week."""
    return weeks_of(session, [member])[member.id]


def weeks_of(
    session: Session, members: Collection[KeepsHours], asked: Mapping[int, Sequence[Asked]] | None = None
) -> dict[int, Week]:
    """By member id. `asked`: what they are asked about, where that was read already. A fixed number of queries.

    Who is asked for one team with an exception lives in that; who is asked for several teams lives in the
    organisation's week, unless all have the same exception. Holidays are those of the person's own country, else of
    their first team's, else of the organisation's.
    """
    known = kept(session, weeks_of) if asked is None else None
    if known is None:
        return _weeks_of(session, members, asked)
    known |= _weeks_of(session, [member for member in members if member.id not in known])
    return {member.id: known[member.id] for member in members}


def _weeks_of(
    session: Session, members: Collection[KeepsHours], asked: Mapping[int, Sequence[Asked]] | None = None
) -> dict[int, Week]:
    if not members:
        return {}
    ids = [member.id for member in members]
    wanted: tuple[tuple[Listed, Collection[int], Values], ...] = (
        (_ORGANISATIONS, {member.workspace_id for member in members}, {}),
        (_AWAY, ids, {}),
    )
    known: Mapping[int, Sequence[Asked]]
    if asked is None:
        known, (organisations, absences) = asked_about_beside(session, ids, *wanted)
    else:
        known, (organisations, absences) = asked, at_once(session, *wanted)
    here = {one.id: one for one in map(Organisation._make, organisations)}
    away: dict[int, list[Away]] = defaultdict(list)
    for one in map(Away._make, absences):
        away[one.member_id].append(one)
    made: dict[_Choice, Week] = {}
    found = {}
    for member in members:
        choice = _choice(member, known.get(member.id, ()), tuple(away.get(member.id, ())))
        week = made.get(choice)
        if week is None:
            week = made[choice] = _week(here[member.workspace_id], choice)
        found[member.id] = week
    return found


class Weeks:
    """People's weeks, each read once: for the steps of one transaction that ask for the same ones."""

    def __init__(self) -> None:
        self._known: dict[int, Week] = {}

    def of(self, session: Session, members: Collection[KeepsHours]) -> Mapping[int, Week]:
        """As `weeks_of`."""
        self._known |= weeks_of(session, [member for member in members if member.id not in self._known])
        return self._known


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


class _Choice(NamedTuple):
    """All that makes somebody's week their own. `meeting_on`: of the teams for which they are asked, where it is the
    same; `team_country`: of the first of these that has one."""

    workspace_id: int
    time_zone: str
    asked_at: time | None
    works_from: time | None
    works_until: time | None
    workdays: int | None
    country: str | None
    meeting_on: Weekday | None
    team_country: str | None
    away: tuple[Away, ...]


def _choice(member: KeepsHours, asked: Sequence[Asked], away: tuple[Away, ...]) -> _Choice:
    meetings = {one.meeting_on for one in asked}
    return _Choice(
        member.workspace_id,
        member.time_zone,
        member.asked_at,
        member.works_from,
        member.works_until,
        member.workdays,
        member.country,
        meetings.pop() if len(meetings) == 1 else None,
        next((one.country for one in asked if one.country), None),
        away,
    )


def _week(workspace: Organisation, choice: _Choice) -> Week:
    rhythm = rhythm_for(workspace, choice.meeting_on)
    common = default_hours(rhythm)
    chosen = choice.works_from is not None and choice.works_until is not None
    return Week(
        rhythm=rhythm,
        schedule=Schedule(
            zone=ZoneInfo(choice.time_zone),
            hour=choice.asked_at or rhythm.opens.at,
            starts=choice.works_from if chosen and choice.works_from else common[0],
            ends=choice.works_until if chosen and choice.works_until else common[1],
            workdays=chosen_days(choice.workdays) if choice.workdays is not None else WORKDAYS,
            off=DaysOff(
                choice.country or choice.team_country or workspace.country,
                tuple((one.first_on, one.last_on) for one in choice.away),
            ),
        ),
        organisation=ZoneInfo(workspace.time_zone),
        workspace=workspace,
        away=choice.away,
    )


_workspace, _absence, _member = table_of(Workspace), table_of(Absence), table_of(Member)
_ORGANISATIONS = Listed(
    lambda ids: sa.select(*(_workspace.c[name] for name in Organisation._fields)).where(_workspace.c.id.in_(ids))
)
_AWAY = Listed(
    lambda ids: (
        sa.select(*(_absence.c[name] for name in Away._fields))
        .select_from(_member)
        .join(
            _absence,
            sa.and_(_absence.c.workspace_id == _member.c.workspace_id, _absence.c.member_id == _member.c.id),
        )
        .where(_member.c.id.in_(ids), _absence.c.ended_at.is_(None))
        .order_by(_absence.c.first_on, _absence.c.id)
    )
)
