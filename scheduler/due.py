"""What is due: the queries by which workers find and hold what is to leave. Built once, and narrowed by parameters.

A queue of ten thousand is read no further than a worker takes: every query follows one stretch of `ix_delivery_next`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Delivery, DeliveryState, Hold, Installation, InstallationState, Workspace
from models.base import RowId, constant, table_of
from models.conversation import is_unopened
from models.prepared import Prepared
from scheduler import pace

OVER = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.OBSOLETE)


class Place(NamedTuple):
    """A workspace in which something is due. `has_expired`: among it are claims whose lease has run out."""

    workspace_id: int
    has_expired: bool


class Next(NamedTuple):
    """A delivery that a worker may take, locked."""

    delivery_id: int
    generation: int
    member_id: int | None
    channel_id: str | None
    conversation_id: int | None
    # Whether its group message is to be opened first.
    is_unopened: bool


def places(session: Session, now: datetime) -> Sequence[Place]:
    """Where something is due, but for the workspaces that Okra was removed from."""
    return [Place._make(row) for row in _PLACES.rows(session, {"now": now})]


def anything(at: Session | sa.Connection, now: datetime) -> bool:
    """Whether something is due anywhere; locks nothing."""
    return bool(_PLACES.rows(at, {"now": now}))


def take_back(session: Session, workspace_id: int, now: datetime) -> None:
    """Queue again what was claimed and not begun before its lease ran out. It keeps its turn."""
    given = {"workspace_id": workspace_id, "now": now}
    ids = session.scalars(_EXPIRED_IDS, given).all()
    if ids:
        session.execute(sa.update(_delivery).where(_delivery.c.id.in_(ids)).values(state=DeliveryState.QUEUED))


def following(session: Session, workspace_id: int, now: datetime, *, most: int, bulk: bool) -> list[Next]:
    """Lock up to `most` deliveries of a workspace that are due, in their order; interactive ones first, `bulk` last.

    A reply waits for its root, and for what was said before it in the same thread. What another worker is at is passed
    over, and what has to be opened first while nothing may be opened.
    """
    found: list[Next] = []
    room = pace.room(pace.OPENING, now)
    for kind in (False, True) if bulk else (False,):
        if len(found) < most:
            given = {"workspace_id": workspace_id, "bulk": kind, "most": most - len(found), **room}
            found += [Next._make(row) for row in _NEXT.rows(session, given)]
    return found


_delivery = table_of(Delivery)
_root, _earlier = _delivery.alias("root"), _delivery.alias("earlier")
_workspace, _installation = table_of(Workspace), table_of(Installation)


def _queued(table: sa.FromClause, bulk: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.state == constant(DeliveryState.QUEUED), table.c.bulk == bulk, table.c.not_before <= sa.bindparam("now")
    )


_EXPIRED = sa.and_(
    _delivery.c.state == constant(DeliveryState.CLAIMED), _delivery.c.leased_until <= sa.bindparam("now")
)
_HERE = _delivery.c.workspace_id == _workspace.c.id
_HAS_EXPIRED = sa.exists().where(_HERE, _EXPIRED)


def _is_due_here(bulk: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    # Workspaces are few and what is due may be much: the first due row of each is enough. Of an `exists` PostgreSQL may
    # think it better to find out all of them beforehand.
    return sa.select(_delivery.c.id).where(_HERE, _queued(_delivery, bulk)).limit(1).scalar_subquery().is_not(None)


_PLACES = Prepared(
    sa.select(_workspace.c.id, _HAS_EXPIRED)
    .outerjoin(_installation, _installation.c.id == _workspace.c.installation_id)
    .where(
        sa.or_(_installation.c.id.is_(None), _installation.c.state == InstallationState.ACTIVE),
        sa.or_(
            _is_due_here(sa.false()),
            _is_due_here(sa.true()),
            _HAS_EXPIRED,
        ),
    )
    .order_by(_workspace.c.id)
)

_EXPIRED_IDS = (
    sa.select(_delivery.c.id)
    .where(_delivery.c.workspace_id == sa.bindparam("workspace_id"), _EXPIRED)
    .order_by(_delivery.c.id)
    .with_for_update(skip_locked=True, key_share=True)
)

_NEXT = Prepared(
    sa.select(
        _delivery.c.id,
        _delivery.c.generation,
        _delivery.c.member_id,
        _delivery.c.channel_id,
        _delivery.c.conversation_id,
        is_unopened(_delivery),
    )
    .where(
        _delivery.c.workspace_id == sa.bindparam("workspace_id"),
        _queued(_delivery, sa.bindparam("bulk", type_=sa.Boolean())),
        # As one `or`, so that each row is looked at alone: as a join, everything that follows something would be read.
        sa.or_(
            _delivery.c.follows_id.is_(None),
            sa.and_(
                ~sa.exists().where(_root.c.id == _delivery.c.follows_id, _root.c.state != DeliveryState.SENT),
                ~sa.exists().where(
                    _earlier.c.workspace_id == _delivery.c.workspace_id,
                    _earlier.c.follows_id == _delivery.c.follows_id,
                    _earlier.c.id < _delivery.c.id,
                    _earlier.c.state.not_in([sa.literal(one, _delivery.c.state.type) for one in OVER]),
                ),
            ),
        ),
        sa.or_(
            ~is_unopened(_delivery),
            pace.has_room(sa.bindparam("workspace_id", type_=RowId), Hold.OPENINGS, pace.OPENINGS),
        ),
    )
    .order_by(_delivery.c.not_before, _delivery.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True, of=_delivery, key_share=True)
)
