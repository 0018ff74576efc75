"""Delivery in steps: queued → claimed → sending → sent | failed | unknown | obsolete.

Each step is at most one transaction, or one request that changes something, so that a process may die between any two
of them:

- `claim` takes what is due; a claim whose lease ran out may be taken by another worker.
- `begin` looks once more whether the post still makes sense, renders it from the state as it is now, and commits
  `sending` just before the request.
- `send` makes the request, outside of any transaction. A group message that is not known yet is opened first; opened
  twice it is the same one.
- `finish` records what came of it, guarded by the generation of the claim.

What is uncertain then is settled by `scheduler/settling.py`, which looks whether it arrived.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.blocks.notices import NO_DIRECT_MESSAGES, NO_ROOT, NOT_RENDERED
from bot.blocks.post import Post
from bot.domain.attention import HoldBack, Leave, Wait
from bot.runtime import Runtime
from bot.services import (
    attention,
    charts,
    digest_hours,
    digest_recipient,
    escalation_asking,
    failures,
    home_changes,
    shared_channels,
)
from bot.services.schedules import Weeks
from bot.slack import Posted
from bot.slack_failures import NotLetIn, Permanent, RetryLater, SlackFailure, UnknownOutcome
from models import Delivery, DeliveryState, Escalation, Hold, Member, Message, PostKind
from models.base import table_of
from models.loading import LoadedOf
from models.many import ForEach
from models.prepared import Listed
from scheduler import due, pace
from scheduler.posts import NotRendered, render_all
from scheduler.whereabouts import Arrival, Destination, TooManyOpened, arrived, destinations, opened, unopened

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
# How long posts rest when Slack does not let Okra in.
LOCKED_OUT = timedelta(minutes=5)
# What Slack says of a message with a block that it does not take.
REFUSED_BLOCKS = ("invalid_blocks", "invalid_blocks_format")
# A post that cannot be rendered is tried this often; then an admin is told.
RENDERINGS = 5
BATCH = 50
# What is tried and lost again and again is some message's own trouble. It is given up when that has gone on for so long
# and so often: an outage of hours makes nothing fail.
GIVEN_UP_AFTER, GIVEN_UP_LOST = timedelta(days=1), 20
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=10)


@dataclass(frozen=True)
class Claim:
    """A delivery that this worker may send from the instant `at` on, as long as the generation stands."""

    delivery_id: int
    generation: int
    at: datetime

    @property
    def mark(self) -> tuple[int, int]:
        """What tells it from every other one, of the same delivery too: its id and generation."""
        return self.delivery_id, self.generation


@dataclass(frozen=True)
class Ready:
    """A delivery in `sending`: committed, rendered, about to leave."""

    claim: Claim
    workspace_id: int
    to: Destination
    body: Post
    opaque_id: str
    attempts: int
    # The message's wanted revision when it was rendered.
    drawn: int
    # From then on another worker may have looked it up and said it, where this one was taken for dead.
    until: datetime


class NotOpened(RetryLater):
    """Nothing was said, because nobody knows what became of opening the group message."""


Outcome = Posted | SlackFailure


def claim(runtime: Runtime, worker_id: int, now: datetime, *, most: int = BATCH) -> list[Claim]:
    """Take up to `most` deliveries that are due and may leave within the next second.

    Interactive ones first, replies after their root and in order, no faster than Slack's limits.
    """
    with runtime.write() as session:
        taken: list[Claim] = []
        for place in due.places(session, now):
            if place.has_expired:
                due.take_back(session, place.workspace_id, now)
            taken += _claim_in(
                session,
                place.workspace_id,
                worker_id,
                now,
                limit=pace.posting(runtime.settings.posts_per_minute),
                most=most - len(taken),
            )
        return taken


def something_is_due(runtime: Runtime, now: datetime) -> bool:
    """Whether `claim` is worth its transaction: a look that locks nothing."""
    with runtime.glance() as connection:
        return due.anything(connection, now)


def _claim_in(
    session: Session, workspace_id: int, worker_id: int, now: datetime, *, limit: pace.Limit | None, most: int
) -> list[Claim]:
    paused = pace.pauses(session, [workspace_id], now)
    if (workspace_id, Hold.POSTS) in paused:
        return []
    free = [now] * most
    if limit is not None:
        free = pace.slots(session, workspace_id, pace.POSTS, limit, now, most=most)
    if not free:
        return []
    rows = due.following(session, workspace_id, now, most=len(free), bulk=(workspace_id, Hold.BULK) not in paused)
    # Without a limit no conversation has one either.
    places, used = dict(zip(rows, free, strict=False)), len(rows)
    if limit is not None:
        places, used = _into_conversations(session, workspace_id, rows, free, now)
    taken = {row: at for row, at in places.items() if at <= now + pace.HORIZON}
    later = [{"of": row.delivery_id, "at": at} for row, at in places.items() if row not in taken]
    if later:
        # These conversations just had a message. Their turn comes; the slots went to others.
        _LATER.run(session, later)
    if taken:
        ids = [row.delivery_id for row in taken]
        _CLAIMED.run(session, ids, {"worker": worker_id, "until": now + LEASE})
    if limit is not None:
        pace.take(session, workspace_id, pace.POSTS, limit, now, count=used)
    return [Claim(row.delivery_id, row.generation + 1, at) for row, at in taken.items()]


def _into_conversations(
    session: Session, workspace_id: int, rows: Sequence[due.Next], free: Sequence[datetime], now: datetime
) -> tuple[dict[due.Next, datetime], int]:
    """When each may leave: at the next free slot, and no sooner than its conversation takes one. With how many slots
    were used. What another worker has just begun to say something into is left out, and what is to be opened first and
    has no turn for that: it keeps its place in the line."""
    lanes = {row: pace.conversation(row.member_id, row.channel_id, row.conversation_id) for row in rows}
    known = pace.conversations(session, workspace_id, lanes.values())
    next_at = dict(known)
    new = sum(row.is_unopened for row in rows)
    openings = pace.slots(session, workspace_id, pace.OPENINGS, pace.OPENING, now, most=new) if new else []
    places: dict[due.Next, datetime] = {}
    used = opens = 0
    for row, lane in lanes.items():
        at = max(free[used], next_at.get(lane, now))
        if row.is_unopened:
            if opens == len(openings):
                continue
            at = max(at, openings[opens])
        places[row] = at
        if at <= now + pace.HORIZON:
            next_at[lane] = at + pace.CONVERSATION.spacing
            used += 1
            opens += row.is_unopened
    pace.take(session, workspace_id, pace.OPENINGS, pace.OPENING, now, count=opens)
    moved = {lane: at for lane, at in next_at.items() if known.get(lane) != at}
    busy = pace.move(session, workspace_id, known, moved)
    return {row: at for row, at in places.items() if lanes[row] not in busy}, used


def release_all(runtime: Runtime, taken: Sequence[Claim], now: datetime) -> None:
    """Give claims back unused, in one transaction, for another worker to take at once."""
    with runtime.write() as session:
        for row in locked_all(session, taken, DeliveryState.CLAIMED).values():
            row.state, row.not_before = DeliveryState.QUEUED, now


def begin(runtime: Runtime, taken: Claim, now: datetime) -> Ready | None:
    """Commit `sending` and give what to send; None where it is no longer ours or no longer wanted."""
    return next(iter(begin_all(runtime, [taken], now)), None)


def begin_all(runtime: Runtime, taken: Sequence[Claim], now: datetime) -> list[Ready]:
    """As `begin`, for several claims in one transaction, without those that are no longer ours or no longer wanted.

    Whoever calls it sends them at once: what it has looked at is true now.
    """
    with runtime.write() as session:
        # Planning holds people first and then what waits for them, and neither must wait for the other; on SQLite one
        # writes at a time.
        behind = None if runtime.database.is_sqlite else _HOLD_READERS
        rows = _not_paused(session, locked_all(session, taken, DeliveryState.CLAIMED, behind=behind), now)
        rows = _not_shared(session, rows, now)
        # Read before the state that is rendered: a change in between is then drawn once more, never missed.
        wanted: dict[int, int] = dict(_WANTED.rows(session, [row.id for row in rows]))
        weeks = Weeks()
        bodies = _with_room(session, _rendered(session, rows, now, weeks), now, weeks)
        places = destinations(session, list(bodies))
        _SENDING.run(session, [row.id for row in bodies], {"now": now})
        claims = {one.delivery_id: one for one in taken}
        return [
            Ready(
                claims[row.id],
                row.workspace_id,
                places[row.id],
                body,
                row.opaque_id,
                row.attempts + 1,
                wanted.get(row.id, 1),
                leaves_until(now),
            )
            for row, body in bodies.items()
        ]


def _not_paused(session: Session, rows: Mapping[int, Delivery], now: datetime) -> list[Delivery]:
    """Those that may leave. The others were claimed before Slack asked for a pause, or the breaker opened: they go back
    and wait like the rest."""
    paused = pace.pauses(session, {row.workspace_id for row in rows.values()}, now) if rows else {}
    openings_rest = any(hold is Hold.OPENINGS for _, hold in paused)
    new = unopened(session, rows) if openings_rest else frozenset()
    free: list[Delivery] = []
    for row in rows.values():
        wanted = {Hold.POSTS: True, Hold.BULK: row.bulk, Hold.OPENINGS: row.id in new}
        held = [(row.workspace_id, hold) for hold, is_wanted in wanted.items() if is_wanted]
        until = max((paused[one] for one in held if one in paused), default=None)
        if until is None:
            free.append(row)
        else:
            row.state, row.not_before = DeliveryState.QUEUED, until
    return free


def _not_shared(session: Session, rows: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Those that people of the organisation alone will read. The others fail, as they do in an archived channel."""
    into: dict[int, set[str]] = {}
    for row in rows:
        if row.channel_id is not None:
            into.setdefault(row.workspace_id, set()).add(row.channel_id)
    shared = {workspace_id: shared_channels.among(session, workspace_id, ids) for workspace_id, ids in into.items()}
    free: list[Delivery] = []
    for row in rows:
        if row.channel_id in shared.get(row.workspace_id, ()):
            failed(session, row, failures.SHARED_OUTSIDE, now)
        else:
            free.append(row)
    return free


def _rendered(session: Session, rows: Sequence[Delivery], now: datetime, weeks: Weeks) -> dict[Delivery, Post]:
    """What each says now. Those that make no sense any more are obsolete, and those that could not be rendered wait."""
    found = render_all(session, rows, now, weeks)
    bodies: dict[Delivery, Post] = {}
    for row in rows:
        match found[row.id]:
            case Post() as body:
                bodies[row] = body
            case NotRendered(error):
                _not_rendered(session, row, error, now)
            case None if digest_hours.is_overtaken(session, row):
                # Nobody read it in its week, and nobody will: that is told.
                failed(session, row, failures.TOO_LATE, now)
            case None if digest_recipient.is_missing(session, row):
                _for_another_reader(session, row, now)
            case None:
                row.state, row.settled_at = DeliveryState.OBSOLETE, now
                row.error = failures.why_not_sent(session, row, now)
                fail_followers(session, row, now)
    return bodies


def _for_another_reader(session: Session, row: Delivery, now: datetime) -> None:
    """It goes to the nearest lead who is here, and is drawn when it is their turn; where nobody is, that is told."""
    if digest_recipient.pass_on(session, row):
        row.state, row.not_before = DeliveryState.QUEUED, now
    else:
        failed(session, row, failures.NO_READER, now)


def _with_room(session: Session, bodies: Mapping[Delivery, Post], now: datetime, weeks: Weeks) -> dict[Delivery, Post]:
    """Those whose readers are at work and have room for them this week. The others wait, or are kept for their Home."""
    verdicts = attention.look(session, now, list(bodies), weeks)
    free: dict[Delivery, Post] = {}
    for row, body in bodies.items():
        match verdicts[row.id]:
            case Leave():
                free[row] = body
            case Wait(until):
                row.state, row.not_before = DeliveryState.QUEUED, until
                if row.error == NO_DIRECT_MESSAGES:
                    # That is not what it waits for now; `failures.kept` would go on to ask for the Messages tab.
                    row.error = None
            case HoldBack():
                row.state, row.settled_at, row.held_back_at = DeliveryState.OBSOLETE, now, now
                home_changes.concerns(session, row.workspace_id, [row.member_id])
                fail_followers(session, row, now)
    return free


def _not_rendered(session: Session, row: Delivery, error: Exception, now: datetime) -> None:
    """A fault of ours in one message must stop no other: this one waits, and in the end an admin is told."""
    log.error("not_rendered", key=row.key, exc_info=error)
    row.attempts += 1
    # What was sent often, with no answer, was rendered each time.
    again = (row.error or "").startswith(NOT_RENDERED)
    row.error = f"{NOT_RENDERED}{type(error).__name__}"
    if again and row.attempts >= RENDERINGS:
        failed(session, row, row.error, now)
    else:
        row.state, row.not_before = DeliveryState.QUEUED, now + backoff(row.attempts + 3, row.opaque_id)


def leaves_until(attempted_at: datetime) -> datetime:
    """Until when a request may leave that was begun then.

    `send` follows `begin` as soon as that is committed. No wait for Slack's limits or for a sender lies between them:
    only a worker that was stopped comes later.
    """
    return attempted_at + LEASE


def send(runtime: Runtime, ready: Ready) -> Outcome:
    """Make the request, unless it has become too late. Raises nothing of Slack's: what came of it is the value."""
    to = _opened(runtime, ready)
    if isinstance(to, SlackFailure):
        return to
    if runtime.now() >= ready.until:
        return RetryLater("begun_long_ago")
    try:
        return runtime.gateway.post(
            ready.workspace_id, to=to, body=ready.body, opaque_id=ready.opaque_id, thread_ts=ready.to.thread_ts
        )
    except SlackFailure as failure:
        return failure


def _opened(runtime: Runtime, ready: Ready) -> str | SlackFailure:
    """Where to post: a group message that is not known yet is opened first. Opened again it is the same one.

    So an opening of unknown fate is tried again, as nothing was said yet, and is counted like what was lost. That Okra
    may not open any (an installation from before it asked for that) is this message's trouble and no other's.
    """
    if ready.to.place is not None:
        return ready.to.place
    try:
        return opened(runtime, ready.workspace_id, ready.to.people)
    except UnknownOutcome as failure:
        return NotOpened(failure.code)
    except NotLetIn as failure:
        return Permanent(failure.code) if failure.code == "missing_scope" else failure
    except SlackFailure as failure:
        return failure


def finish(runtime: Runtime, ready: Ready, outcome: Outcome, now: datetime) -> None:
    """Record what came of the request."""
    finish_all(runtime, [(ready, outcome)], now)


def finish_all(runtime: Runtime, outcomes: Sequence[tuple[Ready, Outcome]], now: datetime) -> None:
    """As `finish`, for several requests in one transaction."""
    with runtime.write() as session:
        all_arrived = all(isinstance(outcome, Posted) for _, outcome in outcomes)
        behind = None if all_arrived else _HOLD_CALLS
        rows = locked_all(session, [ready.claim for ready, _ in outcomes], DeliveryState.SENDING, behind=behind)
        arrivals: list[Arrival] = []
        for ready, outcome in outcomes:
            row = rows.get(ready.claim.delivery_id)
            if row is None:
                continue
            if isinstance(outcome, Posted):
                arrivals.append(
                    Arrival(
                        row,
                        outcome,
                        ready.drawn,
                        stands_as(0, ready.body),
                        learned=outcome.channel != ready.to.place,
                        at=ready.claim.at,
                    )
                )
            else:
                _not_sent(session, row, outcome, ready, now, settle=runtime.settings.settle_seconds)
        session.flush()
        arrived(session, arrivals, now, paced=pace.posting(runtime.settings.posts_per_minute) is not None)
        for ready, outcome in outcomes:
            if (row := rows.get(ready.claim.delivery_id)) is not None:
                sent = isinstance(outcome, Posted)
                state = DeliveryState.SENT if sent else row.state
                log.info(
                    "delivery", key=row.key, state=state.value, error=None if sent else row.error, attempts=row.attempts
                )


def stands_as(generation: int, body: Post) -> str:
    """What `message.stands_as` holds. With the generation of the request that showed it, 0 of the post itself: a worker
    of the version before raises that, and writes no mark."""
    return f"{generation} {body.mark}"


def _not_sent(
    session: Session, row: Delivery, failure: SlackFailure, ready: Ready, now: datetime, *, settle: float
) -> None:
    if isinstance(failure, NotOpened):
        count_as_lost(row, now)
    match failure:
        case NotOpened() if is_without_an_end(row, row.lost, now):
            failed(session, row, f"the group message cannot be opened: {failure.code}", now)
        case RetryLater():
            row.state = DeliveryState.QUEUED
            row.error = failure.code
            row.not_before = now + (
                timedelta(seconds=failure.after)
                if failure.after is not None
                else backoff(ready.attempts, row.opaque_id)
            )
            if failure.after is not None:
                # Slack does not say whether the conversation or the workspace was too fast: everybody pauses. Openings
                # are counted apart.
                hold = Hold.OPENINGS if isinstance(failure, TooManyOpened) else Hold.POSTS
                pace.pause(session, row.workspace_id, hold, row.not_before)
        case Permanent(code=code) if code in REFUSED_BLOCKS and ready.body.has_charts:
            # The charts may be what this Slack does not take: it is rendered once more, without them.
            charts.were_refused(session, row.workspace_id, now)
            row.state, row.error, row.not_before = DeliveryState.QUEUED, code, now
        case Permanent():
            failed(session, row, failure.code, now)
        case NotLetIn():
            # Not the message's fault: it waits, with all others, until somebody has mended the installation.
            row.state, row.error, row.not_before = DeliveryState.QUEUED, failure.code, now + LOCKED_OUT
            if failure.is_for_all:
                pace.pause(session, row.workspace_id, Hold.POSTS, row.not_before)
            log.error("slack_does_not_let_okra_in", error=failure.code)
        case _:
            row.state, row.error = DeliveryState.UNKNOWN, failure.code
            row.not_before = now + timedelta(seconds=settle)
            pace.pause(session, row.workspace_id, Hold.BULK, now + pace.BREAKER)


def backoff(attempts: int, of: object) -> timedelta:
    """How long to wait after so many attempts (1 and up): 2 s, doubling, at most ten minutes; of that, half to all.

    Which share is drawn from `of` (an id) and the attempt, so that what failed together does not come back together,
    and a rehearsal sees the same again.
    """
    doublings = min(max(attempts - 1, 0), 20)
    share = 0.5 + zlib.crc32(f"{of}/{attempts}".encode()) / 2**33
    return min(FIRST_RETRY * int(2**doublings), LONGEST_RETRY) * share


def count_as_lost(row: Delivery, now: datetime) -> None:
    """It was tried, and what came of it could not be found out, or is nothing."""
    row.lost += 1
    row.lost_since = row.lost_since or now


def is_without_an_end(row: Delivery, lost: int, now: datetime) -> bool:
    """Whether what was lost so often is given up."""
    since = row.lost_since or now
    return lost >= GIVEN_UP_LOST and now - since >= GIVEN_UP_AFTER


def locked(session: Session, taken: Claim, state: DeliveryState) -> Delivery | None:
    """The claim's delivery, locked; None where it is no longer in this state, or no longer ours."""
    return locked_all(session, [taken], state, behind=_HOLD_CALLS).get(taken.delivery_id)


def locked_all(
    session: Session, taken: Sequence[Claim], state: DeliveryState, *, behind: Listed | None = None
) -> dict[int, Delivery]:
    """As `locked`, for several claims, by the deliveries' ids and in their order.

    `behind`: a statement about the same ids, whose rows are held before.
    """
    generations = {one.delivery_id: one.generation for one in taken}
    given = {"in_state": state}
    rows = (
        _LOCKED.all(session, generations, given)
        if behind is None
        else _LOCKED.all_behind(session, behind, generations, given)
    )
    return {row.id: row for (row,) in rows if row.generation == generations[row.id]}


def failed(session: Session, row: Delivery, code: str, now: datetime) -> None:
    """Give up for good: the admins are told, who was to read a request for help that has no channel is asked directly,
    and the replies that wait for it fail with it."""
    row.state, row.error, row.settled_at = DeliveryState.FAILED, code, now
    failures.tell_admins(session, row, now)
    escalation_asking.ask_directly(session, now, row)
    fail_followers(session, row, now)


def fail_followers(session: Session, root: Delivery, now: datetime) -> None:
    """The replies that wait for this root fail."""
    session.execute(
        sa.update(Delivery)
        .where(
            Delivery.workspace_id == root.workspace_id,
            Delivery.follows_id == root.id,
            Delivery.state.in_([DeliveryState.QUEUED, DeliveryState.CLAIMED]),
        )
        .values(
            state=DeliveryState.FAILED,
            error=f"{NO_ROOT} ({root.state.value})",
            settled_at=now,
        )
    )


_delivery, _message, _member = table_of(Delivery), table_of(Message), table_of(Member)
_escalation = table_of(Escalation)
_LOCKED = LoadedOf(
    lambda ids: (
        sa.select(Delivery)
        .where(Delivery.id.in_(ids), Delivery.state == sa.bindparam("in_state"))
        .order_by(Delivery.id)
        .with_for_update(key_share=True)
    )
)
_HOLD_READERS = Listed(
    lambda ids: (
        sa.select(_member.c.id)
        .where(_member.c.id.in_(sa.select(_delivery.c.member_id).where(_delivery.c.id.in_(ids))))
        .order_by(_member.c.id)
        .with_for_update(key_share=True)
    )
)
# What fails for good asks for help directly, and whoever asks holds the escalation before any delivery.
_HOLD_CALLS = Listed(
    lambda ids: (
        sa.select(_escalation.c.id)
        .where(
            _escalation.c.id.in_(
                sa.select(_delivery.c.escalation_id).where(
                    _delivery.c.id.in_(ids), _delivery.c.kind == PostKind.ESCALATION, _delivery.c.channel_id.is_(None)
                )
            )
        )
        .order_by(_escalation.c.id)
        .with_for_update(key_share=True)
    )
)
_CLAIMED = Listed(
    lambda ids: (
        sa.update(_delivery)
        .where(_delivery.c.id.in_(ids))
        .values(
            state=DeliveryState.CLAIMED,
            worker_id=sa.bindparam("worker"),
            generation=_delivery.c.generation + 1,
            leased_until=sa.bindparam("until"),
        )
    )
)
_LATER = ForEach(
    Delivery,
    lambda each: _delivery.c.id == each("of"),
    lambda each: {"not_before": each("at")},
    of=_delivery.c.id,
    at=_delivery.c.not_before,
)
_WANTED = Listed(
    lambda ids: sa.select(_message.c.delivery_id, _message.c.wanted).where(_message.c.delivery_id.in_(ids))
)
_SENDING = Listed(
    lambda ids: (
        sa.update(_delivery)
        .where(_delivery.c.id.in_(ids))
        .values(state=DeliveryState.SENDING, attempts=_delivery.c.attempts + 1, attempted_at=sa.bindparam("now"))
    )
)
