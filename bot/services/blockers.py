"""Blockers: who or what something is blocked by, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period, period, period_of
from models import Answer, Blocker, CheckIn, Member, Team, Workspace
from models.prepared import Listed


def blocked_by(session: Session, blockers: Collection[Blocker]) -> Mapping[int, str]:
    """By blocker id: the person's name, the team's name, or the words that were typed. Two queries for any number."""
    people = _names(session, Member, {row.by_member_id for row in blockers if row.by_member_id is not None})
    teams = _names(session, Team, {row.by_team_id for row in blockers if row.by_team_id is not None})
    return {row.id: _words(row, people, teams) for row in blockers}


def first_named(session: Session, blocker: Blocker) -> Period:
    """The week in whose check-in it was named first, or in which it was named without one."""
    if blocker.answer_id is not None:
        named_in = sa.select(CheckIn.period).join(Answer, Answer.check_in_id == CheckIn.id)
        return period(session.scalars(named_in.where(Answer.id == blocker.answer_id)).one())
    return period_of(blocker.opened_at, ZoneInfo(session.get_one(Workspace, blocker.workspace_id).time_zone))


def _words(row: Blocker, people: Mapping[int, str], teams: Mapping[int, str]) -> str:
    if row.by_member_id is not None:
        return people[row.by_member_id]
    if row.by_team_id is not None:
        return teams[row.by_team_id]
    return row.by_words or ""


def _names(session: Session, table: type[Member] | type[Team], ids: Collection[int]) -> Mapping[int, str]:
    return dict(_NAMES[table].rows(session, ids))


# Made once: whatever shows an escalation asks for them.
_NAMES: Mapping[type[Member] | type[Team], Listed] = {
    Member: Listed(lambda ids: sa.select(Member.id, Member.name).where(Member.id.in_(ids))),
    Team: Listed(lambda ids: sa.select(Team.id, Team.name).where(Team.id.in_(ids))),
}
