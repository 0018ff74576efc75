"""Teams that are waited for and were not asked, because nobody could be: they had not joined, or had no lead who may
see what waits. Once somebody can be, they are, without another check-in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.services import dependency, path_changes
from bot.services import dependency_ladder as ladder
from bot.services.asking import only_asked_about
from models import Blocker, Dependency, KeyResult, Member, Objective, Team

Columns = TypeVarTuple("Columns")

# In one transaction: a dialog waits for that on SQLite.
AT_ONCE = 20
# What is left over comes after that.
A_MOMENT = timedelta(seconds=5)


def about(session: Session, which: sa.ColumnElement[bool]) -> set[int]:
    """The key results that wait for another team which could be asked by now, and was not. One query.

    `which` is a condition on `Blocker` and `Objective`, and names a workspace.
    """
    return set(session.scalars(_wanted(sa.select(KeyResult.id), which)))


def hold(session: Session, now: datetime, key_result_ids: Collection[int]) -> Sequence[Blocker]:
    """Hold up to `AT_ONCE` of these, as whoever checks in does, and return what blocks them as it is then.

    What is more than that, or held by somebody else, is noted to be looked at a moment later.
    """
    if not key_result_ids:
        return ()
    held = session.scalars(
        sa.select(KeyResult)
        .where(KeyResult.id.in_(sorted(key_result_ids)[:AT_ONCE]))
        .order_by(KeyResult.id)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    _leave_over(session, now, {*key_result_ids} - {one.id for one in held})
    # Whoever held them until now may have asked.
    still = _wanted(sa.select(Blocker), Blocker.key_result_id.in_([one.id for one in held]))
    return session.scalars(still.execution_options(populate_existing=True)).all()


def ask(session: Session, now: datetime, blockers: Sequence[Blocker]) -> set[int]:
    """Ask about these, whose key results the caller holds, where somebody can be asked; returns those key results."""
    found = []
    for blocker in blockers:
        team = session.get_one(Team, blocker.by_team_id)
        climb = ladder.next_on_the_path(session, now, team, session.get_one(KeyResult, blocker.key_result_id))
        if climb.ask is not None:
            found.append((blocker, climb.ask, climb.passed_over))
    # In the order of their rows, before one after the other is asked.
    asked = sorted({asked.member_id for _, asked, _ in found})
    if asked:
        rows = sa.select(Member.id).where(Member.id.in_(asked)).order_by(Member.id)
        session.execute(rows.with_for_update(key_share=True))
    for blocker, one, passed_over in found:
        dependency.begin(session, now, blocker, one, passed_over=passed_over)
    return {blocker.key_result_id for blocker, _, _ in found}


def _leave_over(session: Session, now: datetime, key_result_ids: Collection[int]) -> None:
    if key_result_ids:
        left = sa.select(KeyResult.workspace_id, KeyResult.id).where(KeyResult.id.in_(key_result_ids))
        for workspace_id, one in session.execute(left.order_by(KeyResult.id)):
            path_changes.of_key_results(session, now + A_MOMENT, workspace_id, [one])


def _wanted(columns: sa.Select[*Columns], which: sa.ColumnElement[bool]) -> sa.Select[*Columns]:
    was_asked = sa.exists().where(Dependency.blocker_id == Blocker.id)
    return (
        only_asked_about(columns)
        .join(Blocker, Blocker.key_result_id == KeyResult.id)
        .join(_other, _other.id == Blocker.by_team_id)
        .where(
            Blocker.cleared_at.is_(None),
            _other.switched_on_at.is_not(None),
            _other.id != Objective.team_id,
            ~was_asked,
            which,
        )
        .order_by(KeyResult.id)
    )


_other = aliased(Team)
