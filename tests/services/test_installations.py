"""Where Okra is installed: what is missing is made by whichever process comes first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import sqlalchemy as sa

from bot.services import installations
from models import Installation, Workspace
from models.database import Database

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


def connect(database: Database) -> int:
    with database.write() as session:
        return installations.connect(
            session,
            NOW,
            slack_team_id="T0TEST",
            team_name="Test Works",
            enterprise_id=None,
            bot_id="B1",
            bot_user_id="U0OKRA",
            scopes=["chat:write"],
            time_zone="UTC",
        ).id


def test_processes_that_start_at_once_on_an_empty_database_find_one_installation(database: Database) -> None:
    together = threading.Barrier(4)
    found: list[int] = []

    def begin() -> None:
        together.wait()
        found.append(connect(database))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert set(found) == {connect(database)}
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Installation)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Workspace)) == 1
