"""The audit trail: every change says who, what and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import AuditEvent
from models.base import Base


def record(
    session: Session,
    now: datetime,
    *,
    workspace_id: int,
    actor_id: int | None,
    action: str,
    subject: Base,
    actor_name: str = "okra",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add one event about `subject`, a row that was flushed. `actor_id` null: Okra itself or the command line."""
    session.add(
        AuditEvent(
            workspace_id=workspace_id,
            actor_id=actor_id,
            actor_name=actor_name,
            action=action,
            subject=subject.__tablename__,
            subject_id=subject.id,
            detail={"version": 1, **(detail or {})},
            at=now,
        )
    )
