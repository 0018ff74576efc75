"""Decisions: what was decided, by whom, who makes it happen, by when; and whether it was done or dropped."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import decisions as messages
from bot.blocks.post import Post
from bot.domain.escalation import DecisionKind, EscalationState, Event, ProposedDecision
from bot.domain.permissions import Action, may
from bot.services import audit, digest_corrections, morning_plan
from bot.services.access import Caller, actor_of, full_member, key_result_facts, member_of, today_of
from bot.services.decision_posts import redraw_made, tell_made, tell_settled
from bot.services.escalation import happened, held, move, seen
from bot.services.escalation_case import decided_of, names_of
from bot.services.escalation_ladder import stop
from bot.services.escalation_members import facts_of, may_see
from bot.services.refusals import Reason, Refused
from bot.services.standing import standing_now
from models import Decision, DecisionState, Escalation, EscalationEventKind, KeyResult, KeyResultState, Member

TEXT_LIMIT = 3000


class Field(enum.Enum):
    TEXT = "text"
    KIND = "kind"
    OWNER = "owner"
    DUE = "due"


class Problem(enum.Enum):
    """What is wrong with a field of a decision; the sentences are in `bot/blocks/escalation_dialogs.py`."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_A_FULL_MEMBER = "not_a_full_member"
    MAY_NOT_SEE_IT = "may_not_see_it"
    IN_THE_PAST = "in_the_past"
    FOR_LEADS = "for_leads"


@dataclass(frozen=True)
class Draft:
    """A decision as it was typed. `owner_id`: null where nobody was chosen whom Okra knows."""

    text: str
    owner_id: int | None
    due_on: date | None
    kind: DecisionKind = DecisionKind.UNBLOCK


class NotADecision(Exception):
    """The draft lacks something: `problems`, each at its field. `today` is the decider's."""

    def __init__(self, problems: Mapping[Field, Problem], *, today: date, owner_name: str) -> None:
        super().__init__(", ".join(f"{field.value}: {problem.value}" for field, problem in problems.items()))
        self.problems = problems
        self.today = today
        self.owner_name = owner_name


def decide(session: Session, now: datetime, *, caller: Caller, escalation_id: int, draft: Draft) -> Decision:
    """Record a decision and tell the thread.

    Raises `Refused` for those who may not and where the escalation is over; `NotADecision` for a draft without text
    (at most 3,000 code points), without a full active member as owner, or due before the decider's today.
    """
    escalation = held(session, caller, escalation_id, Action.DECIDE)
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    owner_id, due_on = _checked(session, now, caller, key_result, draft, kinds=tuple(DecisionKind))
    proposed = ProposedDecision(draft.text, owner_id, due_on)
    move(session, now, escalation, Event.DECIDE, caller=caller, decision=proposed)
    escalation.decided_at = escalation.decided_at or now
    stop(escalation)
    decision = _record(
        session, now, caller, key_result, draft, owner_id=owner_id, due_on=due_on, escalation_id=escalation.id
    )
    happened(session, now, escalation, EscalationEventKind.DECIDED, caller=caller, decision_id=decision.id)
    digest_corrections.decided(session, now, decision)
    return decision


def about(session: Session, caller: Caller, key_result: KeyResult) -> Escalation | tuple[DecisionKind, ...]:
    """What a decision about this key result is part of: its open escalation; where nobody asks for help, the kinds that
    the caller may decide.

    Raises `Refused`: the key result is closed, or it is not the caller's to decide about.
    """
    if key_result.state is KeyResultState.CLOSED:
        raise Refused(Reason.NOTHING_TO_DECIDE, number=key_result.number)
    open_one = session.scalar(
        sa.select(Escalation).where(
            Escalation.key_result_id == key_result.id, Escalation.state != EscalationState.RESOLVED
        )
    )
    # Of a private one others know nothing: what they decide stands beside it.
    if open_one is not None and may_see(session, open_one, caller.member_id):
        return seen(session, caller, open_one.id, Action.DECIDE)
    member = member_of(session, caller)
    facts = key_result_facts(session, key_result)
    facts = replace(facts, sponsor_ids=frozenset({member.id} if member.is_sponsor else ()))
    if not may(actor_of(member), Action.DECIDE_OUTSIDE, facts):
        can = [facts.owner_id, *facts.lead_ids_above]
        names = names_of(session, [one for one in dict.fromkeys(can) if one is not None])
        raise Refused(Reason.NOT_YOURS_TO_DECIDE, number=key_result.number, names=names)
    leads = may(actor_of(member), Action.DECIDE, facts)
    return tuple(kind for kind in DecisionKind if leads or not kind.is_for_leads)


def decide_about(session: Session, now: datetime, *, caller: Caller, key_result_id: int, draft: Draft) -> Decision:
    """Record a decision about a key result for which nobody asked for help, and tell both owners.

    Where somebody has asked meanwhile it is part of that escalation. Raises as `about` and `decide`.
    """
    key_result = session.scalar(
        sa.select(KeyResult)
        .where(KeyResult.workspace_id == caller.workspace_id, KeyResult.id == key_result_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if key_result is None:
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    found = about(session, caller, key_result)
    if isinstance(found, Escalation):
        return decide(session, now, caller=caller, escalation_id=found.id, draft=draft)
    owner_id, due_on = _checked(session, now, caller, key_result, draft, kinds=found)
    decision = _record(session, now, caller, key_result, draft, owner_id=owner_id, due_on=due_on)
    tell_made(session, now, decision, key_result.owner_id)
    return decision


def _checked(
    session: Session,
    now: datetime,
    caller: Caller,
    key_result: KeyResult,
    draft: Draft,
    *,
    kinds: Collection[DecisionKind],
) -> tuple[int, date]:
    """The owner of the follow-up and its day. Raises `NotADecision`."""
    today = today_of(member_of(session, caller), now)
    owner = session.get(Member, draft.owner_id) if draft.owner_id is not None else None
    problems = _problems(draft, today)
    if (wrong := problem_of_owner(session, owner, key_result)) is not None:
        problems[Field.OWNER] = wrong
    if draft.kind not in kinds:
        problems[Field.KIND] = Problem.FOR_LEADS
    if problems or owner is None or draft.due_on is None:
        raise NotADecision(problems, today=today, owner_name=owner.name if owner is not None else "")
    return owner.id, draft.due_on


def _record(
    session: Session,
    now: datetime,
    caller: Caller,
    key_result: KeyResult,
    draft: Draft,
    *,
    owner_id: int,
    due_on: date,
    escalation_id: int | None = None,
) -> Decision:
    decision = Decision(
        workspace_id=key_result.workspace_id,
        key_result_id=key_result.id,
        escalation_id=escalation_id,
        text=draft.text.strip(),
        decided_by_id=caller.member_id,
        owner_id=owner_id,
        due_on=due_on,
        kind=draft.kind,
        created_at=now,
    )
    session.add(decision)
    session.flush()
    morning_plan.look_at(session, now, [owner_id])
    audit.record(
        session,
        now,
        workspace_id=key_result.workspace_id,
        actor_id=caller.member_id,
        action="decision.recorded",
        subject=decision,
        detail={
            "escalation": escalation_id,
            "owner": owner_id,
            "due_on": due_on.isoformat(),
            "kind": draft.kind.value,
        },
    )
    return decision


def recorded(session: Session, now: datetime, decision: Decision) -> Post:
    """What who has decided reads where they did not decide in the thread."""
    about = standing_now(session, now, session.get_one(KeyResult, decision.key_result_id))
    return messages.recorded(about, decided_of(session, decision), in_thread=decision.escalation_id is not None)


def open_one(session: Session, caller: Caller, decision_id: int, *, lock: bool = False) -> tuple[Decision, int]:
    """A decision that is neither done nor dropped, with its key result's number, for somebody who may say which; held
    if asked to.

    Raises `Refused`: there is none, the caller may not, or it is settled.
    """
    decision = _found(session, caller, decision_id, lock=lock)
    _allowed(session, caller, decision)
    if decision.state is not DecisionState.OPEN:
        raise _settled_already(session, decision)
    return decision, session.get_one(KeyResult, decision.key_result_id).number


def to_carry_out(
    session: Session, caller: Caller, decision_id: int, kinds: Collection[DecisionKind], *, lock: bool
) -> tuple[Decision, KeyResult]:
    """An open decision of one of these kinds, with its key result, for somebody who may settle it; held if asked to.

    Raises `Refused` as `open_one`, and where the key result is closed.
    """
    decision = _found(session, caller, decision_id, lock=False)
    wanted = sa.select(KeyResult).where(KeyResult.id == decision.key_result_id)
    if lock:
        # The key result first, as an answer does.
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    key_result = session.scalars(wanted).one()
    if lock:
        decision = _found(session, caller, decision_id, lock=True)
    _allowed(session, caller, decision)
    if decision.kind not in kinds:
        raise Refused(Reason.NO_SUCH_DECISION)
    if decision.state is not DecisionState.OPEN:
        raise _settled_already(session, decision)
    if key_result.state is KeyResultState.CLOSED:
        raise Refused(Reason.NOTHING_TO_DECIDE, number=key_result.number)
    return decision, key_result


def carried_out(session: Session, now: datetime, caller: Caller, decision: Decision) -> None:
    """What was decided has been done in Okra itself, by the caller. Nothing is told here."""
    decision.state, decision.settled_at, decision.settled_by_id = DecisionState.DONE, now, caller.member_id
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=decision.workspace_id,
        actor_id=caller.member_id,
        action="decision.done",
        subject=decision,
    )
    redraw_made(session, now, decision)
    morning_plan.settled(session, now, workspace_id=decision.workspace_id, decision_id=decision.id)


def done(session: Session, now: datetime, *, caller: Caller, decision_id: int) -> None:
    """What was decided has been done. Raises `Refused` as `open_one`; pressed twice by the same person it is one."""
    _settle(session, now, caller, decision_id, DecisionState.DONE, reason=None)


def drop(session: Session, now: datetime, *, caller: Caller, decision_id: int, reason: str) -> None:
    """It will not be done, for a `reason` (1 to 3,000 code points). Raises `Refused` as `open_one`."""
    _settle(session, now, caller, decision_id, DecisionState.DROPPED, reason=reason.strip())


def _settle(
    session: Session, now: datetime, caller: Caller, decision_id: int, state: DecisionState, *, reason: str | None
) -> None:
    decision = _found(session, caller, decision_id, lock=True)
    member = _allowed(session, caller, decision)
    if decision.state is not DecisionState.OPEN:
        if decision.state is state and decision.settled_by_id == member.id:
            return
        raise _settled_already(session, decision)
    decision.state, decision.reason, decision.settled_at = state, reason, now
    decision.settled_by_id = member.id
    session.flush()
    morning_plan.settled(session, now, workspace_id=decision.workspace_id, decision_id=decision.id)
    audit.record(
        session,
        now,
        workspace_id=decision.workspace_id,
        actor_id=member.id,
        actor_name=member.name,
        action=f"decision.{state.value}",
        subject=decision,
        detail={"reason": reason} if reason else None,
    )
    if decision.escalation_id is None:
        tell_settled(session, now, decision)
    else:
        happened(
            session,
            now,
            session.get_one(Escalation, decision.escalation_id),
            EscalationEventKind.DECISION_DONE if state is DecisionState.DONE else EscalationEventKind.DECISION_DROPPED,
            caller=caller,
            decision_id=decision.id,
        )


def _found(session: Session, caller: Caller, decision_id: int, *, lock: bool) -> Decision:
    """The decision; to be changed it is held, behind its escalation's row: all that changes one holds that first."""
    decision = session.scalar(
        sa.select(Decision).where(Decision.workspace_id == caller.workspace_id, Decision.id == decision_id)
    )
    if decision is None:
        raise Refused(Reason.NO_SUCH_DECISION)
    if lock:
        if decision.escalation_id is not None:
            escalation = sa.select(Escalation).where(Escalation.id == decision.escalation_id)
            session.scalar(escalation.with_for_update(key_share=True).execution_options(populate_existing=True))
        session.refresh(decision, with_for_update={"key_share": True})
    return decision


def _allowed(session: Session, caller: Caller, decision: Decision) -> Member:
    """The caller, who owns it, decided it, or is a lead above its key result; `Refused` for all others."""
    member = full_member(session, caller)
    key_result = session.get_one(KeyResult, decision.key_result_id)
    facts = key_result_facts(session, key_result, asked=[decision.owner_id, decision.decided_by_id])
    escalation = session.get(Escalation, decision.escalation_id) if decision.escalation_id is not None else None
    leads = set(facts.lead_ids_above)
    if escalation is not None and escalation.private_at is not None:
        leads &= facts_of(session, escalation).escalation_member_ids
        facts = replace(facts, private=True, escalation_member_ids=facts.escalation_member_ids | leads)
    if not may(actor_of(member), Action.SETTLE_DECISION, facts):
        can = [decision.owner_id, decision.decided_by_id, *(one for one in facts.lead_ids_above if one in leads)]
        raise Refused(Reason.NOT_YOUR_DECISION, names=names_of(session, list(dict.fromkeys(can))))
    return member


def _settled_already(session: Session, decision: Decision) -> Refused:
    by = decision.settled_by_id
    name = session.get_one(Member, by).name if by is not None else "Somebody"
    return Refused(Reason.DECISION_SETTLED, name=name, is_done=decision.state is DecisionState.DONE)


def _problems(draft: Draft, today: date) -> dict[Field, Problem]:
    problems: dict[Field, Problem] = {}
    if not draft.text.strip():
        problems[Field.TEXT] = Problem.MISSING
    elif len(draft.text.strip()) > TEXT_LIMIT:
        problems[Field.TEXT] = Problem.TOO_LONG
    if draft.due_on is None:
        problems[Field.DUE] = Problem.MISSING
    elif draft.due_on < today:
        problems[Field.DUE] = Problem.IN_THE_PAST
    return problems


def problem_of_owner(session: Session, owner: Member | None, key_result: KeyResult) -> Problem | None:
    """Why somebody cannot make a decision about this key result happen."""
    if owner is None:
        return Problem.MISSING
    if not owner.may_take_part:
        return Problem.NOT_A_FULL_MEMBER
    sees_it = may(actor_of(owner), Action.VIEW_KEY_RESULT, key_result_facts(session, key_result))
    return None if sees_it else Problem.MAY_NOT_SEE_IT
