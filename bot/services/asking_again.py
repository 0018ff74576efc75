"""The hour at which somebody wants to be asked again stays within their working time, whatever becomes of that."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services import outbox
from bot.services.schedules import Week
from models import Delivery, DeliveryState, PostKind, Snooze


def keep_at_work(session: Session, weeks: Mapping[int, Week]) -> None:
    """Move what is put off to when each member's work begins next, where it would come outside of it now.

    `weeks`: of the members who moved, changed their hours or go away, by member id.
    """
    waiting = session.scalars(
        sa.select(Delivery).where(
            Delivery.member_id.in_(weeks),
            Delivery.kind == PostKind.PROMPT_AGAIN,
            Delivery.state == DeliveryState.QUEUED,
        )
    ).all()
    for delivery in waiting:
        if delivery.member_id is None:
            continue
        at = weeks[delivery.member_id].schedule.at_work_from(delivery.not_before)
        if at is None or at == delivery.not_before:
            continue
        outbox.put_off(session, delivery, at)
        session.execute(
            sa.update(Snooze)
            .where(Snooze.member_id == delivery.member_id, Snooze.period == delivery.period)
            .values(until=at)
        )
