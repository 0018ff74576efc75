"""Insert a row unless one with the same key is there: how "exactly once" is said to the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.base import Base, table_of


def insert_once(session: Session, table: type[Base], values: Mapping[str, Any], *, key: Sequence[str]) -> int | None:
    """Insert `values` and return the new row's id, or None where a row with the same `key` columns exists."""
    return next(iter(insert_all_once(session, table, [values], key=key).values()), None)


def insert_all_once(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> dict[tuple[Any, ...], int]:
    """Insert those of `rows` whose `key` columns no row has yet, in one statement; all rows name the same columns.

    Returns the ids of the new rows, by the values of their `key` columns. What is pending in the session goes first.
    """
    if not rows:
        return {}
    session.flush()
    target = table_of(table)
    columns = [target.c[name] for name in key]
    statement = _insert(session, target).on_conflict_do_nothing(index_elements=columns).returning(target.c.id, *columns)
    # A list of rows rather than `values(…)`: the statement is compiled once, whatever the number of rows.
    found = session.execute(statement, [dict(row) for row in rows])
    return {tuple(of_key): new_id for new_id, *of_key in found}


def _insert(session: Session, target: sa.Table) -> postgresql.Insert | sqlite.Insert:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(target)
    return sqlite.insert(target)
