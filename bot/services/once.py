"""Slack may deliver anything twice: the second time has no effect."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import SeenEvent
from models.once import send_once
from models.prepared import Sent

KEPT = timedelta(hours=48)


class SeenBefore(Exception):
    """This delivery of Slack's had its effect already: of what was done again nothing may stay."""


def first_time(session: Session, now: datetime, *, workspace_id: int, slack_id: str) -> bool:
    """Whether this delivery of Slack's is seen for the first time; notes it in the handler's own transaction."""
    session.flush()
    return bool(note(session, now, workspace_id=workspace_id, slack_id=slack_id).rows())


def note(session: Session, now: datetime, *, workspace_id: int, slack_id: str) -> Sent:
    """As `first_time`, for what is sent together with all that it does: it has a row where it is the first time."""
    row = {"workspace_id": workspace_id, "slack_id": slack_id, "seen_at": now}
    return send_once(session, SeenEvent, row, key=("workspace_id", "slack_id"))


def purge(session: Session, now: datetime) -> None:
    """Forget what Slack cannot deliver again."""
    session.execute(sa.delete(SeenEvent).where(SeenEvent.seen_at < now - KEPT))
