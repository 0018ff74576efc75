"""*Later*: a person is asked about the same check-in once more, when it suits them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.dates import weekday_time
from bot.blocks.post import Post
from bot.blocks.prompt import ItemState, Prompt
from bot.blocks.snooze import LaterQuestion
from bot.domain.cadence import Period
from bot.domain.snooze import Later, TooOdd, check, offers
from bot.services import access, outbox, prompt
from bot.services.access import Caller
from bot.services.answerable import refuse_if_over
from bot.services.planning import prompt_key
from bot.services.refusals import Reason, Refused
from bot.services.schedules import week_of
from models import Delivery, DeliveryState, Member, PostKind, Snooze
from models.once import insert_once


@dataclass(frozen=True)
class Wished:
    """A time that cannot be taken. `closes` is in the person's zone."""

    why: TooOdd
    closes: datetime


def question(session: Session, now: datetime, caller: Caller, period: Period) -> LaterQuestion:
    """What the dialog asks. Raises `Refused`: nothing is open, they were asked again already, or no time is left."""
    member, view = _open(session, now, caller, period)
    found = offers(now, view.closes, week_of(session, member).schedule)
    if Later.AT_A_TIME not in found:
        raise Refused(Reason.NO_TIME_LEFT, closes=weekday_time(view.closes))
    return LaterQuestion(period, found[Later.AT_A_TIME].astimezone(ZoneInfo(member.time_zone)), view.closes)


def later(session: Session, now: datetime, caller: Caller, period: Period, choice: Later) -> None:
    """Ask again this afternoon or the next morning. Raises `Refused` as `question`, and where that time has gone by."""
    member, view = _open(session, now, caller, period)
    found = offers(now, view.closes, week_of(session, member).schedule)
    if choice not in found:
        raise Refused(Reason.NO_TIME_LEFT, closes=weekday_time(view.closes))
    _put_off(session, now, member, period, found[choice])


def later_at(session: Session, now: datetime, caller: Caller, period: Period, until: datetime | None) -> Wished | None:
    """Ask again at a time of their own; returns why it cannot be taken. Raises `Refused` as `question`."""
    member, view = _open(session, now, caller, period)
    why = check(until, now, view.closes, week_of(session, member).schedule) if until is not None else TooOdd.MISSING
    if why is not None or until is None:
        return Wished(why or TooOdd.MISSING, view.closes)
    _put_off(session, now, member, period, until)
    return None


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The second message: the prompt as it is now. It does not leave once nothing is open any more."""
    return prompt.post(session, delivery, now)


def _open(session: Session, now: datetime, caller: Caller, period: Period) -> tuple[Member, Prompt]:
    refuse_if_over(session, now, caller, period)
    member = access.member_of(session, caller)
    view = prompt.prompt_view(session, now, member, period)
    if view is None:
        raise Refused(Reason.NOTHING_DUE)
    if not view.count(ItemState.OPEN):
        raise Refused(Reason.ALREADY_ANSWERED if view.count(ItemState.ANSWERED) else Reason.NOTHING_DUE)
    second = outbox.delivery_of(session, caller.workspace_id, outbox.again_key(prompt_key(member.id, period)))
    if second is not None and second.state is not DeliveryState.QUEUED:
        raise Refused(Reason.ASKED_AGAIN, closes=weekday_time(view.closes))
    return member, view


def _put_off(session: Session, now: datetime, member: Member, period: Period, until: datetime) -> None:
    values = {"workspace_id": member.workspace_id, "member_id": member.id, "period": period}
    row = {**values, "until": until, "asked_for_at": now}
    if insert_once(session, Snooze, row, key=("member_id", "period")) is None:
        session.execute(
            sa.update(Snooze)
            .where(Snooze.member_id == member.id, Snooze.period == period)
            .values(until=until, asked_for_at=now)
        )
    key = prompt_key(member.id, period)
    second = outbox.delivery_of(session, member.workspace_id, outbox.again_key(key))
    if second is not None:
        outbox.put_off(session, second, until)
    else:
        outbox.post(
            session,
            now,
            outbox.NewPost(
                workspace_id=member.workspace_id,
                key=outbox.again_key(key),
                kind=PostKind.PROMPT_AGAIN,
                member_id=member.id,
                period=period,
                not_before=until,
            ),
        )
    outbox.redraw(session, now, workspace_id=member.workspace_id, key=key)
