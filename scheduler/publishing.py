"""Home, kept as it is while somebody looks at it: one publication in flight a person, always of the newest state.

As `scheduler/redrawing.py` does with messages. What comes together is published together: after one publication the
next one of the same person waits a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.blocks.notices import NOT_RENDERED
from bot.blocks.post import View
from bot.runtime import Runtime
from bot.services import home
from bot.services.failures import tell_of_home
from bot.services.faults import STUMBLES
from bot.services.home_changes import LOOKED_AT
from bot.slack_failures import Permanent, SlackFailure
from models import Hold, Home, Member
from models.base import UtcDateTime, table_of
from models.delivery import shows_less
from models.prepared import Prepared
from scheduler import pace, showing
from scheduler.delivery import BATCH, LEASE, RENDERINGS, backoff

# Changes of one Home within this time are seen together.
TOGETHER = timedelta(seconds=2)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Publication:
    """A Home that may leave from the instant `at` on and until `until`: it shows the revision `drawn`."""

    home_id: int
    generation: int
    workspace_id: int
    to: str
    view: View
    drawn: int
    attempts: int
    at: datetime
    until: datetime


# What came of a publication; no failure: it is shown.
Published = tuple[Publication, SlackFailure | None]


def something_is_stale(runtime: Runtime, now: datetime) -> bool:
    """Whether `claim` is worth its transaction: a look that locks nothing."""
    with runtime.glance() as connection:
        return _SOMETHING.first(connection, pace.room(pace.PUBLISHING, now)) is not None


def claim(runtime: Runtime, now: datetime) -> list[Publication]:
    """Take the Homes that show less than is wanted, and render what they should show now.

    Who does not look any more is left alone: the next opening publishes it.
    """
    with runtime.write() as session:
        rows = session.scalars(_STALE, pace.room(pace.PUBLISHING, now)).all()
        publications: list[Publication] = []
        free: dict[int, list[datetime]] = {}
        for row in rows:
            if row.opened_at <= now - LOOKED_AT:
                row.shown = row.wanted
                if not (row.error or "").startswith(NOT_RENDERED):
                    # Slack had no time for it, and it is published at the next opening: nothing has failed.
                    row.error = None
                continue
            if row.workspace_id not in free:
                free[row.workspace_id] = pace.slots(
                    session, row.workspace_id, pace.HOMES, pace.PUBLISHING, now, most=BATCH
                )
            if free[row.workspace_id]:
                made = _made(session, runtime, row, free[row.workspace_id][0], now)
                if made is not None:
                    publications.append(made)
                    free[row.workspace_id].pop(0)
                    pace.take(session, row.workspace_id, pace.HOMES, pace.PUBLISHING, now, count=1)
        return publications


def _made(session: Session, runtime: Runtime, row: Home, at: datetime, now: datetime) -> Publication | None:
    member = session.get_one(Member, row.member_id)
    try:
        with session.begin_nested():
            view = home.page(session, member, now)
    except STUMBLES as error:
        # A fault of ours in one Home must stop no other.
        log.error("home_not_rendered", home=row.id, exc_info=error)
        row.attempts, row.error = row.attempts + 1, f"{NOT_RENDERED}{type(error).__name__}"
        if row.attempts >= RENDERINGS:
            tell_of_home(session, row, now)
        row.not_before = now + backoff(row.attempts + 3, row.id)
        return None
    row.generation += 1
    row.error = None
    row.leased_until = now + LEASE + timedelta(seconds=runtime.settings.settle_seconds)
    return Publication(
        home_id=row.id,
        generation=row.generation,
        workspace_id=row.workspace_id,
        to=member.slack_user_id,
        view=view,
        drawn=row.wanted,
        attempts=row.attempts + 1,
        at=at,
        until=now + LEASE,
    )


def publish(runtime: Runtime, publication: Publication) -> SlackFailure | None:
    """Make the request, unless `showing.why_not_now` says why not. Raises as that does, before the request."""
    not_now = showing.why_not_now(runtime, publication.workspace_id, Hold.HOMES, until=publication.until)
    if not_now is not None:
        return not_now
    try:
        runtime.gateway.publish(publication.workspace_id, to=publication.to, view=publication.view)
    except SlackFailure as failure:
        return failure
    return None


def finish(runtime: Runtime, publication: Publication, failure: SlackFailure | None, now: datetime) -> None:
    """Record which revision is shown now. What Slack refuses for good is given up until the next change or opening."""
    finish_all(runtime, [(publication, failure)], now)


def finish_all(runtime: Runtime, published: Sequence[Published], now: datetime) -> None:
    """As `finish`, for several Homes in one transaction."""
    settle = timedelta(seconds=runtime.settings.settle_seconds)
    with runtime.write() as session:
        # In the order of their rows, as everywhere: two of these end in no deadlock.
        for publication, failure in sorted(published, key=lambda one: one[0].home_id):
            _finish(session, publication, failure, now, settle)


def _finish(
    session: Session, publication: Publication, failure: SlackFailure | None, now: datetime, settle: timedelta
) -> None:
    row = session.scalar(
        sa.select(Home)
        .where(Home.id == publication.home_id, Home.generation == publication.generation)
        .with_for_update(key_share=True)
    )
    if row is None:
        showing.overtaken(session, Home, publication.home_id, failure, now)
        return
    row.leased_until = None
    if failure is None:
        row.shown, row.attempts, row.error = publication.drawn, 0, None
        row.not_before = max(row.not_before, now + TOGETHER)
        return
    row.error = failure.code
    log.info("publication_failed", home=row.id, error=failure.code)
    row.attempts += 1
    if isinstance(failure, Permanent):
        # What has changed meanwhile may be taken; the same again would not.
        row.shown, row.not_before = publication.drawn, now + TOGETHER
        tell_of_home(session, row, now)
        return
    showing.try_again(session, row, failure, now, attempts=publication.attempts, hold=Hold.HOMES, settle=settle)


# Made once: a worker asks several times a second whether something is to be published.
_now = sa.bindparam("now", type_=UtcDateTime())
_is_stale = sa.and_(
    shows_less(table_of(Home)),
    Home.not_before <= _now,
    sa.or_(Home.leased_until.is_(None), Home.leased_until <= _now),
    pace.has_room(table_of(Home).c.workspace_id, Hold.HOMES, pace.HOMES),
)
_SOMETHING = Prepared(sa.select(Home.id).where(_is_stale).limit(1))
_STALE = (
    sa.select(Home)
    .where(_is_stale)
    .order_by(Home.not_before, Home.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True, key_share=True)
)
