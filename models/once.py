"""Insert a row unless one with the same key is there: how "exactly once" is said to the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from models.base import Base, table_of
from models.prepared import Prepared


def insert_once(session: Session, table: type[Base], values: Mapping[str, Any], *, key: Sequence[str]) -> int | None:
    """Insert `values` and return the new row's id, or None where a row with the same `key` columns exists."""
    session.flush()
    statement = _one(session.get_bind().dialect.name, table, tuple(key), frozenset(values))
    row = statement.first(session, values)
    return row[0] if row is not None else None


def insert_all_once(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> dict[tuple[Any, ...], int]:
    """Insert those of `rows` whose `key` columns no row has yet, in one statement; all rows name the same columns.

    Returns the ids of the new rows, by the values of their `key` columns. What is pending in the session goes first.
    """
    if not rows:
        return {}
    session.flush()
    if len(rows) == 1:
        one = _one(session.get_bind().dialect.name, table, tuple(key), frozenset(rows[0])).first(session, rows[0])
        return {one[1:]: one[0]} if one is not None else {}
    # A list of rows rather than `values(…)`: the statement is compiled once, whatever the number of rows.
    statement = _unless_there(session.get_bind().dialect.name, table, tuple(key))
    found = session.execute(statement, [dict(row) for row in rows])
    return {tuple(of_key): new_id for new_id, *of_key in found}


@cache
def _one(dialect: str, table: type[Base], key: tuple[str, ...], _columns: frozenset[str]) -> Prepared:
    """One for each set of columns that is given."""
    return Prepared(_unless_there(dialect, table, key))


@cache
def _unless_there(dialect: str, table: type[Base], key: tuple[str, ...]) -> ReturningInsert[Any]:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    target = table_of(table)
    columns = [target.c[name] for name in key]
    return insert(target).on_conflict_do_nothing(index_elements=columns).returning(target.c.id, *columns)
