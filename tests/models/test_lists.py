"""A list of a column's values comes to PostgreSQL as what it is, whatever stands in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from bot.domain.confidence import Confidence
from models.base import ExactDecimal, RowId, UtcDateTime, text_enum
from models.database import Database
from models.lists import ListOf

NOON = datetime(2026, 10, 12, 12, tzinfo=UTC)
EAST = timezone(timedelta(hours=12, minutes=45))

# SQLite has no lists.
pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def _as_read(database: Database, of: TypeEngine[Any], values: list[Any]) -> list[Any]:
    given = sa.func.unnest(sa.bindparam("these", type_=ListOf(of))).table_valued(sa.column("one", of))
    with database.read() as session:
        return list(session.scalars(sa.select(given.render_derived("given").c.one), {"these": values}))


@pytest.mark.parametrize(
    ("of", "values"),
    [
        (RowId, []),
        (RowId, [1, -2, 2**62, None, None, 3]),
        (sa.Boolean(), [True, False, None]),
        (sa.Text(), ["", "null", "NULL", '"', "\\", '\\"', "{a,b}", "a,b", " ", "\n\t", "Ō é ✅", "%s %(a)s", None]),
        (sa.Date(), [date(2026, 10, 12), None, date(1, 1, 1)]),
        (sa.Time(), [time(9), time(23, 59, 59, 999999), None]),
        (UtcDateTime(), [NOON, NOON, None, NOON + timedelta(microseconds=1)]),
        (ExactDecimal(), [Decimal("0.000001"), Decimal(-7), None]),
        (text_enum(Confidence, "confidence"), [Confidence.RED, None, Confidence.GREEN]),
    ],
)
def test_each_value_is_read_as_it_was_given(database: Database, of: TypeEngine[Any], values: list[Any]) -> None:
    assert _as_read(database, of, values) == values


def test_an_instant_is_the_same_in_any_zone(database: Database) -> None:
    assert _as_read(database, UtcDateTime(), [NOON.astimezone(EAST), NOON]) == [NOON, NOON]


def test_what_has_no_form_in_a_list_is_refused(database: Database) -> None:
    with pytest.raises((TypeError, sa.exc.StatementError)):
        _as_read(database, sa.LargeBinary(), [object()])
