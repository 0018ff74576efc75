"""Who is asked follows from who owns what, which team is on and which cycle runs: two who change these at once come one
after the other, and the second plans for whom the first could not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from company import BEFORE, Company, as_slack_tells
from office import NOW, Office, row, sheet
from sqlalchemy.orm import Session

from bot.domain.cycles import CycleState
from bot.services import cycles, departures, hand_over, people, planning, teams
from bot.services.access import Caller
from bot.services.importing import COMMAND_LINE, import_rows
from models import CheckIn, CheckInState, Cycle, Delivery, KeyResult, Member, PostKind
from models.database import Database

# Less than who waits for a lock has patience for.
A_MOMENT = 0.4
FOUR_WEEKS = timedelta(weeks=4)

Change = Callable[[Session], object]


def at_once(database: Database, first: Change, second: Change) -> None:
    """The second begins, and commits where it may, while the first has done its work and has not committed yet."""

    def run() -> None:
        with database.write() as session:
            second(session)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            first(session)
            session.flush()
            other = pool.submit(run)
            wait([other], timeout=A_MOMENT)
        other.result()


def in_this_order(database: Database, order: str, *changes: Change) -> None:
    one, other = changes if order == "forth" else reversed(changes)
    at_once(database, one, other)


def asked(database: Database, since: datetime) -> set[str]:
    """The names of those who are asked within four weeks."""
    now = since
    while now < since + FOUR_WEEKS:
        now += timedelta(hours=6)
        with database.write() as session:
            cycles.turn(session, now, 100)
            planning.open_due(session, now, 100)
    with database.read() as session:
        return set(session.scalars(sa.select(Member.name).join(CheckIn, CheckIn.owner_id == Member.id)))


def joins(name: str = "Hulls") -> Change:
    def switch_on(session: Session) -> None:
        workspace_id = session.scalars(sa.select(Cycle.workspace_id)).one()
        team = teams.find(session, workspace_id, name)
        teams.switch_on(session, NOW, caller=None, team=team, channel_id="C1")

    return switch_on


both_orders = pytest.mark.parametrize("order", ["forth", "back"])


@both_orders
def test_who_gets_a_key_result_by_an_import_while_the_team_is_switched_on_is_asked(
    database: Database, order: str
) -> None:
    office = Office(database)
    office.hire("Ana Lima"), office.hire("Bo Strom")
    office.imports(sheet(row("k1", owner="Ana Lima")))
    rows = sheet(row("k1", owner="Ana Lima"), row("k2", "Spares from 2 to 9", owner="Bo Strom"))

    def imports(session: Session) -> None:
        import_rows(session, office.workspace_id, rows, NOW, importer=COMMAND_LINE, reason="new", stops="nothing")

    in_this_order(database, order, imports, joins())
    assert asked(database, NOW) == {"Ana Lima", "Bo Strom"}


@both_orders
def test_who_gets_a_key_result_by_an_import_while_its_cycle_begins_is_asked(database: Database, order: str) -> None:
    begins = datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)
    office = Office(database)
    office.hire("Ana Lima"), office.hire("Bo Strom")
    office.imports(sheet(row("k1", owner="Ana Lima", cycle="2027 Q1")))
    office.switch_on()
    rows = sheet(
        row("k1", owner="Ana Lima", cycle="2027 Q1"),
        row("k2", "Spares from 2 to 9", owner="Bo Strom", cycle="2027 Q1"),
    )

    def imports(session: Session) -> None:
        at = begins - timedelta(seconds=2)
        import_rows(session, office.workspace_id, rows, at, importer=COMMAND_LINE, reason="new", stops="nothing")

    in_this_order(database, order, imports, lambda session: cycles.turn(session, begins, 100))
    assert asked(database, begins) == {"Ana Lima", "Bo Strom"}


def offered(database: Database, *, on: bool, is_draft: bool) -> tuple[Caller, int]:
    """Bo is asked to take a key result of the team Hulls over. Returns Bo, and the request."""
    with database.write() as session:
        company = Company(session)
        lead, ana, bo = (company.person(name) for name in ("Rosa Lead", "Ana Lima", "Bo Strom"))
        team = company.team("Hulls", lead=lead, on=on)
        key_result = company.key_result(company.objective(team), None if is_draft else ana)
        request = hand_over.ask(session, BEFORE, company.caller(lead), key_result.id, bo.id)
        return company.caller(bo), request.hand_over_id


@both_orders
@pytest.mark.parametrize("is_draft", [False, True])
def test_who_takes_a_key_result_over_while_the_team_is_switched_on_is_asked(
    database: Database, order: str, is_draft: bool
) -> None:
    bo, request = offered(database, on=False, is_draft=is_draft)

    def accepts(session: Session) -> None:
        hand_over.accept(session, NOW, bo, request)

    in_this_order(database, order, accepts, joins())
    assert asked(database, NOW) == {"Bo Strom"}


@both_orders
def test_who_takes_a_draft_themselves_while_the_team_is_switched_on_is_asked(database: Database, order: str) -> None:
    offered(database, on=False, is_draft=True)
    with database.read() as session:
        lead = session.scalars(sa.select(Member).where(Member.name == "Rosa Lead")).one()
        key_result_id = session.scalars(sa.select(KeyResult.id)).one()

    def takes(session: Session) -> None:
        hand_over.ask(session, NOW, Caller(lead.workspace_id, lead.id), key_result_id, lead.id)

    in_this_order(database, order, takes, joins())
    assert asked(database, NOW) == {"Rosa Lead"}


@both_orders
@pytest.mark.parametrize("is_draft", [False, True])
def test_who_takes_a_key_result_over_while_its_cycle_begins_is_asked(
    database: Database, order: str, is_draft: bool
) -> None:
    begins = datetime(2026, 10, 2, 1, tzinfo=UTC)
    bo, request = offered(database, on=True, is_draft=is_draft)
    with database.write() as session:
        session.execute(sa.update(Cycle).values(state=CycleState.PLANNING, starts_on=date(2026, 10, 2)))

    def accepts(session: Session) -> None:
        hand_over.accept(session, begins - timedelta(seconds=2), bo, request)

    in_this_order(database, order, accepts, lambda session: cycles.turn(session, begins, 100))
    assert asked(database, begins) == {"Bo Strom"}


@both_orders
@pytest.mark.parametrize("came_back", [True, False])
@pytest.mark.parametrize("what", ["team", "cycle"])
def test_where_the_owner_leaves_or_comes_back_while_it_begins_one_of_owner_and_lead_is_asked(
    database: Database, order: str, came_back: bool, what: str
) -> None:
    now = datetime(2026, 10, 2, 1, tzinfo=UTC)
    with database.write() as session:
        company = Company(session)
        lead, ana = company.person("Rosa Lead"), company.person("Ana Lima")
        company.key_result(company.objective(company.team("Hulls", lead=lead, on=what == "cycle")), ana)
        ana.deactivated_at = BEFORE if came_back else None
        if what == "cycle":
            company.cycle.state, company.cycle.starts_on = CycleState.PLANNING, now.date()
        workspace_id, person = company.workspace.id, as_slack_tells(ana, deleted=not came_back)

    def learns(session: Session) -> None:
        people.learn(session, now, workspace_id, person, admins=())

    begins = joins() if what == "team" else lambda session: cycles.turn(session, now, 100)
    in_this_order(database, order, learns, begins)
    assert asked(database, now) == {"Ana Lima" if came_back else "Rosa Lead"}
    with database.read() as session:
        told = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.OWNERLESS)).all()
        said = [one for one in told if departures.post(session, one, now) is not None]
        assert len(said) == (0 if came_back else 1)


@both_orders
def test_what_is_imported_while_its_team_is_switched_off_is_owed_by_nobody(database: Database, order: str) -> None:
    nine, later = datetime(2026, 10, 5, 9, tzinfo=UTC), datetime(2026, 10, 5, 12, tzinfo=UTC)
    office = Office(database)
    for name in ("Ana Lima", "Bo Strom"):
        office.hire(name)
    known = [row("k1", owner="Ana Lima"), row("k2", owner="Bo Strom", team="Sails", objective="Pull")]
    office.imports(sheet(*known))
    for name in ("Hulls", "Sails"):
        with database.write() as session:
            joins(name)(session)
    with database.write() as session:
        planning.open_due(session, nine, 100)
    rows = sheet(*known, row("k3", "Spares from 2 to 9", owner="Bo Strom"))

    def imports(session: Session) -> None:
        import_rows(session, office.workspace_id, rows, later, importer=COMMAND_LINE, reason="new", stops="nothing")

    def leaves(session: Session) -> None:
        teams.switch_off(session, later, caller=None, team=teams.find(session, office.workspace_id, "Hulls"))

    in_this_order(database, order, imports, leaves)
    with database.read() as session:
        due = sa.select(KeyResult.import_key).join(CheckIn, CheckIn.key_result_id == KeyResult.id)
        assert session.scalars(due.where(CheckIn.state == CheckInState.DUE)).all() == ["k2"]
