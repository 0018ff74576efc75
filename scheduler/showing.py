"""What came of showing a picture of state, a message or somebody's Home: one record for both.

Of each picture one request is in flight at a time, always of the newest revision. A request that may have had its
effect, or may have it yet, counts as in flight until `settle` is over: one that overtook it would be overwritten.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.runtime import Runtime
from bot.slack_failures import NotLetIn, Permanent, RetryLater, SlackFailure, UnknownOutcome
from models import Hold, Home, Message
from scheduler import pace
from scheduler.delivery import LEASE, LOCKED_OUT, backoff


def overtaken(
    session: Session, picture: type[Message] | type[Home], row_id: int, failure: SlackFailure | None, now: datetime
) -> None:
    """Somebody else has shown it since. Where this request had an effect, or may have, nobody knows which of the two
    came last: it is shown once more, then."""
    if isinstance(failure, Permanent | NotLetIn | RetryLater):
        return
    values: dict[str, object] = {"wanted": picture.wanted + 1, "not_before": now}
    if picture is Message:
        values["stands_as"] = None
    session.execute(sa.update(picture).where(picture.id == row_id).values(values))


def why_not_now(runtime: Runtime, workspace_id: int, hold: Hold, *, until: datetime) -> RetryLater | None:
    """Why a request that may leave until then is not made: it has become too late, and another worker may show
    something newer soon; or Slack has asked for a pause since it was claimed. Right after its claim nobody looks again.

    Raises what the database raises, where that cannot be told.
    """
    now = runtime.now()
    if now >= until:
        return RetryLater("too_late")
    if now - (until - LEASE) < pace.HORIZON:
        return None
    with runtime.glance() as connection:
        return RetryLater("paused") if pace.lasts(connection, workspace_id, hold, now) else None


def try_again(
    session: Session,
    row: Message | Home,
    failure: SlackFailure,
    now: datetime,
    *,
    attempts: int,
    hold: Hold,
    settle: timedelta,
) -> None:
    """It was not shown, or nobody knows: when it is tried again. All of its kind wait as long as Slack says."""
    after = failure.after if isinstance(failure, RetryLater) else None
    if isinstance(failure, NotLetIn):
        after = int(LOCKED_OUT.total_seconds())
    if after is not None:
        pace.pause(session, row.workspace_id, hold, now + timedelta(seconds=after))
    if isinstance(failure, UnknownOutcome):
        # A lease, which a further change of the state does not shorten.
        row.leased_until = now + settle
    row.not_before = now + (timedelta(seconds=after) if after is not None else backoff(attempts, row.id))
