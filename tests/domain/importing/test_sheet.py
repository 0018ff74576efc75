"""What rows mean together: teams and their levels, several organisations, limits."""

import pytest

from bot.domain.importing.limits import over_limit
from bot.domain.importing.problem import Problem
from bot.domain.importing.rows import Rows, read_rows
from bot.domain.importing.sheet import Sheet, read_sheet
from bot.domain.organisation import Level

HEADER = "id,org,cycle,level,team,objective,key_result,parent team,lead,channel,priority,target\n"


def sheet_of(*lines: str, company: str = "Okra") -> Sheet:
    sheet = read_sheet(rows_of(*lines), company=company)
    assert sheet.problems == ()
    return sheet


def rows_of(*lines: str) -> Rows:
    return read_rows(HEADER + "\n".join(line + "," * (11 - line.count(",")) for line in lines) + "\n")


def warnings_of(sheet: Sheet) -> list[tuple[int, str]]:
    return [(warning.line, warning.column) for warning in sheet.warnings]


def test_an_empty_team_is_the_company_which_is_called_as_its_org() -> None:
    sheet = sheet_of("a,Longfetch,2026 Q4,company,,O,K", "b,,2026 Q4,,,O,L")
    (team,) = sheet.teams.values()
    assert (team.name, team.level, team.parent) == ("Longfetch", Level.COMPANY, "")
    assert len(sheet.objectives) == 1
    assert sheet.warnings == ()


def test_without_any_org_the_company_is_called_as_the_workspace() -> None:
    sheet = sheet_of("a,,2026 Q4,company,,O,K", company="Saltmarsh")
    assert [team.name for team in sheet.teams.values()] == ["Saltmarsh"]


def test_a_heading_at_the_company_level_is_read_as_the_company_and_said_once() -> None:
    sheet = sheet_of(
        "a,Longfetch,2026 Q4,company,Board,O,K",
        "b,Longfetch,2026 Q4,company,Board,O,L",
        "c,Longfetch,2026 Q4,team,Hulls,P,M,Board",
    )
    assert [team.name for team in sheet.teams.values()] == ["Longfetch", "Hulls"]
    assert sheet.teams["hulls"].parent == "longfetch"
    assert warnings_of(sheet) == [(2, "team")]


def test_a_team_row_without_a_team_is_the_companys_with_one_warning_for_all() -> None:
    sheet = sheet_of("a,Longfetch,2026 Q4,team,,O,K", "b,Longfetch,2026 Q4,team,,O,L")
    assert list(sheet.teams) == ["longfetch"]
    assert sheet.teams["longfetch"].level is Level.COMPANY
    assert warnings_of(sheet) == [(2, "team")]


def test_an_unknown_level_is_a_team_with_one_warning_for_all() -> None:
    sheet = sheet_of("a,X,2026 Q4,squad,Hulls,O,K", "b,X,2026 Q4,squad,Keels,O,L")
    assert {sheet.teams[name].level for name in ("hulls", "keels")} == {Level.TEAM}
    assert warnings_of(sheet) == [(2, "level")]
    assert "2 rows" in sheet.warnings[0].message


def test_a_team_with_two_levels_keeps_the_first() -> None:
    sheet = sheet_of(
        "a,X,2026 Q4,,Hulls,O,K",
        "b,X,2026 Q4,department,Hulls,O,L",
        "c,X,2026 Q4,team,hulls,O,M",
        "d,X,2026 Q4,team,Hulls,O,N",
    )
    assert sheet.teams["hulls"].level is Level.DEPARTMENT
    assert warnings_of(sheet) == [(4, "level")]
    assert "line 3" in sheet.warnings[0].message


def test_lead_and_channel_are_taken_from_the_first_row_that_says_them() -> None:
    sheet = sheet_of(
        "a,X,2026 Q4,team,Hulls,O,K",
        "b,X,2026 Q4,team,Hulls,O,L,,Ana,#hulls",
        "c,X,2026 Q4,team,Hulls,O,M,,ANA,#other",
    )
    team = sheet.teams["hulls"]
    assert (team.lead.text, team.channel.text) == ("Ana", "#hulls")
    assert warnings_of(sheet) == [(4, "channel")]


def test_a_parent_that_no_row_is_about_becomes_a_team_of_its_own() -> None:
    sheet = sheet_of("a,X,2026 Q4,team,Hulls,O,K,Boatyard")
    assert sheet.teams["hulls"].parent == "boatyard"
    boatyard = sheet.teams["boatyard"]
    assert (boatyard.name, boatyard.only_as_parent, boatyard.parent) == ("Boatyard", True, "x")


def test_organisations_in_one_file_keep_their_teams_apart() -> None:
    sheet = sheet_of(
        "a,North,2026 Q4,team,Sales,O,K",
        "b,South,2026 Q4,department,Sales,O,L",
        "c,South,2026 Q4,team,Ports,O,M,Sales",
    )
    assert [team.name for team in sheet.teams.values()] == [
        "Sales",
        "Sales (South)",
        "Ports",
        "North",
        "South",
    ]
    assert (sheet.teams["sales"].parent, sheet.teams["sales (south)"].parent) == ("north", "south")
    assert sheet.teams["sales (south)"].level is Level.DEPARTMENT
    assert sheet.teams["ports"].parent == "sales (south)"
    assert warnings_of(sheet) == [(3, "team")]


def test_a_team_called_like_another_organisation_gets_a_name_of_its_own() -> None:
    sheet = sheet_of("a,North,2026 Q4,company,,O,K", "b,South,2026 Q4,team,North,O,L")
    assert [team.name for team in sheet.teams.values()] == ["North", "North (South)", "South"]


def test_the_same_objective_has_one_priority() -> None:
    sheet = sheet_of(
        "a,X,2026 Q4,team,Hulls,Float,K,,,,Safety",
        "b,X,2026 Q4,team,Hulls,float,L,,,,",
        "c,X,2026 Q4,team,Hulls,Float,M,,,,Speed",
    )
    (objective,) = sheet.objectives.values()
    assert objective.priority == "Safety"
    assert warnings_of(sheet) == [(4, "priority")]


def test_unreadable_cells_of_all_rows_are_listed_at_once() -> None:
    found = read_sheet(rows_of("a,X,2026 Q4,,T,O,K,,,,,many", "b,X,2026 Q4,,T,O,L,,,,,more"), company="X")
    assert [(problem.line, problem.column) for problem in found.problems] == [(2, "target"), (3, "target")]


@pytest.mark.parametrize(("level", "most"), [("company", 3), ("department", 5), ("team", 3)])
def test_a_team_over_the_limit_of_its_level_is_named(level: str, most: int) -> None:
    def warned(number: int) -> list[Problem]:
        team = "" if level == "company" else "Hulls"
        lines = [f"r{n},X,2026 Q4,{level},{team},Objective {n},K" for n in range(number)]
        return list(over_limit(sheet_of(*lines, "z,X,2027 Q1,team,Hulls,Another cycle,K")))

    assert warned(most) == []
    (warning,) = warned(most + 1)
    assert (warning.line, warning.column) == (2, "objective")
    assert f"{most + 1} objectives" in warning.message


def test_an_objective_with_a_fourth_key_result_is_named() -> None:
    lines = [f"r{n},X,2026 Q4,team,Hulls,Float,K{n}" for n in range(4)]
    assert list(over_limit(sheet_of(*lines[:3]))) == []
    (warning,) = over_limit(sheet_of(*lines))
    assert "4 key results" in warning.message
