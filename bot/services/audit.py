"""The audit trail: every change says who, what and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services import home_changes
from models import AuditEvent
from models.base import Base, table_of
from models.prepared import Prepared

_EVENT = Prepared(sa.insert(table_of(AuditEvent)))


def record(
    session: Session,
    now: datetime,
    *,
    workspace_id: int,
    actor_id: int | None,
    action: str,
    subject: Base | tuple[type[Base], int],
    actor_name: str = "okra",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add one event about `subject`: a row that was flushed, or its table and id.

    `actor_id` null: Okra itself or the command line. Who did something sees on their Home that it is done.
    """
    home_changes.concerns(session, workspace_id, [actor_id])
    table, subject_id = subject if isinstance(subject, tuple) else (type(subject), subject.id)
    _EVENT.send(
        session,
        {
            "workspace_id": workspace_id,
            "actor_id": actor_id,
            "actor_name": actor_name,
            "action": action,
            "subject": table.__tablename__,
            "subject_id": subject_id,
            "detail": {"version": 1, **(detail or {})},
            "at": now,
        },
    )
