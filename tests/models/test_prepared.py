"""Statements about several rows, made once for a few lengths."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from queries import counted

from models import Worker
from models.base import table_of
from models.database import Database
from models.prepared import LONGEST, Listed, at_once

NOW = datetime(2026, 10, 12, 9, tzinfo=UTC)
_worker = table_of(Worker)
NAMES = Listed(
    lambda ids: (
        sa.select(_worker.c.id, _worker.c.name, _worker.c.started_at)
        .where(_worker.c.id.in_(ids), _worker.c.started_at >= sa.bindparam("since"))
        .order_by(_worker.c.id)
    )
)
STOPPED = Listed(
    lambda ids: sa.update(_worker).where(_worker.c.id.in_(ids)).values(stopped_at=sa.bindparam("at"), name="gone")
)


def _workers(database: Database, count: int) -> list[int]:
    with database.write() as session:
        ones = [Worker(name=f"worker {number}", started_at=NOW) for number in range(count)]
        session.add_all(ones)
        session.flush()
        return [one.id for one in ones]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, LONGEST, LONGEST + 1])
def test_each_row_comes_once_however_many_are_asked_for(database: Database, count: int) -> None:
    ids = _workers(database, LONGEST + 3)[:count]
    with counted(database) as statements, database.read() as session:
        rows = NAMES.rows(session, ids, {"since": NOW})
    assert [tuple(row) for row in rows] == [(one, f"worker {place}", NOW) for place, one in enumerate(ids)]
    assert len(statements) == min(count, 1)


@pytest.mark.parametrize("count", [0, 1, 5, LONGEST + 1])
def test_only_the_rows_that_are_named_are_changed(database: Database, count: int) -> None:
    ids = _workers(database, LONGEST + 3)
    with database.write() as session:
        STOPPED.run(session, ids[:count], {"at": NOW})
    with database.read() as session:
        stopped = session.scalars(sa.select(Worker.id).where(Worker.stopped_at == NOW).order_by(Worker.id)).all()
    assert list(stopped) == ids[:count]


def test_what_the_session_holds_is_seen(database: Database) -> None:
    (one,) = _workers(database, 1)
    with database.write() as session:
        session.get_one(Worker, one).name = "renamed"
        assert NAMES.rows(session, [one], {"since": NOW})[0][1] == "renamed"
        session.get_one(Worker, one).name = "renamed again"
        (rows,) = at_once(session, (NAMES, [one], {"since": NOW}))
        assert rows[0][1] == "renamed again"


@pytest.mark.parametrize("count", [0, 3, LONGEST + 1])
def test_several_that_are_sent_at_once_give_each_its_own_rows(database: Database, count: int) -> None:
    ids = _workers(database, LONGEST + 3)
    with database.read() as session:
        first, none, last = at_once(
            session,
            (NAMES, ids[:count], {"since": NOW}),
            (NAMES, [], {"since": NOW}),
            (NAMES, ids[-1:], {"since": NOW}),
        )
    assert [row[0] for row in first] == ids[:count]
    assert list(none) == []
    assert [row[0] for row in last] == ids[-1:]


def test_to_a_server_it_is_one_statement_for_any_number_of_rows(database: Database) -> None:
    ids = _workers(database, LONGEST + 3)
    with counted(database) as statements, database.read() as session:
        for count in (1, 3, LONGEST + 1):
            assert len(NAMES.rows(session, ids[:count], {"since": NOW})) == count
    assert len(set(statements)) == (3 if database.is_sqlite else 1)
