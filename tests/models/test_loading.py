"""Objects read by statements that are made once: the same that the session would have read itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from queries import counted
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, aliased

from models import Worker
from models.database import Database
from models.loading import Loaded, LoadedOf, objects
from models.memory import remembering

NOW = datetime(2026, 10, 12, 9, tzinfo=UTC)
BY_NAME = Loaded(sa.select(Worker).where(Worker.name == sa.bindparam("name")).order_by(Worker.id))
THESE = LoadedOf(lambda ids: sa.select(Worker).where(Worker.id.in_(ids)).order_by(Worker.id))
_earlier = aliased(Worker)
WITH_EARLIER = LoadedOf(
    lambda ids: (
        sa.select(Worker, _earlier, Worker.name)
        .outerjoin(_earlier, _earlier.id == Worker.id - 1)
        .where(Worker.id.in_(ids))
        .order_by(Worker.id)
    )
)


@pytest.fixture
def ids(database: Database) -> list[int]:
    with database.write() as session:
        ones = [Worker(name=f"worker {number}", started_at=NOW + timedelta(hours=number)) for number in range(3)]
        session.add_all(ones)
        session.flush()
        return [one.id for one in ones]


def test_every_column_is_what_the_session_itself_reads(database: Database, ids: list[int]) -> None:
    with database.read() as session:
        mine = objects(THESE.all(session, ids))
    with database.read() as session:
        theirs = session.scalars(sa.select(Worker).order_by(Worker.id)).all()
    assert [_values(one) for one in mine] == [_values(one) for one in theirs]
    assert [one.name for one in mine] == ["worker 0", "worker 1", "worker 2"]


def test_what_was_read_is_changed_and_written_like_any_other(database: Database, ids: list[int]) -> None:
    with database.write() as session:
        (one,) = objects(BY_NAME.all(session, {"name": "worker 1"}))
        assert one in session
        assert not session.is_modified(one)
        one.stopped_at = NOW
    with database.read() as session:
        assert [one.stopped_at for one in objects(THESE.all(session, ids))] == [None, NOW, None]


def test_a_row_is_one_object_and_stays_as_the_session_holds_it(database: Database, ids: list[int]) -> None:
    with database.write() as session:
        held = session.scalars(sa.select(Worker).where(Worker.id == ids[0])).one()
        held.name = "renamed"
        # What was changed is written first, so that it is found.
        assert objects(BY_NAME.all(session, {"name": "renamed"})) == [held]
        assert objects(THESE.all(session, ids))[0] is held


def test_objects_stand_beside_each_other_and_beside_columns(database: Database, ids: list[int]) -> None:
    with database.read() as session:
        rows = WITH_EARLIER.all(session, ids)
        assert [(one.id, before.id if before is not None else None, name) for one, before, name in rows] == [
            (ids[0], None, "worker 0"),
            (ids[1], ids[0], "worker 1"),
            (ids[2], ids[1], "worker 2"),
        ]
        assert rows[1][1] is rows[0][0]


def test_a_session_finds_a_row_by_its_id_once(database: Database, ids: list[int]) -> None:
    with counted(database) as statements, database.read() as session:
        one = session.get_one(Worker, ids[0])
        assert session.get(Worker, ids[0]) is one
    assert len(statements) == 1
    with database.read() as session:
        assert session.get(Worker, ids[-1] + 1) is None
        with pytest.raises(NoResultFound):
            session.get_one(Worker, ids[-1] + 1)


def test_what_became_stale_is_read_again(database: Database, ids: list[int]) -> None:
    with database.write() as session:
        one = session.get_one(Worker, ids[0])
        session.execute(sa.update(Worker).values(name="all the same").execution_options(synchronize_session=False))
        session.expire(one)
        assert session.get_one(Worker, ids[0]).name == "all the same"


def test_what_the_session_has_made_itself_is_filled_in(database: Database) -> None:
    with database.write() as session:
        made = Worker(name="made here", started_at=NOW)
        session.add(made)
        session.flush()
        assert objects(BY_NAME.all(session, {"name": "made here"})) == [made]
        session.execute(sa.update(Worker).values(ticked_through=NOW).execution_options(synchronize_session="fetch"))
        assert made.ticked_through == NOW


def test_it_is_remembered_while_a_session_remembers(database: Database, ids: list[int]) -> None:
    with counted(database) as statements, database.read() as session, remembering(session):
        _look(session, ids)
        _look(session, ids)
    assert len(statements) == 1


def _look(session: Session, ids: list[int]) -> None:
    assert session.get_one(Worker, ids[0]).name == "worker 0"


def _values(one: Worker) -> dict[str, object]:
    return {column.key: getattr(one, column.key) for column in sa.inspect(Worker).column_attrs}


def test_each_transaction_of_a_session_has_its_connection_and_a_failed_one_has_none(database: Database) -> None:
    with database.trial() as session:
        first = session.connection()
        assert session.connection() is first
        with session.begin_nested():
            assert session.connection() is first
        session.rollback()
        assert not session.connection().closed
        session.add(Worker(name=None, started_at=NOW))
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        with pytest.raises(sa.exc.PendingRollbackError):
            session.connection()
        session.rollback()
        assert not session.connection().closed
