"""Cycles begin and end by the organisation's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa
from company import BEFORE, Company

from bot.domain.cycles import CycleState
from bot.services import cycles
from models import Cycle, Member
from models.database import Database


def states(database: Database) -> dict[str, CycleState]:
    with database.read() as session:
        return {cycle.name: cycle.state for cycle in session.scalars(sa.select(Cycle))}


def plan_next(database: Database, zone: str = "UTC") -> None:
    """A running 2026 Q4 with an asked owner, and 2027 Q1 in planning."""
    with database.write() as session:
        company = Company(session, BEFORE)
        company.workspace.time_zone = zone
        lead = company.person("Lea Lead")
        team = company.team("Growth", lead=lead)
        company.key_result(company.objective(team), lead)
        session.add(
            Cycle(
                workspace_id=company.workspace.id,
                name="2027 Q1",
                starts_on=date(2027, 1, 1),
                ends_on=date(2027, 3, 31),
                state=CycleState.PLANNING,
                created_at=BEFORE,
            )
        )


def turn(database: Database, now: datetime) -> int:
    with database.write() as session:
        return cycles.turn(session, now, 100)


def test_one_cycle_follows_another_on_the_same_morning(database: Database) -> None:
    plan_next(database)
    assert turn(database, datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == 0
    assert turn(database, datetime(2027, 1, 1, tzinfo=UTC)) == 2
    assert states(database) == {"2026 Q4": CycleState.CLOSING, "2027 Q1": CycleState.ACTIVE}
    assert turn(database, datetime(2027, 1, 1, tzinfo=UTC)) == 0


def test_the_morning_is_the_organisations(database: Database) -> None:
    plan_next(database, "Pacific/Auckland")
    with database.read() as session:
        assert cycles.next_turn(session) == datetime(2026, 12, 31, 11, tzinfo=UTC)
    assert turn(database, datetime(2026, 12, 31, 11, tzinfo=UTC)) == 2


def test_nobody_is_asked_about_a_cycle_that_is_over(database: Database) -> None:
    plan_next(database)
    turn(database, datetime(2027, 1, 1, tzinfo=UTC))
    with database.read() as session:
        assert session.scalars(sa.select(Member.next_opening_at)).all() == [None]


def test_a_cycle_that_never_came_to_run_is_closed_and_not_looked_at_again(database: Database) -> None:
    plan_next(database)
    with database.write() as session:
        first = session.scalars(sa.select(Cycle).where(Cycle.name == "2026 Q4")).one()
        first.ends_on = date(2027, 12, 31)
    assert turn(database, datetime(2027, 4, 1, tzinfo=UTC)) == 1
    assert states(database) == {"2026 Q4": CycleState.ACTIVE, "2027 Q1": CycleState.CLOSED}
    with database.read() as session:
        assert cycles.next_turn(session) == datetime(2028, 1, 1, tzinfo=UTC)
