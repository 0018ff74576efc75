"""Planning: who is asked when. A tick opens the periods that are due and closes those that are over.

`member.next_period` is the next period in which a person is asked, and `member.next_opening_at` the instant at which
it opens for them. Whoever changes what these follow from (zone, rhythm, ownership, a team's switch) calls `replan` in
the same transaction. The period is an obligation and stays: only its instant moves with the zone, so that a move
in mid-week neither skips nor repeats one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import (
    Period,
    Rhythm,
    closes_at,
    first_period_of_cycle,
    following,
    next_opening,
    opens_at,
    period,
    period_of,
    value_asked,
)
from bot.domain.cycles import CycleState
from bot.services import introduction, outbox
from bot.services.asking import Asked, asked_about
from bot.services.rhythm import rhythm_of
from models import CheckIn, CheckInState, Cycle, KeyResult, KeyResultState, Member, Objective, PostKind, Workspace
from models.once import insert_all_once

# Somebody new reads who is asking before they are asked.
AFTER_INTRODUCTION = timedelta(seconds=30)


def prompt_key(member_id: int, of: date) -> str:
    """The permanent key of the one prompt that a person gets in a period."""
    return f"prompt:{member_id}:{of.isoformat()}"


def replan(session: Session, now: datetime, member_ids: Collection[int]) -> None:
    """Set each member's next period and opening from zone, rhythm and ownership as they are now.

    - Nobody is asked who owns nothing that is asked about, or who may not take part.
    - Who was waiting for a period goes on waiting for it; where it has opened already and answering is not over, they
      are asked now.
    - Who starts afresh (a team switched on, a first key result) is asked from the next opening strictly after `now`.
    - A check-in that is due closes by the new zone too, where that is later: a move never takes time away.
    """
    if not member_ids:
        return
    members = session.scalars(
        sa.select(Member).where(Member.id.in_(member_ids)).order_by(Member.id).with_for_update(key_share=True)
    ).all()
    owing = asked_about(session, [member.id for member in members])
    rhythms = _rhythms(session, members)
    for member in members:
        rhythm, zone = rhythms[member.workspace_id], ZoneInfo(member.time_zone)
        if member.next_period is None:
            this = period_of(next_opening(now, rhythm, zone), zone)
        else:
            this = _still_open(period(member.next_period), now, rhythm, zone)
        _wait_for(member, this if _asked_in(owing, member, this) else None, rhythm, now)
    _close_later(session, now, {member.id: (rhythms[member.workspace_id], member) for member in members})
    session.flush()


def open_due(session: Session, now: datetime, limit: int) -> int:
    """Open the period of up to `limit` members whose time has come; returns how many there were.

    Each gets the period's check-ins and one prompt. A late process (down over the opening) asks late, and never for
    a period in which answering is over. Two processes at once share the members; whatever is inserted has a key.
    """
    members = session.scalars(
        sa.select(Member)
        .where(Member.next_opening_at <= now)
        .order_by(Member.next_opening_at, Member.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    if not members:
        return 0
    owing = asked_about(session, [member.id for member in members])
    rhythms = _rhythms(session, members)
    rows: list[Mapping[str, object]] = []
    opened: list[tuple[Member, Period, datetime]] = []
    for member in members:
        rhythm, zone = rhythms[member.workspace_id], ZoneInfo(member.time_zone)
        if member.next_period is None:
            continue
        this = _still_open(period(member.next_period), now, rhythm, zone)
        wanted = _asked_in(owing, member, this)
        if not wanted or opens_at(this, rhythm, zone) > now:
            _wait_for(member, this if wanted else None, rhythm, now)
            continue
        rows += [check_in_row(member, asked, this, rhythm) for asked in wanted]
        opened.append((member, this, now))
        _wait_for(member, following(this), rhythm, now)
    insert_all_once(session, CheckIn, rows, key=("key_result_id", "period"))
    ask(session, now, opened)
    session.flush()
    return len(members)


def close_due(session: Session, now: datetime, limit: int) -> int:
    """Up to `limit` check-ins whose answering is over become missed; returns how many there were.

    Where the key result was closed in the meantime, or its cycle is not running any more, nothing was owed: those are
    excused.
    """
    rows = session.execute(
        sa.select(CheckIn, KeyResult.state, Cycle.state)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .where(CheckIn.state == CheckInState.DUE, CheckIn.closes_at <= now)
        .order_by(CheckIn.closes_at, CheckIn.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=CheckIn, key_share=True)
    ).all()
    prompts: set[tuple[int, str]] = set()
    for check_in, state, cycle in rows:
        was_owed = state is not KeyResultState.CLOSED and cycle is CycleState.ACTIVE
        check_in.state = CheckInState.MISSED if was_owed else CheckInState.EXCUSED
        prompts.add((check_in.workspace_id, prompt_key(check_in.owner_id, check_in.period)))
    session.flush()
    for workspace_id, key in sorted(prompts):
        outbox.redraw(session, now, workspace_id=workspace_id, key=key)
    return len(rows)


def replan_cycle(session: Session, now: datetime, cycle: Cycle) -> None:
    """A cycle has begun or ended: everybody whom it concerns is looked at again by the next tick, in batches.

    Its owners, of whom there may be thousands, are made due in one statement; `open_due` then decides whether, and
    when, each is asked. Who waits for nothing yet waits for the cycle's first period. Where it has ended, what is
    still due is over now, and `close_due` excuses it.
    """
    key_results = (
        sa.select(KeyResult.id, KeyResult.owner_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(Objective.cycle_id == cycle.id)
        .subquery()
    )
    concerned = sa.select(Member.id).where(Member.id.in_(sa.select(key_results.c.owner_id)))
    first: date | None = None
    if cycle.state is CycleState.ACTIVE and cycle.starts_on is not None:
        first = first_period_of_cycle(cycle.starts_on)
    else:
        concerned = concerned.where(Member.next_period.is_not(None))
        session.execute(
            sa.update(CheckIn)
            .where(
                CheckIn.key_result_id.in_(sa.select(key_results.c.id)),
                CheckIn.state == CheckInState.DUE,
                CheckIn.closes_at > now,
            )
            .values(closes_at=now)
        )
    # Locked in the order in which `replan` locks them, so that the two never wait for each other.
    held = concerned.order_by(Member.id).with_for_update(key_share=True)
    session.execute(
        sa.update(Member)
        .where(Member.id.in_(held))
        .values(next_opening_at=now, next_period=sa.func.coalesce(Member.next_period, first))
        .execution_options(synchronize_session="fetch")
    )


def ask(session: Session, now: datetime, whom: Sequence[tuple[Member, Period, datetime]]) -> None:
    """Queue the one prompt of each of these members' periods, for an instant, after the introduction of who is new."""
    new = introduction.introduce(session, now, [member for member, _, _ in whom])
    prompts = [
        outbox.Draft(
            workspace_id=member.workspace_id,
            key=prompt_key(member.id, this),
            kind=PostKind.PROMPT,
            member_id=member.id,
            period=this,
            not_before=at + AFTER_INTRODUCTION if member.id in new else at,
            bulk=True,
        )
        for member, this, at in whom
    ]
    # Everything was taken off a person before the prompt left, and then there is something again: it is revived.
    outbox.post_all(session, now, prompts, revive=True)


def check_in_row(member: Member, asked: Asked, this: Period, rhythm: Rhythm) -> dict[str, object]:
    """The check-in of a key result in a period, for the owner's zone, as the columns of its row."""
    zone = ZoneInfo(member.time_zone)
    return {
        "workspace_id": member.workspace_id,
        "key_result_id": asked.key_result_id,
        "period": this,
        "owner_id": member.id,
        "state": CheckInState.DUE,
        "asks_value": value_asked(this, first_period_of_cycle(asked.cycle_starts_on), asked.value_every_weeks),
        "opens_at": opens_at(this, rhythm, zone),
        "closes_at": closes_at(this, rhythm, zone),
    }


def _asked_in(owing: Mapping[int, Sequence[Asked]], member: Member, this: Period) -> list[Asked]:
    """What the member is asked about in a period: nothing, for somebody who may not take part."""
    if not member.may_take_part:
        return []
    return [asked for asked in owing.get(member.id, ()) if asked.is_asked_in(this)]


def _still_open(this: Period, now: datetime, rhythm: Rhythm, zone: ZoneInfo) -> Period:
    """`this`, or where its answering is over the first later period in which it is not."""
    if closes_at(this, rhythm, zone) > now:
        return this
    local = max(this, period_of(now, zone))
    return local if closes_at(local, rhythm, zone) > now else following(local)


def _wait_for(member: Member, this: Period | None, rhythm: Rhythm, now: datetime) -> None:
    if this is None:
        member.next_period = member.next_opening_at = None
        return
    # An opening that lies behind is worked on now, and not the tick before.
    member.next_period = this
    member.next_opening_at = max(opens_at(this, rhythm, ZoneInfo(member.time_zone)), now)


def _close_later(session: Session, now: datetime, members: Mapping[int, tuple[Rhythm, Member]]) -> None:
    due = session.scalars(
        sa.select(CheckIn).where(
            CheckIn.owner_id.in_(members), CheckIn.state == CheckInState.DUE, CheckIn.closes_at > now
        )
    ).all()
    moved: set[tuple[int, str]] = set()
    for check_in in due:
        rhythm, member = members[check_in.owner_id]
        closing = closes_at(period(check_in.period), rhythm, ZoneInfo(member.time_zone))
        if closing > check_in.closes_at:
            check_in.closes_at = closing
            moved.add((check_in.workspace_id, prompt_key(check_in.owner_id, check_in.period)))
    for workspace_id, key in sorted(moved):
        outbox.redraw(session, now, workspace_id=workspace_id, key=key)


def _rhythms(session: Session, members: Sequence[Member]) -> dict[int, Rhythm]:
    workspaces = session.scalars(
        sa.select(Workspace).where(Workspace.id.in_({member.workspace_id for member in members}))
    ).all()
    return {workspace.id: rhythm_of(workspace) for workspace in workspaces}
