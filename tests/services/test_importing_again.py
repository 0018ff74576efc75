"""Importing a file for the second time: what stays, what changes, and what needs a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from answers import answered
from company import MONDAY
from office import LATER, NOW, Office, row, sheet
from sqlalchemy.orm import Session

from bot.domain.digest import Noted, NotedAs
from bot.domain.excuses import Excuse
from bot.domain.organisation import Level
from bot.services import digest_noted, planning, standing
from bot.services.importing import Importer, ImportRefused
from models import (
    AuditEvent,
    CheckIn,
    CheckInState,
    Cycle,
    Delivery,
    DeliveryState,
    KeyResult,
    KeyResultCoOwner,
    KeyResultRevision,
    KeyResultState,
    Member,
    Message,
    Objective,
    PostKind,
    Priority,
    Team,
    Workspace,
)
from models.database import Database


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_a_second_import_of_the_same_file_changes_nothing(office: Office) -> None:
    office.hire("Ana Lima")
    rows = sheet(
        row("k1", owner="Ana Lima", priority="Safety", lead="Nobody Yet", channel="#hulls", score="0.3"),
        row(
            "k2", "Watch the tide", kind="health", unit="cm", score="not yet", owner="Dee", **{"co-owners": "ana; Dee"}
        ),
        row("k3", "At most 4.50 % of moorings drift", team="Moorings", **{"parent team": "Hulls"}),
    )
    office.imports(rows)
    tables = (AuditEvent, Cycle, KeyResult, KeyResultCoOwner, KeyResultRevision, Objective, Priority, Team)
    before = [office.count(table) for table in tables]
    again = office.imports(rows, now=LATER)
    assert again.changes_nothing
    assert [office.count(table) for table in tables] == before
    assert again.drafts == 2


def test_changed_words_and_targets_need_a_reason_and_become_a_revision(office: Office) -> None:
    ana = office.hire("Ana Lima")
    office.imports(sheet(row("k1", owner="Ana Lima"), row("k2", "Leaks at sea", target="3")))
    changed = sheet(row("k1", "Leaks from 9 to 1", owner="Ana Lima"), row("k2", "Leaks at sea", target="4"), row("k3"))
    with pytest.raises(ImportRefused) as refused:
        office.imports(changed, reason="  ")
    assert refused.value.wants_reason
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [
        (2, "key_result"),
        (2, "target"),
        (3, "target"),
    ]
    assert office.count(KeyResult) == 2
    office.imports(changed, reason="the board asked", now=LATER, importer=Importer(ana, "Ana Lima"))
    first, second = office.revisions("k1")
    assert (first.text, first.target, first.reason) == ("Leaks from 9 to 2", Decimal(2), None)
    assert (second.text, second.target, second.reason) == ("Leaks from 9 to 1", Decimal(1), "the board asked")
    assert (second.author_id, second.created_at) == (ana, LATER)
    assert office.one("k1").revision == 2
    assert [one.target for one in office.revisions("k2")] == [3, 4]
    assert office.imports(changed).changes_nothing


def test_a_start_given_at_a_check_in_survives_the_next_import(office: Office) -> None:
    rows = sheet(row("k1", "40 harbour masters at the open day"))
    office.imports(rows)
    with office.database.write() as session:
        given_at_check_in(session, office.one("k1"), Decimal(12))
    assert office.imports(rows).changes_nothing
    office.imports(sheet(row("k1", "50 harbour masters at the open day")), reason="a larger hall")
    assert [(one.start, one.target) for one in office.revisions("k1")] == [
        (None, Decimal(40)),
        (Decimal(12), Decimal(40)),
        (Decimal(12), Decimal(50)),
    ]


def test_a_target_that_changes_as_its_baseline_is_given_stands_in_the_digest(office: Office) -> None:
    office.imports(sheet(row("k1", "40 harbour masters"), row("k2", "40 harbour masters")))
    changed = sheet(row("k1", "Harbour masters from 12 to 20"), row("k2", "40 harbour masters", start="12"))
    office.imports(changed, reason="we aim lower", now=LATER)
    assert [(one.noted_as, one.number, one.words) for one in noted(office)] == [(NotedAs.CHANGED, 1, "we aim lower")]


def test_what_is_added_in_mid_cycle_has_a_reason_names_what_stops_and_stands_in_the_digest(office: Office) -> None:
    office.imports(sheet(row("k1")))
    office.switch_on()
    more = sheet(row("k1"), row("k2"), row("k3"))
    with pytest.raises(ImportRefused) as refused:
        office.imports(more, now=LATER)
    assert (refused.value.wants_reason, refused.value.wants_stops) == (True, True)
    assert [problem.line for problem in refused.value.problems] == [3, 4]
    assert refused.value.problems[0].message == "“k2” is new in mid-cycle, and that needs a reason."
    with pytest.raises(ImportRefused) as refused:
        office.imports(more, reason="two hulls were bought", stops=" ", now=LATER)
    assert (refused.value.wants_reason, refused.value.wants_stops) == (False, True)
    assert refused.value.problems[0].message == "“k2” is new in mid-cycle: what stops for it?"
    assert office.count(KeyResult) == 1
    office.imports(more, reason="two hulls were bought", stops="the regatta", now=LATER)
    told = [(one.noted_as, one.number, one.words, one.stops) for one in noted(office)]
    assert told == [(NotedAs.ADDED, number, "two hulls were bought", "the regatta") for number in (2, 3)]
    assert office.imports(more, now=LATER).changes_nothing


@pytest.mark.parametrize(("cycle", "is_on"), [("2026 Q4", False), ("2027 Q1", True)])
def test_what_is_added_before_a_team_checks_in_or_its_cycle_begins_is_no_change(
    office: Office, cycle: str, is_on: bool
) -> None:
    office.imports(sheet(row("k0"), row("k1", cycle=cycle)), reason="the first of all")
    if is_on:
        office.switch_on()
    office.imports(sheet(row("k1", cycle=cycle), row("k2", cycle=cycle)), now=LATER)
    assert [one.reason for one in office.all(KeyResultRevision)] == [None, None, None]
    assert noted(office) == ()


def test_what_changes_in_mid_cycle_names_what_stops_and_a_missing_baseline_does_not(office: Office) -> None:
    office.imports(sheet(row("k1"), row("k2", "40 harbour masters")))
    office.switch_on()
    office.imports(sheet(row("k1"), row("k2", "40 harbour masters", start="12")), reason="counted", now=LATER)
    lower = sheet(row("k1", "Leaks from 9 to 3"))
    with pytest.raises(ImportRefused) as refused:
        office.imports(lower, reason="we aim lower", now=LATER)
    assert (refused.value.wants_reason, refused.value.wants_stops) == (False, True)
    assert [one.message for one in refused.value.problems] == ["KR-1 changes in mid-cycle: what stops for it?"]
    office.imports(lower, reason="we aim lower", stops="nothing", now=LATER)
    assert [(one.noted_as, one.words, one.stops) for one in noted(office)] == [
        (NotedAs.CHANGED, "we aim lower", "nothing")
    ]


def noted(office: Office) -> Sequence[Noted]:
    """What the next digest says of the team's key results."""
    with office.database.read() as session:
        team_ids = session.scalars(sa.select(Team.id)).all()
        return digest_noted.noted_since(session, team_ids, NOW, LATER)


def given_at_check_in(session: Session, key_result: KeyResult, start: Decimal) -> None:
    said = session.scalars(sa.select(KeyResultRevision).where(KeyResultRevision.key_result_id == key_result.id)).one()
    session.add(
        KeyResultRevision(
            workspace_id=said.workspace_id,
            key_result_id=said.key_result_id,
            revision=2,
            text=said.text,
            kind=said.kind,
            metric=said.metric,
            unit=said.unit,
            start=start,
            target=said.target,
            value_every_weeks=2,
            reason="the baseline, given at the first check-in",
            created_at=LATER,
        )
    )
    session.get_one(KeyResult, key_result.id).revision = 2


def test_a_revision_keeps_how_often_the_value_is_asked(office: Office) -> None:
    office.imports(sheet(row("k1", "40 harbour masters at the open day")))
    with office.database.write() as session:
        given_at_check_in(session, office.one("k1"), Decimal(12))
    office.imports(sheet(row("k1", "50 harbour masters at the open day")), reason="a larger hall")
    assert [one.value_every_weeks for one in office.revisions("k1")] == [1, 2, 2]


def test_an_import_that_changes_the_measure_forgets_the_old_values(office: Office) -> None:
    office.hire("Ana Lima")
    office.imports(sheet(row("k1", "Activation from 20 to 40 %", owner="Ana Lima")))
    with office.database.write() as session:
        answered(session, office.one("k1"), MONDAY, value="30", score="0.5")
    retargeted = sheet(row("k1", "Activation from 20 to 50 %", owner="Ana Lima"))
    office.imports(retargeted, reason="the board asked", now=LATER)
    assert last_told(office, "k1") == (Decimal(30), Decimal("0.5"))
    other = sheet(row("k1", "Days to first value from 9 to 2 days", owner="Ana Lima"))
    office.imports(other, reason="activation says too little", now=LATER)
    assert last_told(office, "k1") == (None, Decimal("0.5"))


def last_told(office: Office, key: str) -> tuple[Decimal | None, Decimal | None]:
    """The value and the score that the next check-in begins with."""
    key_result_id = office.one(key).id
    with office.database.read() as session:
        (told,) = standing.told(session, [key_result_id], since=MONDAY, until=MONDAY)[key_result_id]
    return told.value, told.score


def test_an_owner_who_is_found_on_a_later_run_promotes_the_draft(office: Office) -> None:
    rows = sheet(row("k1", owner="Ana Lima", lead="Ana Lima"), row("k2", owner="Dee"))
    office.imports(rows)
    assert [(one.state, one.owner_name) for one in office.all(KeyResult)] == [
        (KeyResultState.DRAFT, "Ana Lima"),
        (KeyResultState.DRAFT, "Dee"),
    ]
    ana = office.hire("Ana Lima")
    plan = office.imports(rows)
    assert [one.changes[0].before for one in plan.key_results if one.is_changed] == ["Ana Lima (not found)"]
    first, second = office.all(KeyResult)
    assert (first.state, first.owner_id, first.owner_name) == (KeyResultState.ACTIVE, ana, None)
    assert second.state is KeyResultState.DRAFT
    team = office.all(Team)[0]
    assert (team.lead_id, team.lead_name) == (ana, None)
    assert office.imports(rows).changes_nothing


def test_an_owner_changes_without_a_reason_but_an_unknown_name_takes_nothing_away(office: Office) -> None:
    ana, bo = office.hire("Ana Lima"), office.hire("Bo Ström")
    office.imports(sheet(row("k1", owner="Ana Lima")))
    office.imports(sheet(row("k1", owner="Bo Ström")))
    assert office.one("k1").owner_id == bo != ana
    plan = office.imports(sheet(row("k1", owner="Dee")))
    assert plan.changes_nothing
    assert plan.drafts == 0
    assert "The owner stays who it was." in plan.warnings[0].message
    assert office.imports(sheet(row("k1"))).changes_nothing
    assert office.one("k1").owner_id == bo


def test_who_becomes_the_lead_is_asked_where_an_owner_has_left(office: Office) -> None:
    ana, bo = office.hire("Ana Lima"), office.hire("Bo Ström")
    office.imports(sheet(row("k1", owner="Ana Lima")))
    office.switch_on()
    with office.database.write() as session:
        session.get_one(Member, ana).deactivated_at = NOW
    office.imports(sheet(row("k1", owner="Ana Lima", lead="Bo Ström")), now=LATER)
    assert office.one("k1").owner_id == ana
    with office.database.read() as session:
        assert session.get_one(Member, bo).next_opening_at == datetime(2026, 10, 12, 9, tzinfo=UTC)
        told = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.OWNERLESS)).one()
        assert (told.member_id, told.about_member_id) == (bo, ana)


def test_co_owners_follow_the_file_where_it_names_some(office: Office) -> None:
    ana, bo, cy = (office.hire(name) for name in ("Ana Lima", "Bo Ström", "Cy Twomey"))
    office.imports(sheet(row("k1", owner="Ana Lima", **{"co-owners": "Bo Ström; Ana Lima"})))
    assert [one.member_id for one in office.all(KeyResultCoOwner)] == [bo]
    office.imports(sheet(row("k1", owner="Ana Lima")))
    assert [one.member_id for one in office.all(KeyResultCoOwner)] == [bo]
    office.imports(sheet(row("k1", owner="Bo Ström", **{"co-owners": "Ana Lima; Cy Twomey"})))
    assert sorted(one.member_id for one in office.all(KeyResultCoOwner)) == [ana, cy]


def test_scores_are_kept_as_numbers_or_as_notes(office: Office) -> None:
    office.imports(sheet(row("k1", score="0.7"), row("k2", score="done, mostly"), row("k3")))
    kept = [(one.imported_score, one.imported_note) for one in office.all(KeyResult)]
    assert kept == [(Decimal("0.7"), None), (None, "done, mostly"), (None, None)]
    office.imports(sheet(row("k1"), row("k2", score="1.0"), row("k3", score="0.123456")))
    kept = [(one.imported_score, one.imported_note) for one in office.all(KeyResult)]
    assert kept == [(Decimal("0.7"), None), (Decimal(1), None), (Decimal("0.123456"), None)]


def test_an_objective_with_new_words_stays_the_same_objective(office: Office) -> None:
    office.imports(sheet(row("k1"), row("k2")))
    reworded = sheet(row("k1", objective="Stay afloat"), row("k2", objective="Stay afloat"))
    with pytest.raises(ImportRefused) as refused:
        office.imports(reworded)
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [(2, "objective")]
    office.imports(reworded, reason="plainer")
    assert [objective.title for objective in office.all(Objective)] == ["Stay afloat"]
    assert office.imports(reworded).changes_nothing


def test_a_key_result_that_moves_to_another_objective_needs_a_reason(office: Office) -> None:
    office.imports(sheet(row("k1"), row("k2")))
    moved = sheet(row("k1"), row("k2", objective="Steer well"))
    with pytest.raises(ImportRefused) as refused:
        office.imports(moved)
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [(3, "objective")]
    office.imports(moved, reason="it belongs there")
    first, second = office.all(Objective)
    assert office.one("k1").objective_id == first.id
    assert office.one("k2").objective_id == second.id
    assert office.one("k2").revision == 1


def test_a_key_result_that_moves_to_another_team_needs_a_reason_though_its_objective_keeps_its_words(
    office: Office,
) -> None:
    office.imports(sheet(row("k1"), row("k2")))
    moved = sheet(row("k1"), row("k2", team="Keels"))
    with pytest.raises(ImportRefused) as refused:
        office.imports(moved)
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [(3, "objective")]
    plan = office.imports(moved, reason="the keels are theirs")
    (changed,) = plan.key_results[1].changes
    assert (changed.name, changed.before, changed.after) == ("objective", "Float (Hulls)", "Float (Keels)")
    assert not plan.key_results[0].is_changed
    assert [team_of(office, key) for key in ("k1", "k2")] == ["Hulls", "Keels"]
    assert office.one("k2").revision == 1
    assert office.imports(moved).changes_nothing


def team_of(office: Office, key: str) -> str:
    """The name of the team that holds it."""
    with office.database.read() as session:
        objective = session.get_one(Objective, office.one(key).objective_id)
        return session.get_one(Team, objective.team_id).name


def test_key_results_whose_team_has_another_name_move_to_it_as_a_new_team_and_the_old_one_is_named(
    office: Office,
) -> None:
    office.imports(sheet(row("k1"), row("k2"), row("k3", team="Moorings")))
    renamed = sheet(row("k1", team="Hull crew"), row("k2", team="Hull crew"), row("k3", team="Moorings"))
    plan = office.imports(renamed, reason="the crew chose a name")
    assert [
        (warning.line, warning.column, warning.message) for warning in plan.warnings if "renamed" in str(warning)
    ] == [
        (
            2,
            "team",
            "“Hulls” is in this file no more. Was it renamed? An import cannot tell, so “Hull crew” is a new team.",
        )
    ]
    assert [team_of(office, key) for key in ("k1", "k2", "k3")] == ["Hull crew", "Hull crew", "Moorings"]
    back = sheet(row("k1"), row("k2", team="Hull crew"), row("k3"))
    assert "renamed" not in str(office.imports(back, reason="they belong there").warnings)
    assert [team_of(office, key) for key in ("k1", "k2", "k3")] == ["Hulls", "Hull crew", "Hulls"]


def test_an_id_of_another_cycle_is_a_problem_so_that_history_stays(office: Office) -> None:
    office.imports(sheet(row("k1")))
    with pytest.raises(ImportRefused) as refused:
        office.imports(sheet(row("k1", cycle="2027 Q1")), reason="it goes on")
    (problem,) = refused.value.problems
    assert problem.column == "id"
    assert "KR-1" in problem.message


def test_an_archived_key_result_is_left_as_it_is(office: Office) -> None:
    office.imports(sheet(row("k1")))
    with office.database.write() as session:
        session.get_one(KeyResult, office.one("k1").id).archived_at = NOW
    plan = office.imports(sheet(row("k1", "Leaks from 9 to 0")))
    assert plan.changes_nothing
    assert "archived" in plan.warnings[-1].message
    assert len(office.revisions("k1")) == 1


def test_key_results_that_are_not_in_the_file_are_counted_and_left_alone(office: Office) -> None:
    office.imports(sheet(row("k1"), row("k2"), row("k0", cycle="2026 Q3")))
    plan = office.imports(sheet(row("k1")))
    assert plan.left_alone == 1
    assert office.count(KeyResult) == 3


def test_teams_take_changes_but_an_empty_cell_and_a_default_parent_change_nothing(office: Office) -> None:
    ana = office.hire("Ana Lima")
    office.imports(sheet(row("k1", lead="Ana Lima", channel="#hulls", **{"parent team": "Boatyard"})))
    assert office.imports(sheet(row("k1", level=""))).changes_nothing
    plan = office.imports(sheet(row("k1", level="department", channel="#hull-leads", **{"parent team": "Longfetch"})))
    (changed,) = [team for team in plan.teams.values() if team.is_changed]
    assert {one.name: (one.before, one.after) for one in changed.changes} == {
        "level": ("team", "department"),
        "parent team": ("Boatyard", "Longfetch"),
        "channel": ("#hulls", "#hull-leads"),
    }
    by_name = {team.name: team for team in office.all(Team)}
    assert by_name["Hulls"].parent_id == by_name["Longfetch"].id
    assert (by_name["Hulls"].level, by_name["Hulls"].lead_id) == (Level.DEPARTMENT, ana)
    assert by_name["Boatyard"].level is Level.DEPARTMENT


def test_a_team_that_is_on_keeps_its_channel(office: Office) -> None:
    office.imports(sheet(row("k1", channel="#hulls")))
    with office.database.write() as session:
        team = session.scalars(sa.select(Team).where(Team.name == "Hulls")).one()
        team.switched_on_at, team.channel_id = NOW, "C0HULLS"
    plan = office.imports(sheet(row("k1", channel="#other")))
    assert plan.changes_nothing
    assert [warning.column for warning in plan.warnings if "switched on" in warning.message] == ["channel"]


def test_what_is_due_of_a_key_result_that_moves_to_a_team_that_is_off_is_excused(office: Office) -> None:
    ana = office.hire("Ana Lima")
    k3 = row("k3", objective="Swim", owner="Ana Lima", team="Dock")
    rest = row("k2", "Another from 1 to 3", owner="Ana Lima"), k3
    office.imports(sheet(row("k1", owner="Ana Lima"), *rest))
    with office.database.write() as session:
        session.execute(sa.update(Team).where(Team.name == "Hulls").values(switched_on_at=NOW))
        planning.replan(session, NOW, [ana])
        planning.open_due(session, datetime(2026, 10, 5, 9, tzinfo=UTC), 100)
        prompt = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT)).one()
        prompt.state, prompt.posted_channel, prompt.posted_ts = DeliveryState.SENT, "D1", "1.1"
        before = session.scalars(sa.select(Message.wanted).where(Message.delivery_id == prompt.id)).one()
    noon = datetime(2026, 10, 5, 12, tzinfo=UTC)
    moved = row("k1", objective="Swim", owner="Ana Lima", team="Dock")
    office.imports(sheet(moved, *rest), reason="It is theirs", stops="Another", now=noon)
    with office.database.write() as session:
        planning.close_due(session, noon + timedelta(days=2), 100)
        states = dict(session.execute(sa.select(CheckIn.key_result_id, CheckIn.state)).all())
        assert states == {office.one("k1").id: CheckInState.EXCUSED, office.one("k2").id: CheckInState.MISSED}
        excuses = session.scalars(sa.select(CheckIn.excuse).where(CheckIn.excuse.is_not(None))).all()
        assert excuses == [Excuse.NOTHING_OWED]
        prompt = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT)).one()
        assert session.scalars(sa.select(Message.wanted).where(Message.delivery_id == prompt.id)).one() > before


def test_numbers_go_on_where_they_stopped(office: Office) -> None:
    office.imports(sheet(row("k1"), row("k2")))
    office.imports(sheet(row("k1"), row("k2"), row("k3")))
    assert [one.number for one in office.all(KeyResult)] == [1, 2, 3]
    with office.database.read() as session:
        assert session.get_one(Workspace, office.workspace_id).next_key_result_number == 4
