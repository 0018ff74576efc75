"""When is there something to do next?

A tick begins only what is due here, so a new kind of instant has to be added here or it never comes. Tests, rehearsal
and demo jump to these instants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.services.cycles import may_turn, next_turn
from models import (
    CheckIn,
    CheckInDraft,
    CheckInState,
    Delivery,
    DeliveryState,
    Dependency,
    Escalation,
    Hold,
    Home,
    Member,
    Message,
    PathChange,
    RatePace,
    Team,
    Understanding,
)
from models.base import constant, table_of
from models.conversation import is_unopened
from models.delivery import shows_less
from models.prepared import Prepared


class Planned(NamedTuple):
    """When each kind of what is planned is due next; null where nothing of it is. Cycles may turn somewhat later."""

    turns: datetime | None
    openings: datetime | None
    closings: datetime | None
    reminders: datetime | None
    escalations: datetime | None
    mornings: datetime | None
    notes: datetime | None
    digests: datetime | None
    drafts: datetime | None
    understandings: datetime | None
    dependencies: datetime | None
    paths: datetime | None


class Ahead(NamedTuple):
    """When something may leave next, no sooner than a hold is over, and when an uncertain post is looked for."""

    posts: datetime | None
    updates: datetime | None
    homes: datetime | None
    settles: datetime | None

    @property
    def leaves(self) -> datetime | None:
        """When a post may leave, or a message or Home be shown anew."""
        return earliest(self.posts, self.updates, self.homes)


def next_due(session: Session) -> datetime | None:
    """The earliest instant at which any tick has work (it may be in the past); None where nothing is planned."""
    return earliest(next_planned(session), *ahead(session))


def next_planned(at: Session | sa.Connection) -> datetime | None:
    """The earliest instant at which something is to be planned: cycles, openings, closings, reminders,
    escalations, notes, digests."""
    return earliest(*planned(at)._replace(turns=next_turn(at)))


def planned(at: Session | sa.Connection) -> Planned:
    """When each kind of what is planned is due next (it may be in the past)."""
    (instants,) = _PLANNED.rows(at, {})
    return Planned(turns=may_turn(at), **dict(zip(_FIRSTS, instants, strict=True)))


def ahead(at: Session | sa.Connection) -> Ahead:
    """When what waits to leave may leave, in one look that locks nothing."""
    holds: dict[tuple[int, str], datetime] = {}
    waiting: dict[str, list[datetime]] = {}
    # What stands first in the statement comes first: the holds, without which the others say nothing.
    for kind, workspace_id, due, lane in sorted(_AHEAD.rows(at, {}), key=lambda row: row[0] != _HOLD):
        if due is None:
            continue
        if kind == _HOLD:
            holds[workspace_id, lane] = due
            continue
        lanes = _HELD_BY[kind]
        free = max([due, *(holds[workspace_id, one] for one in (*lanes, lane) if (workspace_id, one) in holds)])
        waiting.setdefault(kind, []).append(free)
    posts = [*waiting.get(_POST, ()), *waiting.get(_BULK, ()), *waiting.get(_TAKEN, ())]
    return Ahead(
        min(posts, default=None),
        *(min(waiting.get(kind, ()), default=None) for kind in (_UPDATE, _SHOWING, _UNCERTAIN)),
    )


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of them; None where there is none."""
    return min((instant for instant in instants if instant is not None), default=None)


# Made once: a worker asks whenever it has nothing to do.


def _first(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], *where: sa.ColumnElement[bool]
) -> sa.ScalarSelect[datetime | None]:
    return sa.select(sa.func.min(column)).where(*where).scalar_subquery()


# By the names of `Planned`.
_FIRSTS: Mapping[str, sa.ScalarSelect[datetime | None]] = {
    "openings": _first(Member.next_opening_at),
    "closings": _first(CheckIn.closes_at, CheckIn.state == constant(CheckInState.DUE)),
    "reminders": _first(Member.next_reminder_at),
    "escalations": _first(Escalation.next_step_at),
    "mornings": _first(Member.next_morning_at),
    "notes": _first(Team.next_note_at),
    "digests": _first(Team.next_digest_at),
    "drafts": _first(CheckInDraft.kept_until),
    "understandings": _first(Understanding.kept_until),
    "dependencies": _first(Dependency.next_step_at),
    "paths": _first(PathChange.at),
}
_PLANNED = Prepared(sa.select(*(first.label(name) for name, first in _FIRSTS.items())))

_HOLD, _POST, _BULK, _TAKEN, _UPDATE, _SHOWING, _UNCERTAIN = (
    "hold",
    "post",
    "bulk",
    "taken",
    "update",
    "home",
    "unknown",
)
# What keeps each kind back.
_HELD_BY: Mapping[str, Sequence[str]] = {
    _POST: (Hold.POSTS,),
    _BULK: (Hold.POSTS, Hold.BULK),
    _TAKEN: (),
    _UPDATE: (Hold.UPDATES,),
    _SHOWING: (Hold.HOMES,),
    _UNCERTAIN: (Hold.LOOKS,),
}


def _waiting(
    kind: str,
    table: type[Delivery | Message | Home],
    due: Any,
    *where: sa.ColumnElement[bool],
    lane: sa.ColumnElement[str] | None = None,
) -> sa.Select[str, int, datetime, str]:
    """The first instant in each workspace. `lane`: one more hold that keeps some of it back; then the first of each."""
    workspace_id: sa.ColumnElement[int] = table_of(table).c.workspace_id
    if table is not Delivery:
        # Not the bare column: by an index in its order SQLite would read all pictures rather than those that are stale.
        workspace_id = workspace_id + sa.literal_column("0")
    whose = constant("") if lane is None else lane
    first = sa.select(constant(kind), workspace_id, sa.func.min(due), whose).where(*where)
    return first.group_by(workspace_id) if lane is None else first.group_by(workspace_id, lane)


def _not_in_flight(table: type[Message | Home]) -> sa.ColumnElement[datetime]:
    # While one is in flight the next one waits for it.
    return sa.case((table.leased_until > table.not_before, table.leased_until), else_=table.not_before)


_opens_first = sa.case((is_unopened(table_of(Delivery)), constant(Hold.OPENINGS)), else_=constant(""))
_is_queued = Delivery.state == constant(DeliveryState.QUEUED)
_AHEAD = Prepared(
    sa.union_all(
        sa.select(constant(_HOLD), RatePace.workspace_id, RatePace.next_at, RatePace.lane).where(
            RatePace.lane.in_([sa.literal(hold.value) for hold in Hold])
        ),
        _waiting(_POST, Delivery, Delivery.not_before, _is_queued, Delivery.bulk.is_(False), lane=_opens_first),
        _waiting(_BULK, Delivery, Delivery.not_before, _is_queued, Delivery.bulk.is_(True), lane=_opens_first),
        _waiting(_TAKEN, Delivery, Delivery.leased_until, Delivery.state == constant(DeliveryState.CLAIMED)),
        _waiting(
            _UPDATE,
            Message,
            _not_in_flight(Message),
            shows_less(table_of(Message)),
            Message.gone_at.is_(None),
            Message.channel.is_not(None),
        ),
        _waiting(_SHOWING, Home, _not_in_flight(Home), shows_less(table_of(Home))),
        _waiting(_UNCERTAIN, Delivery, Delivery.not_before, Delivery.state == constant(DeliveryState.UNKNOWN)),
    )
)
