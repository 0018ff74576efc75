"""What waits on a path that has changed is looked at anew: it becomes due, and the ladders find who is asked next.

They find it as they always do (`escalation_ladder.step_due`, `dependency.step_due`); nobody's limit is cut short by
that. A thread goes on without who may not read it any more, and with who is back. A team that could not be asked when
somebody began to wait for it is asked now, if it can be (`bot/services/not_asked_yet.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.dependency import DependencyState
from bot.domain.escalation import EscalationState
from bot.services import not_asked_yet
from bot.services.escalation_news import redraw_these
from bot.services.escalation_thread import between_some_with, keep_and_redraw, open_threads
from bot.services.team_tree import with_those_beneath
from models import Blocker, Dependency, Escalation, KeyResult, Member, Objective, PathChange, PathStep, Team
from models.base import table_of
from models.escalation import is_unresolved

# After a review without a decision it is asked for as before.
_GOING_ON = (EscalationState.OPEN, EscalationState.ACKNOWLEDGED, EscalationState.IN_REVIEW)

Waits = TypeVar("Waits", Escalation, Dependency)


def look_due(session: Session, now: datetime, most: int) -> int:
    """Make due what up to `most` changes concern, and forget these. Returns how many there were.

    The key results about which a team is asked are held before all requests for help, these before any question to a
    team, and those before any member or message, as whoever checks in or presses holds them.
    """
    session.flush()
    changes = session.scalars(
        sa.select(PathChange)
        .where(PathChange.at <= now)
        .order_by(PathChange.at, PathChange.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    escalation_ids: set[int] = set()
    dependency_ids: set[int] = set()
    group_ids: set[int] = set()
    not_asked: set[int] = set()
    for workspace_id in {one.workspace_id for one in changes}:
        of_this = [one for one in changes if one.workspace_id == workspace_id]
        member_ids = {one.member_id for one in of_this if one.member_id is not None}
        group_ids |= between_some_with(session, workspace_id, member_ids)
        escalations, dependencies, blockers = _concerned(session, workspace_id, of_this, member_ids)
        escalation_ids.update(session.scalars(sa.select(Escalation.id).where(escalations)))
        dependency_ids.update(session.scalars(sa.select(Dependency.id).where(dependencies)))
        not_asked |= not_asked_yet.about(session, blockers)
    waiting = not_asked_yet.hold(session, now, not_asked)
    asking_ids = open_threads(session, [one.key_result_id for one in waiting])
    held = _held(session, Escalation, escalation_ids | group_ids | asking_ids)
    for escalation in held:
        if escalation.id in escalation_ids and escalation.state in _GOING_ON:
            escalation.next_step_at = now
    for dependency in _held(session, Dependency, dependency_ids):
        if dependency.state is DependencyState.ASKED:
            dependency.next_step_at = now
    session.flush()
    asked_about = not_asked_yet.ask(session, now, waiting)
    keep_and_redraw(session, now, [one for one in held if one.id in group_ids])
    threads = [one for one in held if one.state is not EscalationState.RESOLVED]
    redraw_these(session, now, [one for one in threads if one.key_result_id in asked_about])
    session.execute(sa.delete(PathChange).where(PathChange.id.in_([one.id for one in changes])))
    return len(changes)


def _concerned(
    session: Session, workspace_id: int, changes: Sequence[PathChange], member_ids: Collection[int]
) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Which requests for help, which questions to other teams, and which blockers about which none was asked."""
    about = {one.key_result_id for one in changes if one.key_result_id is not None}
    # Few are unresolved, and an index leads to those.
    escalations = sa.and_(Escalation.workspace_id == workspace_id, is_unresolved(table_of(Escalation)))
    blockers = Blocker.workspace_id == workspace_id
    if _is_everybodys(session, changes, member_ids):
        return escalations, Dependency.workspace_id == workspace_id, blockers
    team_ids = _teams_on_whose_path(session, member_ids)
    team_ids |= {one.team_id for one in changes if one.team_id is not None}
    held = sa.select(KeyResult.id).join(Objective, Objective.id == KeyResult.objective_id)
    theirs = sa.exists(held.where(KeyResult.id == Escalation.key_result_id, Objective.team_id.in_(team_ids)))
    return (
        escalations & sa.or_(Escalation.key_result_id.in_(about), theirs),
        sa.or_(Dependency.key_result_id.in_(about), Dependency.team_id.in_(team_ids)),
        blockers
        & sa.or_(Blocker.key_result_id.in_(about), Blocker.by_team_id.in_(team_ids), Objective.team_id.in_(team_ids)),
    )


def _held(session: Session, table: type[Waits], ids: Collection[int]) -> Sequence[Waits]:
    """As they are now, held in the order of their rows."""
    if not ids:
        return ()
    rows = sa.select(table).where(table.id.in_(ids)).order_by(table.id)
    return session.scalars(rows.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


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
