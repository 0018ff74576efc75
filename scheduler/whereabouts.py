"""Where posts go, and where they stand once they have arrived."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.runtime import Runtime
from bot.services import digest_links, escalation_news, outbox
from bot.slack import Posted
from bot.slack_failures import RetryLater
from models import (
    Conversation,
    ConversationMember,
    Delivery,
    DeliveryState,
    EscalationEvent,
    Member,
    Message,
    PostKind,
)
from models.base import table_of
from models.conversation import is_unopened
from models.many import ForEach
from models.prepared import Listed
from scheduler import pace


class Destination(NamedTuple):
    """Where a post goes: a channel's or conversation's id, or a Slack user's; and the thread in it.

    `place` is null for a group message that was not opened yet: it is opened with these `people` (Slack user ids).
    """

    place: str | None
    thread_ts: str | None = None
    people: tuple[str, ...] = ()


class TooManyOpened(RetryLater):
    """Slack asks for a pause before the next conversation is opened. Nothing was said, or seen, in this one."""


def opened(runtime: Runtime, workspace_id: int, people: Sequence[str]) -> str:
    """Open the conversation with these Slack users; its id. Opened again it is the same one.

    Raises `SlackFailure`, of which `TooManyOpened` concerns nothing but openings.
    """
    try:
        return runtime.gateway.open_conversation(workspace_id, slack_user_ids=people)
    except RetryLater as failure:
        if failure.after is None:
            raise
        raise TooManyOpened(failure.code, failure.after) from failure


def unopened(session: Session, ids: Collection[int]) -> frozenset[int]:
    """Those of these deliveries that go into a group message that is to be opened first."""
    return frozenset(found for (found,) in _UNOPENED.rows(session, ids))


def destination(session: Session, row: Delivery) -> Destination:
    """The conversation (or person) that it goes to, and the thread in it."""
    return destinations(session, [row])[row.id]


def destinations(session: Session, rows: Collection[Delivery]) -> dict[int, Destination]:
    """As `destination`, for several deliveries, by their ids."""
    followed = {row.follows_id for row in rows if row.follows_id is not None}
    roots = {root_id: (channel, ts) for root_id, channel, ts in _ROOTS.rows(session, followed)}
    people = {row.member_id for row in rows if row.member_id is not None}
    known: dict[int, str] = dict(_ADDRESSES.rows(session, people))
    found: dict[int, Destination] = {}
    for row in rows:
        channel, ts = roots.get(row.follows_id, (None, None)) if row.follows_id is not None else (None, None)
        if channel is not None:
            found[row.id] = Destination(channel, ts)
        elif row.conversation_id is not None:
            found[row.id] = _group(session, row.conversation_id)
        else:
            found[row.id] = Destination(known[row.member_id] if row.member_id is not None else row.channel_id)
    return found


def _group(session: Session, conversation_id: int) -> Destination:
    people = session.execute(_GROUP, {"conversation_id": conversation_id}).all()
    slack_id = people[0][1]
    return Destination(slack_id) if slack_id is not None else Destination(None, people=tuple(one for one, _ in people))


@dataclass(frozen=True)
class Arrival:
    """A delivery that stands at `place`. `drawn`: which revision it shows, 0 where nobody knows; `mark`: how it reads
    (`delivery.stands_as`), null where nobody knows. `learned`: its conversation may not have been known before. `at`:
    the slot it was sent in, null where that is long ago."""

    row: Delivery
    place: Posted
    drawn: int
    mark: str | None = None
    learned: bool = True
    at: datetime | None = None


def arrived(session: Session, arrivals: Sequence[Arrival], now: datetime, *, paced: bool = True) -> None:
    """Record that these were sent. The rows themselves are stale after it."""
    if not arrivals:
        return
    opened = {one.row.member_id: one.place.channel for one in arrivals if one.learned and one.row.member_id is not None}
    groups = {one.row.conversation_id: one.place.channel for one in arrivals if one.row.conversation_id is not None}
    places = [
        {
            "of": one.row.id,
            "now": now,
            "channel": one.place.channel,
            "ts": one.place.ts,
            "drawn": one.drawn,
            "mark": one.mark,
        }
        for one in sorted(arrivals, key=lambda one: one.row.id)
    ]
    _SENT.run(session, places)
    # Members before messages, as whoever plans somebody's week holds them.
    _OPENED.run(session, [{"of": of, "channel": channel} for of, channel in sorted(opened.items())])
    _GROUP_OPENED.run(session, [{"of": of, "channel": channel} for of, channel in sorted(groups.items())])
    leading = _what_leads_there(session, now, [one.row for one in arrivals])
    for workspace_id, keys in sorted(leading.items()):
        own = {one.row.key for one in arrivals if one.row.workspace_id == workspace_id}
        outbox.hold(session, workspace_id=workspace_id, keys=keys | own)
    _SHOWN.run(session, places)
    quoting = {one.row.escalation_event_id for one in arrivals if one.row.kind is PostKind.ESCALATION_REPLY}
    if quoting:
        # What was copied of a message stands in Slack now, and nowhere else.
        _UNQUOTED.run(session, sorted(filter(None, quoting)))
    if paced:
        late: dict[int, list[str]] = {}
        for one in arrivals:
            if one.at is None or now > one.at + pace.TOLERANCE:
                late.setdefault(one.row.workspace_id, []).append(
                    pace.conversation(one.row.member_id, one.row.channel_id, one.row.conversation_id)
                )
        for workspace_id, lanes in sorted(late.items()):
            pace.arrived(session, workspace_id, lanes, now)
    for workspace_id, keys in sorted(leading.items()):
        outbox.redraw_all(session, now, workspace_id=workspace_id, keys=keys, alone=True)


def _what_leads_there(session: Session, now: datetime, arrived: Sequence[Delivery]) -> dict[int, set[str]]:
    """By workspace: the keys of what was drawn before these stood, and shows where they do from now on."""
    found: dict[int, set[str]] = {}
    for workspace_id in {one.workspace_id for one in arrived}:
        rows = [one for one in arrived if one.workspace_id == workspace_id]
        keys = {*digest_links.keys_that_lead_to(session, rows), *escalation_news.keys_that_lead_to(session, now, rows)}
        if keys:
            found[workspace_id] = keys
    return found


_delivery, _message, _member = table_of(Delivery), table_of(Message), table_of(Member)
_event = table_of(EscalationEvent)
_conversation, _in_it = table_of(Conversation), table_of(ConversationMember)
_ROOTS = Listed(
    lambda ids: sa.select(_delivery.c.id, _delivery.c.posted_channel, _delivery.c.posted_ts).where(
        _delivery.c.id.in_(ids)
    )
)
_ADDRESSES = Listed(
    lambda ids: sa.select(_member.c.id, sa.func.coalesce(_member.c.dm_channel, _member.c.slack_user_id)).where(
        _member.c.id.in_(ids)
    )
)
_UNOPENED = Listed(lambda ids: sa.select(_delivery.c.id).where(_delivery.c.id.in_(ids), is_unopened(_delivery)))
_SENT = ForEach(
    Delivery,
    lambda each: _delivery.c.id == each("of"),
    lambda each: {
        "state": DeliveryState.SENT,
        "error": None,
        "settled_at": each("now"),
        "posted_channel": each("channel"),
        "posted_ts": each("ts"),
    },
    of=_delivery.c.id,
    now=_delivery.c.settled_at,
    channel=_delivery.c.posted_channel,
    ts=_delivery.c.posted_ts,
)
_OPENED = ForEach(
    Member,
    lambda each: sa.and_(_member.c.id == each("of"), _member.c.dm_channel.is_(None)),
    lambda each: {"dm_channel": each("channel")},
    of=_member.c.id,
    channel=_member.c.dm_channel,
)
_GROUP = (
    sa.select(_member.c.slack_user_id, _conversation.c.slack_id)
    .select_from(_conversation)
    .join(_in_it, _in_it.c.conversation_id == _conversation.c.id)
    .join(_member, _member.c.id == _in_it.c.member_id)
    .where(_conversation.c.id == sa.bindparam("conversation_id"))
    .order_by(_member.c.id)
)
_GROUP_OPENED = ForEach(
    Conversation,
    lambda each: sa.and_(_conversation.c.id == each("of"), _conversation.c.slack_id.is_(None)),
    lambda each: {"slack_id": each("channel")},
    of=_conversation.c.id,
    channel=_conversation.c.slack_id,
)
_UNQUOTED = Listed(
    lambda ids: sa.update(_event).where(_event.c.id.in_(ids), _event.c.quote.is_not(None)).values(quote=None)
)
_SHOWN = ForEach(
    Message,
    lambda each: _message.c.delivery_id == each("of"),
    lambda each: {
        "channel": each("channel"),
        "ts": each("ts"),
        "shown": each("drawn"),
        "stands_as": each("mark"),
        "not_before": each("now"),
    },
    of=_message.c.delivery_id,
    channel=_message.c.channel,
    ts=_message.c.ts,
    drawn=_message.c.shown,
    mark=_message.c.stands_as,
    now=_message.c.not_before,
)
