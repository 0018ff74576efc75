"""The difference between a file and what is there, without a database."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.cycles import CycleState
from bot.domain.importing.difference import difference
from bot.domain.importing.existing import Existing, ExistingCycle, ExistingKeyResult, ExistingTeam
from bot.domain.importing.people import Candidate, People
from bot.domain.importing.plan import ImportPlan
from bot.domain.importing.rows import read_rows
from bot.domain.importing.sheet import read_sheet
from bot.domain.importing.terms import Terms
from bot.domain.kinds import Kind
from bot.domain.organisation import Level

HEADER = "id,cycle,level,team,objective,key_result,owner,parent team,lead,due"
EMPTY = Existing(date(2026, 10, 1), {}, {}, {}, {}, {}, People([]), {})
ANA = Candidate(1, "U0ANA", "Ana Lima", "ana", "ana@longfetch.example")
BO = Candidate(2, "U0BO", "Bo Ström", "bo", "bo@longfetch.example")
BO_TOO = Candidate(3, "U0BOTOO", "Bo Ström", "bo2", None)
GONE = Candidate(4, "U0GONE", "Cy Twomey", "cy", None, takes_part=False)
STAFFED = replace(EMPTY, people=People([ANA, BO, BO_TOO, GONE]), member_names={1: "Ana Lima"})


def plan_of(*lines: str, existing: Existing = STAFFED) -> ImportPlan:
    rows = read_rows("\n".join([HEADER, *(line + "," * (9 - line.count(",")) for line in lines)]))
    return difference(1, read_sheet(rows, company="Longfetch"), existing)


def existing_key_result(key: str) -> Existing:
    known = ExistingKeyResult(
        id=1,
        number=1,
        objective=("2026 q4", "longfetch", "o"),
        text="K",
        terms=Terms(Kind.MILESTONE),
        owner_id=None,
        owner_name=None,
        co_owner_ids=frozenset(),
        is_draft=True,
        score=None,
        note=None,
    )
    return replace(STAFFED, key_results={key: known})


def states(plan: ImportPlan) -> dict[str, str]:
    return {cycle.name: cycle.state.value for cycle in plan.cycles.values()}


def messages(plan: ImportPlan) -> str:
    return "\n".join(f"{warning.line} {warning.column}: {warning.message}" for warning in plan.warnings)


def test_cycles_are_closed_active_or_planned_by_the_day_of_the_import() -> None:
    plan = plan_of("a,2026 Q3,,,O,K,Ana Lima", "b,2026 Q4,,,O,K,Ana Lima", "c,2027 Q1,,,O,K,Ana Lima")
    assert states(plan) == {"2026 Q3": "closed", "2026 Q4": "active", "2027 Q1": "planning"}


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 9, 30), "planning"),
        (date(2026, 10, 1), "active"),
        (date(2026, 12, 31), "active"),
        (date(2027, 1, 1), "closed"),
    ],
)
def test_both_days_of_a_cycle_are_inside_it(today: date, state: str) -> None:
    assert states(plan_of("a,2026 Q4,,,O,K", existing=replace(STAFFED, today=today))) == {"2026 Q4": state}


def test_of_a_year_and_its_quarter_the_quarter_is_active_and_the_year_is_said_to_wait() -> None:
    plan = plan_of("a,2026,,,O,K,ana", "b,2026 Q4,,,O,K,ana")
    assert states(plan) == {"2026": "planning", "2026 Q4": "active"}
    assert "2 cycle: “2026 Q4” is the active cycle" in messages(plan)


def test_a_cycle_that_is_active_already_stays_the_only_one() -> None:
    running = {"q4": ExistingCycle(9, "Q4", CycleState.ACTIVE)}
    plan = plan_of("a,2026 Q4,,,O,K,ana", existing=replace(STAFFED, cycles=running))
    assert states(plan) == {"2026 Q4": "planning"}
    assert "“Q4” is the active cycle" in messages(plan)


def test_a_cycle_whose_name_tells_no_days_is_planned_with_a_warning() -> None:
    plan = plan_of("a,The long winter,,,O,K,ana")
    assert states(plan) == {"The long winter": "planning"}
    assert "2 cycle: “The long winter” does not tell" in messages(plan)


def test_a_cycle_that_exists_is_left_as_it_is_though_its_time_is_over() -> None:
    known = {"2026 q3": ExistingCycle(9, "2026 Q3", CycleState.CLOSING)}
    plan = plan_of("a,2026 Q3,,,O,K,ana", existing=replace(STAFFED, cycles=known))
    assert states(plan) == {"2026 Q3": "closing"}
    assert not plan.cycles["2026 q3"].is_changed


def test_each_unknown_owner_is_said_once_with_the_number_of_drafts() -> None:
    plan = plan_of("a,2026 Q4,,,O,K,Dee", "b,2026 Q4,,,O,L,Dee", "c,2026 Q4,,,O,M,", "d,2026 Q4,,,O,N,ana")
    assert [key_result.is_draft for key_result in plan.key_results] == [True, True, True, False]
    assert [key_result.owner_name for key_result in plan.key_results] == ["Dee", "Dee", None, None]
    assert plan.drafts == 3
    assert (
        "2 owner: “Dee” is nobody that Okra knows in this workspace. Until then, 2 key results stay drafts."
        in messages(plan)
    )
    assert "4 owner: 1 key result has no owner and stays a draft" in messages(plan)


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        ("Bo Ström", "could be any of bo@longfetch.example, U0BOTOO"),
        ("Cy Twomey", "is a guest or has left"),
        ("Ana & Bo", "reads like several people"),
    ],
)
def test_an_owner_who_is_not_one_certain_person_says_why(owner: str, words: str) -> None:
    plan = plan_of(f"a,2026 Q4,,,O,K,{owner}")
    assert plan.drafts == 1
    assert words in messages(plan)


def test_before_slack_is_connected_all_unknown_people_are_one_warning() -> None:
    plan = plan_of("z,2026 Q4,team,Hulls,O,K,,,Cy", "a,2026 Q4,,,O,K,Ana", "b,2026 Q4,,,O,L,Bo", existing=EMPTY)
    unowned, unknown = plan.warnings
    assert (unowned.line, unowned.column) == (2, "owner")
    assert (unknown.line, unknown.column) == (3, "owner")
    assert unknown.message.startswith("Okra knows nobody in this workspace yet, so every key result stays a draft.")
    assert plan.knows_nobody
    only_leads = plan_of("z,2026 Q4,team,Hulls,O,K,,,Cy", existing=EMPTY)
    assert "2 lead: Okra knows nobody in this workspace yet, so nobody who is named here" in messages(only_leads)


def test_it_is_too_late_to_choose_in_a_cycle_that_is_over() -> None:
    def named(cycle: str) -> int:
        lines = [f"k{n},{cycle},team,Hulls,O{n},K,ana" for n in range(4)]
        lines += [f"m{n},{cycle},team,Hulls,O0,K{n},ana" for n in range(3)]
        return len(plan_of(*lines).warnings)

    assert named("2026 Q4") == 2
    assert named("2026 Q3") == 0


def test_drafts_of_cycles_that_are_over_are_counted_apart() -> None:
    plan = plan_of("a,2026 Q3,,,O,K,", "b,2026 Q4,,,O,K,", "c,2026 Q3,,,O,L,ana")
    assert (plan.drafts, plan.drafts_over, plan.can_be_asked) == (2, 1, False)
    assert plan_of("a,2026 Q4,,,O,K,ana").can_be_asked


def test_an_unknown_lead_is_kept_by_name_with_a_warning() -> None:
    plan = plan_of("a,2026 Q4,team,Hulls,O,K,ana,,Dee")
    assert (plan.teams["hulls"].lead_id, plan.teams["hulls"].lead_name) == (None, "Dee")
    assert "2 lead: “Dee” is nobody" in messages(plan)


def test_teams_that_would_be_above_themselves_are_problems() -> None:
    plan = plan_of("a,2026 Q4,team,Hulls,O,K,ana,Keels", "b,2026 Q4,team,Keels,O,K,ana,Hulls")
    assert [(problem.line, problem.column) for problem in plan.problems] == [(2, "parent team"), (3, "parent team")]
    assert plan_of("a,2026 Q4,team,Hulls,O,K,ana,Hulls").problems


def test_a_loop_through_a_team_that_exists_is_found_too() -> None:
    keels = ExistingTeam(5, "Keels", Level.TEAM, "hulls", None, None, None, is_on=False)
    plan = plan_of("a,2026 Q4,team,Hulls,O,K,ana,Keels", existing=replace(STAFFED, teams={"keels": keels}))
    assert [problem.column for problem in plan.problems] == ["parent team"]


def test_a_second_company_is_said() -> None:
    known = ExistingTeam(5, "Saltmarsh", Level.COMPANY, "", None, None, None, is_on=False)
    plan = plan_of("a,2026 Q4,,,O,K,ana", existing=replace(STAFFED, teams={"saltmarsh": known}))
    assert "“Longfetch” becomes a company of its own beside “Saltmarsh”" in messages(plan)


def test_a_due_day_outside_its_cycle_is_a_warning() -> None:
    plan = plan_of("a,2026 Q4,,,O,K,ana,,,2027-01-15", "b,2026 Q4,,,O,L,ana,,,2026-12-31")
    assert [(warning.line, warning.column) for warning in plan.warnings] == [(2, "due")]


def test_columns_that_do_not_fit_together_are_problems_of_the_plan() -> None:
    rows = read_rows("id,cycle,objective,key_result,kind\na,2026 Q4,O,No number here,increase\n")
    (problem,) = difference(1, read_sheet(rows, company="X"), STAFFED).problems
    assert (problem.line, problem.column) == (2, "target")


def test_what_is_wrong_with_rows_cells_definitions_and_teams_is_told_in_one_go() -> None:
    lines = (
        "id,cycle,team,parent team,objective,key_result,kind,start,target,due",
        "a,2026 Q4,,,O,Leaks,,1 or 2,,",
        "a,2026 Q4,,,O,Leaks,,,lots,",
        "b,2026 Q4,,,O,,bigger,,,",
        "c,2026 Q4,,,O,Leaks,increase,,,31/12/2026",
        "d,2026 Q4,,,O,No number here,increase,,,",
        "e,2026 Q4,Hulls,Hulls,O,Leaks",
        "f,2026 Q4,Hulls,Hulls,O,Leaks,,,,",
        "a,2026 Q4,,,O,No number here,decrease,,,",
        'g,2026 Q4,,,O,"never closed',
    )
    plan = difference(1, read_sheet(read_rows("\n".join(lines)), company="X"), STAFFED)
    assert [(problem.line, problem.column) for problem in plan.problems] == [
        (2, "start"),
        (3, "id"),
        (3, "target"),
        (4, "key_result"),
        (4, "kind"),
        (5, "due"),
        (6, "target"),
        (7, ""),
        (8, "parent team"),
        (9, "id"),
        (9, "target"),
        (10, ""),
    ]


def test_a_row_without_its_cycle_is_not_taken_for_one_of_another_cycle() -> None:
    known = existing_key_result("a")
    plan = plan_of("a,,,,O,K", existing=known)
    assert [(problem.line, problem.column) for problem in plan.problems] == [(2, "cycle")]
