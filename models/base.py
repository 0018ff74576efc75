"""What every table shares: naming, times, decimals, enums, and rows that belong to a workspace."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An instant. Takes aware values only, keeps UTC, gives aware UTC back, on every engine."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[datetime | None], Any] | None:
        convert = super().bind_processor(dialect)
        if convert is None or dialect.name != "sqlite":
            return convert

        # Two times of another zone may be called the same and be an hour apart: only what is UTC is remembered.
        def write(value: datetime | None) -> Any:
            return _as_text(value) if value is not None and value.tzinfo is UTC else convert(value)

        return write

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        return _of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# The instants of one week are few, and each stands in many rows. As SQLAlchemy has SQLite keep them.
@lru_cache(maxsize=4096)
def _as_text(value: datetime) -> str:
    return value.replace(tzinfo=None).isoformat(" ", "microseconds")


@lru_cache(maxsize=4096)
def _of_text(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if value is not None else None


class ExactDecimal(sa.TypeDecorator[Decimal]):
    """An exact decimal kept as a scaled integer, because SQLite's own Numeric goes through floats.

    Six decimals; |value| below 9e12. A finer or larger value is refused, never rounded in silence.
    """

    impl = sa.BigInteger
    cache_ok = True
    PLACES = 6
    LIMIT = Decimal(9_000_000_000_000)

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> int | None:
        if value is None:
            return None
        scaled = value.scaleb(self.PLACES)
        if abs(value) >= self.LIMIT or scaled != scaled.to_integral_value():
            raise ValueError(f"{value} does not fit: six decimals and below 9e12")
        return int(scaled)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[int | None], Decimal | None]:
        # The function itself, with no other around it: a check-in reads some thirty of these.
        return _unscaled


@lru_cache(maxsize=4096)  # scores are a hundred and one, and most values are told again every week
def _unscaled(value: int | None) -> Decimal | None:
    if value is None:
        return None
    exact = Decimal(value).scaleb(-ExactDecimal.PLACES)
    whole = exact.to_integral_value()
    return whole if exact == whole else exact.normalize()


def text_enum(kind: type[enum.Enum], name: str) -> sa.Enum:
    """An enum as text with a CHECK of the given name, readable in any database client."""
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=20,
        values_callable=lambda members: [str(member.value) for member in members],
    )


RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, Decimal: ExactDecimal, str: sa.Text, dict[str, Any]: sa.JSON}  # noqa: RUF012 - SQLAlchemy's own form

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)


def table_of(model: type[Base]) -> sa.Table:
    """The table behind a model. A statement over its columns gives plain tuples: it leaves out the mapper, which costs
    more than the database where many rows are read, or where somebody waits."""
    return cast(sa.Table, model.__table__)


class InWorkspace:
    """A row that belongs to one workspace. Children refer to it by (workspace id, id): none can point across."""

    workspace_id: Mapped[int] = mapped_column(RowId, sa.ForeignKey("workspace.id"))


def within_workspace(column: str, table: str) -> sa.ForeignKeyConstraint:
    """A reference that cannot leave the workspace. A null column refers to nothing."""
    return sa.ForeignKeyConstraint(["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"])


def addressable() -> sa.UniqueConstraint:
    """Lets others refer to the row by (workspace id, id)."""
    return sa.UniqueConstraint("workspace_id", "id")


def found_by(table: str, column: str, *more: str) -> sa.Index:
    """A partial index that finds a table's rows by what they refer to in `column`. Rows with null there, which are
    most, are not in it."""
    there = sa.text(f"{column} is not null")
    name = f"ix_{table}_{column.removesuffix('_id')}"
    return sa.Index(name, column, "workspace_id", *more, sqlite_where=there, postgresql_where=there)


def constant(value: str | enum.Enum) -> sa.ColumnElement[str]:
    """A word of ours that stands in the statement itself, rather than be bound to it.

    PostgreSQL plans a statement that is asked often once, for any value that may be bound: where it is not told which
    state is meant it cannot know that few rows are in it, and reads them all. Nor would either engine see that an index
    over one state serves.
    """
    return sa.literal_column(f"'{value.value if isinstance(value, enum.Enum) else value}'", sa.Text())


# Row ids are never used again, even after the newest row is gone.
NEVER_REUSED: dict[str, Any] = {"sqlite_autoincrement": True}
