"""Who is on the path of an escalation beside the leads: executive sponsors, and a team's own path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.importing.people import Found, NotTakingPart, People
from bot.services import audit, path_changes
from bot.services.escalation_path import path_of_team
from bot.services.import_snapshot import candidate
from bot.services.refusals import Reason, Refused
from bot.services.teams import COMMAND_LINE
from models import Member, PathStep, Team

__all__ = ["path_of_team", "person", "set_own_path", "set_sponsor"]


def person(session: Session, workspace_id: int, text: str) -> Member:
    """The member whom an admin means by a name, an email address or a Slack id. `Refused` where that is not one."""
    members = session.scalars(sa.select(Member).where(Member.workspace_id == workspace_id)).all()
    found = People(candidate(member) for member in members).find(text)
    match found:
        case Found(one):
            return session.get_one(Member, one.member_id)
        case NotTakingPart(one):
            raise Refused(Reason.NOT_TAKING_PART, name=one.name)
        case _:
            raise Refused(Reason.NO_SUCH_PERSON, name=text)


def set_own_path(session: Session, now: datetime, team: Team, people: Sequence[Member]) -> None:
    """From now on these are asked one after another about the team's escalations; nobody named: its leads again."""
    ids = list(dict.fromkeys(one.id for one in people))
    session.execute(sa.delete(PathStep).where(PathStep.team_id == team.id))
    session.add_all(
        PathStep(workspace_id=team.workspace_id, team_id=team.id, position=place, member_id=member_id)
        for place, member_id in enumerate(ids, start=1)
    )
    session.flush()
    path_changes.of_team(session, now, team)
    _record(session, now, "team.path_set", team, {"members": ids})


def set_sponsor(session: Session, now: datetime, member: Member, *, is_sponsor: bool) -> bool:
    """Name somebody an executive sponsor, or no longer. False where they were that already."""
    if member.is_sponsor is is_sponsor:
        return False
    member.is_sponsor = is_sponsor
    session.flush()
    path_changes.of_everybody(session, now, member.workspace_id)
    _record(session, now, "member.sponsor_named" if is_sponsor else "member.sponsor_released", member, {})
    return True


def _record(session: Session, now: datetime, action: str, subject: Team | Member, detail: dict[str, object]) -> None:
    audit.record(
        session,
        now,
        workspace_id=subject.workspace_id,
        actor_id=None,
        actor_name=COMMAND_LINE,
        action=action,
        subject=subject,
        detail=detail,
    )
