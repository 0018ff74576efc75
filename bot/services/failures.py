"""What could not be delivered is told to the admins, once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import notices
from bot.blocks.post import Post
from bot.services import outbox
from models import Delivery, Member, PostKind


def tell_admins(session: Session, failed: Delivery, now: datetime) -> None:
    """Queue one direct message to each admin about a delivery that failed for good.

    A notice that fails itself is not told about: `okra doctor` counts it.
    """
    if failed.kind is PostKind.ADMIN_NOTICE:
        return
    admins = session.scalars(
        sa.select(Member).where(
            Member.workspace_id == failed.workspace_id,
            Member.is_admin,
            Member.deactivated_at.is_(None),
            Member.id != failed.member_id if failed.member_id is not None else sa.true(),
        )
    ).all()
    for admin in admins:
        outbox.post(
            session,
            now,
            workspace_id=failed.workspace_id,
            key=f"failure:{failed.id}:{admin.id}",
            kind=PostKind.ADMIN_NOTICE,
            member_id=admin.id,
            about_id=failed.id,
        )


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The notice to an admin: what did not arrive, why, and what to do."""
    failed = session.get(Delivery, delivery.about_id)
    admin = session.get(Member, delivery.member_id)
    if failed is None or admin is None or not admin.may_take_part:
        return None
    return notices.undelivered(what=failed.kind.value, to=_recipient(session, failed), code=failed.error or "unknown")


def _recipient(session: Session, failed: Delivery) -> str:
    if failed.member_id is not None:
        return session.get_one(Member, failed.member_id).name
    return f"<#{failed.channel_id}>"
