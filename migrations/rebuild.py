"""Changes a table of which SQLite must make a copy, without losing what Alembic does not copy.

Alembic's batch mode reads a table back from the database, and leaves its AUTOINCREMENT behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations


@contextmanager
def rebuilt(table: str, *, checks: Mapping[str, str]) -> Iterator[BatchOperations]:
    """A batch on `table` in which the CHECK constraints named in `checks` are replaced by these texts.

    On SQLite the table is copied, its other CHECK constraints with it (SQLAlchemy reads them back since 2.1).
    """
    connection = op.get_bind()
    options: dict[str, Any] = {}
    if connection.dialect.name == "sqlite":
        options = {"recreate": "always", "table_kwargs": {"sqlite_autoincrement": _counts_on(connection, table)}}
    with op.batch_alter_table(table, **options) as batch:
        for name in checks:
            batch.drop_constraint(batch.f(name), type_="check")
        yield batch
        for name, text in checks.items():
            batch.create_check_constraint(batch.f(name), sa.text(text))


def one_of(column: str, values: Sequence[str]) -> str:
    """The text of an enum's CHECK."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _counts_on(connection: sa.Connection, table: str) -> bool:
    made = connection.scalar(sa.text("select sql from sqlite_master where name = :name"), {"name": table})
    return "AUTOINCREMENT" in str(made)
