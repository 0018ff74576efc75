"""Opening the database: one factory for reading, one for writing, on SQLite or PostgreSQL."""

from __future__ import annotations

import collections
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from bot import deadline
from bot.turnstile import aside
from models.durable import Durable, LogFile
from models.loading import QuickSession

# What a listener may wait for a lock or a connection, for a busy database, and for one statement, each by itself.
# Together they have what is left of the interaction's deadline: see `_in_time`.
LOCK_WAIT_SECONDS = 0.8
BUSY_WAIT_SECONDS = 0.6
STATEMENT_SECONDS = 1.5
# Where somebody waits and has less than this left, no statement is begun any more: to roll back and to say so takes
# time as well.
ENOUGH_SECONDS = 0.5

# One for each thread of `okra run` that may ask at the same moment: 8 that listen, 32 that send, 3 that record what
# came of it, 4 that tick, the courier, and the connection that tells others that this worker lives; three to spare.
POOL_SIZE = 52

# A server that is gone without a word: the statement's own limit is the server's to keep, so the connection has one
# too. Milliseconds for what was sent and not acknowledged; seconds for a connection on which nothing comes.
UNREACHABLE: Mapping[str, int] = {
    "tcp_user_timeout": 2000,
    "keepalives": 1,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
}

# So long after it was used a connection is taken to be alive without asking the server.
TRUSTED_SECONDS = 1.0

# So many statements a connection to SQLite keeps as it has understood them: there are some five hundred different ones,
# and to understand a wide one takes longer than to run it.
KEPT_STATEMENTS = 1000

WRITES, GLANCES = "okra_writes", "okra_glances"
LAST_USED, WAITS_LATER = "okra_last_used", "okra_waits_later"


class DatabaseBusy(Exception):
    """No turn to write came in time, or somebody has waited too long. Nothing was changed; the same call may work a
    moment later."""


# What is raised while the database is away or too busy for a moment: what was begun is found again at the next look.
DATABASE_AWAY = (sa.exc.SQLAlchemyError, DatabaseBusy, OSError)


class Turns:
    """Writers of one process take turns in the order they came. SQLite itself would let the luckiest win."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: collections.deque[threading.Event] = collections.deque()
        self._taken = False

    @contextmanager
    def turn(self, patience: float) -> Iterator[None]:
        self._take(patience)
        try:
            yield
        finally:
            self._pass_on()

    def _take(self, patience: float) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        with aside():
            came = mine.wait(patience)
        if came:
            return
        with self._guard:
            if mine.is_set():  # the turn came between the time-out and here
                return
            self._waiting.remove(mine)
        raise DatabaseBusy(f"no turn to write within {patience:g} s")

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


@dataclass(frozen=True)
class Database:
    """The two session factories. Sessions expire nothing on commit: what was read stays readable."""

    engine: sa.Engine
    _glancing: sa.Engine
    _reading: sessionmaker[Session]
    _writing: sessionmaker[Session]
    _turns: Turns | None = field(default=None)
    _durable: Durable | None = field(default=None)
    patience: float = LOCK_WAIT_SECONDS

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that changes nothing. What it did is rolled back on SQLite, and refused at once by PostgreSQL."""
        with self._reading() as session:
            yield session
            if not self.is_sqlite:
                # Nothing was written. At a rollback psycopg would forget all statements that it has prepared, and to
                # plan a wide one takes longer than to run it.
                session.expunge_all()
                session.commit()

    @contextmanager
    def glance(self) -> Iterator[sa.Connection]:
        """A connection for one statement that reads: no transaction is begun for it, and none ended."""
        with self._glancing.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: commits when the block ends, rolls back when it raises.

        Raises `DatabaseBusy` or SQLAlchemy's OperationalError when no turn came in time; nothing was changed then.
        """
        if self._turns is None:
            with self._writing.begin() as session:
                yield session
            return
        with self._turns.turn(self.patience), self._writing.begin() as session:
            yield session
        if self._durable is not None:
            self._durable.settle()

    @contextmanager
    def trial(self) -> Iterator[Session]:
        """A transaction in which anything may be tried: at the end it is rolled back, and nothing was changed."""
        turn = nullcontext() if self._turns is None else self._turns.turn(self.patience)
        with turn, self._writing() as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


def open_database(
    url: str,
    *,
    patience: float = LOCK_WAIT_SECONDS,
    busy_seconds: float = BUSY_WAIT_SECONDS,
    statement_seconds: float = STATEMENT_SECONDS,
    durable: bool = True,
) -> Database:
    """Open `url` (sqlite:///… or postgresql://…). Connects lazily; creates no tables.

    `patience` is how long to wait for a turn or a lock, `busy_seconds` for another process that writes to SQLite.
    `durable` False: a SQLite file of which nobody misses anything after a power cut.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, patience, busy_seconds, durable=durable)
    return _open_postgresql(parsed, patience, statement_seconds)


def _open_sqlite(url: sa.URL, patience: float, busy_seconds: float, *, durable: bool) -> Database:
    engine = sa.create_engine(
        url,
        connect_args={
            "timeout": busy_seconds,
            "check_same_thread": False,
            "cached_statements": KEPT_STATEMENTS,
        },
        hide_parameters=True,
        poolclass=sa.QueuePool,
        pool_use_lifo=True,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=patience,
    )

    file = Path(url.database) if url.database and url.database != ":memory:" else None
    # What goes through `Database.write` waits for the disk there; whatever else is written waits in its commit.
    log = Durable(LogFile(file).sync) if durable and file is not None else None
    disk = "FULL" if durable else "OFF"

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # Python's sqlite3 would begin transactions on its own terms; ours begin below.
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", f"synchronous = {disk}", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get(GLANCES, False):
            return
        # A read that turns into a write ignores the busy timeout, so a writer says so at once.
        writes = options.get(WRITES, False)
        statement = "BEGIN IMMEDIATE" if writes else "BEGIN"
        try:
            if log is not None and connection.info.get(WAITS_LATER, False) != writes:
                connection.connection.execute(f"PRAGMA synchronous = {'NORMAL' if writes else 'FULL'}")
                connection.info[WAITS_LATER] = writes
            connection.connection.execute(statement)
        except sqlite3.Error as error:
            raise sa.exc.OperationalError(statement, None, error) from error

    event.listen(engine, "before_cursor_execute", _in_time)
    glancing = engine.execution_options(**{GLANCES: True})
    return replace(_database(engine, engine, glancing, turns=Turns(), patience=patience), _durable=log)


def _open_postgresql(url: sa.URL, patience: float, statement_seconds: float) -> Database:
    import psycopg

    options = (
        f"-c timezone=UTC -c lock_timeout={int(patience * 1000)} -c statement_timeout={int(statement_seconds * 1000)} "
        # A connection whose other end has gone keeps its locks until the server notices: two hours, if nobody asks.
        "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    )
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"options": options, "connect_timeout": 2, **UNREACHABLE},
        hide_parameters=True,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=patience,
        # The connection that was used last is the one whose statements are prepared, and that is surely alive.
        pool_use_lifo=True,
    )

    @event.listens_for(engine, "checkin")
    def note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[LAST_USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        used = record.info.get(LAST_USED)
        if used is None or time.monotonic() - used < TRUSTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            # The pool puts a new one in its place.
            raise sa.exc.DisconnectionError from error

    @event.listens_for(engine, "handle_error")
    def leave_out_the_row(context: ExceptionContext) -> None:
        # A violated CHECK comes with the whole row, people's words in it; the first line names the constraint.
        error, wrapped = context.original_exception, context.sqlalchemy_exception
        if isinstance(error, psycopg.Error) and error.diag.message_detail:
            said = error.diag.message_primary or type(error).__name__
            error.args = (said,)
            if wrapped is not None:
                wrapped.args = (said,)

    event.listen(engine, "before_cursor_execute", _in_time)
    reading = engine.execution_options(postgresql_readonly=True)
    glancing = engine.execution_options(isolation_level="AUTOCOMMIT")
    return _database(engine, reading, glancing, turns=None, patience=patience)


def _in_time(*_: Any) -> None:
    """Refuse a statement that comes too late for whoever waits; where nobody does, every statement comes in time."""
    if deadline.seconds_left(ENOUGH_SECONDS) < ENOUGH_SECONDS:
        raise DatabaseBusy("the database was too slow for somebody who waits")


def _database(
    engine: sa.Engine, reading: sa.Engine, glancing: sa.Engine, *, turns: Turns | None, patience: float
) -> Database:
    return Database(
        engine=engine,
        _glancing=glancing,
        _reading=sessionmaker(reading, class_=QuickSession, expire_on_commit=False),
        _writing=sessionmaker(engine.execution_options(**{WRITES: True}), class_=QuickSession, expire_on_commit=False),
        _turns=turns,
        patience=patience,
    )
