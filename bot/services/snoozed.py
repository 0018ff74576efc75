"""What became of a period's prompts: who put it off, who was asked again already, and what is not its owner's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period
from bot.services import outbox
from bot.services.planning import prompt_key
from bot.services.schedules import KeepsHours
from models import Delivery, DeliveryState, Member, PostKind, Snooze
from models.base import table_of
from models.prepared import Listed, Row


@dataclass(frozen=True)
class Snoozed:
    """`until`: when they asked to be asked again; `asked_again`: that has happened, or is about to."""

    until: datetime | None = None
    asked_again: bool = False


def snoozed(
    session: Session, members: Collection[KeepsHours], this: Period, put_off: Sequence[Row]
) -> Mapping[int, Snoozed]:
    """By member id, for all these members in one query at most. `put_off`: what `PUT_OFF` finds for them."""
    until: dict[int, datetime] = dict(put_off)
    if not until:
        return {member.id: Snoozed() for member in members}
    keys = {outbox.again_key(prompt_key(member_id, this)) for member_id in until}
    asked = set(
        session.scalars(
            sa.select(Delivery.member_id).where(
                Delivery.workspace_id.in_({member.workspace_id for member in members}),
                Delivery.key.in_(keys),
                Delivery.state != DeliveryState.QUEUED,
            )
        )
    )
    return {member.id: Snoozed(until.get(member.id), member.id in asked) for member in members}


def told_of(session: Session, check_in_ids: Collection[int]) -> dict[int, str]:
    """Who was told that a check-in is not its owner's, by the check-in's id."""
    if not check_in_ids:
        return {}
    rows = session.execute(
        sa.select(Delivery.check_in_id, Member.name)
        .join(Member, Member.id == Delivery.member_id)
        .where(Delivery.check_in_id.in_(check_in_ids), Delivery.kind == PostKind.NOT_MINE)
    )
    return {check_in_id: name for check_in_id, name in rows if check_in_id is not None}


_snooze = table_of(Snooze)
# When these members asked to be asked again in a period.
PUT_OFF = Listed(
    lambda ids: sa.select(_snooze.c.member_id, _snooze.c.until).where(
        _snooze.c.member_id.in_(ids), _snooze.c.period == sa.bindparam("period")
    )
)
