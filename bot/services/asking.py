"""Which key results are asked about: active ones of an active cycle, whose objective is held by a team that is on.

The cycle's state decides who is asked at all; its days decide about which periods. It stays active until the digest of
its last period, and nobody is asked for a period that begins after its last day.

Who is asked is the owner, or where the owner has left (or may take part no more) the team's lead, until somebody
else owns the key result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period
from bot.domain.cycles import CycleState
from bot.domain.localtime import Weekday
from bot.services.definitions import current_definition
from models import (
    Cycle,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    MemberKind,
    Objective,
    Team,
    Workspace,
)
from models.base import table_of
from models.prepared import Listed, Row, Values, at_once

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


class _Line(NamedTuple):
    owner_id: int | None
    id: int
    number: int
    value_every_weeks: int
    starts_on: date | None
    ends_on: date | None
    lead_id: int | None
    meeting_on: int | None
    country: str | None
    next_note_at: datetime | None


def hold(session: Session, workspace_id: int) -> None:
    """Hold the workspace, before anything else of it, to change who is asked: who owns what, or which team is on.

    Of two who do so at once (`cycles.turn` is one too) the second reads what the first wrote: else each plans by what
    was before the other, and whoever got a key result while their team was switched on would be asked by neither.
    """
    session.execute(sa.select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True))


def asked_about(
    session: Session, member_ids: Collection[int], *, joining: Team | None = None
) -> dict[int, list[Asked]]:
    """What each of these members is asked about, in the order of the numbers; members without any are left out.

    `joining`: a team that is looked at as if it were on.
    """
    if joining is None:
        found, _ = asked_about_beside(session, member_ids)
        return found
    gone = {key_result_id for (key_result_id,) in _LEFT_TO.rows(session, member_ids)}
    own = session.execute(_own(member_ids, joining=joining)).all()
    return _asked(own, gone, session.execute(_these(gone, joining=joining)).all())


def asked_about_beside(
    session: Session, member_ids: Collection[int], *others: tuple[Listed, Collection[int], Values]
) -> tuple[dict[int, list[Asked]], list[Sequence[Row]]]:
    """As `asked_about`, with the rows of other statements that are sent together with it."""
    own, left_to, *rows = at_once(session, (_OWN, member_ids, {}), (_LEFT_TO, member_ids, {}), *others)
    gone = {key_result_id for (key_result_id,) in left_to}
    return _asked(own, gone, _THESE.rows(session, gone)), rows


def _asked(own: Sequence[Row], gone: Collection[int], left: Sequence[Row]) -> dict[int, list[Asked]]:
    """`gone`: the key results whose owner has left, and `left` their lines."""
    rows: list[tuple[int | None, int | None, _Line]] = [
        (one.owner_id, None, one) for one in map(_Line._make, own) if one.id not in gone
    ]
    rows += [(one.lead_id, one.owner_id, one) for one in map(_Line._make, left)]
    found: dict[int, list[Asked]] = defaultdict(list)
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


def has_left(member: Any) -> sa.ColumnElement[bool]:
    """Whether this member (the columns of one) has left, or may take part no more: their lead is asked instead."""
    return sa.or_(member.deactivated_at.is_not(None), member.kind != MemberKind.FULL)


def only_asked_about(columns: sa.Select[*Columns], *, joining: Team | None = None) -> sa.Select[*Columns]:
    """A select over KeyResult, its current KeyResultRevision, Objective, Cycle and Team: those that are asked about.

    `joining`: a team that is looked at as if it were on.
    """
    on = Team.switched_on_at.is_not(None)
    return (
        columns.select_from(KeyResult)
        .join(KeyResultRevision, current_definition())
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


_COLUMNS: Sequence[Any] = (
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
)


def _lines(joining: Team | None) -> sa.Select[Any]:
    return only_asked_about(sa.select(*_COLUMNS), joining=joining)


def _own(member_ids: Any, *, joining: Team | None = None) -> sa.Select[Any]:
    # By way of the owner, whose key results are one stretch of an index.
    return (
        _lines(joining)
        .join(Member, sa.and_(Member.workspace_id == KeyResult.workspace_id, Member.id == KeyResult.owner_id))
        .where(Member.id.in_(member_ids))
    )


def _left_to(member_ids: Any) -> sa.Select[Any]:
    """The key results of the teams that these lead whose owner has left. They are few: mostly there are none."""
    team, objective, key_result = table_of(Team), table_of(Objective), table_of(KeyResult)
    lead, owner = table_of(Member).alias("lead"), table_of(Member).alias("owner")
    return (
        sa.select(key_result.c.id)
        .select_from(lead)
        # Outer joins, because SQLite keeps to their order: it would begin with all key results of the workspace.
        .outerjoin(team, sa.and_(team.c.workspace_id == lead.c.workspace_id, team.c.lead_id == lead.c.id))
        .outerjoin(
            objective, sa.and_(objective.c.workspace_id == team.c.workspace_id, objective.c.team_id == team.c.id)
        )
        .outerjoin(
            key_result,
            sa.and_(key_result.c.workspace_id == objective.c.workspace_id, key_result.c.objective_id == objective.c.id),
        )
        .outerjoin(owner, owner.c.id == key_result.c.owner_id)
        # As a case, because SQLite takes away what is outer where a condition has no place for null.
        .where(lead.c.id.in_(member_ids), sa.case((has_left(owner.c), 1), else_=0) == 1)
    )


def _these(key_result_ids: Any, *, joining: Team | None = None) -> sa.Select[Any]:
    return _lines(joining).where(KeyResult.id.in_(key_result_ids))


_OWN, _LEFT_TO, _THESE = Listed(_own), Listed(_left_to), Listed(_these)
