"""A list of values as PostgreSQL reads it: one text, whose types the statement names.

Left to itself its driver looks at each value of a list anew: of which type it is, and whether it is to be quoted. That
takes as long as the server needs for the rows; and lists of small and of large numbers are two types to it, for each of
which a statement is prepared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

_NUMBERS = (int, float)
_QUOTED = (str, date, datetime, time)
_NOTHING = object()


class ListOf(sa.types.TypeDecorator[Iterable[Any]]):
    """The type of a parameter that is a list of a column's values, nulls among them. For PostgreSQL, and to be given
    only: what comes back is no list."""

    impl = postgresql.ARRAY
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__(of)
        self._of = of

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Iterable[Any] | None], str | None]:
        # As a whole, where a decorator would otherwise be asked for what its driver then takes apart.
        convert = self._of.dialect_impl(dialect).bind_processor(dialect)

        def write(values: Iterable[Any] | None) -> str | None:
            return None if values is None else _written(values, convert)

        return write


def _written(values: Iterable[Any], convert: Callable[[Any], Any] | None) -> str:
    parts = []
    before, text = _NOTHING, ""
    for value in values:
        # One instant is mostly that of many rows.
        if value is not before:
            before, text = value, _as_text(value if convert is None else convert(value))
        parts.append(text)
    return "{" + ",".join(parts) + "}"


def _as_text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, _NUMBERS):
        return str(value)
    if not isinstance(value, _QUOTED):
        raise TypeError(f"no list is written of {type(value).__name__}")
    quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
