"""A decision as it stands in the database, without the steps that lead to it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from models import Decision, KeyResult, Member


def decided(session: Session, key_result: KeyResult, by: Member, text: str, *, at: datetime, due_on: date) -> None:
    """Somebody decided this about a key result, and makes it happen."""
    session.add(
        Decision(
            workspace_id=key_result.workspace_id,
            key_result_id=key_result.id,
            text=text,
            decided_by_id=by.id,
            owner_id=by.id,
            due_on=due_on,
            created_at=at,
        )
    )
    session.flush()
