"""Teams as rows describe them: which team a row belongs to, and what the rows say about its level, parent and lead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.domain.importing.cells import read_level
from bot.domain.importing.columns import Column
from bot.domain.importing.people import fold
from bot.domain.importing.problem import Problem, counted, in_file_order, shown
from bot.domain.importing.rows import Row
from bot.domain.organisation import Level


@dataclass(frozen=True)
class Said:
    """A cell that says something: the first one counts. Empty where no row says anything."""

    text: str = ""
    row: Row | None = None


@dataclass(frozen=True)
class WantedTeam:
    """A team of the file. `level` is None where the file does not say one; `parent` is folded, "" for none.

    `parent_said` tells whether a column named the parent; otherwise it is the company by default, which moves no team
    that exists already. `row` first names the team; where no row is about it and it is only named as a parent,
    `only_as_parent` holds.
    """

    name: str
    level: Level | None
    parent: str
    parent_said: bool
    lead: Said
    channel: Said
    row: Row
    only_as_parent: bool = False


@dataclass
class _Draft:
    name: str
    row: Row
    company: str
    level_row: Row
    level: Level | None = None
    level_disputed: bool = False
    said: dict[Column, Said] = field(default_factory=dict)


class TeamReader:
    """Reads the rows' team columns one after another. Several organisations in one file stay apart."""

    def __init__(self, rows: Iterable[Row], company: str) -> None:
        self._companies = _companies(rows, company)
        self._drafts: dict[str, _Draft] = {}
        self._warnings: list[Problem] = []
        self._unknown_levels: dict[str, list[Row]] = {}
        self._without_team: dict[tuple[str, str], list[Row]] = {}
        # Names that mean the company beside its own, by (company, folded name).
        self._aliases: dict[tuple[str, str], Row] = {}
        self._names: dict[tuple[str, str], str] = {}

    def read(self, row: Row) -> str:
        """The name of the row's team, exactly as all rows of that team get it."""
        company, said = self._companies[row[Column.ORG]], row[Column.TEAM]
        level = read_level(row[Column.LEVEL])
        if row[Column.LEVEL] and level is None and said:
            self._unknown_levels.setdefault(row[Column.LEVEL], []).append(row)
        if not said or fold(said) == fold(company) or level is Level.COMPANY:
            self._read_company(row, company, said, level)
            return company
        name = self._name(row, company, said)
        draft = self._drafts.setdefault(fold(name), _Draft(name, row, company, row))
        self._say_level(draft, row, level or (Level.TEAM if row[Column.LEVEL] else None))
        for column in (Column.PARENT_TEAM, Column.LEAD, Column.CHANNEL):
            self._say(draft, column, row)
        return name

    def teams(self) -> dict[str, WantedTeam]:
        """All teams, by folded name. Those that are only named, as a parent or as the organisation, come last."""
        teams = {key: self._wanted(draft) for key, draft in self._drafts.items()}
        for draft in self._drafts.values():
            said = draft.said.get(Column.PARENT_TEAM)
            key = teams[fold(draft.name)].parent
            if said is not None and said.row is not None and key not in teams and key != fold(draft.company):
                teams[key] = WantedTeam(
                    said.text, None, fold(draft.company), False, Said(), Said(), said.row, only_as_parent=True
                )
        for draft in self._drafts.values():
            key, wanted = fold(draft.company), teams[fold(draft.name)]
            # a company that nothing in the file names is not made up
            if key not in teams and (draft.row[Column.ORG] or (wanted.parent_said and wanted.parent == key)):
                teams[key] = WantedTeam(draft.company, Level.COMPANY, "", False, Said(), Said(), draft.row)
        return teams

    def warnings(self) -> tuple[Problem, ...]:
        """Everything about teams that somebody should know, in the file's order."""
        more = [
            rows[0].at(Column.LEVEL, f"{shown(level)} is no level, so this is taken as a team ({_rows(rows)}).")
            for level, rows in self._unknown_levels.items()
        ]
        more += [
            rows[0].at(
                Column.TEAM, f"No team is named here, so this is the company's, {shown(company)} ({_rows(rows)})."
            )
            for (company, _), rows in self._without_team.items()
        ]
        more += [
            row.at(
                Column.TEAM, f"{shown(row[Column.TEAM])} stands at the company's level and is read as {shown(company)}."
            )
            for (company, _), row in self._aliases.items()
        ]
        return in_file_order([*self._warnings, *more])

    def _read_company(self, row: Row, company: str, said: str, level: Level | None) -> None:
        if said and fold(said) != fold(company):
            self._aliases.setdefault((company, fold(said)), row)
        elif not said and level is not Level.COMPANY and row[Column.LEVEL]:
            self._without_team.setdefault((company, row[Column.LEVEL]), []).append(row)
        draft = self._drafts.setdefault(fold(company), _Draft(company, row, company, row, Level.COMPANY))
        for column in (Column.LEAD, Column.CHANNEL):
            self._say(draft, column, row)

    def _name(self, row: Row, company: str, said: str) -> str:
        """The team's name in the workspace, where names are unique: a second organisation's namesake gets its own."""
        known = self._names.get((company, fold(said)))
        if known is not None:
            return known
        taken = self._drafts.get(fold(said))
        # A company may bear the same name as another organisation's team.
        if taken is None and fold(said) not in {fold(other) for other in self._companies.values()}:
            name = said
        else:
            name = f"{said} ({company})"
            message = f"Another organisation has a {shown(said)} too; this one becomes {shown(name)}."
            self._warnings.append(row.at(Column.TEAM, message))
        self._names[(company, fold(said))] = name
        return name

    def _say_level(self, draft: _Draft, row: Row, level: Level | None) -> None:
        if level is None:
            return
        if draft.level is None:
            draft.level, draft.level_row = level, row
        elif draft.level is not level and not draft.level_disputed:
            draft.level_disputed = True
            counts = draft.level.value
            message = (
                f"{shown(draft.name)} is a {level.value} here and a {counts} on line {draft.level_row.line}; "
                f"{counts} counts."
            )
            self._warnings.append(row.at(Column.LEVEL, message))

    def _say(self, draft: _Draft, column: Column, row: Row) -> None:
        if not row[column]:
            return
        first = draft.said.setdefault(column, Said(row[column], row))
        if fold(first.text) != fold(row[column]) and first.row is not None:
            message = f"{shown(draft.name)} has another {column} on line {first.row.line}; that one counts."
            self._warnings.append(row.at(column, message))

    def _wanted(self, draft: _Draft) -> WantedTeam:
        parent = draft.said.get(Column.PARENT_TEAM, Said())
        return WantedTeam(
            name=draft.name,
            level=draft.level,
            parent=self._parent(draft, parent.text),
            parent_said=bool(parent.text),
            lead=draft.said.get(Column.LEAD, Said()),
            channel=draft.said.get(Column.CHANNEL, Said()),
            row=draft.row,
        )

    def _parent(self, draft: _Draft, said: str) -> str:
        if draft.level is Level.COMPANY:
            return ""
        if not said or (draft.company, fold(said)) in self._aliases:
            return fold(draft.company)
        return fold(self._names.get((draft.company, fold(said)), said))


def _companies(rows: Iterable[Row], company: str) -> dict[str, str]:
    """The company's name for each `org` cell. One spelling each; an empty cell means the file's only organisation."""
    spelled: dict[str, str] = {}
    for row in rows:
        if row[Column.ORG]:
            spelled.setdefault(fold(row[Column.ORG]), row[Column.ORG])
    only = next(iter(spelled.values())) if len(spelled) == 1 else company
    return {"": only} | {row[Column.ORG]: spelled[fold(row[Column.ORG])] for row in rows if row[Column.ORG]}


def _rows(rows: list[Row]) -> str:
    return counted(len(rows), "row")
