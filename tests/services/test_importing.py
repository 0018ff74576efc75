"""Importing into a real database, on both engines."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from office import LATER, NOW, Office, row, sheet

from bot.domain.cycles import CycleState
from bot.domain.kinds import Kind
from bot.domain.organisation import Level
from bot.services.importing import ImportRefused
from models import (
    AuditEvent,
    Cycle,
    Delivery,
    KeyResult,
    KeyResultCoOwner,
    KeyResultState,
    Member,
    MemberKind,
    Priority,
    Team,
)
from models.database import Database


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_a_first_import_creates_everything_that_its_rows_speak_of(office: Office) -> None:
    ana, bo = office.hire("Ana Lima"), office.hire("Bo Ström")
    office.imports(
        sheet(
            row("k1", owner="ana@longfetch.example", priority="Safety", lead="Bo Ström", channel="#hulls"),
            row("k2", "Keep 3 spares or more", kind="at least", target="3", owner="Ana Lima", **{"co-owners": "bo"}),
            row("k3", "Paint chosen", level="company", team="", objective="Look good", due="2026-11-30"),
        )
    )
    (cycle,) = office.all(Cycle)
    assert (cycle.state, cycle.starts_on, cycle.ends_on) == (CycleState.ACTIVE, date(2026, 10, 1), date(2026, 12, 31))
    hulls, company = office.all(Team)
    assert (hulls.level, hulls.parent_id, hulls.lead_id, hulls.channel) == (Level.TEAM, company.id, bo, "#hulls")
    assert (company.name, company.level, company.parent_id) == ("Longfetch", Level.COMPANY, None)
    assert [priority.name for priority in office.all(Priority)] == ["Safety"]
    first, second, third = office.all(KeyResult)
    assert [first.number, second.number, third.number] == [1, 2, 3]
    assert (first.owner_id, first.state) == (ana, KeyResultState.ACTIVE)
    assert (third.owner_id, third.state) == (None, KeyResultState.DRAFT)
    assert [co_owner.member_id for co_owner in office.all(KeyResultCoOwner)] == [bo]
    (leaks,) = office.revisions("k1")
    assert (leaks.text, leaks.kind, leaks.start, leaks.target) == (
        "Leaks from 9 to 2",
        Kind.DECREASE,
        Decimal(9),
        Decimal(2),
    )
    (spares,) = office.revisions("k2")
    assert (spares.kind, spares.target) == (Kind.AT_LEAST, Decimal(3))
    (paint,) = office.revisions("k3")
    assert (paint.kind, paint.due_on) == (Kind.MILESTONE, date(2026, 11, 30))


def test_without_an_org_no_company_is_made_up_but_one_that_exists_is_the_parent(office: Office) -> None:
    office.imports(sheet(row("k1", org="")))
    (hulls,) = office.all(Team)
    assert (hulls.name, hulls.parent_id) == ("Hulls", None)
    office.imports(sheet(row("k2", org="Saltmarsh", team="", level="company")))
    office.imports(sheet(row("k3", org="", team="Keels")))
    _, company, keels = office.all(Team)
    assert (keels.name, keels.parent_id) == ("Keels", company.id)


def test_an_import_asks_nobody(office: Office) -> None:
    office.hire("Ana Lima")
    office.imports(sheet(row("k1", owner="Ana Lima")))
    assert not any(team.is_on for team in office.all(Team))
    assert office.count(Delivery) == 0
    assert [member.next_opening_at for member in office.all(Member)] == [None]


def test_a_dry_run_changes_nothing(office: Office) -> None:
    plan = office.plan(sheet(row("k1")))
    assert [key_result.is_new for key_result in plan.key_results] == [True]
    assert office.count(KeyResult) == 0
    assert office.count(Team) == 0


def test_all_or_nothing_with_every_problem(office: Office) -> None:
    rows = sheet(row("k1"), row("k2", "No number", kind="increase"), row("k3", "None here", kind="at_most"))
    with pytest.raises(ImportRefused) as refused:
        office.imports(rows)
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [(3, "target"), (4, "target")]
    assert not refused.value.wants_reason
    assert office.count(KeyResult) == 0
    assert office.count(AuditEvent) == 0


def test_guests_and_people_who_left_are_never_owners(office: Office) -> None:
    office.hire("Gus Guest", MemberKind.GUEST)
    plan = office.imports(sheet(row("k1", owner="Gus Guest")))
    assert plan.drafts == 1
    assert office.one("k1").owner_id is None


def test_a_cycle_that_is_over_is_closed_with_its_key_results_but_drafts_stay_drafts(office: Office) -> None:
    office.hire("Ana Lima")
    office.imports(sheet(row("k1", cycle="2026 Q3", owner="Ana Lima"), row("k2", cycle="2026 Q3", owner="Dee")))
    assert [cycle.state for cycle in office.all(Cycle)] == [CycleState.CLOSED]
    closed, draft = office.all(KeyResult)
    assert (closed.state, closed.closed_at) == (KeyResultState.CLOSED, NOW)
    assert (draft.state, draft.closed_at) == (KeyResultState.DRAFT, None)


def test_today_is_the_day_in_the_workspaces_zone(office: Office) -> None:
    # half past midnight in London on 1 October, where summer time still holds
    office.imports(sheet(row("k1")), now=datetime(2026, 9, 30, 23, 30, tzinfo=UTC))
    assert [cycle.state for cycle in office.all(Cycle)] == [CycleState.ACTIVE]


def test_everything_created_and_changed_leaves_an_audit_event(office: Office) -> None:
    office.imports(sheet(row("k1", priority="Safety")))
    created = [(event.action, event.actor_name, event.at) for event in office.all(AuditEvent)]
    assert sorted(action for action, _, _ in created) == [
        "cycle.created",
        "key_result.created",
        "objective.created",
        "priority.created",
        "team.created",
        "team.created",
    ]
    assert {(name, at) for _, name, at in created} == {("command line", NOW)}
    office.imports(sheet(row("k1", "Leaks from 9 to 1", priority="Speed")), reason="asked", now=LATER)
    changes = {event.action: event.detail for event in office.all(AuditEvent)[6:]}
    assert set(changes) == {"priority.created", "objective.changed", "key_result.changed"}
    assert changes["objective.changed"]["changes"] == [{"field": "priority", "before": "Safety", "after": "Speed"}]
    assert changes["key_result.changed"]["reason"] == "asked"
    assert {"field": "target", "before": "2", "after": "1"} in changes["key_result.changed"]["changes"]


def test_two_workspaces_import_the_same_file_apart(database: Database) -> None:
    one, other = Office(database), Office(database)
    one.imports(sheet(row("k1")))
    plan = other.imports(sheet(row("k1")))
    assert [key_result.is_new for key_result in plan.key_results] == [True]
    assert [key_result.number for key_result in one.all(KeyResult)] == [1, 1]


def test_two_imports_at_once_come_one_after_the_other(office: Office) -> None:
    rows = sheet(*(row(f"k{number}") for number in range(30)))
    together = threading.Barrier(2)

    def run(_: int) -> bool:
        together.wait()
        return office.imports(rows).changes_nothing

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, range(2))) == [False, True]
    assert sorted(one.number for one in office.all(KeyResult)) == list(range(1, 31))
