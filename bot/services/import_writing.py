"""Writing an import plan down, row by row, each with its audit event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cycles import CycleState
from bot.domain.importing.people import fold
from bot.domain.importing.plan import ImportPlan, Planned, PlannedKeyResult, PlannedTeam
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
        # members whose check-ins may change: their next opening is planned anew
        self._touched: set[int] = set()
        self._always: dict[str, Any] = {"workspace_id": plan.workspace_id, "created_at": now}

    def write(self) -> None:
        """Create and change what the plan says; what is referred to comes first."""
        self._write_cycles()
        self._write_priorities()
        self._write_teams()
        self._write_objectives()
        self._write_key_results()

    def _write_cycles(self) -> None:
        for key, planned in self._plan.cycles.items():
            cycle_id = planned.id
            if cycle_id is None:
                cycle_id = self._create(
                    Cycle(
                        name=planned.name,
                        starts_on=planned.starts_on,
                        ends_on=planned.ends_on,
                        state=planned.state,
                        **self._always,
                    ),
                    planned,
                )
            self._cycle_ids[key] = cycle_id

    def _write_priorities(self) -> None:
        for key, planned in self._plan.priorities.items():
            self._priority_ids[key] = planned.id or self._create(Priority(name=planned.name, **self._always), planned)

    def _write_teams(self) -> None:
        for key, planned in self._plan.teams.items():
            self._team_ids[key] = planned.id or self._create(
                Team(
                    name=planned.name,
                    level=planned.level,
                    lead_id=planned.lead_id,
                    lead_name=planned.lead_name,
                    channel=planned.channel,
                    **self._always,
                ),
                planned,
            )
        # a parent may come after its child in the file, or be in the workspace only
        known = sa.select(Team.name, Team.id).where(Team.workspace_id == self._plan.workspace_id)
        ids = {fold(name): team_id for name, team_id in self._session.execute(known)}
        for planned in self._plan.teams.values():
            if not (planned.is_new or planned.is_changed):
                continue
            row = self._session.get_one(Team, ids[fold(planned.name)])
            row.parent_id = ids[planned.parent] if planned.parent else None
            if planned.is_changed:
                self._change_team(row, planned)
        self._session.flush()

    def _change_team(self, row: Team, planned: PlannedTeam) -> None:
        row.level = planned.level
        if planned.lead_id != row.lead_id:
            self._touched |= {member_id for member_id in (row.lead_id, planned.lead_id) if member_id is not None}
        row.lead_id, row.lead_name = planned.lead_id, planned.lead_name
        if planned.channel != row.channel:
            row.channel, row.channel_id = planned.channel, None
        self._record_change(row, planned)

    def _write_objectives(self) -> None:
        for key, planned in self._plan.objectives.items():
            cycle, team, _ = key
            priority_id = self._priority_id(planned.priority)
            objective_id = planned.id
            if objective_id is None:
                objective_id = self._create(
                    Objective(
                        cycle_id=self._cycle_ids[cycle],
                        team_id=self._team_ids[team],
                        title=planned.title,
                        priority_id=priority_id,
                        **self._always,
                    ),
                    planned,
                )
            elif planned.is_changed:
                row = self._session.get_one(Objective, objective_id)
                row.title, row.priority_id = planned.title, priority_id or row.priority_id
                self._record_change(row, planned)
            self._objective_ids[key] = objective_id

    def _priority_id(self, key: str) -> int | None:
        """The priority's row; None for none, and for one that the file does not name: then it has not changed."""
        return self._priority_ids.get(key)

    def _write_key_results(self) -> None:
        new = [planned for planned in self._plan.key_results if planned.is_new]
        workspace = self._session.get_one(Workspace, self._plan.workspace_id)
        first = workspace.next_key_result_number
        workspace.next_key_result_number = first + len(new)
        rows = [self._new_key_result(planned, first + index) for index, planned in enumerate(new)]
        self._session.add_all(rows)
        self._session.flush()
        for planned, row in zip(new, rows, strict=True):
            self._session.add(self._revision(row, planned, value_every_weeks=1, reason=None))
            self._session.add_all(self._co_owner(row, member_id) for member_id in sorted(planned.co_owner_ids))
            self._record(row, "created", {"import_key": planned.key, "source": planned.source, "line": planned.line})
        for planned in self._plan.key_results:
            if planned.id is not None and planned.is_changed:
                self._change_key_result(self._session.get_one(KeyResult, planned.id), planned)
        self._session.flush()
        self._replan()

    def _replan(self) -> None:
        """Only where some team is on already has anybody anything to be asked."""
        on = sa.select(Team.id).where(Team.workspace_id == self._plan.workspace_id, Team.switched_on_at.is_not(None))
        if self._touched and self._session.scalar(on.limit(1)) is not None:
            planning.replan(self._session, self._now, sorted(self._touched))

    def _new_key_result(self, planned: PlannedKeyResult, number: int) -> KeyResult:
        state = self._state(planned)
        self._touch(planned.owner_id)
        return KeyResult(
            number=number,
            import_key=planned.key,
            objective_id=self._objective_ids[planned.objective],
            owner_id=planned.owner_id,
            owner_name=planned.owner_name,
            state=state,
            closed_at=self._now if state is KeyResultState.CLOSED else None,
            imported_score=planned.score,
            imported_note=planned.note,
            **self._always,
        )

    def _change_key_result(self, row: KeyResult, planned: PlannedKeyResult) -> None:
        self._touch(row.owner_id)
        self._touch(planned.owner_id)
        row.objective_id = self._objective_ids[planned.objective]
        row.owner_id, row.owner_name = planned.owner_id, planned.owner_name
        row.imported_score, row.imported_note = planned.score, planned.note
        if planned.promoted:
            row.state = self._state(planned)
            row.closed_at = self._now if row.state is KeyResultState.CLOSED else None
        if planned.revises:
            self._revise(row, planned)
        self._change_co_owners(row, planned.co_owner_ids)
        self._record_change(row, planned)

    def _revise(self, row: KeyResult, planned: PlannedKeyResult) -> None:
        now_counts = self._session.scalars(
            sa.select(KeyResultRevision).where(
                KeyResultRevision.key_result_id == row.id, KeyResultRevision.revision == row.revision
            )
        ).one()
        row.revision += 1
        every = now_counts.value_every_weeks
        self._session.add(self._revision(row, planned, value_every_weeks=every, reason=self._reason))

    def _revision(
        self, row: KeyResult, planned: PlannedKeyResult, *, value_every_weeks: int, reason: str | None
    ) -> KeyResultRevision:
        terms = planned.terms
        return KeyResultRevision(
            key_result_id=row.id,
            revision=row.revision,
            text=planned.text,
            kind=terms.kind,
            metric=terms.metric,
            unit=terms.unit,
            start=terms.start,
            target=terms.target,
            due_on=terms.due,
            value_every_weeks=value_every_weeks,
            reason=reason,
            author_id=self._importer.member_id,
            **self._always,
        )

    def _change_co_owners(self, row: KeyResult, wanted: frozenset[int]) -> None:
        here = self._session.scalars(sa.select(KeyResultCoOwner).where(KeyResultCoOwner.key_result_id == row.id)).all()
        for co_owner in here:
            if co_owner.member_id not in wanted:
                self._session.delete(co_owner)
        known = {co_owner.member_id for co_owner in here}
        self._session.add_all(self._co_owner(row, member_id) for member_id in sorted(wanted - known))

    def _co_owner(self, row: KeyResult, member_id: int) -> KeyResultCoOwner:
        return KeyResultCoOwner(workspace_id=row.workspace_id, key_result_id=row.id, member_id=member_id)

    def _state(self, planned: PlannedKeyResult) -> KeyResultState:
        if planned.is_draft:
            return KeyResultState.DRAFT
        cycle = self._plan.cycles[planned.objective[0]]
        return KeyResultState.CLOSED if cycle.state is CycleState.CLOSED else KeyResultState.ACTIVE

    def _touch(self, member_id: int | None) -> None:
        if member_id is not None:
            self._touched.add(member_id)

    def _create(self, row: Base, planned: Planned) -> int:
        """Add the row with its audit event; returns its id."""
        self._session.add(row)
        self._session.flush()
        self._record(row, "created", {"name": planned.label, "line": planned.line})
        return row.id

    def _record_change(self, row: Base, planned: Planned) -> None:
        changes = [{"field": one.name, "before": one.before, "after": one.after} for one in planned.changes]
        self._record(row, "changed", {"changes": changes, "reason": self._reason, "line": planned.line})

    def _record(self, row: Base, what: str, detail: dict[str, Any]) -> None:
        audit.record(
            self._session,
            self._now,
            workspace_id=self._plan.workspace_id,
            actor_id=self._importer.member_id,
            actor_name=self._importer.name,
            action=f"{row.__tablename__}.{what}",
            subject=row,
            detail={"by": "import", **detail},
        )
