"""Delivery in steps: queued → claimed → sending → sent | failed | unknown | obsolete.

Each step is at most one transaction or one request, so that a process may die between any two of them:

- `claim` takes what is due; a claim whose lease ran out may be taken by another worker.
- `begin` looks once more whether the post still makes sense, renders it from the state as it is now, and commits
  `sending` just before the request.
- `send` makes the request, outside of any transaction.
- `finish` records what came of it, guarded by the generation of the claim.
- `settle` looks an uncertain post up in the conversation, some time after it: only what is absent is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, aliased

from bot.blocks.post import Post
from bot.runtime import Runtime
from bot.services import failures
from bot.slack import NotLetIn, Permanent, Posted, RetryLater, SlackFailure
from models import Delivery, DeliveryState, Hold, Installation, InstallationState, Member, Message, Workspace
from scheduler import pace
from scheduler.posts import render

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
# How long posts rest when Slack does not let Okra in.
LOCKED_OUT = timedelta(minutes=5)
# A post that cannot be rendered is tried this often; then an admin is told.
RENDERINGS = 5
BATCH = 50
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=10)

_OVER = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.OBSOLETE)


@dataclass(frozen=True)
class Claim:
    """A delivery that this worker may send from the instant `at` on, as long as the generation stands."""

    delivery_id: int
    generation: int
    at: datetime


@dataclass(frozen=True)
class Ready:
    """A delivery in `sending`: committed, rendered, about to leave."""

    claim: Claim
    workspace_id: int
    to: str
    thread_ts: str | None
    body: Post
    opaque_id: str
    attempts: int
    # The message's wanted revision when it was rendered.
    drawn: int


Outcome = Posted | SlackFailure

# What a renderer that meets what it did not expect raises. The database being away is something else.
RENDERING_FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, NoResultFound)


def claim(runtime: Runtime, worker_id: int, now: datetime, *, most: int = BATCH) -> list[Claim]:
    """Take up to `most` deliveries that are due and may leave within the next second.

    Interactive ones first, replies after their root and in order, no faster than Slack's limits.
    """
    with runtime.write() as session:
        places = session.scalars(_places(now)).all()
        return [
            taken
            for workspace_id in sorted(places)
            for taken in _claim_in(
                session, workspace_id, worker_id, now, per_minute=runtime.settings.posts_per_minute, most=most
            )
        ]


def something_is_due(runtime: Runtime, now: datetime) -> bool:
    """Whether `claim` is worth its transaction: a look that locks nothing."""
    with runtime.read() as session:
        return session.scalar(_places(now).limit(1)) is not None


def _places(now: datetime) -> sa.Select[int]:
    """The workspaces in which something is due, but for those that Okra was removed from."""
    # Workspaces are few and what is due may be much: the first due row of each is enough.
    return (
        sa.select(Workspace.id)
        .outerjoin(Installation, Installation.id == Workspace.installation_id)
        .where(
            sa.or_(Installation.id.is_(None), Installation.state == InstallationState.ACTIVE),
            sa.exists().where(Delivery.workspace_id == Workspace.id, _due(now)),
        )
    )


# A reply waits for its root, and for what was said before it in the same thread. Built once: making an alias takes
# longer than many a query.
_root, _earlier = aliased(Delivery), aliased(Delivery)
_WAITS_FOR_NOTHING = sa.select(Delivery).where(
    ~sa.exists().where(_root.id == Delivery.follows_id, _root.state != DeliveryState.SENT),
    ~sa.exists().where(
        _earlier.workspace_id == Delivery.workspace_id,
        _earlier.follows_id == Delivery.follows_id,
        _earlier.id < Delivery.id,
        _earlier.state.not_in(_OVER),
    ),
)


def _due(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.and_(Delivery.state == DeliveryState.QUEUED, Delivery.not_before <= now),
        sa.and_(Delivery.state == DeliveryState.CLAIMED, Delivery.leased_until <= now),
    )


def _claim_in(
    session: Session, workspace_id: int, worker_id: int, now: datetime, *, per_minute: int, most: int
) -> list[Claim]:
    if pace.held_until(session, workspace_id, now, Hold.POSTS) is not None:
        return []
    limit = pace.posting(per_minute)
    free = [now] * most
    if limit is not None:
        free = pace.slots(session, workspace_id, pace.POSTS, limit, now, most=most)
    if not free:
        return []
    query = _WAITS_FOR_NOTHING.where(Delivery.workspace_id == workspace_id, _due(now))
    if pace.held_until(session, workspace_id, now, Hold.BULK) is not None:
        query = query.where(~Delivery.bulk)
    rows = session.scalars(
        query.order_by(Delivery.bulk, Delivery.not_before, Delivery.id)
        .limit(len(free))
        .with_for_update(skip_locked=True, of=Delivery, key_share=True)
    ).all()
    # Without a limit no conversation has one either.
    lanes = pace.conversations(session, workspace_id, [_lane(row) for row in rows], now) if limit is not None else {}
    taken: list[Claim] = []
    for row in rows:
        lane = lanes.get(_lane(row))
        at = max(free[len(taken)], lane.next_at) if lane is not None else now
        if at > now + pace.HORIZON:
            # This conversation just had a message. Its turn comes; the slot goes to another.
            row.state, row.not_before = DeliveryState.QUEUED, at
            continue
        if lane is not None:
            lane.next_at = at + pace.CONVERSATION.spacing
        row.state = DeliveryState.CLAIMED
        row.worker_id = worker_id
        row.generation += 1
        row.leased_until = now + LEASE
        taken.append(Claim(row.id, row.generation, at))
    if limit is not None:
        pace.take(session, workspace_id, pace.POSTS, limit, now, count=len(taken))
    return taken


def _lane(row: Delivery) -> str:
    return f"to:{row.channel_id}" if row.member_id is None else f"to:member:{row.member_id}"


def release(runtime: Runtime, taken: Claim, now: datetime) -> None:
    """Give a claim back unused, for another worker to take at once."""
    with runtime.write() as session:
        row = held(session, taken, DeliveryState.CLAIMED)
        if row is not None:
            row.state, row.not_before = DeliveryState.QUEUED, now


def begin(runtime: Runtime, taken: Claim, now: datetime) -> Ready | None:
    """Commit `sending` and give what to send; None where it is no longer ours or no longer wanted."""
    with runtime.write() as session:
        row = held(session, taken, DeliveryState.CLAIMED)
        if row is None:
            return None
        # It was claimed before Slack asked for a pause, or the breaker opened: it goes back and waits like the others.
        holds = (Hold.POSTS, Hold.BULK) if row.bulk else (Hold.POSTS,)
        held_until = pace.held_until(session, row.workspace_id, now, *holds)
        if held_until is not None:
            row.state, row.not_before = DeliveryState.QUEUED, held_until
            return None
        # Read before the state that is rendered: a change in between is then drawn once more, never missed.
        drawn = session.scalar(sa.select(Message.wanted).where(Message.delivery_id == row.id)) or 1
        try:
            with session.begin_nested():
                body = render(session, row, now)
        except RENDERING_FAILURES as error:
            _not_rendered(session, row, error, now)
            return None
        if body is None:
            row.state, row.settled_at = DeliveryState.OBSOLETE, now
            fail_followers(session, row, now)
            return None
        to, thread_ts = destination(session, row)
        row.state = DeliveryState.SENDING
        row.attempts += 1
        row.attempted_at = now
        return Ready(taken, row.workspace_id, to, thread_ts, body, row.opaque_id, row.attempts, drawn)


def _not_rendered(session: Session, row: Delivery, error: Exception, now: datetime) -> None:
    """A fault of ours in one message must stop no other: this one waits, and in the end an admin is told."""
    log.error("not_rendered", key=row.key, exc_info=error)
    row.attempts += 1
    if row.attempts >= RENDERINGS:
        failed(session, row, f"not_rendered: {type(error).__name__}", now)
    else:
        row.state, row.not_before = DeliveryState.QUEUED, now + backoff(row.attempts + 3)


def send(runtime: Runtime, ready: Ready) -> Outcome:
    """Make the request. Raises nothing of Slack's: what came of it is the value."""
    try:
        return runtime.gateway.post(
            ready.workspace_id, to=ready.to, body=ready.body, opaque_id=ready.opaque_id, thread_ts=ready.thread_ts
        )
    except SlackFailure as failure:
        return failure


def finish(runtime: Runtime, ready: Ready, outcome: Outcome, now: datetime) -> None:
    """Record what came of the request."""
    with runtime.write() as session:
        row = held(session, ready.claim, DeliveryState.SENDING)
        if row is None:
            return
        match outcome:
            case Posted():
                sent(session, row, outcome, ready.drawn, now)
            case RetryLater():
                row.state = DeliveryState.QUEUED
                row.error = outcome.code
                row.not_before = now + (
                    timedelta(seconds=outcome.after) if outcome.after is not None else backoff(ready.attempts)
                )
                if outcome.after is not None:
                    # Slack does not say whether the conversation or the workspace was too fast: everybody pauses.
                    pace.pause(session, row.workspace_id, Hold.POSTS, row.not_before)
            case Permanent():
                failed(session, row, outcome.code, now)
            case NotLetIn():
                # Not the message's fault: it waits, with all others, until somebody has mended the installation.
                row.state, row.error, row.not_before = DeliveryState.QUEUED, outcome.code, now + LOCKED_OUT
                pace.pause(session, row.workspace_id, Hold.POSTS, row.not_before)
                log.error("slack_does_not_let_okra_in", error=outcome.code)
            case _:
                row.state, row.error = DeliveryState.UNKNOWN, outcome.code
                row.not_before = now + timedelta(seconds=runtime.settings.settle_seconds)
                pace.pause(session, row.workspace_id, Hold.BULK, now + pace.BREAKER)
        log.info("delivery", key=row.key, state=row.state.value, error=row.error, attempts=row.attempts)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts (1 and up): 2 s, doubling, at most ten minutes."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(FIRST_RETRY * int(2**doublings), LONGEST_RETRY)


def held(session: Session, taken: Claim, state: DeliveryState) -> Delivery | None:
    return session.scalar(
        sa.select(Delivery)
        .where(Delivery.id == taken.delivery_id, Delivery.generation == taken.generation, Delivery.state == state)
        .with_for_update(key_share=True)
    )


def destination(session: Session, row: Delivery) -> tuple[str, str | None]:
    if row.follows_id is not None:
        root = session.get_one(Delivery, row.follows_id)
        if root.posted_channel is not None:
            return root.posted_channel, root.posted_ts
    if row.member_id is not None:
        member = session.get_one(Member, row.member_id)
        return member.dm_channel or member.slack_user_id, None
    assert row.channel_id is not None  # noqa: S101 - the table's CHECK says so
    return row.channel_id, None


def sent(session: Session, row: Delivery, place: Posted, drawn: int, now: datetime) -> None:
    row.state, row.error, row.settled_at = DeliveryState.SENT, None, now
    row.posted_channel, row.posted_ts = place.channel, place.ts
    pace.arrived(session, row.workspace_id, _lane(row), now)
    if row.member_id is not None:
        session.execute(
            sa.update(Member)
            .where(Member.id == row.member_id, Member.dm_channel.is_(None))
            .values(dm_channel=place.channel)
        )
    session.execute(
        sa.update(Message)
        .where(Message.delivery_id == row.id)
        .values(channel=place.channel, ts=place.ts, shown=drawn, not_before=now)
    )


def failed(session: Session, row: Delivery, code: str, now: datetime) -> None:
    row.state, row.error, row.settled_at = DeliveryState.FAILED, code, now
    failures.tell_admins(session, row, now)
    fail_followers(session, row, now)


def fail_followers(session: Session, root: Delivery, now: datetime) -> None:
    session.execute(
        sa.update(Delivery)
        .where(
            Delivery.workspace_id == root.workspace_id,
            Delivery.follows_id == root.id,
            Delivery.state.in_([DeliveryState.QUEUED, DeliveryState.CLAIMED]),
        )
        .values(
            state=DeliveryState.FAILED,
            error=f"the message it answers was not sent ({root.state.value})",
            settled_at=now,
        )
    )
