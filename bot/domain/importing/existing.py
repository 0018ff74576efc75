"""What a workspace holds already, as far as an import looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.domain.cycles import CycleState
from bot.domain.importing.people import People
from bot.domain.importing.sheet import ObjectiveKey
from bot.domain.importing.terms import Terms
from bot.domain.organisation import FOR_EVERYBODY, Level, Limit


@dataclass(frozen=True)
class ExistingCycle:
    id: int
    name: str
    state: CycleState


@dataclass(frozen=True)
class ExistingPriority:
    id: int
    name: str


@dataclass(frozen=True)
class ExistingTeam:
    """`parent` is the parent's folded name, "" for none."""

    id: int
    name: str
    level: Level
    parent: str
    lead_id: int | None
    lead_name: str | None
    channel: str | None
    is_on: bool


@dataclass(frozen=True)
class ExistingObjective:
    """`priority` is the priority's folded name, "" for none; `shared_with` the folded names of further teams."""

    id: int
    title: str
    priority: str
    shared_with: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ExistingKeyResult:
    """A key result that an import made earlier, with the definition that counts now."""

    id: int
    number: int
    objective: ObjectiveKey
    text: str
    terms: Terms
    owner_id: int | None
    owner_name: str | None
    co_owner_ids: frozenset[int]
    is_draft: bool
    score: Decimal | None
    note: str | None
    archived: bool = False
    limit: Limit = FOR_EVERYBODY


@dataclass(frozen=True)
class Existing:
    """All of it, by folded name or key; key results by the id of the file that they came from."""

    today: date
    cycles: dict[str, ExistingCycle]
    priorities: dict[str, ExistingPriority]
    teams: dict[str, ExistingTeam]
    objectives: dict[ObjectiveKey, ExistingObjective]
    key_results: dict[str, ExistingKeyResult]
    people: People
    member_names: dict[int, str]
