"""Brings a database to the schema of this version.

Alembic is imported only when there is something to do: it costs more than the rest of the start.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

import migrations
from models import Base

if TYPE_CHECKING:
    from alembic.config import Config

    from models.database import Database

# The newest revision. A test holds it against the files.
HEAD = "0042"


class NewerDatabase(Exception):
    """A newer Okra has migrated the database: this one does not know its schema, and there is no way down from here."""

    def __init__(self, revision: str) -> None:
        super().__init__(f"The database is at {revision}, newer than this Okra ({HEAD}). Install the newer Okra.")


class AnothersProgramme(Exception):
    """A database that was to be emptied holds the programme of another workspace. `name`: what that is called."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The database holds the programme of “{name}”.")
        self.name = name


def stored_revision(database: Database) -> str | None:
    """The revision the database is at, or None where there is no schema yet."""
    with database.engine.connect() as connection:
        return _revision(connection)


def is_newer(revision: str) -> bool:
    """Whether a newer Okra made it: revisions are numbers of four digits."""
    return revision > HEAD


def is_current(database: Database) -> bool:
    """Whether the database is at this version. Raises `NewerDatabase`: where it is older, it can be migrated."""
    return _checked(stored_revision(database)) == HEAD


def upgrade(database: Database, revision: str = "head") -> bool:
    """Migrate up to `revision`; False where there was nothing to do. Raises `NewerDatabase`.

    An empty database gets the newest schema in one go, without the way there; a test holds the two against each other.
    """
    if revision == "head" and is_current(database):
        return False
    from alembic import command

    def act(config: Config) -> None:
        connection: sa.Connection = config.attributes["connection"]
        if revision == "head" and not set(sa.inspect(connection).get_table_names()) - {"alembic_version"}:
            Base.metadata.create_all(connection)
            command.stamp(config, "head")
        else:
            command.upgrade(config, revision)

    _with_connection(database, act)
    return True


def downgrade(database: Database, revision: str) -> None:
    """Migrate down to `revision` ("base" for an empty schema)."""
    from alembic import command

    _with_connection(database, lambda config: command.downgrade(config, revision))


def start_over(database: Database, *, slack_team_id: str) -> None:
    """An empty schema, for what begins anew each time. Raises `AnothersProgramme` where it is not only this team's."""
    if stored_revision(database) is not None:
        others = sa.text("select name from workspace where slack_team_id is null or slack_team_id <> :ours order by id")
        with database.engine.connect() as connection:
            name = connection.scalar(others, {"ours": slack_team_id})
        if name is not None:
            raise AnothersProgramme(name)
        downgrade(database, "base")
    upgrade(database)


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration; the scripts are found beside this package, also in an installed wheel."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(Path(migrations.__file__).parent))
    made.attributes["connection"] = connection
    return made


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(sa.text("select version_num from alembic_version"))
    return revision


def _checked(revision: str | None) -> str | None:
    if revision is not None and is_newer(revision):
        raise NewerDatabase(revision)
    return revision


def _with_connection(database: Database, act: Callable[[Config], None]) -> None:
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            # Several processes may start at once: one migrates, the others wait and find it done.
            connection.exec_driver_sql("set statement_timeout = 0")
            connection.exec_driver_sql("set lock_timeout = 0")
            connection.exec_driver_sql("select pg_advisory_lock(7237013)")
            # The one before may have been of a newer version.
            _checked(_revision(connection))
            connection.commit()
            act(config(connection))
            connection.commit()
            return
        # A batch migration copies and drops tables: with foreign keys on, that would take their children along.
        _foreign_keys(connection, "OFF")
        try:
            act(config(connection))
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"the migration left rows that refer to nothing: {broken[:5]}")
            connection.commit()
        finally:
            connection.rollback()
            _foreign_keys(connection, "ON")


def _foreign_keys(connection: sa.Connection, state: str) -> None:
    """SQLite ignores this pragma inside a transaction, and any statement of SQLAlchemy's begins one."""
    raw = connection.connection.driver_connection
    assert raw is not None  # noqa: S101 - the connection is open
    raw.execute(f"PRAGMA foreign_keys = {state}")
