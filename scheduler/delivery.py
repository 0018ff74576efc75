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
from sqlalchemy.orm import Session, aliased

from bot.blocks.post import Post
from bot.runtime import Runtime
from bot.services import failures
from bot.slack import Permanent, Posted, RetryLater, SlackFailure, UnknownOutcome
from models import Delivery, DeliveryState, Hold, Member, Message
from scheduler import pace
from scheduler.liveness import Liveness
from scheduler.posts import render

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
BATCH = 50
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=10)
# How far the clocks of Slack and of this machine may lie apart when a message is looked for.
CLOCK_SKEW = timedelta(minutes=2)

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


def claim(runtime: Runtime, worker_id: int, now: datetime, *, most: int = BATCH) -> list[Claim]:
    """Take up to `most` deliveries that are due and may leave within the next second.

    Interactive ones first, replies after their root and in order, no faster than Slack's limits.
    """
    with runtime.write() as session:
        places = session.scalars(sa.select(Delivery.workspace_id).where(_due(now)).distinct()).all()
        return [
            taken
            for workspace_id in sorted(places)
            for taken in _claim_in(
                session, workspace_id, worker_id, now, per_minute=runtime.settings.posts_per_minute, most=most
            )
        ]


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
    root, earlier = aliased(Delivery), aliased(Delivery)
    waits_for_root = sa.exists().where(root.id == Delivery.follows_id, root.state != DeliveryState.SENT)
    waits_for_earlier = sa.exists().where(
        earlier.workspace_id == Delivery.workspace_id,
        earlier.follows_id == Delivery.follows_id,
        earlier.id < Delivery.id,
        earlier.state.not_in(_OVER),
    )
    query = sa.select(Delivery).where(
        Delivery.workspace_id == workspace_id, _due(now), ~waits_for_root, ~waits_for_earlier
    )
    if pace.held_until(session, workspace_id, now, Hold.BULK) is not None:
        query = query.where(~Delivery.bulk)
    rows = session.scalars(
        query.order_by(Delivery.bulk, Delivery.not_before, Delivery.id)
        .limit(len(free))
        .with_for_update(skip_locked=True, of=Delivery)
    ).all()
    lanes = pace.conversations(session, workspace_id, [_lane(row) for row in rows], now)
    taken: list[Claim] = []
    for row in rows:
        lane = lanes[_lane(row)]
        at = max(free[len(taken)], lane.next_at)
        if at > now + pace.HORIZON:
            # This conversation just had a message. Its turn comes; the slot goes to another.
            row.state, row.not_before = DeliveryState.QUEUED, at
            continue
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
        row = _held(session, taken, DeliveryState.CLAIMED)
        if row is not None:
            row.state, row.not_before = DeliveryState.QUEUED, now


def begin(runtime: Runtime, taken: Claim, now: datetime) -> Ready | None:
    """Commit `sending` and give what to send; None where it is no longer ours or no longer wanted."""
    with runtime.write() as session:
        row = _held(session, taken, DeliveryState.CLAIMED)
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
        body = render(session, row, now)
        if body is None:
            row.state, row.settled_at = DeliveryState.OBSOLETE, now
            _fail_followers(session, row, now)
            return None
        to, thread_ts = _destination(session, row)
        row.state = DeliveryState.SENDING
        row.attempts += 1
        row.attempted_at = now
        return Ready(taken, row.workspace_id, to, thread_ts, body, row.opaque_id, row.attempts, drawn)


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
        row = _held(session, ready.claim, DeliveryState.SENDING)
        if row is None:
            return
        match outcome:
            case Posted():
                _sent(session, row, outcome, ready.drawn, now)
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
                _failed(session, row, outcome.code, now)
            case _:
                row.state, row.error = DeliveryState.UNKNOWN, outcome.code
                row.not_before = now + timedelta(seconds=runtime.settings.settle_seconds)
                pace.pause(session, row.workspace_id, Hold.BULK, now + pace.BREAKER)
        log.info("delivery", key=row.key, state=row.state.value, error=row.error, attempts=row.attempts)


def adopt_orphans(runtime: Runtime, liveness: Liveness, now: datetime) -> None:
    """What a dead worker was sending becomes `unknown`: nobody can say whether it arrived."""
    with runtime.read() as session:
        holders = session.scalars(
            sa.select(Delivery.worker_id).where(Delivery.state == DeliveryState.SENDING).distinct()
        ).all()
    for worker_id in holders:
        if worker_id is None or not liveness.is_gone(worker_id):
            continue
        with runtime.write() as session:
            orphans = session.scalars(
                sa.select(Delivery)
                .where(Delivery.state == DeliveryState.SENDING, Delivery.worker_id == worker_id)
                .with_for_update(skip_locked=True)
            ).all()
            for row in orphans:
                row.state, row.error = DeliveryState.UNKNOWN, "worker_died"
                row.generation += 1
                # Not counted from `sending`: the request may have left long after that, a moment before the death.
                row.not_before = now + timedelta(seconds=runtime.settings.settle_seconds)


@dataclass(frozen=True)
class Uncertain:
    """A delivery of unknown fate, whose conversation is due to be looked at. `dm_with`: a direct message not yet opened
    with this Slack user."""

    delivery: Delivery
    to: str
    thread_ts: str | None
    dm_with: str | None


Finding = Posted | SlackFailure | None


def settle(runtime: Runtime, now: datetime) -> int:
    """Look up what is `unknown` and due; what is there is sent, what is absent is queued again. Returns how many."""
    found = uncertain(runtime, now)
    for one in found:
        conclude(runtime, one, look_up(runtime, one), now)
    return len(found)


def uncertain(runtime: Runtime, now: datetime) -> list[Uncertain]:
    """Take deliveries that are `unknown` and due to be looked up, no more than Slack lets us look for.

    Who takes one has a lease's time for the look before another worker takes it as well.
    """
    with runtime.write() as session:
        rows = session.scalars(
            sa.select(Delivery)
            .where(Delivery.state == DeliveryState.UNKNOWN, Delivery.not_before <= now)
            .order_by(Delivery.not_before, Delivery.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        mine: list[Uncertain] = []
        for row in rows:
            held_until = pace.held_until(session, row.workspace_id, now, Hold.LOOKS)
            free = pace.slots(session, row.workspace_id, pace.LOOKS, pace.LOOKING, now, most=1)
            if held_until is not None or not free or free[0] > now:
                row.not_before = held_until or now + pace.LOOKING.spacing
                continue
            pace.take(session, row.workspace_id, pace.LOOKS, pace.LOOKING, now, count=1)
            row.not_before = now + LEASE
            mine.append(_uncertain(session, row))
        return mine


def look_up(runtime: Runtime, one: Uncertain) -> Finding:
    """Look for the message where it was posted to. None: it is not there; a failure: nobody can say."""
    row = one.delivery
    try:
        to = (
            one.to
            if one.dm_with is None
            else runtime.gateway.open_conversation(row.workspace_id, slack_user_id=one.dm_with)
        )
        return runtime.gateway.find(
            row.workspace_id,
            channel=to,
            opaque_id=row.opaque_id,
            since=(row.attempted_at or row.created_at) - CLOCK_SKEW,
            thread_ts=one.thread_ts,
        )
    except SlackFailure as failure:
        return failure


def conclude(runtime: Runtime, one: Uncertain, finding: Finding, now: datetime) -> None:
    """Record what the look brought, unless somebody else has settled it in the meantime."""
    match finding:
        case RetryLater() | UnknownOutcome():
            _look_again_later(runtime, one.delivery, finding, now)
        case Permanent():
            _cannot_tell(runtime, one.delivery, finding, now)
        case SlackFailure():
            raise AssertionError(f"a failure of no kind: {finding!r}")
        case _:
            _settled(runtime, one.delivery, finding, now)


def _uncertain(session: Session, row: Delivery) -> Uncertain:
    to, thread_ts = _destination(session, row)
    member = session.get(Member, row.member_id) if row.member_id is not None else None
    unopened = member is not None and member.dm_channel is None
    return Uncertain(row, to, thread_ts, member.slack_user_id if member is not None and unopened else None)


def _settled(runtime: Runtime, seen: Delivery, found: Posted | None, now: datetime) -> None:
    with runtime.write() as session:
        row = _held(session, Claim(seen.id, seen.generation, now), DeliveryState.UNKNOWN)
        if row is None:
            return
        if found is not None:
            # Which revision it showed is not known any more; a redraw is harmless, so it shows none.
            _sent(session, row, found, 0, now)
        else:
            row.state, row.not_before = DeliveryState.QUEUED, now
            row.generation += 1


def _look_again_later(runtime: Runtime, seen: Delivery, failure: SlackFailure, now: datetime) -> None:
    with runtime.write() as session:
        row = _held(session, Claim(seen.id, seen.generation, now), DeliveryState.UNKNOWN)
        if row is not None:
            after = failure.after if isinstance(failure, RetryLater) else None
            # Where one look fails the next would too: Slack said so, or is unwell.
            row.not_before = now + (timedelta(seconds=after) if after is not None else pace.BREAKER)
            pace.pause(session, row.workspace_id, Hold.LOOKS, row.not_before)


def _cannot_tell(runtime: Runtime, seen: Delivery, failure: Permanent, now: datetime) -> None:
    # Where the history may not be read, sending again could say it twice: an admin decides.
    with runtime.write() as session:
        row = _held(session, Claim(seen.id, seen.generation, now), DeliveryState.UNKNOWN)
        if row is not None:
            _failed(session, row, f"uncertain, and the conversation cannot be read: {failure.code}", now)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts (1 and up): 2 s, doubling, at most ten minutes."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(FIRST_RETRY * int(2**doublings), LONGEST_RETRY)


def _held(session: Session, taken: Claim, state: DeliveryState) -> Delivery | None:
    return session.scalar(
        sa.select(Delivery)
        .where(Delivery.id == taken.delivery_id, Delivery.generation == taken.generation, Delivery.state == state)
        .with_for_update()
    )


def _destination(session: Session, row: Delivery) -> tuple[str, str | None]:
    if row.follows_id is not None:
        root = session.get_one(Delivery, row.follows_id)
        if root.posted_channel is not None:
            return root.posted_channel, root.posted_ts
    if row.member_id is not None:
        member = session.get_one(Member, row.member_id)
        return member.dm_channel or member.slack_user_id, None
    assert row.channel_id is not None  # noqa: S101 - the table's CHECK says so
    return row.channel_id, None


def _sent(session: Session, row: Delivery, place: Posted, drawn: int, now: datetime) -> None:
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


def _failed(session: Session, row: Delivery, code: str, now: datetime) -> None:
    row.state, row.error, row.settled_at = DeliveryState.FAILED, code, now
    failures.tell_admins(session, row, now)
    _fail_followers(session, row, now)


def _fail_followers(session: Session, root: Delivery, now: datetime) -> None:
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
