"""Settling: what became of posts of which nobody knows whether they arrived.

A post is uncertain when its answer was lost, when the worker that sent it died, or when what came of it could not be
recorded. It is looked up in its conversation, no sooner than `settle_seconds` later: only what is absent is sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.blocks.notices import LOST_AGAIN, NOT_FOUND_OUT
from bot.runtime import Runtime
from bot.services.escalation_readers import LOST
from bot.slack import Posted
from bot.slack_failures import NotLetIn, Permanent, RetryLater, SlackFailure, UnknownOutcome
from models import Delivery, DeliveryState, Hold, Member
from models.base import UtcDateTime, constant, table_of
from scheduler import pace
from scheduler.delivery import (
    BATCH,
    LEASE,
    Claim,
    backoff,
    count_as_lost,
    fail_followers,
    failed,
    is_without_an_end,
    leaves_until,
    locked,
)
from scheduler.liveness import Liveness
from scheduler.whereabouts import Arrival, Destination, TooManyOpened, arrived, destination, opened

# How far the clocks of Slack and of this machine may lie apart when a message is looked for. Where they lie more than
# five minutes apart, Slack's signatures are refused, and nobody overlooks that.
CLOCK_SKEW = timedelta(minutes=15)
# No more looks than this in one go: whoever tidies has other things to do.
LOOKS_AT_ONCE = 10
# What was sent and not found is sent again at once so often, because Slack loses an answer now and then; then ever
# more seldom.
SENT_AGAIN_AT_ONCE = 2
# A look that failed waits no longer than after so many failures, four minutes: after an outage others wait for what was
# uncertain before it.
LOOKS_APART = 8


def adopt_orphans(runtime: Runtime, liveness: Liveness, now: datetime) -> None:
    """What a dead worker was sending becomes `unknown`: nobody can say whether it arrived."""
    with runtime.read() as session:
        holders = session.scalars(_HOLDERS).all()
    for worker_id in holders:
        if worker_id is None or not liveness.is_gone(worker_id):
            continue
        with runtime.write() as session:
            orphans = session.scalars(
                sa.select(Delivery)
                .where(Delivery.state == constant(DeliveryState.SENDING), Delivery.worker_id == worker_id)
                .order_by(Delivery.id)
                .with_for_update(skip_locked=True, key_share=True)
            ).all()
            for row in orphans:
                # It may be stopped and not dead, its lock cut off: then its request may leave yet.
                left = leaves_until(row.attempted_at) if row.attempted_at is not None else now
                _lost(runtime, row, "worker_died", max(left, now))


def adopt_own(runtime: Runtime, worker_id: int, is_in_hand: Callable[[int, int], bool], now: datetime) -> None:
    """What this worker was sending and has lost track of (a commit that failed on the way) becomes `unknown` too.

    `is_in_hand`: whether its senders are at that delivery (its id), in that generation; noted before they begin,
    dropped after they finish. It is asked after the look into the database, in which one may have begun, or finished:
    that is another state, or another generation.
    """
    with runtime.read() as session:
        sending = session.execute(
            sa.select(Delivery.id, Delivery.generation)
            .where(Delivery.state == constant(DeliveryState.SENDING), Delivery.worker_id == worker_id)
            .order_by(Delivery.id)
        ).all()
    for delivery_id, generation in sending:
        if is_in_hand(delivery_id, generation):
            continue
        with runtime.write() as session:
            row = locked(session, Claim(delivery_id, generation, now), DeliveryState.SENDING)
            if row is not None:
                _lost(runtime, row, "outcome_not_recorded", now)


def _lost(runtime: Runtime, row: Delivery, why: str, left: datetime) -> None:
    """`left`: when its request has left at the latest; that may be long after `sending`, a moment before the death."""
    row.state, row.error = DeliveryState.UNKNOWN, why
    row.generation += 1
    row.not_before = left + timedelta(seconds=runtime.settings.settle_seconds)


def fail_followers_of_lost_roots(runtime: Runtime, now: datetime) -> None:
    """A reply that was queued in the moment in which its root failed would wait for ever. A root that is queued again
    meanwhile has its replies with it."""
    with runtime.read() as session:
        lost = session.scalars(_LOST_ROOTS).all()
    for root_id in lost:
        with runtime.write() as session:
            root = session.get_one(Delivery, root_id, with_for_update={"key_share": True})
            if root.state in LOST:
                fail_followers(session, root, now)


@dataclass(frozen=True)
class Uncertain:
    """A delivery of unknown fate, whose conversation is due to be looked at. `opened_with`: the Slack users of a
    conversation whose id is not known yet."""

    delivery: Delivery
    to: Destination
    opened_with: tuple[str, ...]


Finding = Posted | SlackFailure | None


def settle(runtime: Runtime, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Look up what is `unknown` and due; what is there is sent, what is absent is queued again. Returns how many.

    One after the other: each is taken when the one before it is known, because Slack may have asked for a pause.
    """
    looks = 0
    while looks < LOOKS_AT_ONCE and not is_stopping():
        found = uncertain(runtime, runtime.now(), most=1)
        if not found:
            break
        finding = look_up(runtime, found[0])
        conclude(runtime, found[0], finding, runtime.now())
        looks += 1
    return looks


def uncertain(runtime: Runtime, now: datetime, *, most: int = BATCH) -> list[Uncertain]:
    """Take up to `most` deliveries that are `unknown` and due to be looked up, no more than Slack lets us look for.

    Who takes one has a lease's time for the look before another worker takes it as well.
    """
    with runtime.write() as session:
        # Those that wait for a pause keep their turn: behind what has failed meanwhile they would wait for ever.
        rows = session.scalars(_DUE, pace.room(pace.LOOKING, now)).all()
        mine: list[Uncertain] = []
        for row in rows:
            if len(mine) == most:
                break
            free = pace.slots(session, row.workspace_id, pace.LOOKS, pace.LOOKING, now, most=1)
            if not free or free[0] > now:
                row.not_before = now + pace.LOOKING.spacing
                continue
            one = _uncertain(session, row)
            if one.opened_with:
                opens_at = _opens_at(session, row.workspace_id, now)
                if opens_at > now:
                    row.not_before = opens_at
                    continue
                pace.take(session, row.workspace_id, pace.OPENINGS, pace.OPENING, now, count=1)
            pace.take(session, row.workspace_id, pace.LOOKS, pace.LOOKING, now, count=1)
            row.not_before = now + LEASE
            mine.append(one)
        return mine


def _opens_at(session: Session, workspace_id: int, now: datetime) -> datetime:
    """When the next conversation may be opened, as far as can be told."""
    paused = pace.pauses(session, [workspace_id], now).get((workspace_id, Hold.OPENINGS))
    if paused is not None:
        return paused
    free = pace.slots(session, workspace_id, pace.OPENINGS, pace.OPENING, now, most=1)
    return free[0] if free else now + pace.OPENING.spacing


def look_up(runtime: Runtime, one: Uncertain) -> Finding:
    """Look for the message where it was posted to. None: it is not there; a failure: nobody can say."""
    row = one.delivery
    try:
        to = (
            opened(runtime, row.workspace_id, one.opened_with)
            if one.opened_with or one.to.place is None
            else one.to.place
        )
        return runtime.gateway.find(
            row.workspace_id,
            channel=to,
            opaque_id=row.opaque_id,
            since=(row.attempted_at or row.created_at) - CLOCK_SKEW,
            thread_ts=one.to.thread_ts,
        )
    except SlackFailure as failure:
        return failure


def conclude(runtime: Runtime, one: Uncertain, finding: Finding, now: datetime) -> None:
    """Record what the look brought, unless somebody else has settled it in the meantime."""
    match finding:
        case RetryLater() | UnknownOutcome():
            _look_again_later(runtime, one.delivery, finding, now)
        case NotLetIn() if finding.code != "missing_scope":
            _look_again_later(runtime, one.delivery, finding, now)
        case Permanent() | NotLetIn():
            _cannot_tell(runtime, one.delivery, finding, now)
        case SlackFailure():
            raise AssertionError(f"a failure of no kind: {finding!r}")
        case _:
            _settled(runtime, one.delivery, finding, now)


def _uncertain(session: Session, row: Delivery) -> Uncertain:
    to = destination(session, row)
    member = session.get(Member, row.member_id) if row.member_id is not None else None
    unopened = (member.slack_user_id,) if member is not None and member.dm_channel is None else ()
    return Uncertain(row, to, unopened or to.people)


def _settled(runtime: Runtime, seen: Delivery, found: Posted | None, now: datetime) -> None:
    with runtime.write() as session:
        row = locked(session, Claim(seen.id, seen.generation, now), DeliveryState.UNKNOWN)
        if row is None:
            return
        if found is not None:
            # Which revision it showed is not known any more; a redraw is harmless, so it shows none.
            arrived(session, [Arrival(row, found, drawn=0)], now)
            return
        count_as_lost(row, now)
        # Looks that failed are counted as well, and it was lost no more often than it was sent.
        lost = min(row.lost, row.attempts)
        if is_without_an_end(row, lost, now):
            failed(session, row, f"{LOST_AGAIN}{row.error}", now)
            return
        again = lost - SENT_AGAIN_AT_ONCE
        row.not_before = now + (backoff(again, row.opaque_id) if again > 0 else timedelta(0))
        row.state = DeliveryState.QUEUED
        row.generation += 1


def _look_again_later(runtime: Runtime, seen: Delivery, failure: SlackFailure, now: datetime) -> None:
    with runtime.write() as session:
        row = locked(session, Claim(seen.id, seen.generation, now), DeliveryState.UNKNOWN)
        if row is None:
            return
        after = failure.after if isinstance(failure, RetryLater) else None
        # Where one look fails the next may too: Slack said so, or is unwell.
        until = now + (timedelta(seconds=after) if after is not None else pace.BREAKER)
        hold = Hold.OPENINGS if isinstance(failure, TooManyOpened) else Hold.LOOKS
        pace.pause(session, row.workspace_id, hold, until)
        row.not_before = until
        if isinstance(failure, UnknownOutcome):
            # Or it is this conversation's own trouble: then the others go first, and it has an end.
            count_as_lost(row, now)
            if is_without_an_end(row, row.lost, now):
                failed(session, row, f"{NOT_FOUND_OUT}{failure.code}", now)
                return
            row.not_before = until + backoff(min(row.lost, LOOKS_APART), row.opaque_id)


def _cannot_tell(runtime: Runtime, seen: Delivery, failure: SlackFailure, now: datetime) -> None:
    # Where the history may not be read, sending again could say it twice: an admin decides.
    with runtime.write() as session:
        row = locked(session, Claim(seen.id, seen.generation, now), DeliveryState.UNKNOWN)
        if row is not None:
            failed(session, row, f"{NOT_FOUND_OUT}{failure.code}", now)


_DUE = (
    sa.select(Delivery)
    .where(
        Delivery.state == constant(DeliveryState.UNKNOWN),
        Delivery.not_before <= sa.bindparam("now", type_=UtcDateTime()),
        pace.has_room(table_of(Delivery).c.workspace_id, Hold.LOOKS, pace.LOOKS),
    )
    .order_by(Delivery.not_before, Delivery.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True, key_share=True)
)
# Made once: every worker asks whenever it tidies, and mostly there is nothing.
_HOLDERS = (
    sa.select(Delivery.worker_id)
    .where(Delivery.state == constant(DeliveryState.SENDING))
    .distinct()
    .order_by(Delivery.worker_id)
)
_root, _reply = aliased(Delivery), aliased(Delivery)
_LOST_ROOTS = (
    sa.select(_root.id)
    .join(_reply, sa.and_(_reply.workspace_id == _root.workspace_id, _reply.follows_id == _root.id))
    .where(
        _root.state.in_([constant(one) for one in LOST]),
        _reply.state.in_([constant(DeliveryState.QUEUED), constant(DeliveryState.CLAIMED)]),
    )
    .distinct()
    .order_by(_root.id)
)
