"""What a Monday's prompts cost the database: as many statements for many as for two."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from company import BEFORE, Company
from post_office import NOW
from queries import counted
from slack_double import SlackDouble
from sqlalchemy import event

from bot.runtime import Runtime
from bot.services import planning
from bot.settings import Settings
from models import Delivery, DeliveryState
from models.database import Database, open_database
from scheduler import delivery, publishing, redrawing, settling
from scheduler.workers import sign_on

FEW, MANY = 2, 12


class Monday:
    """So many owners, each introduced before, whose week has come; without a limit, so that all may leave at once."""

    def __init__(self, database: Database, owners: int) -> None:
        self.slack = SlackDouble()
        self.runtime = Runtime(
            Settings(_env_file=None, posts_per_minute=0), database, self.slack, lambda: NOW, lambda: None
        )
        with database.write() as session:
            company = Company(session)
            objective = company.objective(company.team("Growth"))
            people = [company.person(f"Owner {number}") for number in range(owners)]
            for person in people:
                company.key_result(objective, person)
                person.introduced_at = BEFORE
            planning.replan(session, BEFORE, [person.id for person in people])
        self.worker_id = sign_on(self.runtime, "here")

    def plan(self) -> list[str]:
        with counted(self.runtime.database) as statements, self.runtime.write() as session:
            planning.open_due(session, NOW, 100)
        return statements

    def deliver(self) -> dict[str, list[str]]:
        """The statements of each step."""
        steps: dict[str, list[str]] = {}
        with counted(self.runtime.database) as steps["claim"]:
            claims = delivery.claim(self.runtime, self.worker_id, NOW)
        with counted(self.runtime.database) as steps["begin"]:
            begun = delivery.begin_all(self.runtime, claims, NOW)
        with counted(self.runtime.database) as steps["send"]:
            outcomes = [(ready, delivery.send(self.runtime, ready)) for ready in begun]
        with counted(self.runtime.database) as steps["finish"]:
            delivery.finish_all(self.runtime, outcomes, NOW)
        return steps

    def sent(self) -> int:
        with self.runtime.read() as session:
            counting = sa.select(sa.func.count()).where(Delivery.state == DeliveryState.SENT)
            return session.scalar(counting) or 0


# Of each step, for any number of prompts. Whoever needs more says why here: a fan-out pays it for every few prompts. On
# PostgreSQL one of those of `begin` holds the readers, and is sent together with the next.
BUDGET = {"claim": 5, "begin": 17, "send": 0, "finish": 4}


@pytest.mark.parametrize("owners", [FEW, MANY])
def test_each_step_takes_as_many_statements_for_many_prompts_as_for_two(database: Database, owners: int) -> None:
    monday = Monday(database, owners)
    monday.plan()
    steps = monday.deliver()
    assert monday.sent() == owners
    spent = {step: len(statements) for step, statements in steps.items()}
    assert all(spent[step] <= most for step, most in BUDGET.items()), (spent, steps)


def test_opening_the_week_for_many_takes_as_many_statements_as_for_two(database: Database) -> None:
    statements = Monday(database, MANY).plan()
    assert len(statements) <= 13, statements


def test_no_step_reads_all_that_a_company_has(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "okra.db")
    database = open_database(f"sqlite:///{tmp_path / 'okra.db'}")
    monday = Monday(database, MANY)
    plans: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            told = cursor.connection.execute(f"explain query plan {statement}", values[0] if many else values)
            plans.extend(str(row[-1]) for row in told)

    event.listen(database.engine, "before_cursor_execute", explain)
    monday.plan()
    monday.deliver()
    for look in (redrawing, publishing):
        look.something_is_stale(monday.runtime, NOW)
        look.claim(monday.runtime, NOW)
    settling.uncertain(monday.runtime, NOW)
    event.remove(database.engine, "before_cursor_execute", explain)
    database.close()
    assert any(plan.startswith("SEARCH delivery") for plan in plans)
    # Workspaces are few; everything else is found by an index.
    scans = [plan for plan in plans if plan.startswith("SCAN") and plan not in ("SCAN workspace", "SCAN CONSTANT ROW")]
    assert scans == []
