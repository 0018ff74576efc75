"""Slack may deliver anything twice: the second time has no effect."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import SeenEvent
from models.once import insert_once

KEPT = timedelta(hours=48)


def first_time(session: Session, now: datetime, *, workspace_id: int, slack_id: str) -> bool:
    """Whether this delivery of Slack's is seen for the first time; notes it in the handler's own transaction."""
    row = insert_once(
        session,
        SeenEvent,
        {"workspace_id": workspace_id, "slack_id": slack_id, "seen_at": now},
        key=("workspace_id", "slack_id"),
    )
    return row is not None


def purge(session: Session, now: datetime) -> None:
    """Forget what Slack cannot deliver again."""
    session.execute(sa.delete(SeenEvent).where(SeenEvent.seen_at < now - KEPT))
