"""Writing an import plan down, row by row, each with its audit event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cycles import CycleState
from bot.domain.importing.plan import ImportPlan, Planned, PlannedKeyResult
from bot.domain.importing.sheet import ObjectiveKey
from bot.services import audit, planning
from models import (
    Cycle,
    KeyResult,
    KeyResultCoOwner,
    KeyResultRevision,
    KeyResultState,
    Objective,
    Priority,
    Team,
    Workspace,
)
from models.base import Base


@dataclass(frozen=True)
class Importer:
    """Who imports: a member, or (`member_id` null) somebody at the command line."""

    member_id: int | None
    name: str


COMMAND_LINE = Importer(None, "command line")


class Writing:
    """One plan being written in the caller's transaction."""

    def __init__(
        self, session: Session, plan: ImportPlan, importer: Importer, reason: str | None, now: datetime
    ) -> None:
        self._session = session
        self._plan = plan
        self._importer = importer
        self._reason = reason
        self._now = now
        self._cycle_ids: dict[str, int] = {}
        self._priority_ids: dict[str, int] = {}
        self._team_ids: dict[str, int] = {}
        self._objective_ids: dict[ObjectiveKey, int] = {}

    def write(self) -> None:
        """Create and change what the plan says; what is referred to comes first."""
        self._write_cycles()
        self._write_priorities()
        self._write_teams()
        self._write_objectives()
        self._write_key_results()

    def _write_cycles(self) -> None:
        for key, planned in self._plan.cycles.items():
            if planned.id is None:
                row = Cycle(
                    name=planned.name,
                    starts_on=planned.starts_on,
                    ends_on=planned.ends_on,
                    state=planned.state,
                    **self._always(),
                )
                self._add([row])
                self._record_created(row, planned)
            self._cycle_ids[key] = planned.id or row.id

    def _write_priorities(self) -> None:
        for key, planned in self._plan.priorities.items():
            if planned.id is None:
                row = Priority(name=planned.name, **self._always())
                self._add([row])
                self._record_created(row, planned)
            self._priority_ids[key] = planned.id or row.id

    def _write_teams(self) -> None:
        rows: dict[str, Team] = {}
        for key, planned in self._plan.teams.items():
            if planned.id is None:
                rows[key] = Team(name=planned.name, level=planned.level, **self._always())
            else:
                rows[key] = self._session.get_one(Team, planned.id)
        self._add(rows.values())
        known = sa.select(Team).where(Team.workspace_id == self._plan.workspace_id)
        ids = {fold(team.name): team.id for team in self._session.scalars(known)}
        for key, planned in self._plan.teams.items():
            row = rows[key]
            if planned.is_new or planned.is_changed:
                row.level = planned.level
                row.parent_id = ids[planned.parent] if planned.parent else None
                row.lead_id, row.lead_name = planned.lead_id, planned.lead_name
                if row.channel != planned.channel:
                    row.channel, row.channel_id = planned.channel, None
            self._record(row, planned)
        self._team_ids = ids
