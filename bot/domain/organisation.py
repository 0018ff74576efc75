"""The words for where an objective stands (level, horizon, who may see it), and how many of each do well."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Level(enum.Enum):
    COMPANY = "company"
    DEPARTMENT = "department"
    TEAM = "team"


@dataclass(frozen=True)
class Range:
    """How many do well, both inside."""

    least: int
    most: int


OBJECTIVES: Mapping[Level, Range] = {
    Level.COMPANY: Range(2, 3),
    Level.DEPARTMENT: Range(3, 5),
    Level.TEAM: Range(2, 3),
}
"""How many objectives of one cycle each level does well with."""

KEY_RESULTS = 3
"""How many key results an objective does well with, at most."""


class Horizon(enum.Enum):
    CYCLE = "cycle"
    YEAR = "year"


class Visibility(enum.Enum):
    """Who sees an objective or key result beside its owner, co-owners, leads above and (settings only) admins.

    From wide to narrow: the later one holds where two meet.
    """

    WORKSPACE = "workspace"
    TEAM = "team"
    NAMED = "named"


MOST_NAMED = 30
"""As many people can be named who may see one thing."""


@dataclass(frozen=True)
class Limit:
    """Whom something is limited to. `member_ids` are named beside the team, or alone; nobody where all see it."""

    visibility: Visibility
    member_ids: frozenset[int] = frozenset()


FOR_EVERYBODY = Limit(Visibility.WORKSPACE)
