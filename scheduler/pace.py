"""How fast requests may leave: Slack's limits, obeyed before they are hit, by all workers of one database.

A lane is what Slack counts together: the posts of a workspace, the posts into one conversation, the updates. Each lane
is a row that says when it is free next; taking a slot moves it on. Nobody sleeps here: a slot is an instant, and who
took it waits as suits them. (The generic cell rate algorithm: a steady spacing, with a burst where a lane allows one.)
A `Hold` stops a kind of request altogether for a while: Slack said so, or the breaker opened.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Hold, RatePace
from models.once import insert_all_once, insert_once

# How far ahead slots are taken: enough to keep the wire busy while the next batch is being claimed.
HORIZON = timedelta(seconds=1)
# Bulk posts of a workspace stop for this long after a post of unknown fate: Slack, or the way to it, is unwell.
BREAKER = timedelta(seconds=30)
# A lane that was free this long ago tells nothing any more.
FORGET = timedelta(minutes=10)

POSTS = "posts"
UPDATES = "updates"
LOOKS = "looks"

# Slack counts what arrives, not what leaves, over a sliding minute: a request that overtakes an earlier one by a few
# tenths of a second is one too many. So a little less is sent than is allowed.
MARGIN = 1.01


@dataclass(frozen=True)
class Limit:
    """One request every `spacing`, of which `burst` (1 and up) may come at once after a pause."""

    spacing: timedelta
    burst: int = 1


# Into one conversation, about one message a second; a little more time, for the same reason.
CONVERSATION = Limit(timedelta(seconds=1.25))
# `chat.update` is in tier 3, 50 a minute: ten at once and one every 1.5 s never pass that in any 60 s.
UPDATING = Limit(timedelta(seconds=1.5), burst=10)
# `conversations.history`, `.replies` and `.open` are in tier 3 as well; a look is at most one call of each.
LOOKING = Limit(timedelta(seconds=1.5), burst=10)


def posting(per_minute: int) -> Limit | None:
    """The limit of a workspace's posts, evenly spaced; None for 0: nothing is limited, posts or updates."""
    return Limit(timedelta(minutes=1) / per_minute * MARGIN) if per_minute else None


def slots(session: Session, workspace_id: int, lane: str, limit: Limit, now: datetime, *, most: int) -> list[datetime]:
    """Look at up to `most` free instants of a lane within the horizon, soonest first. Takes none: `take` does.

    Locks the lane until the transaction ends, so that two workers see different slots.
    """
    free_at = _row(session, workspace_id, lane, now).next_at
    found: list[datetime] = []
    for _ in range(most):
        at = max(now, free_at - (limit.burst - 1) * limit.spacing)
        if at > now + HORIZON:
            break
        found.append(at)
        free_at = max(free_at, now) + limit.spacing
    return found


def take(session: Session, workspace_id: int, lane: str, limit: Limit, now: datetime, *, count: int) -> None:
    """Take the first `count` of the instants that `slots` showed."""
    row = _row(session, workspace_id, lane, now)
    row.next_at = max(row.next_at, now) + count * limit.spacing


def conversations(session: Session, workspace_id: int, lanes: Collection[str], now: datetime) -> dict[str, RatePace]:
    """The rows of several conversations' lanes, locked, made where they are new. Three statements at most."""
    wanted = sorted(set(lanes))
    query = (
        sa.select(RatePace)
        .where(RatePace.workspace_id == workspace_id, RatePace.lane.in_(wanted))
        .order_by(RatePace.lane)
        .with_for_update()
    )
    found = {row.lane: row for row in session.scalars(query)}
    new = [{"workspace_id": workspace_id, "lane": lane, "next_at": now} for lane in wanted if lane not in found]
    if new:
        insert_all_once(session, RatePace, new, key=("workspace_id", "lane"))
        found = {row.lane: row for row in session.scalars(query)}
    return found


def arrived(session: Session, workspace_id: int, lane: str, now: datetime) -> None:
    """A message came into a conversation, perhaps later than its slot: the next keeps its distance from that."""
    free_at = now + CONVERSATION.spacing
    session.execute(
        sa.update(RatePace)
        .where(RatePace.workspace_id == workspace_id, RatePace.lane == lane, RatePace.next_at < free_at)
        .values(next_at=free_at)
    )


def pause(session: Session, workspace_id: int, hold: Hold, until: datetime) -> None:
    """Nothing of a kind leaves before `until`, whoever would send it."""
    row = _row(session, workspace_id, hold, until)
    row.next_at = max(row.next_at, until)


def held_until(session: Session, workspace_id: int, now: datetime, *holds: Hold) -> datetime | None:
    """Until when one of these holds lasts, the longest; None where none does."""
    until = session.scalar(
        sa.select(sa.func.max(RatePace.next_at)).where(
            RatePace.workspace_id == workspace_id, RatePace.lane.in_(holds), RatePace.next_at > now
        )
    )
    return until if until is not None and until > now else None


def forget(session: Session, now: datetime) -> None:
    """Drop the lanes that have long been free."""
    session.execute(sa.delete(RatePace).where(RatePace.next_at < now - FORGET))


def _row(session: Session, workspace_id: int, lane: str, free_at: datetime) -> RatePace:
    query = sa.select(RatePace).where(RatePace.workspace_id == workspace_id, RatePace.lane == lane).with_for_update()
    row = session.scalar(query)
    if row is None:
        insert_once(
            session,
            RatePace,
            {"workspace_id": workspace_id, "lane": lane, "next_at": free_at},
            key=("workspace_id", "lane"),
        )
        row = session.scalars(query).one()
    return row
