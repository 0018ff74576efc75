"""How fast requests may leave: Slack's limits, obeyed before they are hit, by all workers of one database.

A lane is what Slack counts together: the posts of a workspace, the posts into one conversation, the updates. Each lane
is a row that says when it is free next; taking a slot moves it on. Nobody sleeps here: a slot is an instant, and who
took it waits as suits them. (The generic cell rate algorithm: a steady spacing, with a burst where a lane allows one.)
A `Hold` stops a kind of request altogether for a while: Slack said so, or the breaker opened.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Hold, RatePace
from models.base import UtcDateTime, table_of
from models.once import insert_all_once, insert_once
from models.prepared import Listed, Prepared

# How far ahead slots are taken: enough to keep the wire busy while the next batch is being claimed.
HORIZON = timedelta(seconds=1)
# Bulk posts of a workspace stop for this long after a post of unknown fate: Slack, or the way to it, is unwell.
BREAKER = timedelta(seconds=30)
# A lane that was free this long ago tells nothing any more.
FORGET = timedelta(minutes=10)

POSTS = "posts"
UPDATES = "updates"
LOOKS = "looks"
OPENINGS = "openings"
HOMES = "homes"

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
# A message that came this much after its slot, or less, leaves the next one at its distance.
TOLERANCE = timedelta(seconds=0.2)
# `chat.update` is in tier 3, 50 a minute: ten at once and one every 1.5 s never pass that in any 60 s.
UPDATING = Limit(timedelta(seconds=1.5), burst=10)
# `conversations.history` and `.replies` are in tier 3 as well; a look is at most one call of each.
LOOKING = Limit(timedelta(seconds=1.5), burst=10)
# So is `conversations.open`: for a post to a group message that is new, and for a look where the place is not known.
OPENING = Limit(timedelta(seconds=1.5), burst=10)
# `views.publish` is in tier 4, 100 a minute: twenty at once and one every 0.8 s never pass that in any 60 s.
PUBLISHING = Limit(timedelta(seconds=0.8), burst=20)


def posting(per_minute: int) -> Limit | None:
    """The limit of a workspace's posts, evenly spaced; None for 0: nothing is limited, posts or updates."""
    return Limit(timedelta(minutes=1) / per_minute * MARGIN) if per_minute else None


def slots(session: Session, workspace_id: int, lane: str, limit: Limit, now: datetime, *, most: int) -> list[datetime]:
    """Look at up to `most` free instants of a lane within the horizon, soonest first. Takes none: `take` does.

    Where there is one, the lane is locked until the transaction ends, so that two workers see different slots.
    """
    # A look that locks nothing: a lane only ever moves on, so what is not free now is not free under the lock either.
    seen = _NEXT_AT.first(session, {"workspace_id": workspace_id, "lane": lane})
    if seen is not None and not _free(seen[0], limit, now, most=1):
        return []
    return _free(_locked(session, workspace_id, lane, now), limit, now, most=most)


def _free(free_at: datetime, limit: Limit, now: datetime, *, most: int) -> list[datetime]:
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
    if count:
        until = max(_locked(session, workspace_id, lane, now), now) + count * limit.spacing
        _MOVE.send(session, {"of": workspace_id, "at_lane": lane, "until": until})


def conversation(member_id: int | None, channel_id: str | None, conversation_id: int | None) -> str:
    """The lane of the messages to a member, into a channel, or into a conversation of several."""
    if member_id is not None:
        return f"to:member:{member_id}"
    return f"to:{channel_id}" if channel_id is not None else f"to:group:{conversation_id}"


def conversations(session: Session, workspace_id: int, lanes: Collection[str]) -> dict[str, datetime]:
    """When each of these conversations is free, those that are known; they are locked until the transaction ends."""
    return dict(_LANES.rows(session, sorted(set(lanes)), {"workspace_id": workspace_id}))


def move(
    session: Session, workspace_id: int, known: Collection[str], free_at: Mapping[str, datetime]
) -> frozenset[str]:
    """Say from when on each of these conversations is free. `known`: those that `conversations` found.

    Returns those that are not as `conversations` told: somebody else has just begun to use them. They stay as they are.
    """
    rows = [
        {"workspace_id": workspace_id, "lane": lane, "next_at": next_at} for lane, next_at in sorted(free_at.items())
    ]
    moved = [row for row in rows if row["lane"] in known]
    if moved:
        session.flush()
        _MOVE.run_all(session, [{"of": workspace_id, "at_lane": row["lane"], "until": row["next_at"]} for row in moved])
    new = [row for row in rows if row["lane"] not in known]
    made = insert_all_once(session, RatePace, new, key=("workspace_id", "lane"))
    return frozenset(str(row["lane"]) for row in new if (workspace_id, row["lane"]) not in made)


def arrived(session: Session, workspace_id: int, lanes: Collection[str], now: datetime) -> None:
    """Messages came into conversations, perhaps later than their slots: the next ones keep their distance from that."""
    until = now + CONVERSATION.spacing
    if lanes:
        session.flush()
        _MOVE_ON.run_all(
            session, [{"of": workspace_id, "at_lane": lane, "until": until} for lane in sorted(set(lanes))]
        )


def pause(session: Session, workspace_id: int, hold: Hold, until: datetime) -> None:
    """Nothing of a kind leaves before `until`, whoever would send it."""
    _locked(session, workspace_id, hold, until)
    _MOVE_ON.send(session, {"of": workspace_id, "at_lane": hold, "until": until})


def lasts(at: Session | sa.Connection, workspace_id: int, hold: Hold, now: datetime) -> bool:
    """Whether a pause of this kind lasts at `now`: a look that locks nothing."""
    found = _NEXT_AT.first(at, {"workspace_id": workspace_id, "lane": hold.value})
    return found is not None and bool(found[0] > now)


def has_room(workspace_id: sa.ColumnElement[int], hold: Hold, lane: str) -> sa.ColumnElement[bool]:
    """A condition for queries over what waits in many workspaces: whether something may leave this one now.

    Not while a pause lasts, nor while its lane has no free slot. What waits there would else stand before what waits in
    others, however much is read at a time. Its parameters are `room`'s.
    """
    is_taken_until = sa.case(
        (_pace.c.lane == sa.literal(hold.value), sa.bindparam("now", type_=UtcDateTime())),
        else_=sa.bindparam("full", type_=UtcDateTime()),
    )
    return ~sa.exists().where(
        _pace.c.workspace_id == workspace_id,
        _pace.c.lane.in_([sa.literal(hold.value), sa.literal(lane)]),
        _pace.c.next_at > is_taken_until,
    )


def room(limit: Limit, now: datetime) -> dict[str, datetime]:
    """The parameters of `has_room`, for a lane with this limit."""
    return {"now": now, "full": now + HORIZON + (limit.burst - 1) * limit.spacing}


def pauses(session: Session, workspace_ids: Collection[int], now: datetime) -> dict[tuple[int, Hold], datetime]:
    """The pauses that last at `now`, of several workspaces in one query, and until when."""
    found = _PAUSES.rows(session, set(workspace_ids), {"now": now})
    return {(workspace_id, Hold(lane)): until for workspace_id, lane, until in found}


def forget(session: Session, now: datetime) -> None:
    """Drop the lanes that have long been free."""
    session.execute(sa.delete(RatePace).where(RatePace.next_at < now - FORGET))


def _locked(session: Session, workspace_id: int, lane: str, free_at: datetime) -> datetime:
    """When a lane is free next; it is locked until the transaction ends, and made, free at `free_at`, if need be."""
    session.flush()
    which = {"workspace_id": workspace_id, "lane": lane}
    found = _LOCKED.first(session, which)
    if found is None:
        insert_once(session, RatePace, {**which, "next_at": free_at}, key=("workspace_id", "lane"))
        found = _LOCKED.first(session, which)
    assert found is not None  # noqa: S101 - it was there, or was made
    next_at: datetime = found[0]
    return next_at


_pace = table_of(RatePace)
_NEXT_AT = Prepared(
    sa.select(_pace.c.next_at).where(
        _pace.c.workspace_id == sa.bindparam("workspace_id"), _pace.c.lane == sa.bindparam("lane")
    )
)
_LOCKED = Prepared(
    sa.select(_pace.c.next_at)
    .where(_pace.c.workspace_id == sa.bindparam("workspace_id"), _pace.c.lane == sa.bindparam("lane"))
    .with_for_update()
)
_LANES = Listed(
    lambda lanes: (
        sa.select(_pace.c.lane, _pace.c.next_at)
        .where(_pace.c.workspace_id == sa.bindparam("workspace_id"), _pace.c.lane.in_(lanes))
        .order_by(_pace.c.lane)
        .with_for_update()
    ),
    of=sa.Text(),
)
_moved = (
    sa.update(_pace)
    .where(_pace.c.workspace_id == sa.bindparam("of"), _pace.c.lane == sa.bindparam("at_lane"))
    .values(next_at=sa.bindparam("until"))
)
_MOVE = Prepared(_moved)
_MOVE_ON = Prepared(_moved.where(_pace.c.next_at < sa.bindparam("until")))
_PAUSES = Listed(
    lambda ids: sa.select(_pace.c.workspace_id, _pace.c.lane, _pace.c.next_at).where(
        _pace.c.workspace_id.in_(ids),
        _pace.c.lane.in_([sa.literal(hold.value) for hold in Hold]),
        _pace.c.next_at > sa.bindparam("now"),
    )
)
