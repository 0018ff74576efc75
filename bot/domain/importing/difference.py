"""Comparing what a file wants with what a workspace holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from bot.domain.cycles import CycleDates, CycleState, parse_cycle
from bot.domain.importing.assignments import Assignments, Holder, change_of_holder
from bot.domain.importing.columns import Column
from bot.domain.importing.existing import Existing, ExistingTeam
from bot.domain.importing.key_results import KeyResultReader
from bot.domain.importing.limits import over_limit
from bot.domain.importing.people import fold
from bot.domain.importing.plan import (
    ImportPlan,
    PlannedCycle,
    PlannedObjective,
    PlannedPriority,
    PlannedTeam,
    change,
)
from bot.domain.importing.problem import Problem, in_file_order, shown
from bot.domain.importing.rows import Row
from bot.domain.importing.sheet import ObjectiveKey, Sheet, WantedObjective
from bot.domain.importing.teams import WantedTeam
from bot.domain.importing.visibility import split
from bot.domain.organisation import Level


def difference(workspace_id: int, sheet: Sheet, existing: Existing) -> ImportPlan:
    """What importing `sheet` would do to `existing`. An empty cell changes nothing, and nothing is ever removed."""
    assignments = Assignments(existing.people)
    warnings = list(sheet.warnings)
    cycles = _cycles(sheet, existing, warnings)
    warnings += _left_behind(sheet, existing)
    warnings += over_limit(sheet, {key for key, cycle in cycles.items() if cycle.state is CycleState.CLOSED})
    teams = _teams(sheet, existing, assignments, warnings)
    renamed = _renamed(sheet, existing)
    shared = {key: _shared_with(wanted, sheet, existing) for key, wanted in sheet.objectives.items()}
    objectives = {key: _objective(key, sheet, existing, renamed, shared[key][0]) for key in sheet.objectives}
    team_names = {key: _team_name(key, sheet, existing) for key in (*existing.teams, *sheet.teams)}
    reader = KeyResultReader(existing, assignments, renamed, team_names)
    key_results = tuple(planned for wanted in sheet.key_results if (planned := reader.read(wanted)) is not None)
    in_file = {wanted.key for wanted in sheet.key_results}
    problems = [*sheet.problems, *reader.problems, *_loops(sheet, existing)]
    problems += [problem for _, unknown in shared.values() for problem in unknown]
    return ImportPlan(
        workspace_id=workspace_id,
        problems=in_file_order(problems),
        warnings=in_file_order([*warnings, *reader.warnings, *assignments.warnings()]),
        cycles=cycles,
        priorities={key: _priority(key, row, existing) for key, row in sheet.priorities.items()},
        teams=teams,
        objectives=objectives,
        key_results=key_results,
        reasons_wanted=in_file_order([*_reasons_for_titles(objectives), *reader.reasons_wanted]),
        stops_wanted=in_file_order(reader.stops_wanted),
        knows_nobody=existing.people.is_empty,
        left_alone=sum(
            key not in in_file and one.objective[0] in sheet.cycles and not one.archived
            for key, one in existing.key_results.items()
        ),
    )


def _cycles(sheet: Sheet, existing: Existing, warnings: list[Problem]) -> dict[str, PlannedCycle]:
    """Each cycle; one that exists is left as it is, whatever the date: its life is not the file's affair."""
    dates = {key: parse_cycle(row[Column.CYCLE]) for key, row in sheet.cycles.items()}
    running = next((cycle.name for cycle in existing.cycles.values() if cycle.state is CycleState.ACTIVE), None)
    current = {
        key: days
        for key, days in dates.items()
        if days is not None and key not in existing.cycles and days.starts_on <= existing.today <= days.ends_on
    }
    # Of a year and its quarter, the quarter is the one in which people check in.
    shortest = min(current, key=lambda key: current[key].ends_on - current[key].starts_on, default=None)
    active = shortest if running is None else None
    if active is not None:
        running = sheet.cycles[active][Column.CYCLE]
    planned: dict[str, PlannedCycle] = {}
    for key, row in sheet.cycles.items():
        name, days, known = row[Column.CYCLE], dates[key], existing.cycles.get(key)
        if known is not None:
            state = known.state
        elif key == active:
            state = CycleState.ACTIVE
        else:
            state = _state(days, existing)
            warnings += [row.at(Column.CYCLE, message) for message in _about_cycle(name, days, state, running)]
        planned[key] = PlannedCycle(
            known.id if known else None,
            row.line,
            known.name if known else name,
            days.starts_on if days else None,
            days.ends_on if days else None,
            state,
        )
    return planned


def _state(days: CycleDates | None, existing: Existing) -> CycleState:
    over = days is not None and days.ends_on < existing.today
    return CycleState.CLOSED if over else CycleState.PLANNING


def _about_cycle(name: str, days: CycleDates | None, state: CycleState, running: str | None) -> list[str]:
    if days is None:
        way = "it is imported in planning. “2026 Q4” or “2026-10-01..2026-12-31” would tell"
        return [f"{shown(name)} does not tell when this cycle begins and ends, so {way}."]
    if state is CycleState.PLANNING and running is not None:
        return [f"{shown(running)} is the active cycle, and there is one at a time, so {shown(name)} is in planning."]
    return []


def _priority(key: str, row: Row, existing: Existing) -> PlannedPriority:
    known = existing.priorities.get(key)
    return PlannedPriority(known.id if known else None, row.line, known.name if known else row[Column.PRIORITY])


def _teams(
    sheet: Sheet, existing: Existing, assignments: Assignments, warnings: list[Problem]
) -> dict[str, PlannedTeam]:
    planned: dict[str, PlannedTeam] = {}
    for key, wanted in sheet.teams.items():
        known = existing.teams.get(key)
        before = Holder(known.lead_id, known.lead_name) if known else Holder()
        lead = assignments.find(wanted.lead.text, Column.LEAD, wanted.lead.row or wanted.row, before)
        if known is None:
            parent = wanted.parent if wanted.parent in existing.teams or wanted.parent in sheet.teams else ""
            planned[key] = _new_team(wanted, parent, lead)
            if wanted.only_as_parent:
                message = f"No row is about {shown(wanted.name)}; it is taken as a department."
                warnings.append(wanted.row.at(Column.PARENT_TEAM, message))
        else:
            planned[key], more = _known_team(wanted, known, lead, sheet, existing)
            warnings += more
    warnings += _several_companies(planned, existing)
    return planned


def _several_companies(planned: Mapping[str, PlannedTeam], existing: Existing) -> Iterator[Problem]:
    companies = [team.name for team in existing.teams.values() if team.level is Level.COMPANY]
    for team in planned.values():
        if team.is_new and team.level is Level.COMPANY:
            if companies:
                message = f"{shown(team.name)} becomes a company of its own beside {shown(companies[0])}."
                yield Problem(team.line, Column.ORG, message)
            companies.append(team.name)


def _left_behind(sheet: Sheet, existing: Existing) -> Iterator[Problem]:
    """Teams that the file names no more, and whose key results it gives to a team that is new: each once."""
    said: set[str] = set()
    for wanted in sheet.key_results:
        known, new = existing.key_results.get(wanted.key), wanted.objective[1]
        if known is None or known.archived or new in existing.teams:
            continue
        old = known.objective[1]
        if old == new or old in said or old in sheet.teams or old not in existing.teams:
            continue
        said.add(old)
        message = (
            f"{shown(existing.teams[old].name)} is in this file no more. Was it renamed? An import cannot tell, so "
            f"{shown(sheet.teams[new].name)} is a new team."
        )
        yield wanted.row.at(Column.TEAM, message)


def _new_team(wanted: WantedTeam, parent: str, lead: Holder) -> PlannedTeam:
    level = wanted.level or (Level.DEPARTMENT if wanted.only_as_parent else Level.TEAM)
    return PlannedTeam(
        None, wanted.row.line, wanted.name, level, parent, lead.member_id, lead.name, wanted.channel.text or None
    )


def _known_team(
    wanted: WantedTeam, known: ExistingTeam, lead: Holder, sheet: Sheet, existing: Existing
) -> tuple[PlannedTeam, list[Problem]]:
    warnings: list[Problem] = []
    level = wanted.level or known.level
    parent = wanted.parent if wanted.parent_said else known.parent
    channel = wanted.channel.text or known.channel
    if known.is_on and channel != known.channel and wanted.channel.row is not None:
        message = f"{shown(known.name)} is switched on, so an import leaves its channel at {known.channel or 'none'}."
        warnings.append(wanted.channel.row.at(Column.CHANNEL, message))
        channel = known.channel
    changes = (
        *change(Column.LEVEL, known.level.value, level.value),
        *change(Column.PARENT_TEAM, _team_name(known.parent, sheet, existing), _team_name(parent, sheet, existing)),
        *change_of_holder(Column.LEAD, Holder(known.lead_id, known.lead_name), lead, existing.member_names),
        *change(Column.CHANNEL, known.channel, channel),
    )
    planned = PlannedTeam(
        known.id,
        wanted.row.line,
        known.name,
        level,
        parent,
        lead.member_id,
        lead.name,
        channel,
        changes=changes,
    )
    return planned, warnings


def _team_name(key: str, sheet: Sheet, existing: Existing) -> str:
    team = existing.teams.get(key) or sheet.teams.get(key)
    return team.name if team else ""


def _loops(sheet: Sheet, existing: Existing) -> list[Problem]:
    """Teams that would be above themselves."""
    parents = {key: team.parent for key, team in existing.teams.items()}
    for key, wanted in sheet.teams.items():
        if wanted.parent_said or key not in parents:
            parents[key] = wanted.parent
    problems: list[Problem] = []
    for key, wanted in sheet.teams.items():
        above, seen = parents[key], set[str]()
        while above and above not in seen and above != key:
            seen.add(above)
            above = parents.get(above, "")
        if above == key and not wanted.only_as_parent:  # its child says so, on the same line
            message = f"{shown(wanted.name)} would be above itself; please look at the parent teams."
            problems.append(wanted.row.at(Column.PARENT_TEAM, message))
    return problems


def _renamed(sheet: Sheet, existing: Existing) -> dict[ObjectiveKey, ObjectiveKey]:
    """New titles of objectives that exist, by the new key.

    An objective has a new title where all its key results that are in the file stand under one title that is new, in
    the same team and cycle, and no row has the old title any more. Otherwise key results just move.
    """
    moved: dict[ObjectiveKey, set[ObjectiveKey]] = defaultdict(set)
    for wanted in sheet.key_results:
        known = existing.key_results.get(wanted.key)
        if known is not None:
            moved[known.objective].add(wanted.objective)
    renamed: dict[ObjectiveKey, ObjectiveKey] = {}
    for old, now in moved.items():
        if len(now) == 1 and old not in sheet.objectives:
            new = next(iter(now))
            if new[:2] == old[:2] and new not in existing.objectives:
                renamed.setdefault(new, old)
    return renamed


def _objective(
    key: ObjectiveKey,
    sheet: Sheet,
    existing: Existing,
    renamed: Mapping[ObjectiveKey, ObjectiveKey],
    shared_with: frozenset[str],
) -> PlannedObjective:
    """`shared_with`: what the file says; where it says nothing, that stays as it is."""
    wanted = sheet.objectives[key]
    known = existing.objectives.get(renamed.get(key, key))
    priority = fold(wanted.priority)
    if known is None:
        return PlannedObjective(None, wanted.row.line, key, wanted.title, priority, shared_with)
    priority = priority or known.priority
    changes = (
        *change(Column.OBJECTIVE, known.title, wanted.title),
        *change(
            Column.PRIORITY, _priority_name(known.priority, sheet, existing), _priority_name(priority, sheet, existing)
        ),
        *change(
            Column.SHARED_WITH,
            *(
                "; ".join(sorted(_team_name(one, sheet, existing) for one in of))
                for of in (known.shared_with, shared_with or known.shared_with)
            ),
        ),
    )
    return PlannedObjective(known.id, wanted.row.line, key, wanted.title, priority, shared_with, changes=changes)


def _shared_with(wanted: WantedObjective, sheet: Sheet, existing: Existing) -> tuple[frozenset[str], list[Problem]]:
    """The keys of the teams that the file lets share an objective, and those of its names that no team has."""
    said = wanted.shared_with
    names = {fold(name): name for name in split(said.text)}
    unknown = [name for key, name in names.items() if key not in existing.teams and key not in sheet.teams]
    row = said.row or wanted.row
    problems = [row.at(Column.SHARED_WITH, f"There is no team {shown(name)}, here or in the file.") for name in unknown]
    return frozenset(names) - {fold(wanted.team)}, problems


def _priority_name(key: str, sheet: Sheet, existing: Existing) -> str:
    if key in existing.priorities:
        return existing.priorities[key].name
    return sheet.priorities[key][Column.PRIORITY] if key in sheet.priorities else ""


def _reasons_for_titles(objectives: Mapping[ObjectiveKey, PlannedObjective]) -> Iterator[Problem]:
    for objective in objectives.values():
        for changed in objective.changes:
            if changed.name == Column.OBJECTIVE:
                message = f"The objective {shown(changed.before)} has new words, and that needs a reason."
                yield Problem(objective.line, Column.OBJECTIVE, message)
