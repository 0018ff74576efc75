"""Away: a person's check-ins are excused meanwhile, or somebody who covers answers them; their leads are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.away import AwayNews, Gone, OwnAbsence, away_news
from bot.blocks.post import Post
from bot.domain.absence import Days
from bot.domain.cadence import Period, following, period, period_on
from bot.domain.excuses import Excuse
from bot.domain.localtime import local_date_of
from bot.domain.personal_week import opening
from bot.services import audit, covering, outbox, path_changes, planning
from bot.services.access import Caller, today_of
from bot.services.asked_members import Whom
from bot.services.asking import asked_about, only_asked_about
from bot.services.planning import prompt_key
from bot.services.refusals import Reason, Refused
from bot.services.schedules import Week, week_of
from models import (
    Absence,
    AbsenceNotice,
    CheckIn,
    CheckInState,
    Delivery,
    DeliveryState,
    KeyResult,
    Member,
    PostKind,
    Team,
)
from models.base import table_of

# Who goes away for themselves and for others, or corrects a slip at once, is told of in one message.
TOGETHER_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Declared:
    """What an absence does. `check_ins` in the weeks that it covers; `told` are the names of those who hear of it."""

    absence: Absence
    check_ins: int
    key_results: int
    cover: str | None
    told: tuple[str, ...]


def declare(session: Session, now: datetime, caller: Caller, days: Days, cover_id: int | None) -> Declared:
    """The caller is away on these days. Raises `Refused`: the cover cannot be one, or no full member asks.

    What is due already and can no longer be answered before they go is excused, or goes to the cover with the last
    answers; so does what falls due meanwhile. A cover who is away as well cannot stand in: it is excused. The same days
    declared twice, because no answer came to the first, are one absence, with the cover of the second.
    """
    member = _locked_member(session, caller)
    for known in mine(session, member, now):
        if (known.first_on, known.last_on) == (days.first, days.last):
            return change(session, now, caller, known.id, days=days, cover_id=cover_id)
    cover = _cover(session, member, cover_id)
    before = week_of(session, member)
    absence = Absence(
        workspace_id=member.workspace_id,
        member_id=member.id,
        first_on=days.first,
        last_on=days.last,
        cover_id=cover.id if cover is not None else None,
        created_at=now,
    )
    session.add(absence)
    session.flush()
    return _settle(session, now, member, absence, before, action="absence.declared")


def change(
    session: Session, now: datetime, caller: Caller, absence_id: int, *, days: Days, cover_id: int | None
) -> Declared:
    """Other days, or another cover. Raises `Refused` as `declare`, and where there is no such absence any more."""
    member = _locked_member(session, caller)
    absence = _own(session, now, member, absence_id)
    cover = _cover(session, member, cover_id)
    before = week_of(session, member)
    absence.first_on, absence.last_on = days.first, days.last
    absence.cover_id = cover.id if cover is not None else None
    session.flush()
    return _settle(session, now, member, absence, before, action="absence.changed")


def end(session: Session, now: datetime, caller: Caller, absence_id: int) -> int:
    """The caller is back, or does not go. What is still open this week is theirs again; gives how many that is. Raises
    `Refused`."""
    member = _locked_member(session, caller)
    absence = _own(session, now, member, absence_id)
    before = week_of(session, member)
    today = today_of(member, now)
    if absence.first_on < today:
        absence.last_on = today - timedelta(days=1)
    else:
        absence.ended_at = now
    session.flush()
    _settle(session, now, member, absence, before, action="absence.ended")
    still_open = sa.select(sa.func.count()).where(
        CheckIn.owner_id == member.id, CheckIn.state == CheckInState.DUE, CheckIn.closes_at > now
    )
    return session.scalar(still_open) or 0


def mine(session: Session, member: Member, now: datetime) -> Sequence[Absence]:
    """A person's absences that are not over, the nearest first."""
    today = today_of(member, now)
    return session.scalars(
        sa.select(Absence)
        .where(
            Absence.workspace_id == member.workspace_id,
            Absence.member_id == member.id,
            Absence.ended_at.is_(None),
            Absence.last_on >= today,
        )
        .order_by(Absence.first_on, Absence.id)
    ).all()


def shown(session: Session, member: Member, rows: Sequence[Absence]) -> tuple[OwnAbsence, ...]:
    """A person's absences as they are shown to themselves, with the names of who covers."""
    if not rows:
        return ()
    week = week_of(session, member)
    is_asked = bool(asked_about(session, [member.id]))
    covers = {
        cover.id: cover
        for cover in session.scalars(sa.select(Member).where(Member.id.in_({one.cover_id for one in rows})))
    }
    return tuple(
        OwnAbsence(
            absence_id=one.id,
            first_on=one.first_on,
            last_on=one.last_on,
            cover=covers[one.cover_id].name if one.cover_id is not None else None,
            cover_slack_id=covers[one.cover_id].slack_user_id if one.cover_id is not None else None,
            spares=is_asked and _spares(one, week),
        )
        for one in rows
    )


def _spares(absence: Absence, week: Week) -> bool:
    """Whether the person would have been asked in these days, were they not away."""
    zone, this = week.schedule.zone, period_on(absence.first_on)
    while this <= period_on(absence.last_on) + timedelta(weeks=1):
        spared = opening(this, week.rhythm, week.schedule)
        first, last = local_date_of(spared.at, zone), local_date_of(spared.closes_at, zone)
        if spared.excuse is Excuse.AWAY and first <= absence.last_on and absence.first_on <= last:
            return True
        this = following(this)
    return False


def away_now(session: Session, members: Collection[Member], now: datetime) -> dict[int, Absence]:
    """By member id: the absence in which somebody is today, by their own clock."""
    ids = {member.id: today_of(member, now) for member in members}
    rows = session.scalars(
        sa.select(Absence).where(Absence.member_id.in_(ids), Absence.ended_at.is_(None)).order_by(Absence.id)
    )
    return {row.member_id: row for row in rows if row.first_on <= ids[row.member_id] <= row.last_on}


def just_back(weeks: Mapping[int, Week], this: Period) -> set[int]:
    """The ids of those whose absence ended between the opening of the period before and the closing of this one.

    `weeks`: the people's, by their ids.
    """
    found: set[int] = set()
    for member_id, week in weeks.items():
        last_on = max(
            (
                one.last_on
                for one in week.away
                # A free day is nothing to be welcomed back from.
                if one.first_on < one.last_on and following(this, -2) <= one.last_on < following(this)
            ),
            default=None,
        )
        if last_on is None:
            continue
        since, until = (
            opening(following(this, -1), week.rhythm, week.schedule),
            opening(this, week.rhythm, week.schedule),
        )
        here = week.schedule.zone
        if local_date_of(since.at, here) <= last_on < local_date_of(until.closes_at, here):
            found.add(member_id)
    return found


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """What a lead, or who covers, is told; all absences that came up meanwhile. None where none is left to tell of."""
    reader = session.get(Member, delivery.member_id)
    if reader is None or not reader.may_take_part:
        return None
    rows = session.execute(
        sa.select(Absence, Member)
        .join(AbsenceNotice, AbsenceNotice.absence_id == Absence.id)
        .join(Member, Member.id == Absence.member_id)
        .where(AbsenceNotice.delivery_id == delivery.id)
        .order_by(Absence.first_on, Absence.id)
    ).all()
    if delivery.posted_ts is None and all(absence.ended_at is not None for absence, _ in rows):
        return None
    gone = tuple(_gone(session, absence, member, reader) for absence, member in rows)
    return away_news(AwayNews(gone), today_of(reader, now))


def _gone(session: Session, absence: Absence, member: Member, reader: Member) -> Gone:
    cover = session.get(Member, absence.cover_id) if absence.cover_id is not None else None
    return Gone(
        name=member.name,
        first_on=absence.first_on,
        last_on=absence.last_on,
        key_results=len(asked_about(session, [member.id]).get(member.id, [])),
        cover=cover.name if cover is not None else None,
        is_reader_cover=cover is not None and cover.id == reader.id,
        is_off=absence.ended_at is not None,
    )


def _settle(
    session: Session, now: datetime, member: Member, absence: Absence, before: Week, *, action: str
) -> Declared:
    week = week_of(session, member)
    planning.replan(session, now, [member.id])
    path_changes.of_members(session, now, member.workspace_id, [member.id])
    _take_back(session, now, member, week)
    passed_on = _let_go(session, now, member, week)
    touched = passed_on | _touched(session, now, member, absence, before=before, week=week)
    told = _tell(session, now, member, absence)
    cover = session.get(Member, absence.cover_id) if absence.cover_id is not None else None
    audit.record(
        session,
        now,
        workspace_id=member.workspace_id,
        actor_id=member.id,
        actor_name=member.name,
        action=action,
        subject=absence,
        detail={"first_on": absence.first_on.isoformat(), "last_on": absence.last_on.isoformat()},
    )
    return Declared(
        absence=absence,
        check_ins=len(touched),
        key_results=len({key_result_id for key_result_id, _ in touched}),
        cover=cover.name if cover is not None else None,
        told=tuple(one.name for one in told),
    )


def _touched(
    session: Session, now: datetime, member: Member, absence: Absence, *, before: Week, week: Week
) -> set[tuple[int, Period]]:
    """The check-ins of weeks to come in which the person would have been asked, were it not for this absence."""
    asked = asked_about(session, [member.id]).get(member.id, [])
    found: set[tuple[int, Period]] = set()
    # Who is asked on the last working day before the week begins may be asked a week early.
    this = period_on(absence.first_on)
    while this <= period_on(absence.last_on) + timedelta(weeks=1):
        theirs = opening(this, week.rhythm, week.schedule)
        is_spared = theirs.excuse is Excuse.AWAY and opening(this, before.rhythm, before.schedule).excuse is None
        if is_spared and theirs.at > now:
            found |= {(one.key_result_id, this) for one in asked if one.is_asked_in(this)}
        this = following(this)
    return found


def _let_go(session: Session, now: datetime, member: Member, week: Week) -> set[tuple[int, Period]]:
    """What is due and cannot be answered by them in time is the cover's from now on, or excused."""
    due = session.scalars(
        sa.select(CheckIn)
        .where(
            CheckIn.workspace_id == member.workspace_id,
            CheckIn.owner_id == member.id,
            CheckIn.state == CheckInState.DUE,
            CheckIn.closes_at > now,
        )
        .order_by(CheckIn.id)
        .with_for_update(key_share=True)
    ).all()
    found: set[tuple[int, Period]] = set()
    asks: dict[tuple[int, Period], tuple[Whom, Period, datetime]] = {}
    for check_in in due:
        if not covering.is_on_leave_until(check_in.closes_at, now, week):
            continue
        of = period(check_in.period)
        found.add((check_in.key_result_id, of))
        if check_in.covered_for_id is not None:
            check_in.state, check_in.excuse = CheckInState.EXCUSED, Excuse.AWAY
        elif (asked := covering.give(session, now, check_in, member, week)) is not None:
            asks[asked[0].id, of] = asked
    session.flush()
    prompts = {prompt_key(member.id, of) for _, of in found}
    planning.ask_also(session, now, member.workspace_id, list(asks.values()), changed=prompts)
    return found


def _take_back(session: Session, now: datetime, member: Member, week: Week) -> None:
    """What was excused or covered because of leave, and can be answered by its owner after all, is theirs again.

    What has another owner by now is not; and what they stood in for themselves, before they went, they stand in for.
    Where they are away still, and another cover is named than the one before, it is that one's.
    """
    # One after the other, because each has an index of its own, and both together have none.
    theirs = sa.union_all(
        sa.select(_one.c.id).where(_one.c.owner_id == member.id, _one.c.excuse == Excuse.AWAY),
        sa.select(_one.c.id).where(_one.c.covered_for_id == member.id, _is_open(_one.c)),
    )
    rows = session.execute(
        sa.select(CheckIn, KeyResult.owner_id)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .where(
            CheckIn.closes_at > now,
            CheckIn.id.in_(theirs),
            # Once more of the row itself: it may have been answered while this waited for it.
            sa.or_(
                sa.and_(CheckIn.owner_id == member.id, CheckIn.excuse == Excuse.AWAY),
                sa.and_(CheckIn.covered_for_id == member.id, _is_open(CheckIn)),
            ),
        )
        .order_by(CheckIn.id)
        .with_for_update(of=CheckIn, key_share=True)
    ).all()
    asks: dict[tuple[int, Period], tuple[Whom, Period, datetime]] = {}
    changed: set[str] = set()
    named = {one.cover_id for one in week.away}
    for check_in, owner_id in rows:
        stood_in_for = check_in.covered_for_id if check_in.covered_for_id != member.id else None
        if owner_id != (member.id if stood_in_for is None else stood_in_for):
            continue
        of = period(check_in.period)
        before = prompt_key(check_in.owner_id, of)
        asked: tuple[Whom, Period, datetime] | None = None
        at = week.schedule.at_work_from(max(now, check_in.opens_at))
        if at is not None and at < check_in.closes_at:
            check_in.owner_id, check_in.covered_for_id = member.id, stood_in_for
            check_in.state, check_in.excuse = CheckInState.DUE, None
            asked = member, of, at
        elif stood_in_for is not None or check_in.owner_id in named:
            continue
        elif covering.is_on_leave_until(check_in.closes_at, now, week):
            asked = covering.give(session, now, check_in, member, week)
        changed.add(before)
        if asked is not None:
            asks[asked[0].id, of] = asked
    session.flush()
    planning.ask_also(session, now, member.workspace_id, list(asks.values()), changed=changed)


def _is_open(one: Any) -> sa.ColumnElement[bool]:
    """Whether who covers (one check-in's columns) is to answer it, or would be, were they not away themselves."""
    return sa.or_(one.state == CheckInState.DUE, one.excuse == Excuse.AWAY)


def _tell(session: Session, now: datetime, member: Member, absence: Absence) -> list[Member]:
    """The leads of the teams whose key results these are, and who covers, hear of it: in one message with what else is
    new, in their working time. What was told before is corrected where it stands."""
    told = session.scalars(
        sa.select(Delivery)
        .join(AbsenceNotice, AbsenceNotice.delivery_id == Delivery.id)
        .where(AbsenceNotice.absence_id == absence.id)
    ).all()
    for delivery in told:
        outbox.redraw(session, now, workspace_id=delivery.workspace_id, key=delivery.key)
    if absence.ended_at is not None:
        return []
    knows = {delivery.member_id for delivery in told}
    leads = only_asked_about(sa.select(Team.lead_id)).where(KeyResult.owner_id == member.id)
    ids = {one for one in (*session.scalars(leads), absence.cover_id) if one is not None and one != member.id}
    readers = session.scalars(sa.select(Member).where(Member.id.in_(ids)).order_by(Member.name, Member.id)).all()
    readers = [one for one in readers if one.may_take_part]
    for reader in readers:
        if reader.id not in knows:
            _notify(session, now, reader, absence)
    return readers


def _notify(session: Session, now: datetime, reader: Member, absence: Absence) -> None:
    waiting = session.scalar(
        sa.select(Delivery)
        .where(
            Delivery.workspace_id == reader.workspace_id,
            Delivery.member_id == reader.id,
            Delivery.kind == PostKind.AWAY_NEWS,
            Delivery.state == DeliveryState.QUEUED,
        )
        .order_by(Delivery.created_at, Delivery.id)
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True)
    )
    delivery_id = waiting.id if waiting is not None else None
    if delivery_id is None:
        soon = now + TOGETHER_FOR
        delivery_id = outbox.post(
            session,
            now,
            outbox.NewPost(
                workspace_id=reader.workspace_id,
                key=f"away:{absence.id}:{reader.id}",
                kind=PostKind.AWAY_NEWS,
                member_id=reader.id,
                not_before=week_of(session, reader).schedule.at_work_from(soon) or soon,
            ),
            revive=True,
        )
    if delivery_id is not None:
        session.add(AbsenceNotice(workspace_id=reader.workspace_id, absence_id=absence.id, delivery_id=delivery_id))
        session.flush()


def _locked_member(session: Session, caller: Caller) -> Member:
    member = session.scalars(
        sa.select(Member)
        .where(Member.workspace_id == caller.workspace_id, Member.id == caller.member_id)
        .with_for_update(key_share=True)
    ).one()
    if not member.may_take_part:
        raise Refused(Reason.NOT_A_FULL_MEMBER)
    return member


def _cover(session: Session, member: Member, cover_id: int | None) -> Member | None:
    if cover_id is None:
        return None
    cover = session.scalar(sa.select(Member).where(Member.workspace_id == member.workspace_id, Member.id == cover_id))
    if cover is None or cover.id == member.id or not cover.may_take_part:
        raise Refused(Reason.CANNOT_COVER, name=cover.name if cover is not None and cover.id != member.id else None)
    return cover


def _own(session: Session, now: datetime, member: Member, absence_id: int) -> Absence:
    found = next((one for one in mine(session, member, now) if one.id == absence_id), None)
    if found is None:
        raise Refused(Reason.NO_SUCH_ABSENCE)
    return found


# Made once: another name for a table copies all of its columns.
_one = table_of(CheckIn).alias("one")
