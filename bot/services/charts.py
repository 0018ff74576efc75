"""Charts, which not every Slack takes yet: one that refuses them gets the text alone, and is tried a month later."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Workspace

ASKED_AGAIN_AFTER = timedelta(days=30)


def are_drawn(workspace: Workspace, now: datetime) -> bool:
    """Whether this workspace's messages may hold charts."""
    refused_at = workspace.charts_refused_at
    return refused_at is None or now >= refused_at + ASKED_AGAIN_AFTER


def were_refused(session: Session, workspace_id: int, now: datetime) -> None:
    """Slack took a message with charts for no message at all: the next ones have none."""
    session.execute(sa.update(Workspace).where(Workspace.id == workspace_id).values(charts_refused_at=now))
