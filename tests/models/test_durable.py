"""On SQLite nobody is told of what is not on the disk, and those who wait for the disk wait together."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from models.database import open_database
from models.durable import Durable, LogFile


def test_all_who_commit_while_the_disk_is_busy_wait_for_it_once_more_together() -> None:
    busy, free, syncs = threading.Event(), threading.Event(), list[str]()

    def sync() -> None:
        syncs.append("sync")
        busy.set()
        assert free.wait(20)

    durable = Durable(sync)
    first = threading.Thread(target=durable.settle)
    first.start()
    assert busy.wait(20)
    others = [threading.Thread(target=durable.settle) for _ in range(5)]
    for other in others:
        other.start()
    while durable._asked < 6:
        threading.Event().wait(0.001)
    assert syncs == ["sync"]  # theirs came after it began, so it does not count for them
    free.set()
    for thread in [first, *others]:
        thread.join(20)
    assert len(syncs) == 2


def test_where_the_disk_fails_whoever_waited_is_told() -> None:
    def fail() -> None:
        raise OSError("no disk")

    durable = Durable(fail)
    for _ in range(2):
        with pytest.raises(OSError, match="no disk"):
            durable.settle()


@pytest.mark.parametrize("durable", [True, False])
def test_what_is_written_is_on_the_disk_before_the_writer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    synced: list[str] = []
    sync = LogFile.sync

    def note(log: LogFile) -> None:
        assert os.path.getsize(log._path) > 0
        synced.append(log._path.name)
        sync(log)

    monkeypatch.setattr(LogFile, "sync", note)
    database = open_database(f"sqlite:///{tmp_path / 'okra.db'}", durable=durable)
    with database.write() as session:
        session.execute(sa.text("create table told (words text)"))
        assert not synced
        (level,) = session.execute(sa.text("pragma synchronous")).one()
    with database.read() as session:
        (reading,) = session.execute(sa.text("pragma synchronous")).one()
    database.close()
    # 0: never waits for the disk; 1: not in the commit; 2: in the commit.
    assert (synced, level, reading) == ((["okra.db-wal"], 1, 2) if durable else ([], 0, 0))
