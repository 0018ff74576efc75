"""Messages that show state: one update in flight a message, always of the newest state, safe to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.blocks.notices import NOT_RENDERED, withheld
from bot.blocks.post import Post
from bot.runtime import Runtime
from bot.services import charts, shared_channels
from bot.services.escalation_foot import root_is_gone
from bot.services.failures import NO_MORE, tell_of_message
from bot.services.schedules import Weeks
from bot.slack import Posted
from bot.slack_failures import Permanent, SlackFailure
from models import Delivery, Hold, Message
from models.base import UtcDateTime, table_of
from models.delivery import shows_less
from models.loading import Loaded
from models.many import ForEach
from models.prepared import Prepared
from scheduler import pace, showing
from scheduler.delivery import BATCH, LEASE, REFUSED_BLOCKS, RENDERINGS, backoff, stands_as
from scheduler.posts import NotRendered, render_all

# Another refusal is tried this often before the message is given up.
ATTEMPTS = 6

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Drawing:
    """An update that may leave from the instant `at` on and until `until`: it shows the revision `drawn`."""

    message_id: int
    generation: int
    workspace_id: int
    place: Posted
    body: Post
    drawn: int
    attempts: int
    at: datetime
    until: datetime


# What came of an update; no failure: it is shown.
Drawn = tuple[Drawing, SlackFailure | None]


def something_is_stale(runtime: Runtime, now: datetime) -> bool:
    """Whether `claim` is worth its transaction: a look that locks nothing."""
    with runtime.glance() as connection:
        return _SOMETHING.first(connection, pace.room(pace.UPDATING, now)) is not None


def claim(runtime: Runtime, now: datetime) -> list[Drawing]:
    """Take the messages that show less than is wanted, and render what they should show now."""
    unlimited = pace.posting(runtime.settings.posts_per_minute) is None
    with runtime.write() as session:
        stale: dict[int, list[tuple[Message, Delivery]]] = {}
        for message, delivery in _STALE.all(session, {**pace.room(pace.UPDATING, now), "most": BATCH}):
            stale.setdefault(message.workspace_id, []).append((message, delivery))
        drawings: list[Drawing] = []
        for workspace_id, rows in stale.items():
            free = [now] * len(rows)
            if not unlimited:
                free = pace.slots(session, workspace_id, pace.UPDATES, pace.UPDATING, now, most=len(rows))
            made = _drawings(session, rows[: len(free)], free, now, settle=runtime.settings.settle_seconds)
            if not unlimited:
                pace.take(session, workspace_id, pace.UPDATES, pace.UPDATING, now, count=len(made))
            drawings += made
        return drawings


def _drawings(
    session: Session,
    rows: Sequence[tuple[Message, Delivery]],
    free: Sequence[datetime],
    now: datetime,
    *,
    settle: float,
) -> list[Drawing]:
    """What these messages should show now, each to leave at the next free instant."""
    # The messages were read before the state that is rendered: a change in between is drawn once more, never missed.
    bodies = render_all(session, [delivery for _, delivery in rows], now, Weeks())
    channels = {delivery.channel_id for _, delivery in rows if delivery.channel_id is not None}
    shared = shared_channels.among(session, rows[0][0].workspace_id, channels) if channels else set()
    slots = iter(free)
    drawings: list[Drawing] = []
    for row, delivery in rows:
        body = bodies[delivery.id]
        if isinstance(body, NotRendered):
            # A fault of ours in one message must stop no other.
            log.error("not_rendered", message=row.id, exc_info=body.error)
            row.attempts, row.error = row.attempts + 1, f"{NOT_RENDERED}{type(body.error).__name__}"
            if row.attempts >= RENDERINGS:
                tell_of_message(session, row, now)
            row.not_before = now + backoff(row.attempts + 3, row.id)
            continue
        if body is None or row.channel is None or row.ts is None:
            row.shown = row.wanted
            continue
        if delivery.channel_id in shared:
            # Also where it would say less than before: nothing of it is for who reads there now.
            body = withheld()
        if row.stands_as == stands_as(row.generation, body):
            row.shown, row.attempts, row.error = row.wanted, 0, None
            continue
        until = now + LEASE
        drawings.append(
            Drawing(
                message_id=row.id,
                generation=row.generation + 1,
                workspace_id=row.workspace_id,
                place=Posted(row.channel, row.ts),
                body=body,
                drawn=row.wanted,
                attempts=row.attempts + 1,
                at=next(slots),
                until=until,
            )
        )
    leased = [{"of": one.message_id, "until": one.until + timedelta(seconds=settle)} for one in drawings]
    _LEASED.run(session, leased)
    return drawings


def draw(runtime: Runtime, drawing: Drawing) -> SlackFailure | None:
    """Make the request, unless `showing.why_not_now` says why not. Raises as that does, before the request."""
    not_now = showing.why_not_now(runtime, drawing.workspace_id, Hold.UPDATES, until=drawing.until)
    if not_now is not None:
        return not_now
    try:
        runtime.gateway.redraw(drawing.workspace_id, at=drawing.place, body=drawing.body)
    except SlackFailure as failure:
        return failure
    return None


def finish(runtime: Runtime, drawing: Drawing, failure: SlackFailure | None, now: datetime) -> None:
    """Record which revision the message shows now; whether an update of unknown fate arrived does not matter."""
    finish_all(runtime, [(drawing, failure)], now)


def finish_all(runtime: Runtime, drawn: Sequence[Drawn], now: datetime) -> None:
    """As `finish`, for several updates in one transaction."""
    settle = timedelta(seconds=runtime.settings.settle_seconds)
    with runtime.write() as session:
        # In the order of their rows, as everywhere: two of these end in no deadlock.
        for drawing, failure in sorted(drawn, key=lambda one: one[0].message_id):
            _finish(session, drawing, failure, now, settle)


def _shows(drawing: Drawing) -> dict[str, object]:
    return {"drawn": drawing.drawn, "mark": stands_as(drawing.generation, drawing.body)}


def _finish(session: Session, drawing: Drawing, failure: SlackFailure | None, now: datetime, settle: timedelta) -> None:
    which = {"message_id": drawing.message_id, "of_generation": drawing.generation}
    if failure is None and _SHOWN.first(session, {**which, **_shows(drawing)}) is not None:
        return
    found = _DRAWN.first(session, which)
    if found is None:
        showing.overtaken(session, Message, drawing.message_id, failure, now)
        return
    assert failure is not None  # noqa: S101 - it is shown, which was recorded above
    (row,) = found
    row.leased_until = None
    row.error = failure.code
    log.info("redraw_failed", message=row.id, error=failure.code)
    row.attempts += 1
    if isinstance(failure, Permanent) and failure.code in REFUSED_BLOCKS and drawing.body.has_charts:
        charts.were_refused(session, row.workspace_id, now)
        row.not_before = now
        return
    if isinstance(failure, Permanent) and (failure.code in NO_MORE or row.attempts >= ATTEMPTS):
        row.gone_at = now
        if failure.code not in NO_MORE:
            tell_of_message(session, row, now)
        root_is_gone(session, now, session.get_one(Delivery, row.delivery_id))
        return
    showing.try_again(session, row, failure, now, attempts=drawing.attempts, hold=Hold.UPDATES, settle=settle)


# Made once: a worker asks several times a second whether something is to be drawn.
_now = sa.bindparam("now", type_=UtcDateTime())
_is_stale = sa.and_(
    shows_less(table_of(Message)),
    Message.gone_at.is_(None),
    Message.not_before <= _now,
    Message.channel.is_not(None),
    sa.or_(Message.leased_until.is_(None), Message.leased_until <= _now),
    pace.has_room(table_of(Message).c.workspace_id, Hold.UPDATES, pace.UPDATES),
)
_SOMETHING = Prepared(sa.select(Message.id).where(_is_stale).limit(1))
_STALE = Loaded(
    sa.select(Message, Delivery)
    .join(Delivery, Delivery.id == Message.delivery_id)
    .where(_is_stale)
    # What somebody has just pressed goes before what a thousand people will look at some time.
    .order_by(Delivery.bulk, Message.not_before, Message.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True, of=Message, key_share=True)
)
_DRAWN = Loaded(
    sa.select(Message)
    .where(Message.id == sa.bindparam("message_id"), Message.generation == sa.bindparam("of_generation"))
    .with_for_update(key_share=True)
)
_message = table_of(Message)
_LEASED = ForEach(
    Message,
    lambda each: _message.c.id == each("of"),
    lambda each: {
        "generation": _message.c.generation + 1,
        "error": None,
        "stands_as": None,
        "leased_until": each("until"),
    },
    of=_message.c.id,
    until=_message.c.leased_until,
)
_SHOWN = Prepared(
    sa.update(_message)
    .where(_message.c.id == sa.bindparam("message_id"), _message.c.generation == sa.bindparam("of_generation"))
    .values(shown=sa.bindparam("drawn"), stands_as=sa.bindparam("mark"), attempts=0, error=None, leased_until=None)
    .returning(_message.c.id)
)
