"""Rows as a session's own objects, read by statements that are made once.

For SQLAlchemy to read an object takes five to ten times as long as a `Prepared` takes for its columns. These read the
columns and make the same objects of them: known to the session, changed and written like any other. As with SQLAlchemy,
a row that the session holds already stays as it is there, and what the session has changed is written first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Any, Generic, TypeVar, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Mapper, Session, SessionTransaction
from sqlalchemy.orm.attributes import instance_dict, instance_state

from models.base import Base, table_of
from models.prepared import Listed, Prepared, Row, Values, at_once

E = TypeVar("E", bound=Base)
Parts = TypeVarTuple("Parts")


class Loaded(Generic[*Parts]):
    """A select of objects, or of objects and columns, whose values are all named: `sa.bindparam`, or `sa.literal`."""

    def __init__(self, statement: sa.Select[*Parts]) -> None:
        self._shape = _Shape(statement)
        self._prepared = Prepared(self._shape.columns_of(statement))

    def all(self, session: Session, given: Values) -> list[tuple[*Parts]]:
        """All rows."""
        session.flush()
        return [self._shape.row(session, row) for row in self._prepared.rows(session, given)]

    def first(self, session: Session, given: Values) -> tuple[*Parts] | None:
        """The first row, or None."""
        session.flush()
        row = self._prepared.first(session, given)
        return self._shape.row(session, row) if row is not None else None


class LoadedOf(Generic[*Parts]):
    """As `Loaded`, about several rows by their ids: `make` gets what goes into `column.in_(…)`."""

    def __init__(self, make: Callable[[Any], sa.Select[*Parts]]) -> None:
        self._shape = _Shape(make([sa.bindparam("id")]))
        self._listed = Listed(lambda ids: self._shape.columns_of(make(ids)))

    def all(self, session: Session, ids: Collection[int], given: Values | None = None) -> list[tuple[*Parts]]:
        """All rows; none, and nothing is sent, where there are no ids."""
        return [self._shape.row(session, row) for row in self._listed.rows(session, ids, given)]

    def all_behind(
        self, session: Session, first: Listed, ids: Collection[int], given: Values | None = None
    ) -> list[tuple[*Parts]]:
        """As `all`, once the rows of `first` for the same ids are held; with it in one go where there is a server."""
        _, rows = at_once(session, (first, ids, {}), (self._listed, ids, given or {}))
        return [self._shape.row(session, row) for row in rows]


def objects(rows: Sequence[tuple[E]]) -> list[E]:
    """Of rows that hold one object each, these."""
    return [one for (one,) in rows]


def changed_beside(session: Session, table: type[Base], ids: Collection[int], names: Sequence[str]) -> None:
    """A statement has changed these fields of these rows: those that the session holds as objects are read anew."""
    if not session.identity_map:
        return
    for one in ids:
        known = session.identity_map.get((table, (one,), None))
        if known is not None:
            session.expire(known, names)


class QuickSession(Session):
    """A session that finds a row by its id in the same way, and knows its connection while a transaction lasts."""

    _at: sa.Connection | None = None
    _during: SessionTransaction | None = None

    def connection(self, *asked: Any, **named: Any) -> sa.Connection:
        # SQLAlchemy looks it up in ten steps, and a check-in asks for it ten times.
        if asked or named:
            return super().connection(*asked, **named)
        if self._at is None or self.get_transaction() is not self._during or not self.is_active:
            self._at = super().connection()
            self._during = self.get_transaction()
        return self._at

    def get(self, entity: Any, ident: Any, **asked: Any) -> Any:
        if asked or type(ident) is not int:
            return super().get(entity, ident, **asked)
        known = self.identity_map.get((entity, (ident,), None))
        if known is not None:
            return known if not instance_state(known).expired else super().get(entity, ident)
        row = _by_id(entity).first(self, {"row_id": ident})
        return row[0] if row is not None else None

    def get_one(self, entity: Any, ident: Any, **asked: Any) -> Any:
        found = self.get(entity, ident, **asked)
        if found is None:
            raise NoResultFound(f"No {entity.__name__} with this id")
        return found


@cache
def _by_id(table: type[E]) -> Loaded[E]:
    return Loaded(sa.select(table).where(table_of(table).c.id == sa.bindparam("row_id")))


class _Object:
    """A part of a row that is an object of `mapper`."""

    def __init__(self, mapper: Mapper[Any], columns: sa.FromClause, begins: int) -> None:
        self._mapper = mapper
        self._names = tuple(mapper.get_property_by_column(column).key for column in mapper.local_table.c)
        self.columns = [columns.c[column.key] for column in mapper.local_table.c]
        self.begins, self.ends = begins, begins + len(self.columns)
        self._id = self.columns.index(columns.c.id)

    def of(self, session: Session, values: Row) -> Any:
        """Null where an outer join found none."""
        row_id = values[self._id]
        if row_id is None:
            return None
        key = self._mapper.identity_key_from_primary_key((row_id,))
        known = session.identity_map.get(key)
        if known is not None:
            self._fill(known, values)
            return known
        made = self._mapper.class_manager.new_instance()
        state, attributes = instance_state(made), instance_dict(made)
        attributes.update(zip(self._names, values, strict=True))
        # What SQLAlchemy does with a row that it has read, and no more.
        state.key = key
        state.session_id = session.hash_key
        session.identity_map.add(state)
        state._commit_all(attributes, session.identity_map)
        for hear in session.dispatch.loaded_as_persistent:
            hear(session, state)
        return made

    def _fill(self, known: Any, values: Row) -> None:
        """What the session does not hold of a row (it made it, or let go of it) is as the row says."""
        attributes = instance_dict(known)
        missing = [place for place, name in enumerate(self._names) if name not in attributes]
        if missing:
            attributes.update({self._names[place]: values[place] for place in missing})
            instance_state(known)._commit(attributes, [self._names[place] for place in missing])


class _Shape:
    """Which columns of a row make which part of what was asked for."""

    def __init__(self, statement: sa.Select[*tuple[Any, ...]]) -> None:
        self._columns: list[Any] = []
        self._parts: list[_Object | int] = []
        for part in statement.column_descriptions:
            found = sa.inspect(part["expr"], raiseerr=False)
            if getattr(found, "is_mapper", False) or getattr(found, "is_aliased_class", False):
                one = _Object(found.mapper, found.selectable, len(self._columns))
                self._parts.append(one)
                self._columns += one.columns
            else:
                self._parts.append(len(self._columns))
                self._columns.append(part["expr"])

    def columns_of(self, statement: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
        return statement.with_only_columns(*self._columns, maintain_column_froms=True)

    def row(self, session: Session, row: Row) -> Any:
        return tuple(
            [
                row[part] if isinstance(part, int) else part.of(session, row[part.begins : part.ends])
                for part in self._parts
            ]
        )
