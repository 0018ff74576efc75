"""What the rows of a file mean together: the cycles, teams, objectives and key results that it wants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.domain.importing.cells import ImportedScore, read_people, read_score
from bot.domain.importing.columns import Column
from bot.domain.importing.people import fold
from bot.domain.importing.problem import Problem, in_file_order
from bot.domain.importing.rows import Row, Rows
from bot.domain.importing.teams import Said, TeamReader, WantedTeam
from bot.domain.importing.terms import Given, read_given

ObjectiveKey = tuple[str, str, str]
"""Cycle, team and title, each folded: names are the same whatever their case."""


@dataclass(frozen=True)
class WantedObjective:
    cycle: str
    team: str
    title: str
    priority: str
    row: Row
    shared_with: Said = field(default_factory=Said)

    @property
    def key(self) -> ObjectiveKey:
        return fold(self.cycle), fold(self.team), fold(self.title)


@dataclass(frozen=True)
class WantedKeyResult:
    """One row of the file. `objective` is the objective's key; `given` is what its own columns say."""

    key: str
    objective: ObjectiveKey
    text: str
    given: Given
    owner: str
    co_owners: tuple[str, ...]
    score: ImportedScore
    row: Row


@dataclass(frozen=True)
class Sheet:
    """A file's content, each thing once, in the order in which the file first names it.

    `cycles` and `priorities` map a folded name to the row that first names it; `teams` a folded name to the team.
    `problems` are those of the rows and of their cells; a row with a cell that is empty or makes no sense is not among
    `key_results`.
    """

    cycles: dict[str, Row]
    priorities: dict[str, Row]
    teams: dict[str, WantedTeam]
    objectives: dict[ObjectiveKey, WantedObjective]
    key_results: tuple[WantedKeyResult, ...]
    warnings: tuple[Problem, ...]
    problems: tuple[Problem, ...] = ()


def read_sheet(rows: Rows, *, company: str) -> Sheet:
    """What `rows` mean, with all their problems at once.

    `company` names the company where the file does not (its `org` column is absent or empty).
    """
    problems = list(rows.problems)
    teams = TeamReader(rows.rows, company)
    cycles: dict[str, Row] = {}
    priorities: dict[str, Row] = {}
    objectives: dict[ObjectiveKey, WantedObjective] = {}
    key_results: list[WantedKeyResult] = []
    warnings: list[Problem] = []
    for row in rows.rows:
        given, unreadable = read_given(row)
        problems.extend(unreadable)
        cycles.setdefault(fold(row[Column.CYCLE]), row)
        if row[Column.PRIORITY]:
            priorities.setdefault(fold(row[Column.PRIORITY]), row)
        objective = WantedObjective(
            row[Column.CYCLE], teams.read(row), row[Column.OBJECTIVE], row[Column.PRIORITY], row
        )
        first = objectives.setdefault(objective.key, objective)
        warnings.extend(_other_priority(first, row))
        objectives[objective.key], disputed = _shared(first, row)
        warnings.extend(disputed)
        if unreadable or not row.is_whole:
            continue
        key_results.append(
            WantedKeyResult(
                key=row[Column.ID],
                objective=objective.key,
                text=row[Column.KEY_RESULT],
                given=given,
                owner=row[Column.OWNER],
                co_owners=read_people(row[Column.CO_OWNERS]),
                score=read_score(row[Column.SCORE]),
                row=row,
            )
        )
    return Sheet(
        cycles=cycles,
        priorities=priorities,
        teams=teams.teams(),
        objectives=objectives,
        key_results=tuple(key_results),
        warnings=in_file_order([*rows.warnings, *teams.warnings(), *warnings]),
        problems=in_file_order(problems),
    )


def _shared(first: WantedObjective, row: Row) -> tuple[WantedObjective, list[Problem]]:
    """The objective with what the row says about who shares it: the first cell that says something counts."""
    said, before = row[Column.SHARED_WITH], first.shared_with
    if not said or said == before.text:
        return first, []
    if before.row is None:
        return replace(first, shared_with=Said(said, row)), []
    message = f"The same objective is shared with others on line {before.row.line}; that one counts."
    return first, [row.at(Column.SHARED_WITH, message)]


def _other_priority(first: WantedObjective, row: Row) -> Iterable[Problem]:
    said = row[Column.PRIORITY]
    if said and fold(said) != fold(first.priority):
        yield row.at(
            Column.PRIORITY,
            f"The same objective has another priority, or none, on line {first.row.line}; that one counts.",
        )
