"""Insert a row unless one with the same key is there: how "exactly once" is said to the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from models.base import Base, table_of
from models.many import Rows, from_lists, lists, named_columns
from models.prepared import Prepared, Sent

Insert = postgresql.Insert | sqlite.Insert


def insert_once(session: Session, table: type[Base], values: Mapping[str, Any], *, key: Sequence[str]) -> int | None:
    """Insert `values` and return the new row's id, or None where a row with the same `key` columns exists."""
    session.flush()
    rows = send_once(session, table, values, key=key).rows()
    return rows[0][0] if rows else None


def send_once(session: Session, table: type[Base], values: Mapping[str, Any], *, key: Sequence[str]) -> Sent:
    """As `insert_once`, whose answer can be had later; what is pending in the session stays there."""
    return _one(session.get_bind().dialect.name, table, tuple(key), frozenset(values)).send(session, values)


def insert_all_once(
    session: Session, table: type[Base], rows: Rows, *, key: Sequence[str]
) -> dict[tuple[Any, ...], int]:
    """Insert those of `rows` whose `key` columns no row has yet; all rows name the same columns.

    Returns the ids of the new rows, by the values of their `key` columns. What is pending in the session goes first.
    """
    if not rows:
        return {}
    session.flush()
    dialect = session.get_bind().dialect.name
    if len(rows) == 1:
        found = _one(dialect, table, tuple(key), frozenset(rows[0])).rows(session, rows[0])
    elif dialect == "postgresql":
        names = named_columns(table, rows)
        found = _of_lists(table, tuple(key), names).rows(session, lists(rows, names))
    else:
        # One process writes at a time and ids only grow: what is new stands behind what was the last.
        ((last,),) = _last(table).rows(session, {})
        insert_missing(session, table, rows, key=key)
        found = _behind(table, tuple(key)).rows(session, {"last": last})
    return {tuple(of_key): new_id for new_id, *of_key in found}


def insert_missing(session: Session, table: type[Base], rows: Rows, *, key: Sequence[str]) -> None:
    """As `insert_all_once`, where nobody asks which ones are new."""
    if not rows:
        return
    session.flush()
    dialect = session.get_bind().dialect.name
    names = named_columns(table, rows)
    if len(rows) > 1 and dialect == "postgresql":
        _missing_of_lists(table, tuple(key), names).send(session, lists(rows, names))
    else:
        many = [{name: row[name] for name in names} for row in rows]
        _missing(dialect, table, tuple(key), names).run_all(session, many)


@cache
def _one(dialect: str, table: type[Base], key: tuple[str, ...], _columns: frozenset[str]) -> Prepared:
    """One for each set of columns that is given."""
    return Prepared(_returning(_unless_there(_insert(dialect, table), table, key), table, key))


@cache
def _of_lists(table: type[Base], key: tuple[str, ...], names: tuple[str, ...]) -> Prepared:
    return Prepared(_returning(_unless_there(from_lists(table, names), table, key), table, key))


@cache
def _missing(dialect: str, table: type[Base], key: tuple[str, ...], _names: tuple[str, ...]) -> Prepared:
    return Prepared(_unless_there(_insert(dialect, table), table, key))


@cache
def _missing_of_lists(table: type[Base], key: tuple[str, ...], names: tuple[str, ...]) -> Prepared:
    return Prepared(_unless_there(from_lists(table, names), table, key))


@cache
def _last(table: type[Base]) -> Prepared:
    target = table_of(table)
    return Prepared(sa.select(sa.func.coalesce(sa.func.max(target.c.id), 0)))


@cache
def _behind(table: type[Base], key: tuple[str, ...]) -> Prepared:
    target = table_of(table)
    return Prepared(sa.select(target.c.id, *(target.c[name] for name in key)).where(target.c.id > sa.bindparam("last")))


def _insert(dialect: str, table: type[Base]) -> Insert:
    return postgresql.insert(table_of(table)) if dialect == "postgresql" else sqlite.insert(table_of(table))


def _unless_there(insert: Insert, table: type[Base], key: Sequence[str]) -> Insert:
    return insert.on_conflict_do_nothing(index_elements=[table_of(table).c[name] for name in key])


def _returning(insert: Insert, table: type[Base], key: Sequence[str]) -> ReturningInsert[Any]:
    target = table_of(table)
    return insert.returning(target.c.id, *(target.c[name] for name in key))
