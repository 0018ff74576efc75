"""Teams join one by one: an admin sees each person's first message, then switches the team on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.introduction import introduction
from bot.blocks.post import Post
from bot.blocks.prompt import prompt
from bot.blocks.teams import FirstLook, Preview
from bot.domain.cadence import digest_at, next_opening, period, period_of
from bot.domain.permissions import Action, Facts, may
from bot.domain.personal_week import Opening, first_asked
from bot.services import access, audit, departures, lead_note, path_changes, planning, rehoming, shared_channels
from bot.services import introduction as introductions
from bot.services.access import Caller
from bot.services.asking import asked_about, hold, only_asked_about
from bot.services.prompt import first_prompt
from bot.services.refusals import Reason, Refused
from bot.services.rhythm import digest_week
from bot.services.schedules import Week, weeks_of
from bot.services.visibility import visible_to
from models import KeyResult, Member, Objective, Team, Workspace

COMMAND_LINE = "command line"


@dataclass(frozen=True)
class FirstMessage:
    """What a person gets first once the team is on. `asked_at` is an instant, shown in the person's own zone.

    `introduction` is null for those who were introduced before, by another team's joining.
    """

    member_id: int
    name: str
    zone: str
    asked_at: datetime
    introduction: Post | None
    prompt: Post


@dataclass(frozen=True)
class Joined:
    """`people`: how many are asked because of it. `is_new` false: the team was on, and has other channels now."""

    team: str
    people: int
    is_new: bool


def find(session: Session, workspace_id: int, name: str) -> Team:
    """The team of this name, whatever its capitals. Raises `Refused` (NO_SUCH_TEAM)."""
    teams = session.scalars(
        sa.select(Team).where(Team.workspace_id == workspace_id, Team.archived_at.is_(None)).order_by(Team.id)
    ).all()
    wanted = name.strip()
    exact = [team for team in teams if team.name == wanted]
    alike = [team for team in teams if team.name.casefold() == wanted.casefold()]
    if not (exact or alike):
        raise Refused(Reason.NO_SUCH_TEAM, team=wanted)
    return (exact or alike)[0]


def first_messages(session: Session, now: datetime, team: Team, *, viewer: Caller | None = None) -> list[FirstMessage]:
    """For each person who would be asked once `team` is on: the first messages, as they would read them now.

    In the order of the names. Nothing is changed. Drafts and key results of cycles that are not active ask nobody.
    `viewer`: without what they may not see, and without people of whom nothing is left; null for the command line.
    """
    members = _asked(session, team)
    new = introductions.newcomers(session, members)
    owing = asked_about(session, [member.id for member in members], joining=team)
    weeks = weeks_of(session, members, owing)
    asked = {member_id: {one.key_result_id for one in theirs} for member_id, theirs in owing.items()}
    rows = session.execute(
        only_asked_about(sa.select(KeyResult, Objective, Team), joining=team)
        .where(KeyResult.id.in_({one for theirs in asked.values() for one in theirs}), _may_be_seen(viewer))
        .order_by(KeyResult.number)
    ).all()
    messages: list[FirstMessage] = []
    for member in members:
        theirs = [
            (key_result, objective, of)
            for key_result, objective, of in rows
            if key_result.id in asked.get(member.id, ())
        ]
        if not theirs:
            continue
        first = _first_opening(now, member, weeks[member.id])
        view = introductions.introduction_view(session, now, member, joining=team, viewer=viewer)
        shown = first_prompt(session, first.at, member, first, theirs)
        messages.append(
            FirstMessage(
                member_id=member.id,
                name=member.name,
                zone=member.time_zone,
                asked_at=first.at,
                introduction=introduction(view) if view is not None and member.id in new else None,
                prompt=prompt(shown),
            )
        )
    return messages


def _may_be_seen(viewer: Caller | None) -> sa.ColumnElement[bool]:
    return visible_to(viewer) if viewer is not None else sa.true()


def preview(session: Session, now: datetime, caller: Caller, team_id: int) -> Preview:
    """What an admin looks at before a team joins, as far as they may see it.

    Raises `Refused`: no admin, or no such team.
    """
    team = _for_admin(session, caller, team_id)
    return Preview(
        team_id=team.id,
        team=team.name,
        channel_id=team.channel_id,
        channel=team.channel,
        people=tuple(
            FirstLook(one.name, one.asked_at.astimezone(ZoneInfo(one.zone)), one.introduction, one.prompt)
            for one in first_messages(session, now, team, viewer=caller)
        ),
    )


def join(
    session: Session, now: datetime, caller: Caller, team_id: int, *, channel_id: str, help_channel_id: str | None
) -> Joined:
    """An admin has seen the first messages and switches the team on. Raises `Refused` as `preview`."""
    team = _for_admin(session, caller, team_id)
    changed = switch_on(
        session, now, caller=caller, team=team, channel_id=channel_id, escalation_channel_id=help_channel_id
    )
    team.channel, team.escalation_channel = channel_id, help_channel_id
    session.flush()
    return Joined(team.name, len(_asked(session, team)), is_new=changed)


def switch_on(
    session: Session,
    now: datetime,
    *,
    caller: Caller | None,
    team: Team,
    channel_id: str | None,
    escalation_channel_id: str | None = None,
) -> bool:
    """Let a team join: from the next period on its owners are asked, its lead gets a note and its channel a digest.

    `caller` is an admin, or None for the command line. The channels are Slack's ids, and the caller has just seen that
    no other organisation reads them; without a channel there is no digest to read. Returns False where the team was on
    (the channels are taken over all the same). What failed for the channel before comes there (`rehoming`).
    Each owner is planned for the next opening and, where they are new, gets their introduction. Where one has left, it
    is the lead who is asked, and who gets the list of what has no owner.
    """
    actor = access.require(session, caller, Action.SWITCH_TEAM_ON, Facts()) if caller is not None else None
    hold(session, team.workspace_id)
    session.refresh(team, with_for_update={"key_share": True})
    was_on = team.is_on
    team.channel_id = channel_id
    team.escalation_channel_id = escalation_channel_id
    session.flush()
    rehoming.bring_back(session, now, team)
    looked_at = [one for one in (channel_id, escalation_channel_id) if one is not None]
    shared_channels.free(session, now, team.workspace_id, looked_at)
    if was_on:
        session.flush()
        return False
    team.switched_on_at = now
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=team.workspace_id,
        actor_id=actor.id if actor else None,
        actor_name=actor.name if actor else COMMAND_LINE,
        action=introductions.SWITCHED_ON,
        subject=team,
        detail={"channel": channel_id, "escalation_channel": escalation_channel_id},
    )
    # Whoever waits for it could not ask it before.
    path_changes.of_team(session, now, team)
    # Held, whether they take part or not: who comes back or leaves meanwhile waits, or is seen below.
    planning.replan(session, now, session.scalars(sa.select(Member.id).where(_is_concerned(team))).all())
    asked = _asked(session, team)
    # Who is not asked in what is left of the cycle is introduced with the next one.
    introductions.introduce(session, now, [member for member in asked if member.next_period is not None])
    departures.left_before(session, now, Objective.team_id == team.id)
    _plan_note_and_digest(session, now, team, asked)
    session.flush()
    return True


def switch_off(session: Session, now: datetime, *, caller: Caller | None, team: Team) -> bool:
    """Take a team out: nobody is asked for it any more, and what is due in it is excused. False where it was off."""
    actor = access.require(session, caller, Action.SWITCH_TEAM_ON, Facts()) if caller is not None else None
    hold(session, team.workspace_id)
    session.refresh(team, with_for_update={"key_share": True})
    if not team.is_on:
        return False
    asked = _asked(session, team)
    team.switched_on_at = team.next_note_at = team.next_digest_at = None
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=team.workspace_id,
        actor_id=actor.id if actor else None,
        actor_name=actor.name if actor else COMMAND_LINE,
        action="team.switched_off",
        subject=team,
    )
    planning.replan(session, now, [member.id for member in asked])
    planning.excuse(session, now, Objective.team_id == team.id)
    return True


def _for_admin(session: Session, caller: Caller, team_id: int) -> Team:
    member = access.member_of(session, caller)
    if not may(access.actor_of(member), Action.SWITCH_TEAM_ON, Facts()):
        raise Refused(Reason.ADMINS_ONLY)
    team = session.scalar(
        sa.select(Team).where(Team.workspace_id == caller.workspace_id, Team.id == team_id, Team.archived_at.is_(None))
    )
    if team is None:
        raise Refused(Reason.NO_SUCH_TEAM)
    return team


def _asked(session: Session, team: Team) -> list[Member]:
    """Who is asked about key results that this team holds, were it on; in the order of their names.

    Those are the owners, and the lead where one of them has left.
    """
    rows = session.execute(
        sa.select(Member, _owns(team)).where(_is_concerned(team)).order_by(Member.name, Member.id)
    ).all()
    somebody_left = any(owns and not member.may_take_part for member, owns in rows)
    return [
        member
        for member, owns in rows
        if member.may_take_part and (owns or (somebody_left and member.id == team.lead_id))
    ]


def _is_concerned(team: Team) -> sa.ColumnElement[bool]:
    return sa.or_(_owns(team), Member.id == team.lead_id)


def _owns(team: Team) -> sa.ColumnElement[bool]:
    """Whether a member owns a key result of this team that is asked about, were it on."""
    owner_ids = only_asked_about(sa.select(KeyResult.owner_id), joining=team).where(Objective.team_id == team.id)
    return Member.id.in_(owner_ids)


def _first_opening(now: datetime, member: Member, week: Week) -> Opening:
    waits_for = period(member.next_period) if member.next_period is not None else None
    return first_asked(now, week.rhythm, week.schedule, waits_for)


def _plan_note_and_digest(session: Session, now: datetime, team: Team, asked: list[Member]) -> None:
    """The first note and digest are those of the first period in which somebody of the team is asked."""
    workspace = session.get_one(Workspace, team.workspace_id)
    rhythm, zone = digest_week(workspace, team)
    periods = [member.next_period for member in asked if member.next_period is not None]
    first = period(min(periods)) if periods else period_of(next_opening(now, rhythm, zone), zone)
    team.next_digest_at = digest_at(first, rhythm, zone)
    if team.lead_id is not None:
        team.next_note_at = max(now, lead_note.note_time(session, team, first))
