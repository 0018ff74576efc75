"""A worker's lock goes with it, and with nothing else: what is cut on the way is taken again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from models.database import Database, open_database
from scheduler.liveness import LOCK_CLASS, AdvisoryLocks

ME = 7

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def hasty(database_url: str) -> Iterator[Database]:
    """It waits for a lock half a second only."""
    database = open_database(database_url, patience=0.5)
    yield database
    database.close()


@pytest.fixture
def mine(hasty: Database) -> Iterator[AdvisoryLocks]:
    mine = AdvisoryLocks(hasty)
    mine.hold(ME)
    yield mine
    mine.release()


def cut(database: Database) -> None:
    """The server ends the connections that hold such a lock, as a failover does; when this returns they are gone."""
    with database.engine.begin() as connection:
        ended = connection.scalars(
            sa.text(
                # Without a time to wait, in milliseconds, it only tells them to end.
                "select pg_terminate_backend(pid, 10000) from pg_locks"
                " where locktype = 'advisory' and classid = :class and pid <> pg_backend_pid()"
            ),
            {"class": LOCK_CLASS},
        ).all()
    assert ended
    assert all(ended)


def test_others_see_that_a_worker_lives_until_it_lets_go(mine: AdvisoryLocks, hasty: Database) -> None:
    others = AdvisoryLocks(hasty)
    mine.keep()
    assert not others.is_gone(ME)
    mine.release()
    assert others.is_gone(ME)
    mine.keep()
    assert others.is_gone(ME), "who has let go takes nothing again"


def test_a_lock_whose_connection_was_cut_is_taken_again(mine: AdvisoryLocks, hasty: Database) -> None:
    others = AdvisoryLocks(hasty)
    cut(hasty)
    assert others.is_gone(ME)
    mine.keep()
    assert not others.is_gone(ME)


def test_a_lock_that_could_not_be_taken_again_at_first_is_taken_later(mine: AdvisoryLocks, hasty: Database) -> None:
    others = AdvisoryLocks(hasty)
    cut(hasty)
    with hasty.engine.connect() as left:
        # The server has not noticed yet that the connection is gone: somebody seems to hold the lock.
        keys = {"class": LOCK_CLASS, "worker": ME}
        left.execute(sa.text("select pg_advisory_lock(:class, :worker)"), keys)
        for _ in range(2):
            with pytest.raises(sa.exc.DBAPIError):
                mine.keep()
        left.execute(sa.text("select pg_advisory_unlock(:class, :worker)"), keys)
    assert others.is_gone(ME)
    mine.keep()
    assert not others.is_gone(ME)
