"""Something has happened in an escalation: the one reply, the news to those whom it may not reach, the redraws."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import following, period_of
from bot.services import outbox
from bot.services.escalation_asking import HEAD_START
from bot.services.escalation_case import CARRIED_OUT, GOING_ON, SETTLING, root_of
from bot.services.escalation_foot import keys_that_carry, may_carry
from bot.services.escalation_readers import LOST, may_read, readers_of
from bot.services.morning_plan import keys_about, of_escalation
from bot.services.prompt import prompts_about
from models import Decision, Delivery, Escalation, EscalationEvent, EscalationEventKind, KeyResult, PostKind, Workspace


def follow_up(session: Session, now: datetime, escalation: Escalation, event: EscalationEvent) -> None:
    """Queue the one reply to an event, the news to those whom the thread may not reach, and redraw the state."""
    redraw(session, now, escalation)
    root = root_of(session, escalation)
    if root is None:
        return
    is_lost = root.state in LOST or not may_read(session, root, escalation)
    if not is_lost:
        _reply(session, now, event, root)
    elif root.posted_ts is not None:
        # Its first message has just been taken back, because others read there: all of it is.
        take_back(session, now, root)
    if event.kind in (*SETTLING, *CARRIED_OUT):
        _redraw_decision(session, now, event.workspace_id, event.decision_id)
    for member_id in _whom_to_tell(session, escalation, event, root, is_lost=is_lost):
        outbox.post(
            session,
            now,
            outbox.NewPost(
                workspace_id=escalation.workspace_id,
                key=f"escalation:{escalation.id}:event:{event.id}:to:{member_id}",
                kind=PostKind.ESCALATION_NEWS,
                member_id=member_id,
                escalation_id=escalation.id,
                escalation_event_id=event.id,
                shows_state=event.kind is EscalationEventKind.DECIDED,
            ),
        )


def say_what_happened(session: Session, now: datetime, escalation: Escalation, root: Delivery) -> None:
    """The thread comes after all: what happened while it had no place is said in it, in its order. The caller holds the
    escalation."""
    events = session.scalars(
        sa.select(EscalationEvent)
        .where(EscalationEvent.escalation_id == escalation.id, EscalationEvent.kind.not_in(_SAID_BY_THE_FIRST_MESSAGE))
        .order_by(EscalationEvent.id)
    ).all()
    for event in events:
        _reply(session, now, event, root)


def take_back(session: Session, now: datetime, root: Delivery) -> None:
    """What stands in a thread is drawn anew, each reply for itself: where it is left, it says no more than that."""
    replies = session.scalars(
        sa.select(Delivery.id).where(Delivery.workspace_id == root.workspace_id, Delivery.follows_id == root.id)
    ).all()
    outbox.show_from_now_on(session, now, workspace_id=root.workspace_id, delivery_ids=[root.id, *replies])


def tell_owner_of_help(session: Session, now: datetime, escalation: Escalation, event: EscalationEvent) -> None:
    """Queue the news to the owner that somebody else has asked for help with what is theirs, unless they read it."""
    owner_id = session.get_one(KeyResult, escalation.key_result_id).owner_id
    root = root_of(session, escalation)
    reads_it = root is not None and root.state not in LOST and owner_id in readers_of(session, root)
    if owner_id is not None and owner_id != event.actor_id and not reads_it:
        outbox.post(
            session,
            now,
            outbox.NewPost(
                workspace_id=escalation.workspace_id,
                key=f"escalation:{escalation.id}:event:{event.id}:to:{owner_id}",
                kind=PostKind.ESCALATION_NEWS,
                member_id=owner_id,
                escalation_id=escalation.id,
                escalation_event_id=event.id,
                not_before=now + HEAD_START,
            ),
        )


def _reply(session: Session, now: datetime, event: EscalationEvent, root: Delivery) -> None:
    outbox.reply(
        session,
        now,
        root,
        key=f"escalation:{event.escalation_id}:event:{event.id}",
        kind=PostKind.ESCALATION_REPLY,
        escalation_event_id=event.id,
        shows_state=may_carry(event),
    )


def redraw_decided(session: Session, now: datetime, decision: Decision) -> None:
    """Somebody else makes it happen: the thread says so, and what told of the decision."""
    redraw(session, now, session.get_one(Escalation, decision.escalation_id))
    _redraw_decision(session, now, decision.workspace_id, decision.id)


def _redraw_decision(session: Session, now: datetime, workspace_id: int, decision_id: int | None) -> None:
    """What told of the decision says what became of it, and who makes it happen."""
    keys = session.scalars(
        sa.select(Delivery.key)
        .join(EscalationEvent, EscalationEvent.id == Delivery.escalation_event_id)
        .where(EscalationEvent.decision_id == decision_id, EscalationEvent.kind == EscalationEventKind.DECIDED)
    ).all()
    outbox.redraw_all(session, now, workspace_id=workspace_id, keys=keys)


def redraw(session: Session, now: datetime, escalation: Escalation) -> None:
    """What shows the state is shown anew: the thread, the requests, and the prompts of this week and the last.

    A prompt that is older stays as its week left it, and leads to the thread. Reminders show nothing of it.
    """
    _redraw(session, now, escalation, *_REQUESTS, PostKind.ESCALATION)


def redraw_these(session: Session, now: datetime, escalations: Collection[Escalation]) -> None:
    """As `redraw`, for several: their messages are held in the order of their rows."""
    keys: dict[int, list[str]] = {}
    for one in escalations:
        keys.setdefault(one.workspace_id, []).extend(_keys(session, now, one, *_REQUESTS, PostKind.ESCALATION))
    for workspace_id, shown in sorted(keys.items()):
        outbox.redraw_all(session, now, workspace_id=workspace_id, keys=shown, alone=True)


def keys_that_lead_to(session: Session, now: datetime, arrived: Collection[Delivery]) -> Iterator[str]:
    """The keys of what was drawn before these came to stand, and leads there from now on: threads' first messages."""
    begun = {one.escalation_id for one in arrived if one.kind is PostKind.ESCALATION}
    for escalation_id in sorted(filter(None, begun)):
        yield from _keys(session, now, session.get_one(Escalation, escalation_id), *_REQUESTS)


def _redraw(session: Session, now: datetime, escalation: Escalation, *kinds: PostKind) -> None:
    keys = _keys(session, now, escalation, *kinds)
    outbox.redraw_all(session, now, workspace_id=escalation.workspace_id, keys=keys, alone=True)


def _keys(session: Session, now: datetime, escalation: Escalation, *kinds: PostKind) -> list[str]:
    keys = session.scalars(
        sa.select(Delivery.key).where(
            Delivery.workspace_id == escalation.workspace_id,
            Delivery.escalation_id == escalation.id,
            Delivery.kind.in_(kinds),
        )
    ).all()
    zone = ZoneInfo(session.get_one(Workspace, escalation.workspace_id).time_zone)
    # In the far west last week's check-in is answered while it is Monday here already.
    since = following(period_of(now, zone), -1)
    prompts = prompts_about(session, escalation.key_result_id, since=since)
    mornings = keys_about(session, escalation.workspace_id, of_escalation(escalation.id))
    shown = [key for prompt in prompts for key in (prompt, outbox.again_key(prompt))]
    return [*keys, *keys_that_carry(session, escalation), *shown, *mornings]


def _whom_to_tell(
    session: Session, escalation: Escalation, event: EscalationEvent, root: Delivery, *, is_lost: bool
) -> Sequence[int]:
    """Mentioning somebody who is not in a channel notifies nobody, so some things are said directly as well.

    A decision: to those who own its follow-up and the key result; what became of it, also to who decided. Anything but
    their own words: to the owner, where they do not read the thread, or it was lost. Nobody is told what
    they did themselves, or what they read in a thread of their own; but who takes on the follow-up of their own
    decision, where the thread was lost, has its buttons nowhere else.
    """
    if event.kind in _SAID_IN_THE_THREAD:
        return ()
    owner_id = session.get_one(KeyResult, escalation.key_result_id).owner_id
    if event.kind is EscalationEventKind.OWNER_ASKED:
        return [owner_id] if owner_id is not None else ()
    told: list[int | None] = []
    decision = session.get_one(Decision, event.decision_id) if event.decision_id is not None else None
    if decision is not None:
        told.append(decision.owner_id)
    if decision is not None and event.kind in SETTLING:
        told.append(decision.decided_by_id)
    # What came of their request is told to the owner by `bot/services/outcome.py`.
    is_outcome = event.kind in (EscalationEventKind.DECISION_DONE, EscalationEventKind.RESOLVED)
    if not is_outcome and (event.decision_id is not None or root.channel_id is None or is_lost):
        told.append(owner_id)
    read_it = readers_of(session, root) if not is_lost else ()
    did_it = event.actor_id
    if decision is not None and decision.owner_id == did_it and event.kind not in SETTLING and is_lost:
        did_it = None
    return [one for one in dict.fromkeys(told) if one is not None and one != did_it and one not in read_it]


_REQUESTS = (PostKind.ESCALATION_ASK, PostKind.ESCALATION_REVIEW)
_SAID_BY_THE_FIRST_MESSAGE = (EscalationEventKind.OPENED, EscalationEventKind.MADE_PRIVATE)
_SAID_IN_THE_THREAD = (
    EscalationEventKind.RED_AGAIN,
    EscalationEventKind.HELP_ASKED,
    EscalationEventKind.GREEN_AGAIN,
    EscalationEventKind.REOPENED,
    *GOING_ON,
    *CARRIED_OUT,
)
