"""The outbox: what Okra is going to say. Adding is all that others do; `scheduler/delivery.py` sends."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.reminding import MOST
from bot.services import conversations, home_changes
from models import Delivery, DeliveryState, Message, PostKind
from models.base import table_of
from models.loading import Loaded
from models.many import insert_all
from models.memory import remembered
from models.once import insert_all_once, insert_missing
from models.prepared import Listed, Prepared

# Kinds whose message shows state and is redrawn when the state changes.
SHOWS_STATE = {
    PostKind.PROMPT,
    PostKind.PROMPT_AGAIN,
    PostKind.UNDERSTANDING,
    PostKind.REMINDER,
    PostKind.ESCALATION,
    PostKind.ESCALATION_ASK,
    PostKind.ESCALATION_REVIEW,
    PostKind.MORNING,
    PostKind.LEAD_NOTE,
    PostKind.AWAY_NEWS,
    PostKind.HAND_OVER,
    PostKind.DEPENDENCY,
    PostKind.OWNERLESS,
    PostKind.DIGEST,
    PostKind.DIGEST_DETAILS,
    PostKind.DIGEST_UNREAD,
    PostKind.DECISION_MADE,
}

_NEW_WORK = "okra_new_work"

_message, _delivery = table_of(Message), table_of(Delivery)
_REDRAW = Prepared(
    sa.update(_message)
    .where(
        # By its delivery alone: asked for its workspace too, SQLite looks through all messages of that.
        _message.c.delivery_id.in_(
            sa.select(_delivery.c.id).where(
                _delivery.c.workspace_id == sa.bindparam("of_workspace"),
                # As many as `shown_with` names.
                _delivery.c.key.in_([sa.bindparam(f"of_key_{place}") for place in range(2 + MOST)]),
            )
        ),
    )
    .values(wanted=_message.c.wanted + 1, not_before=sa.bindparam("now"))
)

_HELD = Listed(
    lambda keys: (
        sa.select(_message.c.id)
        .join(_delivery, _delivery.c.id == _message.c.delivery_id)
        .where(_delivery.c.workspace_id == sa.bindparam("workspace_id"), _delivery.c.key.in_(keys))
        .order_by(_message.c.id)
        .with_for_update(of=_message, key_share=True)
    ),
    of=sa.Text(),
)
_WANTED = Listed(
    lambda ids: (
        sa.update(_message)
        .where(_message.c.id.in_(ids))
        .values(wanted=_message.c.wanted + 1, not_before=sa.bindparam("now"))
    )
)
_OF_KEY = Loaded(
    sa.select(Delivery).where(
        Delivery.workspace_id == sa.bindparam("workspace_id"), Delivery.key == sa.bindparam("key")
    )
)


@dataclass(frozen=True)
class NewPost:
    """One post to a member (a direct message), a channel, or a conversation of several; exactly one of them is given.

    `key` is permanent in the workspace. A post that follows another goes into that one's thread, after it.
    `not_before` null: it may leave at once. `bulk`: it is one of many for one hour, and lets others go first.
    `shows_state`: this one is redrawn when the state changes, though others of its kind are not.
    """

    workspace_id: int
    key: str
    kind: PostKind
    member_id: int | None = None
    channel_id: str | None = None
    conversation_id: int | None = None
    team_id: int | None = None
    period: date | None = None
    day: date | None = None
    escalation_id: int | None = None
    escalation_event_id: int | None = None
    digest_id: int | None = None
    check_in_id: int | None = None
    understanding_id: int | None = None
    hand_over_id: int | None = None
    question_id: int | None = None
    digest_share_id: int | None = None
    dependency_id: int | None = None
    decision_id: int | None = None
    about_member_id: int | None = None
    part: int | None = None
    about_id: int | None = None
    follows_id: int | None = None
    not_before: datetime | None = None
    bulk: bool = False
    shows_state: bool = False


# What a post says of itself stands in its delivery under the same names.
_COLUMNS = tuple(field.name for field in fields(NewPost) if field.name != "shows_state")


def post(session: Session, now: datetime, new: NewPost, *, revive: bool = False) -> int | None:
    """Queue one post, as `post_all` says; returns its delivery's id, or None where its key was there."""
    return post_all(session, now, [new], revive=revive).get((new.workspace_id, new.key))


def reply(
    session: Session,
    now: datetime,
    root: Delivery,
    *,
    key: str,
    kind: PostKind,
    escalation_event_id: int | None = None,
    dependency_id: int | None = None,
    part: int | None = None,
    shows_state: bool = False,
) -> None:
    """Queue one post into the thread of an escalation's first message, wherever that stands, and after it."""
    post(
        session,
        now,
        NewPost(
            workspace_id=root.workspace_id,
            key=key,
            kind=kind,
            channel_id=root.channel_id,
            conversation_id=root.conversation_id,
            member_id=root.member_id,
            escalation_id=root.escalation_id,
            escalation_event_id=escalation_event_id,
            dependency_id=dependency_id,
            part=part,
            follows_id=root.id,
            shows_state=shows_state,
        ),
    )


def post_all(
    session: Session, now: datetime, posts: Sequence[NewPost], *, revive: bool = False
) -> dict[tuple[int, str], int]:
    """Queue posts in as many statements as one takes; returns the deliveries' ids by workspace and key.

    Where a key exists already nothing happens, and it is not among what is returned. `revive`: a post that became
    obsolete before it was sent, because what it told of had gone, is queued again under its key; one that failed is
    not, an admin was told of it.
    """
    at = now.isoformat()
    rows = [_row(new, now, at) for new in posts]
    queued: dict[tuple[int, str], int] = {**insert_all_once(session, Delivery, rows, key=("workspace_id", "key"))}
    shown = [
        {"workspace_id": new.workspace_id, "delivery_id": queued[new.workspace_id, new.key], "not_before": now}
        for new in posts
        if (new.shows_state or new.kind in SHOWS_STATE) and (new.workspace_id, new.key) in queued
    ]
    insert_all(session, Message, shown)
    if revive:
        queued |= _revive(session, now, [new for new in posts if (new.workspace_id, new.key) not in queued])
    if queued:
        session.info[_NEW_WORK] = True
    for new in posts:
        if (new.workspace_id, new.key) in queued:
            home_changes.concerns(session, new.workspace_id, [new.member_id])
            if new.escalation_id is not None:
                home_changes.concerns_readers(session, new.workspace_id, [new.key])
    return queued


def _row(new: NewPost, now: datetime, at: str) -> dict[str, object]:
    return {
        **{name: getattr(new, name) for name in _COLUMNS},
        "not_before": new.not_before or now,
        "opaque_id": _opaque_id(new.workspace_id, new.key, at),
        "created_at": now,
    }


def again_key(key: str) -> str:
    """The permanent key of a second message about what was posted under `key`; both show the same state."""
    return f"{key}:again"


def reminder_key(key: str, number: int) -> str:
    """The permanent key of the first or second reminder of what was posted under `key`."""
    return f"{key}:reminder:{number}"


def shown_with(key: str) -> list[str]:
    """The keys of the messages that show the same state as the one under `key`, itself among them."""
    return [key, again_key(key), *(reminder_key(key, number) for number in range(1, MOST + 1))]


def redraw(session: Session, now: datetime, *, workspace_id: int, key: str) -> None:
    """The state behind the message that was posted under `key` has changed: it is shown anew, soon.

    So are those that show the same state (`shown_with`).
    """
    session.flush()
    keys = {f"of_key_{place}": one for place, one in enumerate(shown_with(key))}
    _REDRAW.send(session, {"of_workspace": workspace_id, "now": now, **keys})
    session.info[_NEW_WORK] = True
    home_changes.concerns_readers(session, workspace_id, [key])


def redraw_all(
    session: Session, now: datetime, *, workspace_id: int, keys: Collection[str], alone: bool = False
) -> None:
    """As `redraw`, for many messages: held in the order of their rows, so that two of these end in no deadlock.

    `alone`: these and no others, for a change that those which show the same state otherwise do not show.
    """
    shown = keys if alone else [one for key in keys for one in shown_with(key)]
    held = [message_id for (message_id,) in _HELD.rows(session, shown, {"workspace_id": workspace_id})]
    home_changes.concerns_readers(session, workspace_id, keys)
    if not held:
        return
    _WANTED.run(session, held, {"now": now})
    session.info[_NEW_WORK] = True


def hold(session: Session, *, workspace_id: int, keys: Collection[str]) -> None:
    """Hold these messages in the order of their rows, for what changes some of them before others."""
    _HELD.rows(session, list(keys), {"workspace_id": workspace_id})


def redraw_for(
    session: Session, now: datetime, *, workspace_id: int, member_ids: Collection[int], since: datetime
) -> None:
    """The direct and group messages that these members got after `since` are shown anew: nobody drew them meanwhile."""
    groups = conversations.with_any_of(session, workspace_id, member_ids)
    got = sa.select(Delivery.key).where(Delivery.workspace_id == workspace_id, Delivery.created_at > since)
    # Not one condition with "or": each half has an index of its own.
    halves = got.where(Delivery.member_id.in_(member_ids)).union_all(got.where(Delivery.conversation_id.in_(groups)))
    keys = session.scalars(halves).all()
    redraw_all(session, now, workspace_id=workspace_id, keys=keys)


def show_from_now_on(session: Session, now: datetime, *, workspace_id: int, delivery_ids: Collection[int]) -> None:
    """These posts show the state from now on, also those that were only said once: they are drawn anew, soon.

    Of what has not left yet nothing is drawn; it is looked at again when it leaves.
    """
    rows = session.scalars(
        sa.select(Delivery)
        .where(Delivery.id.in_(delivery_ids))
        .order_by(Delivery.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    messages = [
        {
            "workspace_id": workspace_id,
            "delivery_id": row.id,
            "channel": row.posted_channel,
            "ts": row.posted_ts,
            # One that is on its way was rendered already: what it shows then is the first.
            "wanted": 1,
            "shown": 0,
            "generation": 0,
            "attempts": 0,
            "not_before": now,
        }
        for row in rows
    ]
    insert_missing(session, Message, messages, key=("delivery_id",))
    redraw_all(session, now, workspace_id=workspace_id, keys=[row.key for row in rows])


@remembered
def delivery_of(session: Session, workspace_id: int, key: str) -> Delivery | None:
    """The delivery with this permanent key."""
    found = _OF_KEY.first(session, {"workspace_id": workspace_id, "key": key})
    return found[0] if found is not None else None


def put_off(session: Session, delivery: Delivery, until: datetime) -> None:
    """A post that still waits in the outbox waits until `until`."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.state == DeliveryState.QUEUED)
        .values(not_before=until)
    )
    session.info[_NEW_WORK] = True


def send_elsewhere(session: Session, now: datetime, rows: Collection[Delivery], channel_id: str) -> None:
    """These posts, which failed and are held, are queued again under their keys, for this channel.

    Nothing of them was said. What a worker or a look still knows of the attempts before is of no account any more:
    the generation and the id that travels with the message are others.
    """
    for row in rows:
        row.generation += 1
        row.opaque_id = _opaque_id(row.workspace_id, row.key, f"{now.isoformat()} {row.generation}")
        row.member_id, row.conversation_id, row.channel_id = None, None, channel_id
        row.state, row.not_before = DeliveryState.QUEUED, now
        row.error = row.settled_at = row.attempted_at = row.lost_since = None
        row.attempts = row.lost = 0
    if rows:
        session.flush()
        session.info[_NEW_WORK] = True
        home_changes.concerns_admins(session, {row.workspace_id for row in rows})


def has_new_work(session: Session) -> bool:
    """Whether this session queued something; asked after its commit."""
    return bool(session.info.get(_NEW_WORK))


def _revive(session: Session, now: datetime, posts: Collection[NewPost]) -> dict[tuple[int, str], int]:
    if not posts:
        return {}
    wanted = {(new.workspace_id, new.key): new for new in posts}
    rows = session.scalars(
        sa.select(Delivery)
        .where(
            Delivery.workspace_id.in_({new.workspace_id for new in posts}),
            Delivery.key.in_([new.key for new in posts]),
            # One that waits may be found obsolete before this ends, from what stood before: it is held until then.
            Delivery.state.in_([DeliveryState.OBSOLETE, DeliveryState.QUEUED, DeliveryState.CLAIMED]),
        )
        .order_by(Delivery.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    revived: dict[tuple[int, str], int] = {}
    for row in rows:
        new = wanted.get((row.workspace_id, row.key))
        if new is not None and row.state is DeliveryState.OBSOLETE:
            row.state, row.settled_at, row.held_back_at = DeliveryState.QUEUED, None, None
            row.not_before = new.not_before or now
            row.generation += 1
            revived[row.workspace_id, row.key] = row.id
    session.flush()
    return revived


def _opaque_id(workspace_id: int, key: str, at: str) -> str:
    # Tells nothing about the key to those who read a message's metadata, and differs between two databases.
    return hashlib.sha256(f"{workspace_id}\n{key}\n{at}".encode()).hexdigest()[:32]
