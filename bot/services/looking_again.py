"""What waits on a path that has changed is looked at anew: it becomes due, and the ladders find who is asked next.

They find it as they always do (`escalation_ladder.step_due`, `dependency.step_due`); nobody's limit is cut short by
that. A thread goes on without who may not read it any more, and with who is back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.dependency import DependencyState
from bot.domain.escalation import EscalationState
from bot.services.escalation_thread import keep_threads_of
from bot.services.team_tree import with_those_beneath
from models import Dependency, Escalation, KeyResult, Member, Objective, PathChange, PathStep, Team
from models.base import table_of
from models.escalation import is_unresolved


def look_due(session: Session, now: datetime, most: int) -> int:
    """Make due what up to `most` changes concern, and forget these. Returns how many there were."""
    session.flush()
    changes = session.scalars(
        sa.select(PathChange)
        .where(PathChange.at <= now)
        .order_by(PathChange.at, PathChange.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for workspace_id in sorted({one.workspace_id for one in changes}):
        _look(session, now, workspace_id, [one for one in changes if one.workspace_id == workspace_id])
    session.execute(sa.delete(PathChange).where(PathChange.id.in_([one.id for one in changes])))
    return len(changes)


def _look(session: Session, now: datetime, workspace_id: int, changes: Sequence[PathChange]) -> None:
    member_ids = {one.member_id for one in changes if one.member_id is not None}
    about = {one.key_result_id for one in changes if one.key_result_id is not None}
    if member_ids:
        keep_threads_of(session, now, workspace_id, member_ids)
    # Few are unresolved, and an index leads to those.
    escalations = sa.and_(
        Escalation.workspace_id == workspace_id,
        is_unresolved(table_of(Escalation)),
        Escalation.state != EscalationState.DECIDED,
    )
    dependencies = sa.and_(Dependency.workspace_id == workspace_id, Dependency.state == DependencyState.ASKED)
    if not _is_everybodys(session, changes, member_ids):
        team_ids = _teams_on_whose_path(session, member_ids)
        team_ids |= {one.team_id for one in changes if one.team_id is not None}
        if not team_ids and not about:
            return
        held = sa.select(KeyResult.id).join(Objective, Objective.id == KeyResult.objective_id)
        theirs = sa.exists(held.where(KeyResult.id == Escalation.key_result_id, Objective.team_id.in_(team_ids)))
        escalations &= sa.or_(Escalation.key_result_id.in_(about), theirs)
        dependencies = Dependency.team_id.in_(team_ids) & (Dependency.state == DependencyState.ASKED)
    _make_due(session, now, Escalation, escalations)
    _make_due(session, now, Dependency, dependencies)


def _make_due(
    session: Session, now: datetime, table: type[Escalation] | type[Dependency], which: sa.ColumnElement[bool]
) -> None:
    ids = session.scalars(sa.select(table.id).where(which)).all()
    if not ids:
        return
    # Held in the order of their rows, as by those who hold several of them.
    held = sa.select(table.id).where(table.id.in_(ids)).order_by(table.id).with_for_update(key_share=True)
    session.execute(
        sa.update(table)
        .where(table.id.in_(held))
        .values(next_step_at=now)
        .execution_options(synchronize_session="fetch")
    )


def _is_everybodys(session: Session, changes: Sequence[PathChange], member_ids: Collection[int]) -> bool:
    """Whether any path may be concerned: executive sponsors are on all of them."""
    if any(one.member_id is None and one.team_id is None and one.key_result_id is None for one in changes):
        return True
    sponsor = sa.select(Member.id).where(Member.id.in_(member_ids), Member.is_sponsor)
    return session.scalar(sponsor.limit(1)) is not None


def _teams_on_whose_path(session: Session, member_ids: Collection[int]) -> set[int]:
    """The teams that these lead, all beneath them, and those that have them on a path of their own."""
    if not member_ids:
        return set()
    led = session.scalars(sa.select(Team.id).where(Team.lead_id.in_(member_ids))).all()
    own = session.scalars(sa.select(PathStep.team_id).where(PathStep.member_id.in_(member_ids))).all()
    return {*(with_those_beneath(session, led) if led else ()), *own}
