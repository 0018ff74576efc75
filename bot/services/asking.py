"""Which key results are asked about: active ones of an active cycle, whose objective is held by a team that is on.

The cycle's state decides who is asked at all; its days decide about which periods. It stays active until the digest of
its last period, and nobody is asked for a period that begins after its last day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period
from bot.domain.cycles import CycleState
from models import Cycle, KeyResult, KeyResultRevision, KeyResultState, Objective, Team

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True)
class Asked:
    """A key result that its owner is asked about, and what decides whether its value is."""

    key_result_id: int
    value_every_weeks: int
    cycle_starts_on: date
    cycle_ends_on: date

    def is_asked_in(self, period: Period) -> bool:
        """Whether the period begins on or before the cycle's last day."""
        return period <= self.cycle_ends_on


def asked_about(session: Session, member_ids: Collection[int]) -> dict[int, list[Asked]]:
    """What each of these members is asked about, in the order of the numbers; members without any are left out."""
    rows = session.execute(
        only_asked_about(
            sa.select(
                KeyResult.owner_id, KeyResult.id, KeyResultRevision.value_every_weeks, Cycle.starts_on, Cycle.ends_on
            )
        )
        .where(KeyResult.owner_id.in_(member_ids))
        .order_by(KeyResult.number)
    ).all()
    found: dict[int, list[Asked]] = defaultdict(list)
    for owner_id, key_result_id, every, starts_on, ends_on in rows:
        # The tables hold all three for what is active.
        if owner_id is not None and starts_on is not None and ends_on is not None:
            found[owner_id].append(Asked(key_result_id, every, starts_on, ends_on))
    return dict(found)


def only_asked_about(columns: sa.Select[*Columns], *, joining: Team | None = None) -> sa.Select[*Columns]:
    """A select over KeyResult, its current KeyResultRevision, Objective, Cycle and Team: those that are asked about.

    `joining`: a team that is looked at as if it were on.
    """
    on = Team.switched_on_at.is_not(None)
    return (
        columns.select_from(KeyResult)
        .join(
            KeyResultRevision,
            sa.and_(KeyResultRevision.key_result_id == KeyResult.id, KeyResultRevision.revision == KeyResult.revision),
        )
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .join(Team, Team.id == Objective.team_id)
        .where(
            KeyResult.state == KeyResultState.ACTIVE,
            KeyResult.archived_at.is_(None),
            Objective.archived_at.is_(None),
            Cycle.state == CycleState.ACTIVE,
            on if joining is None else sa.or_(on, Team.id == joining.id),
            Team.archived_at.is_(None),
        )
    )
