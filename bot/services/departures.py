"""Somebody leaves: their key results go to the lead's list at once, and the lead is asked about them until they are
given.

Comes back who left, they are theirs again, unless somebody else owns them by then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.ownerless import Ownerless, OwnerlessOne, ownerless
from bot.blocks.post import Post
from bot.domain.cadence import Period, period
from bot.domain.excuses import Excuse
from bot.services import covering, outbox, planning
from bot.services.asked_members import Whom
from bot.services.asking import has_left, only_asked_about
from bot.services.escalation_path import taking_part
from bot.services.planning import prompt_key
from bot.services.schedules import weeks_of
from models import CheckIn, CheckInState, Delivery, KeyResult, KeyResultRevision, Member, Objective, PostKind, Team


def key(member_id: int, lead_id: int) -> str:
    """The permanent key of what a lead is told about the key results of somebody who left."""
    return f"ownerless:{member_id}:{lead_id}"


def left(session: Session, now: datetime, members: Collection[Member]) -> None:
    """These members (of one workspace) may take part no more, since a moment ago in this transaction; they were planned
    anew."""
    if not members:
        return
    leads = _leads(session, members)
    planning.replan(session, now, sorted({lead.id for _, lead in leads}))
    _pass_on(session, now, members)
    _list(session, now, leads)


def left_before(session: Session, now: datetime, held: sa.ColumnElement[bool]) -> None:
    """These objectives (of one workspace) are asked about since a moment ago in this transaction, or have another lead:
    their team was switched on, their cycle has begun, or an import named somebody. Who owns a key result of theirs may
    have left before that: their lead, who was planned with the owners, gets the list now. A constant number of
    statements.
    """
    owner_ids = only_asked_about(sa.select(KeyResult.owner_id)).where(held)
    gone = session.scalars(sa.select(Member).where(Member.id.in_(owner_ids), has_left(Member))).all()
    _list(session, now, _leads(session, gone) if gone else [])


def returned(session: Session, now: datetime, members: Collection[Member]) -> None:
    """These members (of one workspace) take part again. What is due of theirs, and was their lead's, is theirs."""
    if not members:
        return
    ids = {member.id: member for member in members}
    rows = session.scalars(
        sa.select(CheckIn)
        .join(KeyResult, sa.and_(KeyResult.id == CheckIn.key_result_id, KeyResult.owner_id == CheckIn.covered_for_id))
        .where(
            CheckIn.covered_for_id.in_(ids),
            # Their lead may have been on leave, or have had a day off.
            sa.or_(CheckIn.state == CheckInState.DUE, CheckIn.excuse.in_([Excuse.AWAY, Excuse.NOT_ASKED])),
            CheckIn.closes_at > now,
        )
        .order_by(CheckIn.id)
        .with_for_update(of=CheckIn, key_share=True)
    ).all()
    weeks = weeks_of(session, list(members))
    asks: dict[tuple[int, Period], tuple[Whom, Period, datetime]] = {}
    changed: set[str] = set()
    for check_in in rows:
        assert check_in.covered_for_id is not None  # noqa: S101 - asked for above
        member, of = ids[check_in.covered_for_id], period(check_in.period)
        changed.add(prompt_key(check_in.owner_id, of))
        if (asked := covering.give(session, now, check_in, member, weeks[member.id])) is not None:
            asks[asked[0].id, of] = asked
    session.flush()
    leads = _leads(session, members)
    changed |= {key(member.id, lead.id) for member, lead in leads}
    planning.replan(session, now, sorted({lead.id for _, lead in leads}))
    workspace_id = next(iter(members)).workspace_id
    planning.ask_also(session, now, workspace_id, list(asks.values()), changed=changed)


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The lead's list as it is now; it does not leave where nothing of theirs is without an owner."""
    lead = session.get(Member, delivery.member_id)
    gone = session.get(Member, delivery.about_member_id)
    if lead is None or gone is None or not lead.may_take_part:
        return None
    rows = _theirs(session, gone, lead) if not gone.may_take_part else []
    if not rows and delivery.posted_ts is None:
        return None
    return ownerless(
        Ownerless(
            name=gone.name,
            key_results=tuple(
                OwnerlessOne(key_result.id, key_result.number, metric or text, team)
                for key_result, metric, text, team in rows
            ),
            is_back=gone.may_take_part,
        )
    )


def _list(session: Session, now: datetime, leads: Sequence[tuple[Member, Member]]) -> None:
    """Each of these leads reads what is theirs for now of who left: one list, however often it is due."""
    if not leads:
        return
    lists = [
        outbox.NewPost(
            workspace_id=lead.workspace_id,
            key=key(member.id, lead.id),
            kind=PostKind.OWNERLESS,
            member_id=lead.id,
            about_member_id=member.id,
        )
        for member, lead in leads
    ]
    outbox.post_all(session, now, lists, revive=True)
    outbox.redraw_all(session, now, workspace_id=lists[0].workspace_id, keys=[one.key for one in lists])


def _theirs(session: Session, gone: Member, lead: Member) -> Sequence[sa.Row[KeyResult, str | None, str, str]]:
    return session.execute(
        only_asked_about(sa.select(KeyResult, KeyResultRevision.metric, KeyResultRevision.text, Team.name))
        .where(KeyResult.owner_id == gone.id, Team.lead_id == lead.id)
        .order_by(KeyResult.number)
    ).all()


def _leads(session: Session, members: Collection[Member]) -> list[tuple[Member, Member]]:
    """Each of these members with each lead of a team that their key results are in."""
    by_id = {member.id: member for member in members}
    rows = session.execute(
        only_asked_about(sa.select(KeyResult.owner_id, Team.lead_id))
        .where(KeyResult.owner_id.in_(by_id), Team.lead_id.is_not(None), Team.lead_id != KeyResult.owner_id)
        .distinct()
    ).all()
    leads = {
        lead.id: lead
        for lead in session.scalars(sa.select(Member).where(Member.id.in_({lead_id for _, lead_id in rows})))
    }
    pairs = [
        (by_id[owner_id], leads[lead_id]) for owner_id, lead_id in rows if owner_id is not None and lead_id is not None
    ]
    return sorted((pair for pair in pairs if pair[1].may_take_part), key=lambda pair: (pair[0].id, pair[1].id))


def _pass_on(session: Session, now: datetime, members: Collection[Member]) -> None:
    """What is due from these is somebody else's to answer, who is asked as soon as they are at work.

    Of what they own that is the lead; of what they stood in for, its owner again, or the lead where that one has left.
    Where leave keeps these from it, it is who covers for them, or nobody: it is excused then.
    """
    ids = {member.id for member in members}
    rows = session.execute(
        sa.select(CheckIn, KeyResult.owner_id, Team.lead_id)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Team, Team.id == Objective.team_id)
        .where(
            CheckIn.owner_id.in_(ids),
            CheckIn.state == CheckInState.DUE,
            CheckIn.closes_at > now,
            sa.or_(KeyResult.owner_id == CheckIn.owner_id, KeyResult.owner_id == CheckIn.covered_for_id),
        )
        .order_by(CheckIn.id)
        .with_for_update(of=CheckIn, key_share=True)
    ).all()
    changed = _answered_for(session, ids)
    if not rows and not changed:
        return
    concerned = {one for _, *both in rows for one in both if one is not None}
    people: dict[int | None, Member] = {one.id: one for one in taking_part(session, sorted(concerned))}
    weeks = weeks_of(session, list(people.values()))
    asks: dict[tuple[int, Period], tuple[Whom, Period, datetime]] = {}
    for check_in, owner_id, lead_id in rows:
        of = period(check_in.period)
        member = people.get(owner_id) or people.get(lead_id)
        if member is None:  # it waits for somebody to come back
            continue
        changed.add(prompt_key(check_in.owner_id, of))
        left_id = owner_id if member.id != owner_id else None
        asked = covering.give(session, now, check_in, member, weeks[member.id], left_id=left_id)
        if asked is not None:
            asks[asked[0].id, of] = asked
    session.flush()
    workspace_id = next(iter(members)).workspace_id
    planning.ask_also(session, now, workspace_id, list(asks.values()), changed=changed)


def _answered_for(session: Session, member_ids: Collection[int]) -> set[str]:
    """The keys of the prompts in which somebody else is asked for these, and reads why."""
    rows = session.execute(
        sa.select(CheckIn.owner_id, CheckIn.period)
        .where(CheckIn.covered_for_id.in_(member_ids), CheckIn.state == CheckInState.DUE)
        .distinct()
    )
    return {prompt_key(owner_id, period(of)) for owner_id, of in rows}
