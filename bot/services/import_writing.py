"""Writing an import plan down, row by row, each with its audit event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cycles import CycleState
from bot.domain.importing.people import fold
from bot.domain.importing.plan import (
    ImportPlan,
    Planned,
    PlannedCycle,
    PlannedKeyResult,
    PlannedObjective,
    PlannedPriority,
    PlannedTeam,
)
from bot.domain.importing.sheet import ObjectiveKey
from bot.domain.organisation import Limit
from bot.services import (
    audit,
    definitions,
    departures,
    limiting,
    ownerless_decisions,
    ownership,
    path_changes,
    planning,
    team_planning,
)
from bot.services.asking import only_asked_about
from bot.services.escalation_thread import hold_threads
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


Key = TypeVar("Key")
Thing = TypeVar("Thing", bound=Planned)


class Writing:
    """One plan being written in the caller's transaction."""

    def __init__(
        self,
        session: Session,
        plan: ImportPlan,
        importer: Importer,
        now: datetime,
        *,
        reason: str | None,
        stops: str | None,
    ) -> None:
        self._session = session
        self._plan = plan
        self._importer = importer
        self._reason, self._stops = reason, stops
        self._now = now
        self._cycle_ids: dict[str, int] = {}
        self._priority_ids: dict[str, int] = {}
        self._team_ids: dict[str, int] = {}
        self._objective_ids: dict[ObjectiveKey, int] = {}
        # members whose check-ins may change: their next opening is planned anew
        self._touched: set[int] = set()
        self._handed_over: set[int] = set()
        self._moved: set[int] = set()
        self._led_anew: set[int] = set()
        self._paths_change = False
        # teams of the workspace, whether the file names them or not
        self._all_team_ids: dict[str, int] = {}
        # key results that others may see now than before: what was posted about them is drawn anew
        self._seen_by_others: dict[int, KeyResult] = {}
        self._always: dict[str, Any] = {"workspace_id": plan.workspace_id, "created_at": now}

    def write(self) -> None:
        """Create and change what the plan says; what is referred to comes first."""
        self._cycle_ids = self._create(self._plan.cycles, self._new_cycle)
        self._priority_ids = self._create(self._plan.priorities, self._new_priority)
        self._write_teams()
        self._write_objectives()
        self._write_key_results()
        self._session.flush()
        hold_threads(self._session, {*self._seen_by_others, *self._handed_over})
        # Holds members: before what is drawn anew, which holds messages.
        self._replan()
        limiting.seen_by_others(self._session, self._now, [one for _, one in sorted(self._seen_by_others.items())])

    def _new_cycle(self, planned: PlannedCycle) -> Cycle:
        return Cycle(
            name=planned.name,
            starts_on=planned.starts_on,
            ends_on=planned.ends_on,
            state=planned.state,
            **self._always,
        )

    def _new_priority(self, planned: PlannedPriority) -> Priority:
        return Priority(name=planned.name, **self._always)

    def _write_teams(self) -> None:
        self._team_ids = self._create(self._plan.teams, self._new_team)
        # a parent may come after its child in the file, or be in the workspace only
        known = self._session.scalars(sa.select(Team).where(Team.workspace_id == self._plan.workspace_id))
        rows = {fold(team.name): team for team in known}
        self._all_team_ids = {key: team.id for key, team in rows.items()}
        for key, planned in self._plan.teams.items():
            if planned.is_new or planned.is_changed:
                parent_id = rows[planned.parent].id if planned.parent else None
                self._paths_change = self._paths_change or (not planned.is_new and rows[key].parent_id != parent_id)
                rows[key].parent_id = parent_id
            if planned.is_changed:
                self._change_team(rows[key], planned)

    def _new_team(self, planned: PlannedTeam) -> Team:
        return Team(
            name=planned.name,
            level=planned.level,
            lead_id=planned.lead_id,
            lead_name=planned.lead_name,
            channel=planned.channel,
            **self._always,
        )

    def _change_team(self, row: Team, planned: PlannedTeam) -> None:
        row.level = planned.level
        if row.lead_id != planned.lead_id:
            self._led_anew.add(row.id)
            # Who leads is asked where an owner has left.
            self._touch(planned.lead_id)
        row.lead_id, row.lead_name = planned.lead_id, planned.lead_name
        if planned.channel != row.channel:
            row.channel, row.channel_id = planned.channel, None
        self._record_change(row, planned)

    def _write_objectives(self) -> None:
        self._objective_ids = self._create(self._plan.objectives, self._new_objective)
        for planned in self._plan.objectives.values():
            if planned.id is not None and planned.is_changed:
                row = self._session.get_one(Objective, planned.id)
                row.title = planned.title
                # a priority that the file does not name has not changed
                row.priority_id = self._priority_ids.get(planned.priority, row.priority_id)
                self._share(row, planned)
                self._record_change(row, planned)
        for planned in self._plan.objectives.values():
            if planned.is_new:
                self._share(self._session.get_one(Objective, self._objective_ids[planned.key]), planned)

    def _share(self, row: Objective, planned: PlannedObjective) -> None:
        """Let the teams share it that the file names, if any: they see what is limited to the team, from now on."""
        team_ids = {self._all_team_ids[key] for key in planned.shared_with}
        if team_ids and limiting.share(self._session, row, team_ids):
            held = self._session.scalars(sa.select(KeyResult).where(KeyResult.objective_id == row.id))
            self._seen_by_others.update({one.id: one for one in held})

    def _new_objective(self, planned: PlannedObjective) -> Objective:
        cycle, team, _ = planned.key
        return Objective(
            cycle_id=self._cycle_ids[cycle],
            team_id=self._team_ids[team],
            title=planned.title,
            priority_id=self._priority_ids.get(planned.priority),
            **self._always,
        )

    def _write_key_results(self) -> None:
        new = [planned for planned in self._plan.key_results if planned.is_new]
        workspace = self._session.get_one(Workspace, self._plan.workspace_id)
        first = workspace.next_key_result_number
        workspace.next_key_result_number = first + len(new)
        rows = [self._new_key_result(planned, first + index) for index, planned in enumerate(new)]
        self._session.add_all(rows)
        self._session.flush()
        for planned, row in zip(new, rows, strict=True):
            self._session.add(self._revision(row, planned, 1, value_every_weeks=1))
            self._session.add_all(self._co_owner(row, member_id) for member_id in sorted(planned.co_owner_ids))
            if planned.limit is not None:
                limiting.write(self._session, row, planned.limit)
            detail = {"import_key": planned.key, "source": planned.source, "line": planned.line}
            self._record(row, "created", {**detail, **(self._why if planned.in_mid_cycle else {})})
        for planned in self._plan.key_results:
            if planned.id is not None and planned.is_changed:
                self._change_key_result(self._session.get_one(KeyResult, planned.id), planned)

    def _replan(self) -> None:
        """Only where some team is on already has anybody anything to be asked."""
        on = sa.select(Team.id).where(Team.workspace_id == self._plan.workspace_id, Team.switched_on_at.is_not(None))
        if self._touched and self._session.scalar(on.limit(1)) is not None:
            planning.replan(self._session, self._now, sorted(self._touched))
            ownership.hand_over(self._session, self._now, self._plan.workspace_id, self._handed_over)
            self._excuse()
            # What is new this week is asked about in the prompt that its owner has already.
            new = sa.select(KeyResult.id).where(
                KeyResult.workspace_id == self._plan.workspace_id,
                KeyResult.owner_id.in_(self._touched),
                KeyResult.created_at == self._now,
            )
            planning.revise(self._session, self._now, self._session.scalars(new).all())
        team_planning.replan_teams(self._session, self._led_anew)
        if self._led_anew or self._paths_change:
            path_changes.of_everybody(self._session, self._now, self._plan.workspace_id)
        if self._led_anew:
            departures.left_before(self._session, self._now, Objective.team_id.in_(self._led_anew))
            ownerless_decisions.look_again(self._session, self._now, self._plan.workspace_id)

    def _excuse(self) -> None:
        """Nobody is asked any more about what has moved to a team that is off."""
        if self._moved:
            asked = only_asked_about(sa.select(KeyResult.id)).where(KeyResult.id.in_(self._moved))
            moved_out = sa.and_(KeyResult.id.in_(self._moved), KeyResult.id.not_in(asked))
            planning.excuse(self._session, self._now, moved_out)

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
        if row.objective_id != self._objective_ids[planned.objective]:
            # It may be limited, or shared with others.
            row.objective_id = self._objective_ids[planned.objective]
            self._seen_by_others[row.id] = row
            self._moved.add(row.id)
        if row.owner_id != planned.owner_id:
            self._handed_over.add(row.id)
        row.owner_id, row.owner_name = planned.owner_id, planned.owner_name
        row.imported_score, row.imported_note = planned.score, planned.note
        if planned.promoted:
            row.state = self._state(planned)
            row.closed_at = self._now if row.state is KeyResultState.CLOSED else None
        if planned.revises:
            self._revise(row, planned)
        self._change_co_owners(row, planned.co_owner_ids)
        if planned.limit is not None and self._limit(row, planned.limit):
            self._seen_by_others[row.id] = row
        self._record_change(row, planned)

    def _limit(self, row: KeyResult, limit: Limit) -> bool:
        """Write it over what is there now: an admin may have set it since the plan was made."""
        self._session.refresh(row, ["visibility"], with_for_update={"key_share": True})
        return limiting.write(self._session, row, limit)

    def _revise(self, row: KeyResult, planned: PlannedKeyResult) -> None:
        old = definitions.definition_of(self._session, row)
        new = self._revision(row, planned, old.revision + 1, value_every_weeks=old.value_every_weeks)
        definitions.replace(self._session, row, old, new)

    def _revision(
        self, row: KeyResult, planned: PlannedKeyResult, number: int, *, value_every_weeks: int
    ) -> KeyResultRevision:
        """One that is new has a reason where it comes in mid-cycle only: before that there is nothing to change."""
        terms = planned.terms
        is_explained = planned.revises or planned.in_mid_cycle
        return KeyResultRevision(
            key_result_id=row.id,
            revision=number,
            text=planned.text,
            kind=terms.kind,
            metric=terms.metric,
            unit=terms.unit,
            start=terms.start,
            target=terms.target,
            due_on=terms.due,
            value_every_weeks=value_every_weeks,
            reason=self._reason if is_explained else None,
            stops=self._stops if planned.in_mid_cycle else None,
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

    def _create(self, wanted: Mapping[Key, Thing], make: Callable[[Thing], Base]) -> dict[Key, int]:
        """Add a row, with its audit event, for each wanted thing that is new. Returns the ids of all, by key."""
        new = {key: make(planned) for key, planned in wanted.items() if planned.is_new}
        self._session.add_all(new.values())
        self._session.flush()
        for key, row in new.items():
            self._record(row, "created", {"name": wanted[key].label, "line": wanted[key].line})
        return {key: planned.id or new[key].id for key, planned in wanted.items()}

    def _record_change(self, row: Base, planned: Planned) -> None:
        changes = [{"field": one.name, "before": one.before, "after": one.after} for one in planned.changes]
        self._record(row, "changed", {"changes": changes, **self._why, "line": planned.line})

    @property
    def _why(self) -> dict[str, str | None]:
        return {"reason": self._reason, "stops": self._stops}

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
