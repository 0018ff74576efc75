"""Decisions as a list, a page at a time, as far as the viewer may see their key results."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.blocks.decision_list import PER_PAGE, Listed, Page
from bot.domain.decision_filter import DecisionFilter, Which
from bot.services import access, ownerless_decisions
from bot.services.access import Caller
from bot.services.definitions import current_definition
from bot.services.escalation_members import open_to
from bot.services.still_open import decision_open_to, link_to, places, root_of
from bot.services.team_tree import held_or_shared_by
from bot.services.visibility import is_led_by, visible_to
from models import (
    Decision,
    DecisionState,
    Delivery,
    Escalation,
    KeyResult,
    KeyResultRevision,
    Member,
    Objective,
    Team,
    Workspace,
)

Condition = sa.ColumnElement[bool]
Columns = TypeVarTuple("Columns")


def page(session: Session, viewer: Caller, now: datetime, wanted: DecisionFilter, team: Team | None) -> Page:
    """One page of the decisions that are wanted: open ones by their day, then settled ones, the newest first.

    `team` is the one that `wanted` names. A number past the end gives the last page. A fixed number of queries.
    Raises `Refused` for those who may not take part.
    """
    member = access.full_member(session, viewer)
    today = access.today_of(member, now)
    theirs = ownerless_decisions.asked_of(session, [viewer]) if wanted.is_mine else {}
    conditions = _conditions(wanted, team, viewer, today, [one.id for one in theirs.get(viewer.member_id, ())])
    count = session.scalar(_joined(sa.select(sa.func.count(Decision.id))).where(*conditions)) or 0
    pages = max(-(-count // PER_PAGE), 1)
    number = min(wanted.page, pages)
    return Page(
        filter=wanted,
        team=team.name if team is not None else "",
        count=count,
        number=number,
        pages=pages,
        decisions=tuple(_read(session, viewer, conditions, today, (number - 1) * PER_PAGE)),
    )


def _read(session: Session, viewer: Caller, conditions: list[Condition], today: date, offset: int) -> list[Listed]:
    me = viewer.member_id
    # As `may(…, Action.SETTLE_DECISION, …)` says; a test compares the two.
    leads = sa.and_(is_led_by(me), sa.or_(Decision.escalation_id.is_(None), open_to(viewer)))
    may_settle = sa.or_(Decision.owner_id == me, Decision.decided_by_id == me, leads)
    is_open = Decision.state == DecisionState.OPEN
    rows = session.execute(
        _joined(
            sa.select(
                Decision,
                KeyResult.number,
                KeyResultRevision,
                _owner,
                _decider.name,
                _settler.name,
                Delivery,
                Workspace.url,
                may_settle,
            )
        )
        .join(KeyResultRevision, current_definition())
        .join(_owner, _owner.id == Decision.owner_id)
        .join(_decider, _decider.id == Decision.decided_by_id)
        .outerjoin(_settler, _settler.id == Decision.settled_by_id)
        .join(Workspace, Workspace.id == Decision.workspace_id)
        .outerjoin(Delivery, root_of(Escalation))
        .where(*conditions)
        .order_by(
            sa.case((is_open, 0), else_=1),
            sa.case((is_open, Decision.due_on)),
            Decision.settled_at.desc(),
            Decision.id.desc(),
        )
        .limit(PER_PAGE)
        .offset(offset)
    ).all()
    reached = places(session, [row[6] for row in rows], viewer)
    return [
        Listed(
            decision_id=decision.id,
            number=number,
            name=definition.metric or definition.text,
            text=decision.text,
            kind=decision.kind,
            owner=who.name,
            decided_by=decided_by,
            due_on=decision.due_on,
            is_overdue=decision.state is DecisionState.OPEN and decision.due_on < today,
            is_done=decision.state is DecisionState.DONE,
            is_dropped=decision.state is DecisionState.DROPPED,
            settled_by=settled_by or "",
            reason=decision.reason or "",
            link=link_to(root, url) if root is not None and root.id in reached else None,
            may_settle=bool(may) and decision.state is DecisionState.OPEN,
            owner_left=decision.state is DecisionState.OPEN and not who.may_take_part,
        )
        for decision, number, definition, who, decided_by, settled_by, root, url, may in rows
    ]


def _joined(columns: sa.Select[*Columns]) -> sa.Select[*Columns]:
    return (
        columns.select_from(Decision)
        .join(KeyResult, KeyResult.id == Decision.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .outerjoin(Escalation, Escalation.id == Decision.escalation_id)
    )


def _conditions(
    wanted: DecisionFilter, team: Team | None, viewer: Caller, today: date, also: Collection[int]
) -> list[Condition]:
    """`also`: the ids of decisions that the viewer is asked about because their owner has left."""
    conditions = [
        Decision.workspace_id == viewer.workspace_id,
        visible_to(viewer),
        decision_open_to(viewer),
        *_in_state(wanted.which, today),
    ]
    if wanted.is_mine:
        conditions.append(sa.or_(Decision.owner_id == viewer.member_id, Decision.id.in_(also)))
    if wanted.number is not None:
        conditions.append(KeyResult.number == wanted.number)
    if team is not None:
        conditions.append(held_or_shared_by([team.id]))
    return conditions


def _in_state(which: Which, today: date) -> list[Condition]:
    match which:
        case Which.OPEN:
            return [Decision.state == DecisionState.OPEN]
        case Which.OVERDUE:
            return [Decision.state == DecisionState.OPEN, Decision.due_on < today]
        case Which.DONE:
            return [Decision.state == DecisionState.DONE]
        case Which.DROPPED:
            return [Decision.state == DecisionState.DROPPED]
        case Which.ALL:
            return []


# Made once: another name for a table copies all of its columns.
_owner, _decider, _settler = aliased(Member), aliased(Member), aliased(Member)
