"""What an admin steers: the day of the leadership meeting and the hours, the budget, statuses, holidays, exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.settings import Organisation, TeamException, TeamWeek
from bot.domain.cadence import Rhythm
from bot.domain.days_off import is_country
from bot.domain.localtime import Weekday
from bot.domain.meeting import rhythm_before
from bot.domain.pace import BY_THE_END
from bot.domain.permissions import Action, Facts, may
from bot.services import access, audit, path_changes, planning, team_planning
from bot.services.access import Caller
from bot.services.asking import only_asked_about
from bot.services.refusals import Reason, Refused
from bot.services.rhythm import digest_week, keep
from bot.services.teams import find
from models import KeyResult, Member, Objective, Team, Workspace


@dataclass(frozen=True)
class Steered:
    """The organisation's week as an admin wants it. `country` null: no public holidays but people's and teams' own."""

    meeting: Weekday
    opens: time
    closes: time
    note: time
    digest: time
    budget: int
    status_words: tuple[str, ...]
    country: str | None
    expected_score: Decimal = BY_THE_END

    @property
    def rhythm(self) -> Rhythm | None:
        """The week that is counted back from the meeting; null where nobody could answer in it."""
        try:
            return rhythm_before(self.meeting, opens=self.opens, closes=self.closes, digest=self.digest, note=self.note)
        except ValueError:
            return None


def organisation(session: Session, caller: Caller) -> Organisation:
    """What the dialog shows, with the exceptions of teams. Raises `Refused` for who is no admin."""
    _require(session, caller)
    workspace = session.get_one(Workspace, caller.workspace_id)
    return Organisation(
        meeting=Weekday(workspace.meeting_on),
        opens=workspace.opens_at,
        closes=workspace.closes_at,
        note=workspace.note_at,
        digest=workspace.digest_at,
        budget=workspace.weekly_budget,
        status_words=tuple(workspace.status_words.splitlines()),
        country=workspace.country,
        zone=workspace.time_zone,
        expected_score=workspace.expected_score,
        exceptions=tuple(
            TeamException(team.name, _meeting_of(team), team.exception_reason or "", team.digest_zone)
            for team in exceptions(session, caller.workspace_id)
        ),
    )


def exceptions(session: Session, workspace_id: int) -> Sequence[Team]:
    """The teams with a week or a digest's zone of their own, in the order of their names."""
    differs = sa.or_(Team.meeting_on.is_not(None), Team.digest_zone.is_not(None))
    return session.scalars(
        sa.select(Team)
        .where(Team.workspace_id == workspace_id, differs, Team.archived_at.is_(None))
        .order_by(Team.name)
    ).all()


def steer(session: Session, now: datetime, caller: Caller, wanted: Steered) -> None:
    """Take over a week that has a rhythm (ValueError). Raises `Refused` for who is no admin.

    It holds from everybody's next opening: what is open closes as it was said. Each note and digest is still written
    for its period, at the new time.
    """
    admin = _require(session, caller)
    rhythm = wanted.rhythm
    if rhythm is None:
        raise ValueError("nobody could answer in this week")
    workspace = session.get_one(Workspace, caller.workspace_id, with_for_update={"key_share": True})
    teams = session.scalars(
        sa.select(Team).where(Team.workspace_id == workspace.id, Team.next_digest_at.is_not(None)).order_by(Team.id)
    ).all()
    before = {team.id: digest_week(workspace, team) for team in teams}
    words = "\n".join(wanted.status_words)
    if words != workspace.status_words:
        # Whose status says so is learned anew.
        workspace.members_read_at = workspace.members_due_at = None
    keep(workspace, wanted.meeting, rhythm)
    workspace.weekly_budget = wanted.budget
    workspace.status_words = words
    workspace.expected_score = wanted.expected_score
    workspace.country = wanted.country if wanted.country is not None and is_country(wanted.country) else None
    session.flush()
    _look_at_everybody(session, now, workspace)
    team_planning.replan_teams(session, list(before), before=before)
    audit.record(
        session,
        now,
        workspace_id=workspace.id,
        actor_id=admin.id,
        actor_name=admin.name,
        action="workspace.steered",
        subject=workspace,
        detail={
            "meeting_on": int(wanted.meeting),
            "budget": wanted.budget,
            "expected_score": str(wanted.expected_score),
        },
    )


def team_week(session: Session, caller: Caller, name: str) -> TeamWeek:
    """What the dialog about one team shows. Raises `Refused`: no admin, or no such team."""
    _require(session, caller)
    return _week_of(session, find(session, caller.workspace_id, name))


def team_week_of(session: Session, caller: Caller, team_id: int) -> TeamWeek:
    """As `team_week`, for a team that was just changed."""
    _require(session, caller)
    return _week_of(session, session.get_one(Team, team_id))


def _week_of(session: Session, team: Team) -> TeamWeek:
    workspace = session.get_one(Workspace, team.workspace_id)
    return TeamWeek(
        team_id=team.id,
        team=team.name,
        meeting=_meeting_of(team),
        reason=team.exception_reason or "",
        common_meeting=Weekday(workspace.meeting_on),
        country=team.country,
        zone=team.digest_zone,
        common_zone=workspace.time_zone,
    )


def _meeting_of(team: Team) -> Weekday | None:
    return Weekday(team.meeting_on) if team.meeting_on is not None else None


def common_zone(session: Session, caller: Caller) -> str:
    """The organisation's zone, which a team's digest follows where its channel has none of its own."""
    return session.get_one(Workspace, caller.workspace_id).time_zone


def set_team_week(
    session: Session,
    now: datetime,
    caller: Caller,
    team_id: int,
    *,
    meeting: Weekday | None,
    reason: str,
    country: str | None,
    zone: str | None,
) -> None:
    """Give a team a week of its own, with the reason (1 code point or more), or take it back; its public holidays; and
    the zone (IANA) by whose clock its digest comes, null for the organisation's.

    A digest that was to come still comes, once: where its hour is over by the new clock, at once. Who is asked for this
    team alone lives in its week from their next opening on. Raises `Refused` for who is no admin.
    """
    admin = _require(session, caller)
    workspace = session.get_one(Workspace, caller.workspace_id)
    team = session.scalar(
        sa.select(Team).where(Team.workspace_id == workspace.id, Team.id == team_id).with_for_update(key_share=True)
    )
    if team is None:
        raise Refused(Reason.NO_SUCH_TEAM)
    before = {team.id: digest_week(workspace, team)}
    team.meeting_on, team.exception_reason = (meeting, reason) if meeting is not None else (None, None)
    team.country = country if country is not None and is_country(country) else None
    team.digest_zone = zone
    session.flush()
    owners = session.scalars(
        only_asked_about(sa.select(KeyResult.owner_id))
        .where(Objective.team_id == team.id, KeyResult.owner_id.is_not(None))
        .distinct()
    ).all()
    planning.replan(session, now, sorted(one for one in owners if one is not None))
    path_changes.of_everybody(session, now, workspace.id)
    team_planning.replan_teams(session, [team.id], before=before)
    audit.record(
        session,
        now,
        workspace_id=workspace.id,
        actor_id=admin.id,
        actor_name=admin.name,
        action="team.week_changed",
        subject=team,
        detail={"meeting_on": team.meeting_on, "reason": team.exception_reason, "digest_zone": team.digest_zone},
    )


def _look_at_everybody(session: Session, now: datetime, workspace: Workspace) -> None:
    """Thousands, maybe: made due in one statement, and planned anew by the next ticks, some at a time."""
    session.execute(
        sa.update(Member)
        .where(Member.workspace_id == workspace.id, Member.next_period.is_not(None))
        .values(next_opening_at=now)
        .execution_options(synchronize_session="fetch")
    )
    session.execute(
        sa.update(Member)
        .where(Member.workspace_id == workspace.id, Member.next_morning_at > now)
        .values(next_morning_at=now)
        .execution_options(synchronize_session="fetch")
    )
    path_changes.of_everybody(session, now, workspace.id)


def _require(session: Session, caller: Caller) -> Member:
    member = access.member_of(session, caller)
    if not may(access.actor_of(member), Action.STEER, Facts()):
        raise Refused(Reason.ADMINS_ONLY)
    return member
