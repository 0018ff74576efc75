"""Where the clock can jump to: read off what is planned and queued, so that a new kind of thing appears by itself.

What is planned stands in columns named `next_…_at`, and a post that leaves later in the outbox; both are found by
looking. The words of those that are known are chosen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services import cycles
from models import CheckIn, CheckInState, Delivery, DeliveryState
from models.base import Base

NEXT = "next"
# In this order they are offered; what is not here comes after them.
LABELS = {
    NEXT: "Next thing",
    "prompt": "Next check-in",
    "reminder": "Next reminder",
    "closing": "End of answering",
    "note": "Next lead's note",
    "digest": "Next digest",
    "cycle": "End of cycle",
}
WHY_NOT = {
    "prompt": "No check-in is planned",
    "digest": "No digest is planned",
    "cycle": "No cycle is running",
}
# A column says what opens; people speak of what they get.
_CALLED = {"opening": "prompt", "lead_note": "note"}
_PLANNED = re.compile(r"next_(\w+)_at")
# What leaves within this time is on its way rather than planned.
SOON = timedelta(minutes=1)


@dataclass(frozen=True)
class Jump:
    """A place in time. `at` is an instant in UTC; null where there is none in sight, and `why` says so."""

    name: str
    label: str
    at: datetime | None
    why: str | None = None


def jumps(session: Session, now: datetime, *, others_at: datetime | None = None) -> list[Jump]:
    """All that can be jumped to, in the order in which it is offered. `others_at`: when somebody acts by themselves."""
    found: dict[str, datetime] = {}
    for name, at in _planned(session, now):
        found[name] = min(at, found.get(name, at))
    soonest = min((at for at in [*found.values(), others_at] if at is not None), default=None)
    if soonest is not None:
        found[NEXT] = soonest
    names = [name for name in LABELS if name in found or name in WHY_NOT]
    names += sorted(name for name in found if name not in LABELS)
    return [
        Jump(name, LABELS.get(name, f"Next {name.replace('_', ' ')}"), found.get(name), _why(name, found))
        for name in names
    ]


def _why(name: str, found: dict[str, datetime]) -> str | None:
    return None if name in found else WHY_NOT[name]


def _planned(session: Session, now: datetime) -> Iterator[tuple[str, datetime]]:
    for mapper in Base.registry.mappers:
        for column in mapper.local_table.columns:
            named = _PLANNED.fullmatch(column.name)
            at = session.scalar(sa.select(sa.func.min(column))) if named is not None else None
            if named is not None and at is not None:
                yield _CALLED.get(named[1], named[1]), at
    closing = session.scalar(sa.select(sa.func.min(CheckIn.closes_at)).where(CheckIn.state == CheckInState.DUE))
    if closing is not None:
        yield "closing", closing
    turn = cycles.next_turn(session)
    if turn is not None:
        yield "cycle", turn
    queued = session.execute(
        sa.select(Delivery.kind, sa.func.min(Delivery.not_before))
        .where(Delivery.state == DeliveryState.QUEUED, Delivery.not_before > now + SOON)
        .group_by(Delivery.kind)
    )
    for kind, at in queued:
        yield _CALLED.get(kind.value, kind.value), at
