"""Insert a row unless one with the same key is there: how "exactly once" is said to the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from models.base import Base, table_of
from models.many import from_lists, lists, told
from models.prepared import Prepared, Sent


def insert_once(session: Session, table: type[Base], values: Mapping[str, Any], *, key: Sequence[str]) -> int | None:
    """Insert `values` and return the new row's id, or None where a row with the same `key` columns exists."""
    session.flush()
    rows = send_once(session, table, values, key=key).rows()
    return rows[0][0] if rows else None


def send_once(session: Session, table: type[Base], values: Mapping[str, Any], *, key: Sequence[str]) -> Sent:
    """As `insert_once`, whose answer can be had later; what is pending in the session stays there."""
    return _one(session.get_bind().dialect.name, table, tuple(key), frozenset(values)).send(session, values)


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
    names = told(table, rows)
    if session.get_bind().dialect.name == "postgresql":
        found = _of_lists(table, tuple(key), names).rows(session, lists(rows, names))
    else:
        # A list of rows rather than `values(…)`: the statement is compiled once, whatever the number of rows.
        many = [{name: row[name] for name in names} for row in rows]
        found = [tuple(row) for row in session.execute(_unless_there("sqlite", table, tuple(key)), many)]
    return {tuple(of_key): new_id for new_id, *of_key in found}


@cache
def _one(dialect: str, table: type[Base], key: tuple[str, ...], _columns: frozenset[str]) -> Prepared:
    """One for each set of columns that is given."""
    return Prepared(_unless_there(dialect, table, key))


@cache
def _of_lists(table: type[Base], key: tuple[str, ...], names: tuple[str, ...]) -> Prepared:
    return Prepared(_unless(from_lists(table, names), table, key))


@cache
def _unless_there(dialect: str, table: type[Base], key: tuple[str, ...]) -> ReturningInsert[Any]:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return _unless(insert(table_of(table)), table, key)


def _unless(insert: postgresql.Insert | sqlite.Insert, table: type[Base], key: tuple[str, ...]) -> ReturningInsert[Any]:
    target = table_of(table)
    columns = [target.c[name] for name in key]
    return insert.on_conflict_do_nothing(index_elements=columns).returning(target.c.id, *columns)
