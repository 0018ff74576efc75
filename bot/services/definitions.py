"""A key result's definition as it is now, and what the key result is called by it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import KeyResult, KeyResultRevision


def current_definition() -> sa.ColumnElement[bool]:
    """Joins the revision that counts."""
    return sa.and_(KeyResultRevision.key_result_id == KeyResult.id, KeyResultRevision.revision == KeyResult.revision)


def definition_of(session: Session, key_result: KeyResult) -> KeyResultRevision:
    """The revision that counts."""
    return session.scalars(
        sa.select(KeyResultRevision).where(
            KeyResultRevision.key_result_id == key_result.id, KeyResultRevision.revision == key_result.revision
        )
    ).one()


def name_of(session: Session, key_result: KeyResult) -> str:
    """The metric, or the whole text where there is none."""
    definition = definition_of(session, key_result)
    return definition.metric or definition.text
