"""The outbox: what Okra is going to say. Adding is all that others do; `scheduler/delivery.py` sends."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Delivery, DeliveryState, Message, PostKind
from models.base import table_of
from models.once import insert_once

# Kinds whose message shows state and is redrawn when the state changes.
SHOWS_STATE = {PostKind.PROMPT, PostKind.ESCALATION, PostKind.ESCALATION_ASK, PostKind.LEAD_NOTE}

_NEW_WORK = "okra_new_work"

_message, _delivery = table_of(Message), table_of(Delivery)
_REDRAW = (
    sa.update(_message)
    .where(
        _message.c.workspace_id == sa.bindparam("of_workspace"),
        _message.c.delivery_id.in_(
            sa.select(_delivery.c.id).where(
                _delivery.c.workspace_id == sa.bindparam("of_workspace"), _delivery.c.key == sa.bindparam("of_key")
            )
        ),
    )
    .values(wanted=_message.c.wanted + 1, not_before=sa.bindparam("now"))
)


def post(
    session: Session,
    now: datetime,
    *,
    workspace_id: int,
    key: str,
    kind: PostKind,
    member_id: int | None = None,
    channel_id: str | None = None,
    team_id: int | None = None,
    period: date | None = None,
    escalation_id: int | None = None,
    escalation_event_id: int | None = None,
    digest_id: int | None = None,
    part: int | None = None,
    about_id: int | None = None,
    follows_id: int | None = None,
    not_before: datetime | None = None,
    bulk: bool = False,
    revive: bool = False,
    shows_state: bool = False,
) -> int | None:
    """Queue one post to a member (direct message) or a channel; exactly one of the two is given.

    `key` is permanent in the workspace: where it exists already nothing happens and None is returned. A post that
    follows another goes into that one's thread, after it. `revive`: a post that became obsolete before it was sent,
    because what it told of had gone, is queued again under its key; one that failed is not, an admin was told of it.
    `shows_state`: this one is redrawn when the state changes, though others of its kind are not.
    """
    delivery_id = insert_once(
        session,
        Delivery,
        {
            "workspace_id": workspace_id,
            "key": key,
            "kind": kind,
            "member_id": member_id,
            "channel_id": channel_id,
            "team_id": team_id,
            "period": period,
            "escalation_id": escalation_id,
            "escalation_event_id": escalation_event_id,
            "digest_id": digest_id,
            "part": part,
            "about_id": about_id,
            "follows_id": follows_id,
            "bulk": bulk,
            "not_before": not_before or now,
            "opaque_id": _opaque_id(workspace_id, key, now),
            "created_at": now,
        },
        key=("workspace_id", "key"),
    )
    if delivery_id is None:
        return _revive(session, workspace_id, key, not_before or now) if revive else None
    if shows_state or kind in SHOWS_STATE:
        session.add(Message(workspace_id=workspace_id, delivery_id=delivery_id, not_before=now))
        session.flush()
    session.info[_NEW_WORK] = True
    return delivery_id


def redraw(session: Session, now: datetime, *, workspace_id: int, key: str) -> None:
    """The state behind the message that was posted under `key` has changed: it is shown anew, soon."""
    session.flush()
    session.execute(_REDRAW, {"of_workspace": workspace_id, "of_key": key, "now": now})
    session.info[_NEW_WORK] = True


def redraw_all(session: Session, now: datetime, *, workspace_id: int, keys: Collection[str]) -> None:
    """As `redraw`, for many messages: held in the order of their rows, so that two of these end in no deadlock."""
    held = session.scalars(
        sa.select(Message.id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.workspace_id == workspace_id, Delivery.key.in_(keys))
        .order_by(Message.id)
        .with_for_update(of=Message, key_share=True)
    ).all()
    if not held:
        return
    session.execute(sa.update(Message).where(Message.id.in_(held)).values(wanted=Message.wanted + 1, not_before=now))
    session.info[_NEW_WORK] = True


def delivery_of(session: Session, workspace_id: int, key: str) -> Delivery | None:
    """The delivery with this permanent key."""
    return session.scalar(sa.select(Delivery).where(Delivery.workspace_id == workspace_id, Delivery.key == key))


def has_new_work(session: Session) -> bool:
    """Whether this session queued something; asked after its commit."""
    return bool(session.info.get(_NEW_WORK))


def _revive(session: Session, workspace_id: int, key: str, not_before: datetime) -> int | None:
    delivery_id = session.scalar(
        sa.update(Delivery)
        .where(Delivery.workspace_id == workspace_id, Delivery.key == key, Delivery.state == DeliveryState.OBSOLETE)
        .values(
            state=DeliveryState.QUEUED,
            generation=Delivery.generation + 1,
            not_before=not_before,
            settled_at=None,
        )
        .returning(Delivery.id)
    )
    if delivery_id is not None:
        session.info[_NEW_WORK] = True
    return delivery_id


def _opaque_id(workspace_id: int, key: str, now: datetime) -> str:
    # Tells nothing about the key to those who read a message's metadata, and differs between two databases.
    return hashlib.sha256(f"{workspace_id}\n{key}\n{now.isoformat()}".encode()).hexdigest()[:32]
