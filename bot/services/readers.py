"""Who reads a post: what its words, its hour and its place depend on, without the rest of the member's row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from typing import NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services.schedules import KeepsHours
from models import Member, MemberKind
from models.base import table_of
from models.prepared import Listed, Row, Values, at_once


class Asks(KeepsHours, Protocol):
    """A member's row, or a `Reader`: whose week it is, and when the next one begins."""

    @property
    def next_opening_at(self) -> datetime | None: ...
    @property
    def next_period(self) -> date | None: ...


class Reader(NamedTuple):
    """A member's row, as far as a post to them needs it."""

    id: int
    workspace_id: int
    time_zone: str
    kind: MemberKind
    deactivated_at: datetime | None
    next_opening_at: datetime | None
    next_period: date | None
    asked_at: time | None
    works_from: time | None
    works_until: time | None
    workdays: int | None
    country: str | None

    @property
    def may_take_part(self) -> bool:
        """As `Member.may_take_part`."""
        return self.kind is MemberKind.FULL and self.deactivated_at is None


def readers(session: Session, member_ids: Collection[int]) -> dict[int, Reader]:
    """By member id."""
    return {row[0]: Reader._make(row) for row in _READERS.rows(session, member_ids)}


def held_readers(
    session: Session, member_ids: Collection[int], beside: Listed, given: Values
) -> tuple[dict[int, Reader], Sequence[Row]]:
    """As `readers`; their rows are held until the transaction ends. With the rows of a statement about the same people,
    which is sent together with it and read once they are held."""
    people, rows = at_once(session, (_HELD, member_ids, {}), (beside, member_ids, given))
    return {row[0]: Reader._make(row) for row in people}, rows


_member = table_of(Member)
_ALL = sa.select(*(_member.c[name] for name in Reader._fields)).order_by(_member.c.id)
_READERS = Listed(lambda ids: _ALL.where(_member.c.id.in_(ids)))
_HELD = Listed(lambda ids: _ALL.where(_member.c.id.in_(ids)).with_for_update(key_share=True))
