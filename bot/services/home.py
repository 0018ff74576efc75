"""What somebody's Home shows, read in a fixed number of queries, whatever there is of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.blocks.hand_over import Offer, OfferState
from bot.blocks.home import Home, Kept, Schedule, TeamState, home, outsiders_home
from bot.blocks.home_now import Due, Now
from bot.blocks.post import View
from bot.blocks.prompt import ItemState, Prompt
from bot.domain.cadence import Period, digest_at, following, period_of
from bot.domain.escalation import EscalationState
from bot.domain.localtime import local_date_of
from bot.services import absences, access, attention, home_roles, listing, ownerless_decisions, preferences
from bot.services.access import Caller
from bot.services.asking import only_asked_about
from bot.services.between_teams import unanswered
from bot.services.definitions import current_definition
from bot.services.escalation_members import open_to
from bot.services.prompt import prompt_views
from bot.services.rhythm import digest_week
from bot.services.still_open import OpenEscalation, open_decisions_of, open_escalations_of
from bot.services.still_open_shown import asking_of, decision_of
from bot.services.visibility import visible_to
from models import (
    CheckIn,
    CheckInState,
    Delivery,
    Escalation,
    HandOver,
    HandOverState,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    Objective,
    PostKind,
    Team,
    Workspace,
)

_KEPT = {
    PostKind.PROMPT: Kept.PROMPT,
    PostKind.REMINDER: Kept.REMINDER,
    PostKind.LEAD_NOTE: Kept.LEAD_NOTE,
    PostKind.AWAY_NEWS: Kept.AWAY_NEWS,
    PostKind.OUTCOME: Kept.OUTCOME,
}


def page(session: Session, member: Member, now: datetime) -> View:
    """The Home of a member as it is now; for a guest, or somebody of another organisation, a sentence."""
    if not member.may_take_part:
        return outsiders_home()
    return home(view(session, Caller(member.workspace_id, member.id), now))


def view(session: Session, actor: Caller, now: datetime) -> Home:
    """All that the actor's Home shows. Raises `Refused` for who is no full member."""
    member = access.full_member(session, actor)
    zone = ZoneInfo(member.time_zone)
    today, this = local_date_of(now, zone), period_of(now, zone)
    teams = listing.my_teams(session, actor)
    escalations = [(one, asking_of(one, zone, today)) for one in open_escalations_of(session, actor)]
    taken = _taken_by(session, actor)
    asks = [shown for one, shown in escalations if _asks(one, actor, taken, today)]
    also = [one.id for one in ownerless_decisions.asked_of(session, [actor]).get(actor.member_id, ())]
    decisions = [decision_of(one) for one in open_decisions_of(session, actor, today, also=also)]
    return Home(
        today=today,
        period=this,
        now=Now(
            today=today,
            check_ins=_due(session, member, now, this),
            decisions=tuple(one for one in decisions if one.due_on <= today or one.left),
            offers=_offers(session, member),
            asks=tuple(asks),
            questions=unanswered(session, actor, zone),
        ),
        kept=tuple(_kept(one) for one in attention.held_back(session, member, now)),
        key_results=listing.mine(session, actor, now).objectives,
        teams=_states(session, actor, [team for team in teams if team.is_on], this, now),
        escalations=tuple(shown for _, shown in escalations if shown not in asks),
        decisions=tuple(one for one in decisions if one.due_on > today and not one.left),
        schedule=_schedule(session, member, now),
        led=home_roles.led(session, member, [one for one in teams if one.lead_id == member.id and one.is_on], this),
        admin=home_roles.admin(session, actor, now) if member.is_admin else None,
    )


def _due(session: Session, member: Member, now: datetime, this: Period) -> tuple[Due, ...]:
    """What can be answered now: of this week, and of the one before where its digest is still to come."""
    found: list[Due] = []
    for asked in (following(this, -1), this):
        shown = prompt_views(session, now, [(member, asked)]).get((member.id, asked))
        if shown is not None and shown.still_open:
            found.append(_open_of(shown))
    return tuple(found)


def _open_of(shown: Prompt) -> Due:
    waiting = [item for item in shown.items if item.state in (ItemState.OPEN, ItemState.MISSED)]
    return Due(
        period=shown.period,
        key_results=tuple((item.standing.number, item.standing.name) for item in waiting),
        closes=shown.closes,
        taken_until=shown.changes_until,
        is_late=all(item.state is ItemState.MISSED for item in waiting),
    )


def _asks(one: OpenEscalation, actor: Caller, taken: Collection[int], today: date) -> bool:
    """Whether it waits for the actor: they are asked and nobody has taken it, or they have taken it themselves.

    After a review without a decision it is as open as before.
    """
    if one.is_decided:
        return False
    is_open = one.state is EscalationState.OPEN or one.back_from(today) is not None
    return (is_open and one.asked_id == actor.member_id) or one.escalation_id in taken


def _taken_by(session: Session, actor: Caller) -> set[int]:
    rows = session.scalars(
        sa.select(Escalation.id).where(
            Escalation.workspace_id == actor.workspace_id,
            Escalation.taken_by_id == actor.member_id,
            Escalation.state.in_((EscalationState.ACKNOWLEDGED, EscalationState.IN_REVIEW)),
        )
    )
    return set(rows)


def _offers(session: Session, member: Member) -> tuple[Offer, ...]:
    """What the member is asked to own; it was asked of them, so they may read what it is."""
    rows = session.execute(
        sa.select(HandOver, KeyResult.number, KeyResultRevision, Team.name, _owner, _asker.name)
        .join(KeyResult, KeyResult.id == HandOver.key_result_id)
        .join(KeyResultRevision, current_definition())
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Team, Team.id == Objective.team_id)
        .join(_asker, _asker.id == HandOver.asked_by_id)
        .outerjoin(_owner, _owner.id == HandOver.from_id)
        .where(
            HandOver.workspace_id == member.workspace_id,
            HandOver.to_id == member.id,
            HandOver.state == HandOverState.WAITING,
            KeyResult.owner_id.is_not_distinct_from(HandOver.from_id),
            KeyResult.state != KeyResultState.CLOSED,
        )
        .order_by(HandOver.id)
    ).all()
    return tuple(
        Offer(
            hand_over_id=hand_over.id,
            number=number,
            name=definition.metric or definition.text,
            team=team,
            owner=had.name if had is not None else None,
            owner_has_left=had is not None and not had.may_take_part,
            to=member.name,
            asked_by=asked_by,
            state=OfferState.WAITING,
        )
        for hand_over, number, definition, team, had, asked_by in rows
    )


def _kept(delivery: Delivery) -> Kept:
    return _KEPT.get(delivery.kind, Kept.OTHER)


def _states(
    session: Session, viewer: Caller, teams: Sequence[Team], this: Period, now: datetime
) -> tuple[TeamState, ...]:
    """How far these teams are in this week, and how many of their key results wait for help: what the viewer sees."""
    ids = [team.id for team in teams]
    counted = session.execute(
        only_asked_about(sa.select(Objective.team_id, CheckIn.state, sa.func.count()))
        .join(CheckIn, CheckIn.key_result_id == KeyResult.id)
        .where(
            Objective.workspace_id == viewer.workspace_id,
            Objective.team_id.in_(ids),
            CheckIn.period == this,
            CheckIn.state != CheckInState.EXCUSED,
            visible_to(viewer),
        )
        .group_by(Objective.team_id, CheckIn.state)
    ).all()
    wanting = session.execute(
        sa.select(Objective.team_id, sa.func.count())
        .select_from(Escalation)
        .join(KeyResult, KeyResult.id == Escalation.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(
            Objective.workspace_id == viewer.workspace_id,
            Objective.team_id.in_(ids),
            Escalation.state.not_in((EscalationState.DECIDED, EscalationState.RESOLVED)),
            visible_to(viewer),
            open_to(viewer),
        )
        .group_by(Objective.team_id)
    ).all()
    help_wanted = dict(wanting)
    workspace = session.get_one(Workspace, viewer.workspace_id)
    return tuple(
        TeamState(
            name=team.name,
            answered=sum(
                count for team_id, state, count in counted if team_id == team.id and state is CheckInState.ANSWERED
            ),
            asked=sum(count for team_id, _, count in counted if team_id == team.id),
            want_help=help_wanted.get(team.id, 0),
            is_over=digest_at(this, *digest_week(workspace, team)) <= now,
        )
        for team in teams
    )


def _schedule(session: Session, member: Member, now: datetime) -> Schedule:
    mine = preferences.mine(session, Caller(member.workspace_id, member.id))
    return Schedule(
        hour=mine.hour,
        zone=member.time_zone,
        follows_slack=not member.zone_is_chosen,
        next_at=mine.next_at,
        absences=absences.shown(session, member, absences.mine(session, member, now)),
    )


# Made once: another name for a table copies all of its columns.
_owner, _asker = aliased(Member), aliased(Member)
