"""What a session remembers while it only reads, and that it forgets it afterwards."""

from __future__ import annotations

import gc
from datetime import UTC, datetime

import sqlalchemy as sa
from queries import counted
from sqlalchemy.orm import Session

from models import Worker
from models.base import table_of
from models.database import Database
from models.memory import remembered, remembering
from models.prepared import Prepared

NOW = datetime(2026, 10, 12, 9, tzinfo=UTC)


@remembered
def how_many(session: Session, name: str) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Worker).where(Worker.name == name)) or 0


def worker(database: Database) -> int:
    with database.write() as session:
        row = Worker(name="here", started_at=NOW)
        session.add(row)
        session.flush()
        return row.id


def test_a_row_is_read_once_while_the_session_remembers(database: Database) -> None:
    worker_id = worker(database)
    with database.read() as session, counted(database) as statements:
        with remembering(session):
            for _ in range(3):
                assert session.get_one(Worker, worker_id).name == "here"
                gc.collect()
        assert len(statements) == 1
        gc.collect()
        session.get_one(Worker, worker_id)
        assert len(statements) == 2


def test_the_same_question_has_the_same_answer_and_another_one_is_asked(database: Database) -> None:
    worker(database)
    with database.read() as session, counted(database) as statements:
        with remembering(session), remembering(session):
            assert [how_many(session, "here"), how_many(session, "here"), how_many(session, "there")] == [1, 1, 0]
        assert len(statements) == 2
        assert [how_many(session, "here"), how_many(session, "here")] == [1, 1]
        assert len(statements) == 4


def test_many_rows_are_changed_by_one_statement_that_is_made_once(database: Database) -> None:
    ids = [worker(database) for _ in range(3)]
    table = table_of(Worker)
    stop = Prepared(sa.update(table).where(table.c.id == sa.bindparam("of")).values(stopped_at=sa.bindparam("at")))
    with database.write() as session, counted(database) as statements:
        stop.run_all(session, [{"of": one, "at": NOW} for one in ids[:2]])
        stop.run_all(session, [])
        assert len(statements) == 1
    with database.read() as session:
        assert [session.get_one(Worker, one).stopped_at for one in ids] == [NOW, NOW, None]
