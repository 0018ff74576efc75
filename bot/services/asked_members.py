"""Who is asked: a member's row, or the copy of it that opening their week needs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, time
from typing import Protocol

import sqlalchemy as sa

from bot.services import introduction
from models import Member, MemberKind
from models.base import table_of


class Whom(introduction.Greeted, Protocol):
    """A member's row, or a copy of it: who is asked, and what they wait for."""

    @property
    def next_period(self) -> date | None: ...
    @property
    def reminder_period(self) -> date | None: ...
    @property
    def may_take_part(self) -> bool: ...


@dataclass(slots=True)
class Due:
    """A copy of a member's row, as far as opening their week needs it; it is written back before anybody is asked."""

    id: int
    workspace_id: int
    time_zone: str
    kind: MemberKind
    deactivated_at: datetime | None
    introduced_at: datetime | None
    next_opening_at: datetime | None
    next_period: date | None
    next_reminder_at: datetime | None
    reminder_period: date | None
    asked_at: time | None
    works_from: time | None
    works_until: time | None
    workdays: int | None
    country: str | None

    @property
    def may_take_part(self) -> bool:
        """As `Member.may_take_part`."""
        return self.kind is MemberKind.FULL and self.deactivated_at is None


_member = table_of(Member)
# What a `Due` is made of.
COLUMNS = sa.select(*(_member.c[one.name] for one in fields(Due)))
