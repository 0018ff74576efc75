"""Many rows of one table in one statement, which is as long for a thousand rows as for two.

A statement with a value for each field of each row is read anew by PostgreSQL's driver and by its server every time,
and one statement a row is run and answered as often as there are rows. There, rows travel as one list a column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.types import TypeEngine

from models.base import Base, table_of
from models.prepared import Prepared

Rows = Sequence[Mapping[str, Any]]
# What stands in a statement for the value of this name, which is another one for each row.
Each = Callable[[str], sa.ColumnElement[Any]]


class ForEach:
    """A change of rows that takes other values for each. In the order in which they come, so that two end in no
    deadlock where both go by the rows' ids."""

    def __init__(self, make: Callable[[Each], sa.Update], **like: sa.ColumnElement[Any]) -> None:
        """`make` puts the statement together; `like` names its values, with columns of their types."""
        self._names = tuple(like)
        kinds = {name: column.type for name, column in like.items()}
        given = _given(kinds)
        self._of_lists = Prepared(make(lambda name: given.c[name]))
        self._of_one = Prepared(make(lambda name: sa.bindparam(name, type_=kinds[name])))

    def run(self, session: Session, rows: Rows) -> None:
        """Nothing where there are no rows. What is pending in the session goes first."""
        if rows:
            session.flush()
            self.send(session, rows)

    def send(self, session: Session, rows: Rows) -> None:
        """As `run`, for one row at least, and without what is pending."""
        if len(rows) > 1 and session.get_bind().dialect.name == "postgresql":
            self._of_lists.send(session, lists(rows, self._names))
        else:
            self._of_one.run_all(session, rows)


def insert_all(session: Session, table: type[Base], rows: Rows) -> None:
    """Insert `rows`, which all name the same columns; nothing where there are none."""
    if not rows:
        return
    session.flush()
    names = told(table, rows)
    if session.get_bind().dialect.name == "postgresql":
        _of_lists(table, names).send(session, lists(rows, names))
    else:
        _of_one(table, names).run_all(session, [{name: row[name] for name in names} for row in rows])


def save_all(session: Session, rows: Sequence[Base], names: Sequence[str]) -> None:
    """Write these fields of rows of one table that the session holds, as its flush would do for each by itself."""
    if not rows:
        return
    table = type(rows[0])
    values = [{"of": row.id, **{name: getattr(row, name) for name in names}} for row in rows]
    _changed(table, tuple(names)).send(session, values)
    for row, written in zip(rows, values, strict=True):
        for name in names:
            set_committed_value(row, name, written[name])


def told(table: type[Base], rows: Rows) -> tuple[str, ...]:
    """The columns that have to be named: a null need not travel to where null is what stands there by itself."""
    columns = table_of(table).c
    return tuple(
        name
        for name in rows[0]
        if columns[name].default is not None
        or columns[name].server_default is not None
        or any(row[name] is not None for row in rows)
    )


def lists(rows: Rows, names: Sequence[str]) -> dict[str, list[Any]]:
    """The rows as `from_lists` takes them."""
    return {name: [row[name] for row in rows] for name in names}


def from_lists(table: type[Base], names: Sequence[str]) -> postgresql.Insert:
    """An insert of rows that come as one list a column, under the column's name. For PostgreSQL."""
    target = table_of(table)
    given = _given({name: target.c[name].type for name in names})
    return postgresql.insert(target).from_select([*names], sa.select(*given.c))


def _given(kinds: Mapping[str, TypeEngine[Any]]) -> sa.TableValuedAlias:
    """The rows of lists that come under these names."""
    unnested = sa.func.unnest(*(sa.bindparam(name, type_=postgresql.ARRAY(kind)) for name, kind in kinds.items()))
    columns = [sa.column(name, kind) for name, kind in kinds.items()]
    return unnested.table_valued(*columns).render_derived("given")


@cache
def _of_lists(table: type[Base], names: tuple[str, ...]) -> Prepared:
    return Prepared(from_lists(table, names))


@cache
def _of_one(table: type[Base], _names: tuple[str, ...]) -> Prepared:
    """One for each set of columns that is given."""
    return Prepared(sa.insert(table_of(table)))


@cache
def _changed(table: type[Base], names: tuple[str, ...]) -> ForEach:
    columns = table_of(table).c

    def change(each: Each) -> sa.Update:
        return sa.update(table_of(table)).where(columns.id == each("of")).values({name: each(name) for name in names})

    return ForEach(change, of=columns.id, **{name: columns[name] for name in names})
