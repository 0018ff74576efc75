"""What a check-in may cost while somebody waits: so many statements, whatever else there is to read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from company import MONDAY, Company
from desk import Desk, Dialog
from queries import counted
from sqlalchemy import event

from bot.blocks.ids import Act
from bot.services import planning
from handlers import checkin
from models import Member
from models.database import Database, open_database

NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
WEEK = timedelta(weeks=1)

# Who it is; then, as the last one, what is held, the sheet's two, the event, the answer, its check-in, the audit event
# and the prompt; and who looks at their Home.
GREEN = 10
# Who it is; whether the week is still open (two); where to begin; the sheet's two.
QUESTION = 6

Owing = Callable[[int], tuple[Desk, Member]]


@pytest.fixture
def owing(database: Database) -> Owing:
    """Somebody who was asked about so many key results, for the second week running."""
    return owing_in(database)


def owing_in(database: Database) -> Owing:
    def owes(count: int) -> tuple[Desk, Member]:
        with database.write() as session:
            company = Company(session)
            owner = company.person("Mere Ngata")
            objective = company.objective(company.team("Growth", lead=company.person("Tama Reid")))
            for _ in range(count):
                company.key_result(objective, owner)
            planning.replan(session, company.now, [owner.id])
            planning.open_due(session, NINE, 100)
        desk = Desk(database, NINE)
        page = begin(desk, owner)
        for _ in range(count):
            page = page.after(desk.submit(owner, checkin.submitted, green(page)))
        with database.write() as session:
            planning.open_due(session, NINE + WEEK, 100)
        desk.now = NINE + WEEK
        return desk, owner

    return owes


def begin(desk: Desk, owner: Member) -> Dialog:
    week = MONDAY if desk.now == NINE else MONDAY + WEEK
    desk.press(owner, checkin.start, Act.CHECK_IN, week.isoformat())
    return desk.opened()


def green(page: Dialog) -> Dialog:
    return page.fill(Current_value="30", How_confident="green", What_is_the_next_move="call ten customers")


@pytest.mark.parametrize("count", [2, 9])
def test_a_green_check_in_and_what_follows_it_take_a_handful_of_statements(
    database: Database, owing: Owing, count: int
) -> None:
    desk, owner = owing(count)
    with counted(database) as asking:
        page = begin(desk, owner)
    costs: list[int] = []
    for _ in range(count):
        with counted(database) as saving:
            page = page.after(desk.submit(owner, checkin.submitted, green(page)))
        costs.append(len(saving))
    assert page.view["title"]["text"] == "Checked in"
    assert len(asking) <= QUESTION, asking
    assert max(costs) <= GREEN, saving


def test_a_green_check_in_looks_through_nothing_that_a_workspace_has(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "okra.db")
    database = open_database(f"sqlite:///{tmp_path / 'okra.db'}")
    desk, owner = owing_in(database)(2)
    page = begin(desk, owner)
    plans: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            told = cursor.connection.execute(f"explain query plan {statement}", values)
            plans.extend(str(row[-1]) for row in told)

    event.listen(database.engine, "before_cursor_execute", explain)
    desk.submit(owner, checkin.submitted, green(page))
    event.remove(database.engine, "before_cursor_execute", explain)
    database.close()
    assert any(plan.startswith("SEARCH message") for plan in plans)
    # An index by the workspace alone finds all that it has; what is wanted stands in a few rows of its own.
    through_all = [plan for plan in plans if plan.startswith("SCAN") or plan.endswith("(workspace_id=?)")]
    assert through_all == ["SCAN CONSTANT ROW", "SCAN wanted"]
