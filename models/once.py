"""Insert a row unless one with the same key is there: how "exactly once" is said to the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.base import Base


def insert_once(session: Session, table: type[Base], values: Mapping[str, Any], *, key: Sequence[str]) -> int | None:
    """Insert `values` and return the new row's id, or None where a row with the same `key` columns exists."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(table).values(**values).on_conflict_do_nothing(index_elements=list(key)).returning(table.id)
    return session.execute(statement).scalar_one_or_none()


def insert_all_once(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> list[int]:
    """Insert those of `rows` whose `key` columns no row has yet, in one statement; returns the ids of the new ones."""
    if not rows:
        return []
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = (
        insert(table)
        .values([dict(row) for row in rows])
        .on_conflict_do_nothing(index_elements=list(key))
        .returning(table.id)
    )
    return list(session.execute(statement).scalars().all())
