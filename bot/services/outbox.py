"""The outbox: what Okra is going to say. Adding is all that others do; `scheduler/delivery.py` sends."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.reminding import MOST
from bot.services import home_changes
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
class Draft:
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


def post(
    session: Session,
    now: datetime,
    *,
    workspace_id: int,
    key: str,
    kind: PostKind,
    member_id: int | None = None,
    channel_id: str | None = None,
    conversation_id: int | None = None,
    team_id: int | None = None,
    period: date | None = None,
    day: date | None = None,
    escalation_id: int | None = None,
    escalation_event_id: int | None = None,
    digest_id: int | None = None,
    check_in_id: int | None = None,
    understanding_id: int | None = None,
    hand_over_id: int | None = None,
    question_id: int | None = None,
    digest_share_id: int | None = None,
    dependency_id: int | None = None,
    decision_id: int | None = None,
    about_member_id: int | None = None,
    part: int | None = None,
    about_id: int | None = None,
    follows_id: int | None = None,
    not_before: datetime | None = None,
    bulk: bool = False,
    revive: bool = False,
    shows_state: bool = False,
) -> int | None:
    """Queue one post, as `Draft` and `post_all` say; returns its delivery's id, or None where its key was there."""
    draft = Draft(
        workspace_id=workspace_id,
        key=key,
        kind=kind,
        member_id=member_id,
        channel_id=channel_id,
        conversation_id=conversation_id,
        team_id=team_id,
        period=period,
        day=day,
        escalation_id=escalation_id,
        escalation_event_id=escalation_event_id,
        digest_id=digest_id,
        check_in_id=check_in_id,
        understanding_id=understanding_id,
        hand_over_id=hand_over_id,
        question_id=question_id,
        digest_share_id=digest_share_id,
        dependency_id=dependency_id,
        decision_id=decision_id,
        about_member_id=about_member_id,
        part=part,
        about_id=about_id,
        follows_id=follows_id,
        not_before=not_before,
        bulk=bulk,
        shows_state=shows_state,
    )
    return post_all(session, now, [draft], revive=revive).get((workspace_id, key))


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
    )


def post_all(
    session: Session, now: datetime, drafts: Sequence[Draft], *, revive: bool = False
) -> dict[tuple[int, str], int]:
    """Queue posts in as many statements as one takes; returns the deliveries' ids by workspace and key.

    Where a key exists already nothing happens, and it is not among what is returned. `revive`: a post that became
    obsolete before it was sent, because what it told of had gone, is queued again under its key; one that failed is
    not, an admin was told of it.
    """
    at = now.isoformat()
    rows = [_row(draft, now, at) for draft in drafts]
    queued: dict[tuple[int, str], int] = {}
    for (workspace_id, key), delivery_id in insert_all_once(
        session, Delivery, rows, key=("workspace_id", "key")
    ).items():
        queued[workspace_id, key] = delivery_id
    shown = [
        {"workspace_id": draft.workspace_id, "delivery_id": queued[draft.workspace_id, draft.key], "not_before": now}
        for draft in drafts
        if (draft.shows_state or draft.kind in SHOWS_STATE) and (draft.workspace_id, draft.key) in queued
    ]
    insert_all(session, Message, shown)
    if revive:
        queued |= _revive(session, now, [draft for draft in drafts if (draft.workspace_id, draft.key) not in queued])
    if queued:
        session.info[_NEW_WORK] = True
    for draft in drafts:
        if (draft.workspace_id, draft.key) in queued:
            home_changes.concerns(session, draft.workspace_id, [draft.member_id])
            if draft.escalation_id is not None:
                home_changes.concerns_readers(session, draft.workspace_id, [draft.key])
    return queued


def _row(draft: Draft, now: datetime, at: str) -> dict[str, object]:
    return {
        "workspace_id": draft.workspace_id,
        "key": draft.key,
        "kind": draft.kind,
        "member_id": draft.member_id,
        "channel_id": draft.channel_id,
        "conversation_id": draft.conversation_id,
        "team_id": draft.team_id,
        "period": draft.period,
        "day": draft.day,
        "escalation_id": draft.escalation_id,
        "escalation_event_id": draft.escalation_event_id,
        "digest_id": draft.digest_id,
        "check_in_id": draft.check_in_id,
        "understanding_id": draft.understanding_id,
        "hand_over_id": draft.hand_over_id,
        "question_id": draft.question_id,
        "digest_share_id": draft.digest_share_id,
        "dependency_id": draft.dependency_id,
        "decision_id": draft.decision_id,
        "about_member_id": draft.about_member_id,
        "part": draft.part,
        "about_id": draft.about_id,
        "follows_id": draft.follows_id,
        "bulk": draft.bulk,
        "not_before": draft.not_before or now,
        "opaque_id": _opaque_id(draft.workspace_id, draft.key, at),
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


def redraw_for(
    session: Session, now: datetime, *, workspace_id: int, member_ids: Collection[int], since: datetime
) -> None:
    """The direct messages that these members got after `since` are shown anew: nobody drew them meanwhile."""
    keys = session.scalars(
        sa.select(Delivery.key).where(
            Delivery.workspace_id == workspace_id, Delivery.member_id.in_(member_ids), Delivery.created_at > since
        )
    ).all()
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


def has_new_work(session: Session) -> bool:
    """Whether this session queued something; asked after its commit."""
    return bool(session.info.get(_NEW_WORK))


def _revive(session: Session, now: datetime, drafts: Collection[Draft]) -> dict[tuple[int, str], int]:
    if not drafts:
        return {}
    wanted = {(draft.workspace_id, draft.key): draft for draft in drafts}
    rows = session.scalars(
        sa.select(Delivery)
        .where(
            Delivery.workspace_id.in_({draft.workspace_id for draft in drafts}),
            Delivery.key.in_([draft.key for draft in drafts]),
            Delivery.state == DeliveryState.OBSOLETE,
        )
        .order_by(Delivery.id)
        .with_for_update(key_share=True)
    ).all()
    revived: dict[tuple[int, str], int] = {}
    for row in rows:
        draft = wanted.get((row.workspace_id, row.key))
        if draft is not None:
            row.state, row.settled_at, row.held_back_at = DeliveryState.QUEUED, None, None
            row.not_before = draft.not_before or now
            row.generation += 1
            revived[row.workspace_id, row.key] = row.id
    session.flush()
    return revived


def _opaque_id(workspace_id: int, key: str, at: str) -> str:
    # Tells nothing about the key to those who read a message's metadata, and differs between two databases.
    return hashlib.sha256(f"{workspace_id}\n{key}\n{at}".encode()).hexdigest()[:32]
