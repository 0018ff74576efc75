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
from sqlalchemy.types import TypeEngine

from models.base import Base, table_of
from models.lists import ListOf
from models.prepared import Prepared

Rows = Sequence[Mapping[str, Any]]
# What stands in a statement for the value of this name, which is another one for each row.
Each = Callable[[str], sa.ColumnElement[Any]]


class ForEach:
    """A change of rows that takes other values for each. Rows are locked in the order of their ids, whatever the order
    in which they come: so two of these end in no deadlock."""

    def __init__(
        self,
        table: type[Base],
        find: Callable[[Each], sa.ColumnElement[bool]],
        change: Callable[[Each], Mapping[str, Any]],
        held: bool = False,
        **like: sa.ColumnElement[Any],
    ) -> None:
        """`find` is the condition for the row that is meant and `change` its new values; `like` names what is given for
        each, with columns of their types. `held`: the transaction has locked these rows before."""
        target = table_of(table)
        self.names = tuple(like)
        kinds = {name: column.type for name, column in like.items()}
        given = _given(kinds)
        found: sa.FromClause = given
        meant = find(lambda name: given.c[name])
        if not held:
            found = (
                sa.select(target.c.id.label("held_id"), *given.c)
                .select_from(target.join(given, meant))
                .order_by(target.c.id)
                .with_for_update(of=target, key_share=True)
                .cte("held")
            )
            meant = target.c.id == found.c.held_id
        self._of_lists = Prepared(sa.update(target).where(meant).values(change(lambda name: found.c[name])))

        def one(name: str) -> sa.ColumnElement[Any]:
            return sa.bindparam(name, type_=kinds[name])

        self._of_one = Prepared(sa.update(target).where(find(one)).values(change(one)))

    def run(self, session: Session, rows: Rows) -> None:
        """Nothing where there are no rows. What is pending in the session goes first."""
        if rows:
            session.flush()
            self.send(session, rows)

    def send(self, session: Session, rows: Rows) -> None:
        """As `run`, for one row at least, and without what is pending."""
        if len(rows) > 1 and session.get_bind().dialect.name == "postgresql":
            self._of_lists.send(session, lists(rows, self.names))
        else:
            self._of_one.run_all(session, rows)


def insert_all(session: Session, table: type[Base], rows: Rows) -> None:
    """Insert `rows`, which all name the same columns; nothing where there are none."""
    if not rows:
        return
    session.flush()
    names = named_columns(table, rows)
    if session.get_bind().dialect.name == "postgresql":
        _of_lists(table, names).send(session, lists(rows, names))
    else:
        _of_one(table, names).run_all(session, [{name: row[name] for name in names} for row in rows])


def named_columns(table: type[Base], rows: Rows) -> tuple[str, ...]:
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
    unnested = sa.func.unnest(*(sa.bindparam(name, type_=ListOf(kind)) for name, kind in kinds.items()))
    columns = [sa.column(name, kind) for name, kind in kinds.items()]
    return unnested.table_valued(*columns).render_derived("given")


@cache
def _of_lists(table: type[Base], names: tuple[str, ...]) -> Prepared:
    return Prepared(from_lists(table, names))


@cache
def _of_one(table: type[Base], _names: tuple[str, ...]) -> Prepared:
    """One for each set of columns that is given."""
    return Prepared(sa.insert(table_of(table)))
