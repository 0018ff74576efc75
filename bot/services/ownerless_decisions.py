"""Decisions whose owner has left: each is asked of who decided it, else of the nearest lead above who is here.

Whoever is asked can give it another owner. Comes back who left, it is theirs again, unless somebody else owns it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services import audit, morning_plan
from bot.services.access import Caller, leads_above, member_of, today_of
from bot.services.decision_posts import tell_new_owner
from bot.services.decisions import Field, NotADecision, open_one, problem_of_owner
from bot.services.escalation_members import facts_of
from bot.services.escalation_path import taking_part
from bot.services.refusals import Reason, Refused
from models import Decision, Escalation, KeyResult, Member, MemberKind, Objective
from models.base import table_of
from models.escalation import is_owed
from models.loading import LoadedOf, objects


def has_left() -> sa.ColumnElement[bool]:
    """For a select over `Decision`: its owner is not here any more."""
    gone = sa.or_(Member.deactivated_at.is_not(None), Member.kind != MemberKind.FULL)
    return sa.exists().where(Member.id == Decision.owner_id, gone)


def asked_of(session: Session, members: Collection[Caller]) -> dict[int, list[Decision]]:
    """By member id: the open decisions that each of these is asked about because their owner has left."""
    workspaces = {one.workspace_id for one in members}
    ids = {one.member_id for one in members}
    found: dict[int, list[Decision]] = defaultdict(list)
    for decision in _without_owner(session, workspaces):
        asked = asked_instead(session, decision)
        if asked in ids:
            found[asked].append(decision)
    return found


def asked_instead(session: Session, decision: Decision) -> int | None:
    """Who is asked about a decision whose owner has left; null where nobody is here who may settle it."""
    key_result = session.get_one(KeyResult, decision.key_result_id)
    leads: Sequence[int] = leads_above(session, session.get_one(Objective, key_result.objective_id).team_id)
    escalation = session.get(Escalation, decision.escalation_id) if decision.escalation_id is not None else None
    if escalation is not None and escalation.private_at is not None:
        members = facts_of(session, escalation).escalation_member_ids
        leads = [one for one in leads if one in members]
    here = taking_part(session, list(dict.fromkeys([decision.decided_by_id, *leads])))
    return here[0].id if here else None


def look_again(session: Session, now: datetime, workspace_id: int) -> None:
    """Somebody has left, or leads a team now: who is asked about such a decision is looked at by the next tick."""
    asked = {asked_instead(session, one) for one in _without_owner(session, {workspace_id})}
    morning_plan.look_at(session, now, {one for one in asked if one is not None})


def to_give(session: Session, caller: Caller, decision_id: int) -> tuple[Decision, int, Member]:
    """A decision that can be given to somebody, its key result's number, and who has left.

    Raises `Refused` as `decisions.open_one`, and where its owner is here.
    """
    decision, number = open_one(session, caller, decision_id)
    owner = session.get_one(Member, decision.owner_id)
    if owner.may_take_part:
        raise Refused(Reason.DECISION_HAS_OWNER, name=owner.name)
    return decision, number, owner


def give(session: Session, now: datetime, *, caller: Caller, decision_id: int, owner_id: int | None) -> Member:
    """Somebody else makes it happen from now on, and is told. Raises as `to_give`; `NotADecision` for nobody, or
    somebody who takes no part or may not see the key result. Given twice to the same person is once."""
    decision, _ = open_one(session, caller, decision_id, lock=True)
    if decision.owner_id == owner_id:
        return session.get_one(Member, decision.owner_id)
    decision, _, before = to_give(session, caller, decision_id)
    owner = session.get(Member, owner_id) if owner_id is not None else None
    problem = problem_of_owner(session, owner, session.get_one(KeyResult, decision.key_result_id))
    if owner is None or problem is not None:
        today = today_of(member_of(session, caller), now)
        problems = {Field.OWNER: problem} if problem is not None else {}
        raise NotADecision(problems, today=today, owner_name=owner.name if owner is not None else "")
    decision.owner_id = owner.id
    session.flush()
    morning_plan.look_at(session, now, [owner.id])
    morning_plan.settled(session, now, workspace_id=decision.workspace_id, decision_id=decision.id)
    tell_new_owner(session, now, decision, caller.member_id)
    audit.record(
        session,
        now,
        workspace_id=decision.workspace_id,
        actor_id=caller.member_id,
        action="decision.given",
        subject=decision,
        detail={"from": before.id, "to": owner.id},
    )
    return owner


def _without_owner(session: Session, workspace_ids: Collection[int]) -> Sequence[Decision]:
    return objects(_WITHOUT_OWNER.all(session, workspace_ids))


_WITHOUT_OWNER = LoadedOf(
    lambda ids: (
        sa.select(Decision)
        .where(Decision.workspace_id.in_(ids), is_owed(table_of(Decision)), has_left())
        .order_by(Decision.due_on, Decision.id)
    )
)
