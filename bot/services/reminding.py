"""Reminders: to those who have not answered, at most two a period, of all that is still open at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.blocks.reminder import OpenOne, Reminder, reminder
from bot.domain.cadence import Period, period
from bot.domain.reminding import APART, MOST, next_reminder
from bot.services import outbox
from bot.services.asking import Asked, asked_about
from bot.services.definitions import current_definition
from bot.services.next_reminders import told_at
from bot.services.note_to_come import NoteToCome, note_to_come
from bot.services.outbox import reminder_key
from bot.services.planning import prompt_key
from bot.services.schedules import Week, weeks_of
from models import (
    CheckIn,
    CheckInState,
    Delivery,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    Objective,
    PostKind,
    Snooze,
    Team,
)
from models.prepared import Prepared


def remind_due(session: Session, now: datetime, limit: int) -> int:
    """Remind up to `limit` members whose time has come, of what they have not answered; returns how many were looked
    at.

    Who has answered everything, is away or has a Slack status that says so hears nothing. Who wants to be asked again
    later is not reminded before that.
    """
    members = session.scalars(
        sa.select(Member)
        .where(Member.next_reminder_at <= now)
        .order_by(Member.next_reminder_at, Member.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    if not members:
        return 0
    owing = asked_about(session, [member.id for member in members])
    weeks = weeks_of(session, members, owing)
    open_ones = _open(session, members)
    counts = sent(session, {member.id: period(member.reminder_period) for member in members if member.reminder_period})
    snoozes = _snoozes(session, members)
    for member in members:
        of = period(member.reminder_period) if member.reminder_period is not None else None
        due = open_ones.get(member.id, [])
        if of is None or not due or not member.may_take_part:
            member.next_reminder_at = member.reminder_period = None
            continue
        count, week = counts.get(member.id, 0), weeks[member.id]
        snoozed = snoozes.get((member.id, of))
        waits = snoozed is not None and snoozed + APART > now
        if count < MOST and not waits and not is_paused(member, now) and week.schedule.is_at_work(now):
            _plan(member, now, due, asked=owing.get(member.id, ()), week=week, count=count + 1)
            _post(session, now, member, of, count + 1)
        else:
            later = max(now, snoozed + APART) if snoozed is not None and waits else now
            _plan(member, later, due, asked=owing.get(member.id, ()), week=week, count=count)
    session.flush()
    return len(members)


def remind_now(session: Session, now: datetime, member: Member, of: Period) -> bool:
    """Remind somebody because their lead asks for it; False where they were reminded twice already."""
    count = sent(session, {member.id: of}).get(member.id, 0)
    if count >= MOST:
        return False
    _post(session, now, member, of, count + 1)
    return True


def sent(session: Session, whom: dict[int, Period]) -> dict[int, int]:
    """By member id: how many reminders of a period were queued for them. They may not all have left."""
    keys = {
        reminder_key(prompt_key(member_id, of), number): member_id
        for member_id, of in whom.items()
        for number in range(1, MOST + 1)
    }
    found: dict[int, int] = defaultdict(int)
    for key in session.scalars(sa.select(Delivery.key).where(Delivery.key.in_(keys), Delivery.member_id.in_(whom))):
        found[keys[key]] += 1
    return found


def is_paused(member: Member, now: datetime) -> bool:
    """Whether their Slack status says that they are not there."""
    return member.status_text is not None and (member.status_until is None or member.status_until > now)


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The reminder as things are now; it does not leave once nothing is open."""
    member = session.get(Member, delivery.member_id)
    if member is None or delivery.period is None or not member.may_take_part:
        return None
    of = period(delivery.period)
    session.flush()
    rows = _OPEN_ONES.rows(session, {"owner_id": member.id, "period": of})
    closes = max((closes_at for closes_at, *_ in rows), default=now)
    is_over = bool(rows) and closes <= now
    if delivery.posted_ts is None and (not rows or is_over or is_paused(member, now)):
        return None
    zone = ZoneInfo(member.time_zone)
    told = None
    if delivery.part == MOST or member.reminder_period is None:
        told = _told(session, now, member, of, {team_id for *_, team_id in rows})
    return reminder(
        Reminder(
            period=of,
            open_ones=tuple(OpenOne(number, metric or text) for _, number, metric, text, _ in rows),
            closes=closes.astimezone(zone),
            is_over=is_over,
            answered=0 if rows else _answered(session, member, of),
            lead=told.lead.name if told is not None else None,
            lead_told_at=told.at.astimezone(zone) if told is not None else None,
        )
    )


def _answered(session: Session, member: Member, of: Period) -> int:
    counting = sa.select(sa.func.count()).where(
        CheckIn.workspace_id == member.workspace_id,
        CheckIn.owner_id == member.id,
        CheckIn.period == of,
        CheckIn.state == CheckInState.ANSWERED,
    )
    return session.scalar(counting) or 0


def _post(session: Session, now: datetime, member: Member, of: Period, number: int) -> None:
    outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=member.workspace_id,
            key=reminder_key(prompt_key(member.id, of), number),
            kind=PostKind.REMINDER,
            member_id=member.id,
            period=of,
            part=number,
            bulk=True,
        ),
    )


def _plan(
    member: Member, after: datetime, due: Sequence[CheckIn], *, asked: Sequence[Asked], week: Week, count: int
) -> None:
    opens = min(check_in.opens_at for check_in in due)
    at = next_reminder(
        after,
        sent=count,
        asked_at=opens,
        closes_at=max(check_in.closes_at for check_in in due),
        told_at=told_at(asked, opens),
        schedule=week.schedule,
    )
    member.next_reminder_at = at
    member.reminder_period = member.reminder_period if at is not None else None


def _open(session: Session, members: Collection[Member]) -> dict[int, list[CheckIn]]:
    """What each has not answered of the period that they are reminded of."""
    found: dict[int, list[CheckIn]] = defaultdict(list)
    rows = session.scalars(
        sa.select(CheckIn)
        .join(Member, sa.and_(Member.id == CheckIn.owner_id, Member.reminder_period == CheckIn.period))
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .where(
            CheckIn.owner_id.in_([member.id for member in members]),
            KeyResult.state == KeyResultState.ACTIVE,
            CheckIn.state == CheckInState.DUE,
            CheckIn.disowned_at.is_(None),
        )
    )
    for check_in in rows:
        found[check_in.owner_id].append(check_in)
    return found


def _snoozes(session: Session, members: Collection[Member]) -> dict[tuple[int, Period], datetime]:
    rows = session.scalars(sa.select(Snooze).where(Snooze.member_id.in_([member.id for member in members])))
    return {(row.member_id, period(row.period)): row.until for row in rows}


def _told(session: Session, now: datetime, member: Member, of: Period, team_ids: Collection[int]) -> NoteToCome | None:
    """The first note to the lead of one of these teams, in which this person has something open."""
    teams = session.scalars(
        sa.select(Team).where(Team.id.in_(team_ids), Team.lead_id != member.id).order_by(Team.id)
    ).all()
    notes = [note_to_come(session, now, team, of) for team in teams]
    return min((note for note in notes if note is not None), key=lambda note: note.at, default=None)


# Made once: each redraw of a reminder asks for it.
_OPEN_ONES = Prepared(
    sa.select(CheckIn.closes_at, KeyResult.number, KeyResultRevision.metric, KeyResultRevision.text, Objective.team_id)
    .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
    .join(KeyResultRevision, current_definition())
    .join(Objective, Objective.id == KeyResult.objective_id)
    .where(
        CheckIn.owner_id == sa.bindparam("owner_id"),
        CheckIn.period == sa.bindparam("period"),
        CheckIn.state.in_([sa.literal(one, CheckIn.state.type) for one in (CheckInState.DUE, CheckInState.MISSED)]),
        CheckIn.disowned_at.is_(None),
        KeyResult.state == KeyResultState.ACTIVE,
    )
    .order_by(KeyResult.number)
)
