"""The difference between a file and what is there: what an import would create, change and leave alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bot.domain.cycles import CycleState
from bot.domain.importing.columns import Column
from bot.domain.importing.problem import Problem
from bot.domain.importing.sheet import ObjectiveKey
from bot.domain.importing.terms import Terms
from bot.domain.organisation import Level, Limit


@dataclass(frozen=True)
class FieldChange:
    """One field of something that exists: what it says now and what it would say, as people read it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Planned(ABC):
    """Something the file wants. `id` is its row if it exists; `line` is where the file first speaks of it.

    Without an id it is created; with one, it is changed where there are `changes` and is otherwise as it should be.
    """

    id: int | None
    line: int
    changes: tuple[FieldChange, ...] = field(default=(), kw_only=True)

    @property
    def is_new(self) -> bool:
        return self.id is None

    @property
    def is_changed(self) -> bool:
        return self.id is not None and bool(self.changes)

    @property
    @abstractmethod
    def label(self) -> str:
        """What people call it."""


@dataclass(frozen=True)
class PlannedCycle(Planned):
    """The dates are null where the name tells none."""

    name: str
    starts_on: date | None
    ends_on: date | None
    state: CycleState

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True)
class PlannedPriority(Planned):
    name: str

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True)
class PlannedTeam(Planned):
    """`parent` is a key of `ImportPlan.teams`, or of a team that exists, or "" for none."""

    name: str
    level: Level
    parent: str
    lead_id: int | None
    lead_name: str | None
    channel: str | None

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True)
class PlannedObjective(Planned):
    """`key` names its cycle and team by their keys; `priority` is a key, or "" for none; `shared_with` are keys of
    further teams, of the file or of the workspace, and none where the file says nothing of them."""

    key: ObjectiveKey
    title: str
    priority: str
    shared_with: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        return self.title


@dataclass(frozen=True)
class PlannedKeyResult(Planned):
    """A row of the file, and what the key result will be.

    `is_draft`: it has no owner, so nobody is asked. `promoted`: it has been a draft, and its owner is found now.
    `revises`: text or terms differ from what is there, so a revision with its reason is added.
    `limit`: who may see it; None where the file does not say, which leaves that as it is when the plan is written.
    `in_mid_cycle`: it is new, or more than a missing baseline is revised, while its cycle runs and its team is on.
    """

    key: str
    number: int | None
    objective: ObjectiveKey
    text: str
    terms: Terms
    owner_id: int | None
    owner_name: str | None
    co_owner_ids: frozenset[int]
    score: Decimal | None
    note: str | None
    source: str
    is_draft: bool
    promoted: bool = False
    revises: bool = False
    limit: Limit | None = None
    in_mid_cycle: bool = False

    @property
    def label(self) -> str:
        return f"KR-{self.number}" if self.number is not None else self.key


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do. With `problems` it does nothing at all.

    `reasons_wanted` lists the changes that are only applied with a reason: texts, targets and the like, and what is new
    in mid-cycle; `stops_wanted` those that also have to name what stops for them. `left_alone`
    counts key results of the file's cycles that came from an earlier import and are not in this file: none is removed.
    `knows_nobody`: the workspace has no members yet, as before Slack is connected.
    """

    workspace_id: int
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    cycles: Mapping[str, PlannedCycle] = field(default_factory=dict)
    priorities: Mapping[str, PlannedPriority] = field(default_factory=dict)
    teams: Mapping[str, PlannedTeam] = field(default_factory=dict)
    objectives: Mapping[ObjectiveKey, PlannedObjective] = field(default_factory=dict)
    key_results: tuple[PlannedKeyResult, ...] = ()
    reasons_wanted: tuple[Problem, ...] = ()
    stops_wanted: tuple[Problem, ...] = ()
    left_alone: int = 0
    knows_nobody: bool = False

    def everything(self) -> Iterator[Planned]:
        """All that the file speaks of, in the order in which it is written: what is referred to comes first."""
        yield from self.cycles.values()
        yield from self.priorities.values()
        yield from self.teams.values()
        yield from self.objectives.values()
        yield from self.key_results

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is there already, just as the file has it."""
        return not any(planned.is_new or planned.is_changed for planned in self.everything())

    @property
    def drafts(self) -> int:
        """How many of the file's key results are drafts afterwards: nobody is asked about them."""
        return sum(key_result.is_draft for key_result in self.key_results)

    @property
    def drafts_over(self) -> int:
        """How many of the drafts are in cycles that are over, where nobody is asked anyway."""
        return sum(key_result.is_draft and self.is_over(key_result) for key_result in self.key_results)

    @property
    def can_be_asked(self) -> bool:
        """Whether somebody could be asked about some key result once its team is on."""
        return any(not key_result.is_draft and not self.is_over(key_result) for key_result in self.key_results)

    def is_over(self, key_result: PlannedKeyResult) -> bool:
        """Whether the cycle of one of the file's key results is closed."""
        return self.cycles[key_result.objective[0]].state is CycleState.CLOSED


def change(name: Column | str, before: str | None, after: str | None) -> tuple[FieldChange, ...]:
    """A change of one field, or nothing where both say the same."""
    return () if (before or "") == (after or "") else (FieldChange(str(name), before or "", after or ""),)
