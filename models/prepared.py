"""Statements that are made once and then handed to the database's driver as they are, for where somebody waits.

Each time SQLAlchemy executes a statement it finds it in its cache, sorts its values and sets up a result: several times
the work of finding a row by its key. A `Prepared` does that once for each engine. Types stay: what goes in and what
comes out is what the columns say. Errors are SQLAlchemy's, and whoever listens to what is executed hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from models.base import RowId
from models.lists import ListOf

Values = Mapping[str, Any]
Row = tuple[Any, ...]
Converter = Callable[[Any], Any]
Statement = sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[*tuple[Any, ...]] | sa.Insert | sa.Update

# On SQLite ids of more rows than this go SQLAlchemy's own way: there making the statement costs less than its rows.
LONGEST = 256
# PostgreSQL plans for ten values in a list of unknown length. A shorter list looks cheaper than its stored plan, so it
# would plan anew each time: we fill up to ten.
EXPECTED = 10
# Not like any name that SQLAlchemy itself gives to a value: those begin with the name of its column.
_NAMES = tuple(f"_of_{place}" for place in range(LONGEST))


class Prepared:
    """One statement over tables whose values are all named (`sa.bindparam`, or the columns of an insert).

    It sees what its session has flushed, and nothing else of what was changed there.
    """

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._made: dict[str, _Made] = {}

    def rows(self, at: Session | sa.Connection, given: Values) -> list[Row]:
        """Send it and return all rows."""
        return self.send(at, given).rows()

    def first(self, at: Session | sa.Connection, given: Values) -> Row | None:
        """Send it and return the first row, or None."""
        rows = self.send(at, given).rows()
        return rows[0] if rows else None

    def send(self, at: Session | sa.Connection, given: Values) -> Sent:
        """Send it; its rows can be had later. In a block of `together`, errors may come later too."""
        connection = at.connection() if isinstance(at, Session) else at
        made = self._made_for(connection, given)
        return Sent(connection, self._execute(connection, made, made.values(given)), made)

    def run_all(self, at: Session | sa.Connection, many: Sequence[Values]) -> None:
        """Send it for each of `many`, all in one go; nothing where there are none. For what changes rows."""
        if not many:
            return
        connection = at.connection() if isinstance(at, Session) else at
        made = self._made_for(connection, many[0])
        self._execute(connection, made, [made.values(given) for given in many], many=True)

    def _made_for(self, connection: sa.Connection, given: Values) -> _Made:
        made = self._made.get(connection.dialect.name)
        if made is None:
            made = self._made[connection.dialect.name] = _made(self._statement, connection.dialect, given)
        return made

    def _execute(self, connection: sa.Connection, made: _Made, values: Any, *, many: bool = False) -> Any:
        cursor = connection.connection.cursor()
        # The engine's, which live on: those of a connection would be looked up anew for each.
        listeners = connection.engine.dispatch
        try:
            if listeners.before_cursor_execute:
                for hear in listeners.before_cursor_execute:
                    hear(connection, cursor, made.text, values, None, many)
            if many:
                cursor.executemany(made.text, values)
            else:
                cursor.execute(made.text, values)
            if listeners.after_cursor_execute:
                for hear in listeners.after_cursor_execute:
                    hear(connection, cursor, made.text, values, None, many)
        except connection.dialect.loaded_dbapi.Error as error:
            _raise(connection, error)
        return cursor


class Listed:
    """A statement about several rows, by their ids. PostgreSQL reads these as one list, however many they are. For
    SQLite it is `Prepared` for a few lengths, and a list is filled up with its last id.

    `make` gets what goes into `column.in_(…)`; all other values are named. What the session holds is flushed first.
    """

    def __init__(
        self, make: Callable[[Any], sa.Select[*tuple[Any, ...]] | sa.Update], *, of: TypeEngine[Any] = RowId
    ) -> None:
        """`of`: what the ids are, where they are no ids but keys of another type."""
        self._make = make
        self._type = of
        self._of_any_length = make(sa.bindparam("ids", expanding=True, type_=of))
        self._of_a_list = Prepared(self._of_any_length)
        self._prepared: dict[int, Prepared] = {}

    def rows(self, session: Session, ids: Collection[Any], given: Values | None = None) -> Sequence[Row]:
        """Send it and return all rows; none, and nothing is sent, where there are no ids."""
        if _is_too_long(session, ids):
            return session.execute(self._of_any_length, {**(given or {}), "ids": ids}).all()
        return self.send(session, ids, given).rows() if ids else []

    def run(self, session: Session, ids: Collection[Any], given: Values | None = None) -> None:
        """Send what changes rows; nothing where there are no ids."""
        if _is_too_long(session, ids):
            session.execute(self._of_any_length, {**(given or {}), "ids": ids})
        elif ids:
            self.send(session, ids, given)

    def send(self, session: Session, ids: Collection[Any], given: Values | None = None) -> Sent:
        """Send it for 1 to `LONGEST` ids, or on PostgreSQL for any number; its rows can be had later, as with
        `Prepared.send`."""
        session.flush()
        if not _is_sqlite(session):
            return self._of_a_list.send(session, {**(given or {}), "ids": _filled_up(ids, EXPECTED)})
        length = 1 << (len(ids) - 1).bit_length()
        prepared = self._prepared.get(length)
        if prepared is None:
            made = self._make([sa.bindparam(name, type_=self._type) for name in _NAMES[:length]])
            prepared = self._prepared[length] = Prepared(made)
        wanted = _filled_up(ids, length)
        return prepared.send(session, {**(given or {}), **dict(zip(_NAMES, wanted, strict=False))})


def _filled_up(ids: Collection[Any], length: int) -> list[Any]:
    """The ids, and the last one again until there are so many."""
    filled = [*ids]
    filled += filled[-1:] * (length - len(filled))
    return filled


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _is_too_long(session: Session, ids: Collection[Any]) -> bool:
    return len(ids) > LONGEST and _is_sqlite(session)


class Sent:
    """A statement that was sent, and perhaps not answered yet."""

    def __init__(self, connection: sa.Connection, cursor: Any, made: _Made) -> None:
        self._connection, self._cursor, self._made = connection, cursor, made
        # A statement of SQLite's whose rows are not taken is not over, and stands in the way of the commit.
        self._found = cursor.fetchall() if connection.dialect.name == "sqlite" else None

    def rows(self) -> list[Row]:
        """All rows, in the types of their columns."""
        if self._found is None:
            try:
                self._found = self._cursor.fetchall()
            except self._connection.dialect.loaded_dbapi.Error as error:
                _raise(self._connection, error)
        return [self._made.row(row) for row in self._found]


@contextmanager
def together(session: Session) -> Iterator[None]:
    """What is prepared and sent in this block goes to a server in one go, rather than each after the last one's answer.

    Nothing else may be executed in it. With rows that are asked for, or at the end, comes the first error of all.
    """
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        yield
        return
    try:
        with driver.pipeline():
            yield
    except connection.dialect.loaded_dbapi.Error as error:
        _raise(connection, error)


def at_once(session: Session, *asked: tuple[Listed, Collection[int], Values]) -> list[Sequence[Row]]:
    """The rows of several statements that do not depend on each other, in one go where there is a server."""
    if _is_sqlite(session):
        return [listed.rows(session, ids, given) for listed, ids, given in asked]
    # What is not prepared has no place in the block below.
    session.flush()
    with together(session):
        sent = [listed.send(session, ids, given) if ids else None for listed, ids, given in asked]
        return [one.rows() if one is not None else [] for one in sent]


def _raise(connection: sa.Connection, error: Exception) -> NoReturn:
    # SQLAlchemy's own way: its error in the place of the driver's, a lost connection is noted, listeners are told.
    connection._handle_dbapi_exception(error, None, None, None, None)


@dataclass(frozen=True)
class _Made:
    """A statement in the words of one engine. `constants` are values that stand in the statement itself, as the driver
    takes them; `into` and `out` convert those of the columns whose type asks for it."""

    text: str
    names: tuple[str, ...] | None
    constants: Values
    into: tuple[tuple[str, Converter], ...]
    out: tuple[tuple[int, Converter], ...]

    def values(self, given: Values) -> Any:
        values = {**self.constants, **given}
        for name, convert in self.into:
            values[name] = convert(values[name])
        return tuple([values[name] for name in self.names]) if self.names is not None else values

    def row(self, found: Row) -> Row:
        row = list(found)
        for place, convert in self.out:
            row[place] = convert(row[place])
        return tuple(row)


def _made(
    statement: Statement,
    dialect: sa.Dialect,
    given: Values,
) -> _Made:
    columns = list(given) if isinstance(statement, sa.Insert) and statement.select is None else None
    compiled = statement.compile(dialect=dialect, column_keys=columns)
    text = str(compiled)
    kinds: dict[str, Converter | None] = {}
    for name, bind in compiled.binds.items():
        kind = bind.type
        if bind.expanding:
            kind = ListOf(kind)
            text = _with_list(text, name, dialect.type_compiler_instance.process(kind))
        kinds[name] = kind.dialect_impl(dialect).bind_processor(dialect)
    into = {name: convert for name, convert in kinds.items() if convert is not None}
    constants = {name: value for name, value in compiled.params.items() if name not in given}
    for column in compiled.insert_prefetch:
        if not isinstance(column.default, sa.ColumnDefault):
            raise TypeError(f"{column} is to be given")
        constants[column.key] = column.default.arg
    returned = [_out_of(column.type, dialect) for column in statement.exported_columns]
    return _Made(
        text=text,
        names=tuple(compiled.positiontup or ()) if compiled.positional else None,
        constants={name: into[name](value) if name in into else value for name, value in constants.items()},
        into=tuple((name, convert) for name, convert in into.items() if name in given),
        out=tuple((place, convert) for place, convert in enumerate(returned) if convert is not None),
    )


def _out_of(kind: TypeEngine[Any], dialect: sa.Dialect) -> Converter | None:
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        # What SQLAlchemy does in two calls for each value.
        members: dict[str | None, Any] = {None: None}
        members.update(zip(kind.enums, kind.enum_class, strict=True))
        return members.__getitem__
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _with_list(text: str, name: str, kind: str) -> str:
    """The statement with a list of any length as one value, in the place at which SQLAlchemy would write each."""
    place = f"IN (__[POSTCOMPILE_{name}])"
    if place not in text or f"NOT {place}" in text:
        raise TypeError(f"a list is read only by column.in_(…): {text}")
    return text.replace(place, f"= ANY (%({name})s::{kind})")
