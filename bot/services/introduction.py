"""The introduction: each owner gets one, before the first prompt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.introduction import Introduction, introduction
from bot.blocks.post import Post
from bot.domain.cadence import period
from bot.domain.personal_week import first_asked
from bot.services import access, outbox
from bot.services.access import Caller
from bot.services.asking import asked_about, only_asked_about
from bot.services.readers import Asks
from bot.services.schedules import Week, weeks_of
from bot.services.visibility import visible_to
from models import AuditEvent, Delivery, DeliveryState, KeyResult, KeyResultRevision, Member, PostKind, Team
from models.base import constant, table_of
from models.prepared import Listed

# How long before the first prompt an introduction comes at the latest, where working hours would put it after.
BEFORE_THE_PROMPT = timedelta(minutes=15)

SWITCHED_ON = "team.switched_on"
_PREFIX = "introduction:"


def introduction_key(member_id: int) -> str:
    """The permanent key of a person's one introduction."""
    return f"{_PREFIX}{member_id}"


class Greeted(Asks, Protocol):
    """A member's row, or a copy of it: when they were introduced, and what decides when they can be."""

    @property
    def introduced_at(self) -> datetime | None: ...


def newcomers(session: Session, members: Sequence[Greeted]) -> set[int]:
    """The ids of those whom no introduction has reached or is on its way to; one query.

    An introduction that was queued and then made no sense any more (the team was switched off again) has not been read.
    """
    never = {member.id for member in members if member.introduced_at is None}
    unread = _UNSENT.rows(session, [member.id for member in members if member.id not in never])
    return never | {member_id for (member_id,) in unread}


def _unsent(member_ids: Any) -> sa.Select[Any]:
    member, delivery = table_of(Member), table_of(Delivery)
    key = sa.literal(_PREFIX) + sa.cast(member.c.id, sa.Text)
    of_theirs = sa.and_(delivery.c.workspace_id == member.c.workspace_id, delivery.c.key == key)
    return (
        sa.select(member.c.id)
        .join(delivery, of_theirs)
        .where(member.c.id.in_(member_ids), delivery.c.state == constant(DeliveryState.OBSOLETE))
    )


_UNSENT = Listed(_unsent)


def introduce(session: Session, now: datetime, members: Sequence[Greeted]) -> set[int]:
    """Queue the introductions of those who are new, once ever; returns the ids of these members.

    Each comes within the member's working hours, and before their next opening.
    """
    new = newcomers(session, members)
    if not new:
        return set()
    weeks = weeks_of(session, [member for member in members if member.id in new])
    posts = {member.id: _new_post(now, member, weeks[member.id]) for member in members if member.id in new}
    session.execute(sa.update(Member).where(Member.id.in_(new)).values(introduced_at=now))
    queued = outbox.post_all(session, now, list(posts.values()), revive=True)
    return {member_id for member_id, one in posts.items() if (one.workspace_id, one.key) in queued}


def _new_post(now: datetime, member: Greeted, week: Week) -> outbox.NewPost:
    at = week.schedule.at_work_from(now) or now
    if member.next_opening_at is not None and at > member.next_opening_at - BEFORE_THE_PROMPT:
        at = max(now, member.next_opening_at - BEFORE_THE_PROMPT)
    return outbox.NewPost(
        workspace_id=member.workspace_id,
        key=introduction_key(member.id),
        kind=PostKind.INTRODUCTION,
        member_id=member.id,
        not_before=at,
    )


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The introduction as it is when it leaves; None where there is nothing to ask this person about."""
    member = session.get(Member, delivery.member_id)
    if member is None or not member.may_take_part:
        return None
    view = introduction_view(session, now, member)
    return introduction(view) if view is not None else None


def introduction_view(
    session: Session, now: datetime, member: Member, *, joining: Team | None = None, viewer: Caller | None = None
) -> Introduction | None:
    """What the introduction tells; `joining`: a team that is looked at as if it were on. `viewer`: who looks at it in
    the member's place, and reads what they may see."""
    rows = session.execute(
        only_asked_about(sa.select(KeyResult.number, KeyResultRevision, Team), joining=joining)
        .where(KeyResult.owner_id == member.id, visible_to(viewer) if viewer is not None else sa.true())
        .order_by(KeyResult.number)
    ).all()
    if not rows:
        return None
    team = joining or max((team for _, _, team in rows), key=lambda team: (team.switched_on_at or now, team.id))
    asked = asked_about(session, [member.id], joining=joining)
    week = weeks_of(session, [member], asked)[member.id]
    zone = week.schedule.zone
    waits_for = period(member.next_period) if member.next_period else None
    first = first_asked(now, week.rhythm, week.schedule, waits_for)
    held_by = dict.fromkeys(team.id for _, _, team in rows)
    told = [access.lead_above(session, member.id, team_id) for team_id in held_by]
    return Introduction(
        first_name=member.display_name or member.name,
        team=team.name,
        key_results=tuple((number, definition.metric or definition.text) for number, definition, _ in rows),
        opens=first.at.astimezone(zone),
        closes=first.closes_at.astimezone(zone),
        wanted_by=_who_wanted(session, team),
        told=tuple(dict.fromkeys(lead.name for lead in told if lead is not None)),
    )


def _who_wanted(session: Session, team: Team) -> str | None:
    """Who switched the team on; where the command line did, its lead."""
    return session.scalar(
        sa.select(Member.name)
        .join(AuditEvent, AuditEvent.actor_id == Member.id)
        .where(
            AuditEvent.workspace_id == team.workspace_id,
            AuditEvent.subject == Team.__tablename__,
            AuditEvent.subject_id == team.id,
            AuditEvent.action == SWITCHED_ON,
        )
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ) or session.scalar(sa.select(Member.name).where(Member.id == team.lead_id))
