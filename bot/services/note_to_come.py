"""Who gets the lead's note about a team, and whether the one of a period is still to come: who writes it and who says
beforehand that it will come ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period, digest_at, digest_due, following
from bot.services.asking import only_asked_about
from bot.services.outbox import delivery_of
from bot.services.rhythm import digest_week
from bot.services.schedules import week_of
from bot.services.team_tree import held_or_shared_by, teams_of
from bot.services.visibility import visible_to
from models import DeliveryState, KeyResult, Member, Objective, Team, Workspace

_WAITS = (DeliveryState.QUEUED, DeliveryState.CLAIMED)


@dataclass(frozen=True)
class NoteToCome:
    """Who is told, and when: in UTC, in their working time."""

    lead: Member
    at: datetime


def note_key(team_id: int, period: Period) -> str:
    """The permanent key of the one note about a team's period."""
    return f"note:{team_id}:{period.isoformat()}"


def reader_of(session: Session, team: Team) -> Member | None:
    """The lead who gets the team's notes as things are.

    None where no lead is here, where the digest was stopped, or where there is nothing to tell them: the team holds no
    key result, and the digest would tell of none. The lead of a team sees all that it holds, limited or not.
    """
    lead = session.get(Member, team.lead_id) if team.lead_id is not None else None
    if lead is None or not lead.may_take_part or team.digest_stopped_at is not None:
        return None
    told_of = sa.and_(held_or_shared_by([one.id for one in teams_of(session, team)]), visible_to(None))
    wanted = only_asked_about(sa.select(KeyResult.id)).where(sa.or_(Objective.team_id == team.id, told_of))
    return lead if session.scalar(wanted.limit(1)) is not None else None


def note_to_come(session: Session, now: datetime, team: Team, period: Period) -> NoteToCome | None:
    """The note about a team's period, where it has not left and will, before the digest; else None."""
    week = digest_week(session.get_one(Workspace, team.workspace_id), team)
    if team.next_note_at is None or digest_at(period, *week) <= now:
        return None
    written = delivery_of(session, team.workspace_id, note_key(team.id, period))
    due = max(now, team.next_note_at if written is None else written.not_before)
    is_of_it = following(digest_due(due, *week)) == period
    if not is_of_it or (written is not None and written.state not in _WAITS):
        return None
    lead = reader_of(session, team)
    if lead is None or (written is not None and written.member_id != lead.id):
        return None
    at = week_of(session, lead).schedule.at_work_from(due)
    return NoteToCome(lead, at) if at is not None and at < digest_at(period, *week) else None
