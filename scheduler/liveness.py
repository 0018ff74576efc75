"""Which workers live: each holds a lock that goes with it, however it dies.

A row in `sending` may have had its effect at Slack, so it is touched by another worker only when the one that sent
it is gone. A lease cannot tell: a stopped process (SIGSTOP) outlives it and then goes on. The lock can.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO, Protocol

import sqlalchemy as sa

from models.database import Database

# The first key of our advisory locks; the second is the worker's id.
LOCK_CLASS = 72_370


class SecondWorker(Exception):
    """A worker already runs on this SQLite database."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"Another Okra worker is running on {path}. SQLite carries one at a time: stop the other one, "
            "or move to PostgreSQL (OKRA_DATABASE_URL) to run several."
        )


class Liveness(Protocol):
    """Held for a worker's whole life."""

    def reserve(self) -> None:
        """Before a worker touches the database. Raises `SecondWorker` where the database carries one and has it."""
        ...

    def hold(self, worker_id: int) -> None: ...

    def keep(self) -> None:
        """Make sure that it is still held, and take it again where the connection was cut.

        Raises what the database raises where that cannot be done yet: it is tried again at the next call.
        """
        ...

    def is_gone(self, worker_id: int) -> bool:
        """Whether that other worker is dead for certain."""
        ...

    def release(self) -> None: ...


class AdvisoryLocks:
    """PostgreSQL: a session's advisory lock on a connection of its own; it frees within milliseconds of a kill."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine
        self._connection: sa.Connection | None = None
        self._mine: int | None = None

    def reserve(self) -> None:
        """There is room for any number."""

    def hold(self, worker_id: int) -> None:
        self._mine = worker_id
        self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            self._connection.execute(
                sa.text("select pg_advisory_lock(:class, :worker)"), {"class": LOCK_CLASS, "worker": worker_id}
            )
        except sa.exc.DBAPIError:
            self._hang_up()
            raise

    def keep(self) -> None:
        if self._mine is None or self._is_connected():
            return
        # A failover, or an idle cut. Others may have taken this worker for dead meanwhile; what they adopted is
        # theirs by its generation. The server may still hold the lock for the connection that was cut: then this is
        # tried again.
        self._hang_up()
        self.hold(self._mine)

    def _is_connected(self) -> bool:
        try:
            return self._connection is not None and self._connection.scalar(sa.text("select 1")) == 1
        except sa.exc.DBAPIError:
            return False

    def is_gone(self, worker_id: int) -> bool:
        if worker_id == self._mine:
            return False
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            keys = {"class": LOCK_CLASS, "worker": worker_id}
            if not connection.scalar(sa.text("select pg_try_advisory_lock(:class, :worker)"), keys):
                return False
            connection.execute(sa.text("select pg_advisory_unlock(:class, :worker)"), keys)
            return True

    def release(self) -> None:
        self._hang_up()
        self._mine = None

    def _hang_up(self) -> None:
        if self._connection is not None:
            # Closed for good rather than given back to the pool: the lock goes with the connection.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


class FileLock:
    """SQLite: one worker a database, held with `flock` on a file beside it; every other worker is a dead one."""

    def __init__(self, database: Database) -> None:
        # By whatever name it was opened, it is one database.
        self._path = os.path.realpath(database.engine.url.database or "")
        self._file: IO[str] | None = None
        self._mine: int | None = None

    def reserve(self) -> None:
        if self._file is not None:
            return
        file = Path(self._path + ".worker").open("a")  # noqa: SIM115 - it stays open as long as the worker lives
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise SecondWorker(self._path) from None
        self._file = file

    def hold(self, worker_id: int) -> None:
        self.reserve()
        self._mine = worker_id

    def keep(self) -> None:
        """The lock lives as long as the open file does."""

    def is_gone(self, worker_id: int) -> bool:
        return worker_id != self._mine

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def liveness_of(database: Database) -> Liveness:
    """The lock that fits the database."""
    return FileLock(database) if database.is_sqlite else AdvisoryLocks(database)
