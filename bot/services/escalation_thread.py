"""Where an escalation's thread is: in a channel, in a group message, or with one person; and when it moves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.escalation import EscalationState
from bot.domain.ladder import Ask
from bot.domain.organisation import Visibility
from bot.services import conversations, outbox
from bot.services.access import key_result_facts, leads_above, teams_above
from bot.services.escalation_case import root_of
from bot.services.escalation_keys import root_key
from bot.services.escalation_news import redraw, take_back
from bot.services.escalation_path import in_on_it, taking_part
from bot.services.escalation_readers import may_read, readers_of, still_reading
from bot.services.schedules import weeks_of
from models import Delivery, Escalation, KeyResult, Member, Objective, PostKind, Team


@dataclass(frozen=True)
class Place:
    """Where a thread is: a channel, a group message, or, where only one person is left, their direct message."""

    channel_id: str | None = None
    conversation_id: int | None = None
    member_id: int | None = None


def begin_thread(
    session: Session, now: datetime, escalation: Escalation, *, holder: Team | None, first: Ask | None
) -> None:
    """Queue the thread's first message.

    `holder` is the team whose channel holds the thread (`thread_team`); without one it is a group message of the owner,
    the lead and who is asked `first`, and leaves when they are at work.
    """
    channel_id = channel_of(holder) if holder is not None else None
    asked = [first.member_id] if first is not None else []
    place = Place(channel_id) if channel_id else _group(session, now, escalation, group_of(session, escalation, asked))
    _begin(session, now, escalation, place, at=first.at if channel_id is None and first is not None else now)


def move_thread(session: Session, now: datetime, escalation: Escalation, actor_id: int) -> None:
    """It was made private: the thread goes on in a group message. What stands where it was says no more than that.

    A group message that has the actor in it stays.
    """
    root = root_of(session, escalation)
    if root is not None and root.channel_id is None and actor_id in readers_of(session, root):
        redraw(session, now, escalation)
        return
    escalation.has_moved = root is not None
    _go_on(session, now, escalation, root, group_of(session, escalation, [actor_id]), at=now)


def hold_threads(session: Session, key_result_ids: Collection[int]) -> Sequence[Escalation]:
    """Lock all requests for help with these: before members and messages, as whoever presses in a thread does."""
    return session.scalars(_about(key_result_ids).with_for_update(key_share=True)).all()


def keep_threads(session: Session, now: datetime, key_result_ids: Collection[int]) -> None:
    """`keep_thread` of what is unresolved about these, which have another owner, whom it names from now on.
    `hold_threads` came before."""
    keep_and_redraw(session, now, session.scalars(_about(key_result_ids)).all())


def between_some_with(session: Session, workspace_id: int, member_ids: Collection[int]) -> set[int]:
    """The ids of what is unresolved and goes on between some people, where one of these is among them, or has to be:
    what they own may have been made private while they were gone."""
    if not member_ids:
        return set()
    conversation_ids = conversations.with_any_of(session, workspace_id, member_ids)
    roots = sa.select(Delivery.escalation_id).where(
        Delivery.workspace_id == workspace_id, Delivery.kind == PostKind.ESCALATION
    )
    # Not one condition with "or": each half has an index of its own.
    halves = roots.where(Delivery.conversation_id.in_(conversation_ids)).union_all(
        roots.where(Delivery.member_id.in_(member_ids))
    )
    ids = {one for one in session.scalars(halves) if one is not None}
    owned = sa.select(KeyResult.id).where(KeyResult.owner_id.in_(member_ids))
    theirs = sa.and_(Escalation.key_result_id.in_(owned), Escalation.private_at.is_not(None))
    unresolved = sa.select(Escalation.id).where(
        sa.or_(Escalation.id.in_(ids), theirs), Escalation.state != EscalationState.RESOLVED
    )
    return set(session.scalars(unresolved))


def open_threads(session: Session, key_result_ids: Collection[int]) -> set[int]:
    """The ids of what is unresolved about these."""
    if not key_result_ids:
        return set()
    about = sa.select(Escalation.id).where(Escalation.key_result_id.in_(key_result_ids))
    return set(session.scalars(about.where(Escalation.state != EscalationState.RESOLVED)))


def keep_and_redraw(session: Session, now: datetime, escalations: Sequence[Escalation]) -> None:
    """`keep_thread` of those of these, which are held, that are unresolved; and what shows them is drawn anew."""
    for escalation in escalations:
        if escalation.state is not EscalationState.RESOLVED:
            keep_thread(session, now, escalation)
            redraw(session, now, escalation)


def _about(key_result_ids: Collection[int]) -> sa.Select[Escalation]:
    """As they are now, whatever the session knew of them."""
    about = sa.select(Escalation).where(Escalation.key_result_id.in_(key_result_ids))
    return about.order_by(Escalation.id).execution_options(populate_existing=True)


def keep_thread(session: Session, now: datetime, escalation: Escalation) -> None:
    """A thread that is with some people goes on with the owner in it, and with nobody who may not see it any more.

    Nobody can be added to a group message, nor taken out of it: where it has to, the thread goes on in another one,
    with those who read it and still may. In a channel it stays.
    """
    root = root_of(session, escalation)
    if root is None or root.channel_id is not None:
        return
    owner_id = session.get_one(KeyResult, escalation.key_result_id).owner_id
    owner = taking_part(session, [owner_id] if owner_id is not None else [])
    readers = readers_of(session, root)
    if may_read(session, root, escalation) and all(one.id in readers for one in owner):
        return
    kept = still_reading(session, root, escalation)
    people = [*owner, *taking_part(session, [one for one in kept if one != owner_id])]
    if len(people) < 2:
        people = list(group_of(session, escalation, kept))
    if not people:
        # Whoever is asked next is asked directly; who comes back finds it here.
        return
    escalation.regrouped += 1
    at = _somebody_at_work(session, now, people)
    if root.posted_ts is None:
        # What waits for working hours goes on waiting.
        at = max(at, root.not_before)
    _go_on(session, now, escalation, root, people, at=at)


def seen_by_others(session: Session, now: datetime, key_result_ids: Collection[int]) -> None:
    """Other people may see these now: what is said of their requests for help is shown to those, and taken back from
    the rest. An open thread goes on in a group message, or another one, where not all its readers may see it."""
    for escalation in hold_threads(session, key_result_ids):
        root = root_of(session, escalation)
        is_over = escalation.state is EscalationState.RESOLVED
        leaves = root is not None and root.channel_id is not None and not may_read(session, root, escalation)
        people = group_of(session, escalation, []) if leaves and not is_over else []
        if people:
            escalation.regrouped += 1
            _go_on(session, now, escalation, root, people, at=_somebody_at_work(session, now, people))
            continue
        if root is not None:
            take_back(session, now, root)
        if not is_over:
            keep_thread(session, now, escalation)
        redraw(session, now, escalation)


def _somebody_at_work(session: Session, now: datetime, people: Sequence[Member]) -> datetime:
    """When the first of them is at work."""
    weeks = weeks_of(session, people)
    working = [weeks[one.id].schedule.at_work_from(now) for one in people]
    return min((at for at in working if at is not None), default=now)


def _go_on(
    session: Session,
    now: datetime,
    escalation: Escalation,
    left: Delivery | None,
    people: Sequence[Member],
    *,
    at: datetime,
) -> None:
    """The thread goes on in a group message of these people. What stands where it was is taken back."""
    session.flush()
    _begin(session, now, escalation, _group(session, now, escalation, people), at=at)
    if left is not None:
        take_back(session, now, left)
    redraw(session, now, escalation)


def group_of(session: Session, escalation: Escalation, more: Sequence[int]) -> Sequence[Member]:
    """Who reads a group message about it: the owner, `more` people, the nearest lead, those who were asked or took it.

    Those who do not take part are left out. Nobody can be added to it later: who is asked after that is asked directly.
    """
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    leads = leads_above(session, session.get_one(Objective, key_result.objective_id).team_id)
    lead = [one.id for one in taking_part(session, [one for one in leads if one != key_result.owner_id])[:1]]
    people = [key_result.owner_id, *more, *lead, escalation.taken_by_id, *in_on_it(session, escalation)]
    wanted = [one for one in dict.fromkeys(people) if one is not None]
    return taking_part(session, wanted)[: conversations.MOST]


def _group(session: Session, now: datetime, escalation: Escalation, people: Sequence[Member]) -> Place | None:
    """The group message of these people; of only one it is their direct message."""
    ids = [one.id for one in people]
    if len(ids) > 1:
        return Place(conversation_id=conversations.with_people(session, now, escalation.workspace_id, ids))
    return Place(member_id=ids[0]) if ids else None


def _begin(session: Session, now: datetime, escalation: Escalation, place: Place | None, *, at: datetime) -> None:
    if place is None:
        return
    outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=escalation.workspace_id,
            key=root_key(escalation),
            kind=PostKind.ESCALATION,
            channel_id=place.channel_id,
            conversation_id=place.conversation_id,
            member_id=place.member_id,
            escalation_id=escalation.id,
            not_before=at,
        ),
    )


def thread_team(session: Session, key_result: KeyResult) -> Team | None:
    """The team whose channel holds this key result's thread: its own, or the nearest above that has a channel.

    None where there is no such team, or the channel's readers may not all see the key result.
    """
    if key_result_facts(session, key_result).visibility is not Visibility.WORKSPACE:
        return None
    home = session.get_one(Objective, key_result.objective_id).team_id
    return next((team for team in teams_above(session, home) if channel_of(team)), None)


def channel_of(team: Team) -> str | None:
    """The channel that holds the threads of a team."""
    return team.escalation_channel_id or team.channel_id
