"""Which key results are asked about: active ones of an active cycle, whose objective is held by a team that is on.

The cycle's state decides who is asked at all; its days decide about which periods. It stays active until the digest of
its last period, and nobody is asked for a period that begins after its last day.

Who is asked is the owner, or where the owner has left (or may take part no more) the team's lead, until somebody
else owns the key result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.domain.cadence import Period
from bot.domain.cycles import CycleState
from bot.domain.localtime import Weekday
from models import Cycle, KeyResult, KeyResultRevision, KeyResultState, Member, MemberKind, Objective, Team

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True)
class Asked:
    """A key result that somebody is asked about, and what decides whether its value is.

    `covered_for_id`: the owner who has left, where it is the lead who is asked. `meeting_on`: the exception of its
    team, null where that keeps the organisation's week. `country`: whose public holidays its team keeps. `note_at`:
    when the team's lead is told next what is open; null where nobody is, or the lead is the one who is asked.
    """

    key_result_id: int
    value_every_weeks: int
    cycle_starts_on: date
    cycle_ends_on: date
    covered_for_id: int | None = None
    meeting_on: Weekday | None = None
    country: str | None = None
    note_at: datetime | None = None

    def is_asked_in(self, period: Period) -> bool:
        """Whether the period begins on or before the cycle's last day."""
        return period <= self.cycle_ends_on


_Row = tuple[int | None, int, int, int, date | None, date | None, int | None, int | None, str | None, datetime | None]
_owner = aliased(Member)
_OWNER_IS_GONE = sa.or_(_owner.deactivated_at.is_not(None), _owner.kind != MemberKind.FULL)


def asked_about(
    session: Session, member_ids: Collection[int], *, joining: Team | None = None
) -> dict[int, list[Asked]]:
    """What each of these members is asked about, in the order of the numbers; members without any are left out.

    `joining`: a team that is looked at as if it were on.
    """
    these = {"member_ids": list(member_ids)}
    owned, covered = (_OWNED, _COVERED) if joining is None else _statements(joining)
    own = session.execute(owned, these).all()
    left = session.execute(covered, these).all()
    gone = {(row.id, row.owner_id) for row in left}
    found: dict[int, list[Asked]] = defaultdict(list)
    rows = [(row.owner_id, None, row) for row in own if (row.id, row.owner_id) not in gone]
    rows += [(row.lead_id, row.owner_id, row) for row in left]
    for asked_id, covered_for_id, row in sorted(rows, key=lambda one: one[2].number):
        # The tables hold all three for what is active.
        if asked_id is None or row.starts_on is None or row.ends_on is None:
            continue
        is_told = row.lead_id is not None and row.lead_id != asked_id
        found[asked_id].append(
            Asked(
                row.id,
                row.value_every_weeks,
                row.starts_on,
                row.ends_on,
                covered_for_id,
                Weekday(row.meeting_on) if row.meeting_on is not None else None,
                row.country,
                row.next_note_at if is_told else None,
            )
        )
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


def _statements(joining: Team | None) -> tuple[sa.Select[*_Row], sa.Select[*_Row]]:
    """What the members own, and what they lead whose owner has left."""
    these: sa.BindParameter[int] = sa.bindparam("member_ids", expanding=True)
    wanted = only_asked_about(
        sa.select(
            KeyResult.owner_id,
            KeyResult.id,
            KeyResult.number,
            KeyResultRevision.value_every_weeks,
            Cycle.starts_on,
            Cycle.ends_on,
            Team.lead_id,
            Team.meeting_on,
            Team.country,
            Team.next_note_at,
        ),
        joining=joining,
    )
    owned = wanted.where(KeyResult.owner_id.in_(these))
    covered = wanted.join(_owner, _owner.id == KeyResult.owner_id).where(Team.lead_id.in_(these), _OWNER_IS_GONE)
    return owned, covered


# Made once: every prompt that is drawn asks for them.
_OWNED, _COVERED = _statements(None)
