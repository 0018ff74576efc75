"""The words for where an objective stands: level, horizon, who may see it."""

from __future__ import annotations

import enum


class Level(enum.Enum):
    COMPANY = "company"
    DEPARTMENT = "department"
    TEAM = "team"


class Horizon(enum.Enum):
    CYCLE = "cycle"
    YEAR = "year"


class Visibility(enum.Enum):
    """Who sees an objective or key result beside its owner, co-owners, leads above and (settings only) admins."""

    WORKSPACE = "workspace"
    TEAM = "team"
    NAMED = "named"
