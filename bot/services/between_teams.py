"""Blockers that name another team, as far as somebody may see the key results that wait. One query each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, TypeVarTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.blocks.dependency import Unanswered
from bot.domain.cycles import CycleState
from bot.domain.dependency import DependencyState
from bot.domain.digest import Waiting
from bot.domain.localtime import local_date_of
from bot.services.access import Caller
from bot.services.definitions import current_definition
from bot.services.team_tree import held_or_shared_by
from bot.services.visibility import visible_to
from models import (
    Blocker,
    Cycle,
    Delivery,
    Dependency,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    Objective,
    PostKind,
    Team,
)
from models.prepared import Listed

Columns = TypeVarTuple("Columns")


def naming_another_team(wanted: sa.Select[*Columns], waiting: type[Team], other: type[Team]) -> sa.Select[*Columns]:
    """Narrow a query over blockers to those that name another team than the one which holds the objective, and to the
    cycles that run."""
    return (
        wanted.select_from(Blocker)
        .join(KeyResult, KeyResult.id == Blocker.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .join(waiting, waiting.id == Objective.team_id)
        .join(other, other.id == Blocker.by_team_id)
        .where(
            waiting.id != other.id,
            Cycle.state == CycleState.ACTIVE,
            KeyResult.archived_at.is_(None),
            Objective.archived_at.is_(None),
        )
    )


def waiting_now(
    session: Session, viewer: Caller | None, team_ids: Collection[int], zone: ZoneInfo
) -> tuple[Waiting, ...]:
    """What these teams wait for, or are waited for, where the other team was asked; the oldest first.

    `viewer`: who reads; None for the readers of a channel, who see only what the whole workspace sees.
    """
    wanted = sa.select(Dependency, KeyResult.number, KeyResultRevision, _waiting.name, _other.name, _said_by.name)
    rows = session.execute(
        naming_another_team(wanted, _waiting, _other)
        .join(Dependency, Dependency.blocker_id == Blocker.id)
        .join(KeyResultRevision, current_definition())
        .outerjoin(_said_by, _said_by.id == Dependency.answered_by_id)
        .where(
            *_is_in_the_way(),
            sa.or_(held_or_shared_by(team_ids), Blocker.by_team_id.in_(team_ids)),
            visible_to(viewer),
        )
        .order_by(Dependency.asked_at, Dependency.id)
    ).all()
    return tuple(
        Waiting(
            key_result_id=dependency.key_result_id,
            number=number,
            name=definition.metric or definition.text,
            team=waiter,
            other=waited_for,
            state=dependency.state,
            by=by,
            due_on=dependency.due_on,
            reason=dependency.reason,
            asked_on=local_date_of(dependency.asked_at, zone),
        )
        for dependency, number, definition, waiter, waited_for, by in rows
    )


def unanswered(session: Session, viewer: Caller, zone: ZoneInfo) -> tuple[Unanswered, ...]:
    """The questions to other teams that wait for the viewer's answer, the oldest first: they were asked, or lead the
    team that is waited for. `zone` is the viewer's."""
    me = viewer.member_id
    was_asked = sa.exists().where(
        Delivery.dependency_id == Dependency.id, Delivery.kind == PostKind.DEPENDENCY, Delivery.member_id == me
    )
    return tuple(
        one
        for one, is_open in _unanswered(session, viewer, zone, sa.or_(_other.lead_id == me, was_asked)).values()
        if is_open
    )


def unanswered_ones(
    session: Session, viewer: Caller, zone: ZoneInfo, dependency_ids: Collection[int]
) -> dict[int, tuple[Unanswered, bool]]:
    """By id: questions, and whether each waits for an answer still. What the viewer may not see is not among them."""
    if not dependency_ids:
        return {}
    return _unanswered(session, viewer, zone, Dependency.id.in_(dependency_ids))


def questions_of(session: Session, member_ids: Collection[int]) -> list[tuple[int, int, date]]:
    """(id, member, day) of each question to a team that waits for an answer, and of each of these members who was
    asked it; from that day on they are reminded of it."""
    rows = _QUESTIONS.rows(session, member_ids)
    return [(id_, who, day) for id_, who, day in rows if who is not None and day is not None]


def still_waits(session: Session, dependency: Dependency) -> bool:
    """Whether the other team is still waited for, whatever it has said: what blocks does so now, and the key result is
    neither closed nor of a cycle that does not run."""
    found = (
        naming_another_team(sa.select(Dependency.id), _waiting, _other)
        .join(Dependency, Dependency.blocker_id == Blocker.id)
        .where(*_is_in_the_way(), Dependency.id == dependency.id)
    )
    return session.scalar(found) is not None


def _is_in_the_way() -> tuple[sa.ColumnElement[bool], ...]:
    return Blocker.cleared_at.is_(None), KeyResult.state != KeyResultState.CLOSED


def _waits_for_an_answer() -> tuple[sa.ColumnElement[bool], ...]:
    return Dependency.state == DependencyState.ASKED, *_is_in_the_way()


def _unanswered(
    session: Session, viewer: Caller, zone: ZoneInfo, which: sa.ColumnElement[bool]
) -> dict[int, tuple[Unanswered, bool]]:
    is_open = sa.and_(*_waits_for_an_answer())
    wanted = sa.select(Dependency, KeyResult.number, KeyResultRevision, is_open, _waiting.name, _other.name)
    rows = session.execute(
        naming_another_team(wanted, _waiting, _other)
        .join(Dependency, Dependency.blocker_id == Blocker.id)
        .join(KeyResultRevision, current_definition())
        .where(Dependency.workspace_id == viewer.workspace_id, which, visible_to(viewer))
        .order_by(Dependency.asked_at, Dependency.id)
    ).all()
    return {
        dependency.id: (
            Unanswered(
                dependency_id=dependency.id,
                number=number,
                name=definition.metric or definition.text,
                waiting=waiter,
                team=waited_for,
                since=local_date_of(dependency.asked_at, zone),
            ),
            waits,
        )
        for dependency, number, definition, waits, waiter, waited_for in rows
    }


def _questions(member_ids: Any) -> sa.Select[*tuple[Any, ...]]:
    return (
        naming_another_team(sa.select(Dependency.id, Delivery.member_id, Dependency.remind_on), _waiting, _other)
        .join(Dependency, Dependency.blocker_id == Blocker.id)
        .join(Delivery, sa.and_(Delivery.dependency_id == Dependency.id, Delivery.kind == PostKind.DEPENDENCY))
        .where(*_waits_for_an_answer(), Delivery.member_id.in_(member_ids))
        .order_by(Dependency.asked_at, Dependency.id)
    )


# Made once: another name for a table copies all of its columns; and every morning asks for the questions.
_waiting, _other, _said_by = aliased(Team), aliased(Team), aliased(Member)
_QUESTIONS = Listed(_questions)
