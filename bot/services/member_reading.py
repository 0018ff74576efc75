"""Whose turn it is to read everybody of a workspace from Slack: one worker's, for Slack counts a workspace's calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Workspace

EVERY = timedelta(days=1)
# Longer than Slack is waited for between two pages. Whoever is silent for so long is taken for dead.
LEASE = timedelta(minutes=15)
# After a failure for which Slack named no time.
AGAIN = timedelta(minutes=5)


def due(session: Session, now: datetime) -> Sequence[int]:
    """The ids of the workspaces that nobody has read for a day, and nobody is reading now."""
    wanted = sa.select(Workspace.id).where(Workspace.slack_team_id.is_not(None), _is_due(now)).order_by(Workspace.id)
    return session.scalars(wanted).all()


def claim(session: Session, now: datetime, workspace_id: int) -> datetime | None:
    """Until when this workspace is the caller's to read, unless they go on with it; None where it is not due."""
    return _set(session, workspace_id, now + LEASE, _is_due(now))


def take(session: Session, now: datetime, workspace_id: int) -> datetime:
    """As `claim`, for somebody who has asked for a reading now, whoever reads already."""
    _set(session, workspace_id, now + LEASE, sa.true())
    return now + LEASE


def go_on(session: Session, now: datetime, workspace_id: int, until: datetime) -> datetime | None:
    """Claimed for longer; None where it is somebody else's to read by now, or is to be read anew."""
    return _set(session, workspace_id, now + LEASE, Workspace.members_due_at == until)


def end(session: Session, now: datetime, workspace_id: int, until: datetime) -> None:
    """Everybody was read: the next time is tomorrow."""
    if _set(session, workspace_id, now + EVERY, Workspace.members_due_at == until) is not None:
        session.execute(sa.update(Workspace).where(Workspace.id == workspace_id).values(members_read_at=now))


def put_off(session: Session, workspace_id: int, until: datetime, *, to: datetime) -> None:
    """It came to nothing; it is to be read again at `to`."""
    _set(session, workspace_id, to, Workspace.members_due_at == until)


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    never = sa.or_(Workspace.members_read_at.is_(None), Workspace.members_read_at <= now - EVERY)
    return sa.or_(Workspace.members_due_at <= now, sa.and_(Workspace.members_due_at.is_(None), never))


def _set(session: Session, workspace_id: int, at: datetime, on: sa.ColumnElement[bool]) -> datetime | None:
    """Whether it held decides the database: of two who ask at once, the second sees what the first one has set."""
    changed = sa.update(Workspace).where(Workspace.id == workspace_id, on).values(members_due_at=at)
    return at if session.scalar(changed.returning(Workspace.id)) is not None else None
