"""The columns of an import file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from bot.domain.importing.problem import Problem, shown
from bot.domain.units import MAX_UNIT_LENGTH


class Column(StrEnum):
    """A column under the name that documentation and messages use."""

    ID = "id"
    ORG = "org"
    CYCLE = "cycle"
    LEVEL = "level"
    TEAM = "team"
    OBJECTIVE = "objective"
    KEY_RESULT = "key_result"
    OWNER = "owner"
    SCORE = "score"
    SOURCE = "source"
    LICENSE = "license"
    PRIORITY = "priority"
    PARENT_TEAM = "parent team"
    LEAD = "lead"
    CHANNEL = "channel"
    KIND = "kind"
    METRIC = "metric"
    UNIT = "unit"
    START = "start"
    TARGET = "target"
    DUE = "due"
    CO_OWNERS = "co-owners"
    VISIBLE_TO = "visible to"
    SHARED_WITH = "shared with"


# Without these a row says nothing that could be asked about; everything else may be left out.
REQUIRED = (Column.ID, Column.CYCLE, Column.OBJECTIVE, Column.KEY_RESULT)

_NAME_LENGTH = 200
# The longest text a cell may hold, in code points. Names fit Slack's fields; a key result of a thousand characters is
# an essay, but people write them.
MAX_LENGTH: Mapping[Column, int] = MappingProxyType(
    dict.fromkeys(Column, _NAME_LENGTH)
    | {
        Column.ID: 100,
        Column.OBJECTIVE: 500,
        Column.KEY_RESULT: 1_000,
        Column.CO_OWNERS: 1_000,
        Column.VISIBLE_TO: 2_000,
        Column.SHARED_WITH: 2_000,
        Column.SCORE: 2_000,
        Column.SOURCE: 500,
        Column.UNIT: MAX_UNIT_LENGTH,
    }
)


@dataclass(frozen=True)
class Header:
    """Which position holds which column; positions of unknown columns are left out."""

    width: int
    positions: Mapping[Column, int]


def read_header(names: Sequence[str], line: int) -> tuple[Header, list[Problem], list[Problem]]:
    """The header with its problems (missing or repeated columns) and warnings (unknown columns).

    Case, spaces, hyphens and underscores make no difference: "Key Result" is `key_result`.
    """
    problems: list[Problem] = []
    warnings: list[Problem] = []
    positions: dict[Column, int] = {}
    for position, name in enumerate(names):
        column = _BY_NAME.get(_plain(name))
        if column is None:
            # Spreadsheets like to end a header with columns that have no name and no content.
            if name.strip():
                warnings.append(Problem(line, name.strip(), "Okra knows no such column and leaves it out."))
        elif column in positions:
            problems.append(Problem(line, column, "This column stands there twice; please remove one of them."))
        else:
            positions[column] = position
    missing = [column for column in REQUIRED if column not in positions]
    if missing:
        problems.append(Problem(line, "", _missing(names, missing)))
    return Header(len(names), MappingProxyType(positions)), problems, warnings


def _missing(names: Sequence[str], missing: Sequence[Column]) -> str:
    if len(names) == 1:
        for sign, word in ((";", "semicolons"), ("\t", "tabs")):
            if sign in names[0]:
                return f"The columns are separated by {word}; please save the file with commas (CSV)."
    wanted = ", ".join(missing)
    found = ", ".join(shown(name.strip()) for name in names if name.strip()) or "nothing"
    verb = "is" if len(missing) == 1 else "are"
    return f"The first line has to name the columns, and {wanted} {verb} missing. It has {found}."


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


_BY_NAME = {_plain(column): column for column in Column}
