"""How SQLite finds the rows of every statement of a rehearsed week.

Without numbers of what is in a table it takes the first index that fits, and goes through all that a workspace ever
had: right, and slower every week. Nothing shows that in a small company but its plan.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.rehearsal.run import Plan, rehearse
from bot.rehearsal.weather import Level
from migrations.run import upgrade
from models.database import open_database

# What grows from week to week, or with the number of people.
GROWING = {
    "answer", "check_in", "decision", "delivery", "digest", "escalation", "escalation_event", "escalation_step",
    "key_result", "message", "morning_request", "objective",
}  # fmt: skip
# A look at the few rows that are in these, whatever else is in their tables.
FEW = {"ix_home_stale", "ix_message_stale", "uq_blocker_one_open", "uq_escalation_one_open"}
# Who looks at everything because it is about everything.
OF_ALL = {"bot/services/import_snapshot.py", "bot/services/listing.py"}

REPOSITORY = Path(__file__).parents[2]
STEP = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+)(?: \((.+)\))?)?")


def test_no_statement_of_a_week_goes_through_all_that_there_is(tmp_path: Path) -> None:
    with _heard() as statements:
        rehearse(Plan(owners=20, weeks=1, level=Level.NONE))
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    upgrade(open_database(url))
    reader = sqlite3.connect(tmp_path / "empty.db")
    ways = {
        f"{where}: {step}"
        for text, where in statements.items()
        if where.rsplit(":", 1)[0] not in OF_ALL
        for *_, step in reader.execute(f"explain query plan {text}", [None] * text.count("?"))
        if _goes_through_all(step)
    }
    reader.close()
    assert len(statements) > 300
    assert not ways, "\n".join(sorted(ways))


def test_a_plan_that_goes_through_all_is_known() -> None:
    assert _goes_through_all("SCAN delivery")
    assert _goes_through_all("SEARCH delivery USING INDEX sqlite_autoindex_delivery_3 (workspace_id=?)")
    assert not _goes_through_all("SEARCH delivery USING INDEX ix_delivery_member (member_id=? AND workspace_id=?)")
    assert not _goes_through_all("SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)")
    assert not _goes_through_all("SCAN message USING INDEX ix_message_stale")
    assert not _goes_through_all("SCAN workspace")


def _goes_through_all(step: str) -> bool:
    found = STEP.match(step)
    if found is None or found[2] not in GROWING or found[3] in FEW:
        return False
    return found[1] == "SCAN" or found[4] == "workspace_id=?"


@contextmanager
def _heard() -> Iterator[dict[str, str]]:
    """What the product asks of a database, and where each statement was first sent."""
    found: dict[str, str] = {}

    def hear(_connection: Any, _cursor: Any, text: str, *_more: Any) -> None:
        if re.match(r"(SELECT|UPDATE|DELETE|WITH)\b", text) and "sqlite_" not in text and text not in found:
            where = _where()
            if not where.startswith(("bot/rehearsal/", "migrations/")):
                found[text] = where

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def _where() -> str:
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(REPOSITORY) and path != Path(__file__) and ".venv" not in path.parts:
            name = path.relative_to(REPOSITORY).as_posix()
            if not name.startswith("models/"):
                return f"{name}:{frame.f_lineno}"
    return "?:0"
