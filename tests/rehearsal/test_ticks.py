"""A worker ticks every few seconds; a rehearsal leaves out those that find nothing, and no others."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.rehearsal.run import Plan, Rehearsal
from bot.rehearsal.weather import Level
from models import Team, Worker
from models.database import Database, open_database

MINUTE = timedelta(minutes=1)


def test_what_a_press_makes_due_earlier_is_not_waited_for_until_what_was_due_before(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'okra.db'}"
    database = open_database(url, patience=30, durable=False)
    rehearsal = Rehearsal(Plan(owners=3, weeks=1, level=Level.NONE), database, url)
    roster = rehearsal._arrive()
    begins = rehearsal.timeline.now()
    with database.write() as session:
        session.execute(sa.update(Team).values(next_note_at=begins + 10 * MINUTE))
    rehearsal.timeline.run_until(begins + MINUTE)
    rehearsal.core.open_app(roster.owners[0].id, "home")
    rehearsal.timeline.run_until(begins + 9 * MINUTE)
    assert _ticked_through(database) < begins, "nothing was due"
    rehearsal.timeline.run_until(begins + 11 * MINUTE)
    assert _ticked_through(database) >= begins + 10 * MINUTE
    database.close()


def _ticked_through(database: Database) -> datetime:
    with database.read() as session:
        return max(one for one in session.scalars(sa.select(Worker.ticked_through)) if one is not None)
