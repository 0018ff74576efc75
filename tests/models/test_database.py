"""What holds of every database that is opened: patience with its end, room for every thread, and discretion."""

from __future__ import annotations

import threading
import traceback
from contextlib import ExitStack

import pytest
import sqlalchemy as sa
from company import Company

from bot.doors import HTTP_THREADS, SOCKET_THREADS
from models.database import Database
from scheduler.courier import SENDERS

THEIR_WORDS = "Ana is leaving in March"

# The scheduler's own, the courier, what records for it, and the connection that says that the worker lives.
TICKING = 4 + 1 + 3 + 1


def test_a_refused_row_does_not_bring_peoples_words_into_the_error(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        company.key_result(company.objective(company.team("Growth")), None)
    impossible = sa.text("update key_result_revision set text = :text, value_every_weeks = 0")
    with pytest.raises(sa.exc.IntegrityError) as refused, database.write() as session:
        session.execute(impossible, {"text": THEIR_WORDS})
    written = "".join(traceback.format_exception(refused.value))
    assert THEIR_WORDS not in written
    assert "value_every_weeks" in written


def test_every_thread_of_a_process_has_a_connection_at_the_same_moment(database: Database) -> None:
    threads = max(HTTP_THREADS, SOCKET_THREADS) + SENDERS + TICKING
    meet, release, failures = threading.Barrier(threads + 1), threading.Event(), list[str]()

    def ask() -> None:
        try:
            with database.read() as session:
                session.execute(sa.text("select 1"))
                meet.wait(20)
                release.wait(20)
        except (sa.exc.SQLAlchemyError, threading.BrokenBarrierError) as error:
            failures.append(type(error).__name__)
            meet.abort()

    askers = [threading.Thread(target=ask) for _ in range(threads)]
    with ExitStack() as afterwards:
        for asker in askers:
            asker.start()
            afterwards.callback(asker.join)
        afterwards.callback(release.set)
        try:
            meet.wait(20)
        except threading.BrokenBarrierError:
            pytest.fail(f"some of {threads} threads had to wait: {failures}")


def test_a_server_that_is_gone_without_a_word_is_noticed_within_seconds(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("a file does not go away in mid-sentence")
    connection = database.engine.raw_connection()
    try:
        told = connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    finally:
        connection.close()
    silence = int(told["keepalives_idle"]) + int(told["keepalives_interval"]) * int(told["keepalives_count"])
    assert (told["keepalives"], told["tcp_user_timeout"]) == ("1", "2000")
    assert silence <= 5
