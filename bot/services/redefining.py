"""Carrying out a decision that changes a key result, or stops it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.redefining import ChangeQuestion, StopQuestion
from bot.domain.cadence import following, period_of
from bot.domain.cycles import CycleDates
from bot.domain.escalation import DecisionKind
from bot.domain.excuses import Excuse
from bot.domain.numbers import format_value
from bot.domain.redefinition import Part, Terms, Trouble, Typed, differences, redefined, typed_over
from bot.services import audit, definitions, dependency_ladder, hand_over, home_changes, outbox, ownership, planning
from bot.services.access import Caller
from bot.services.decisions import carried_out, to_carry_out
from bot.services.definitions import definition_of, terms_of
from bot.services.escalation import happened
from bot.services.escalation_thread import hold_threads
from bot.services.planning import prompt_key
from bot.services.prompt import prompts_about
from bot.services.redefinition_posts import tell
from models import (
    CheckIn,
    CheckInState,
    Cycle,
    Decision,
    Escalation,
    EscalationEventKind,
    HandOver,
    HandOverState,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    Objective,
    Workspace,
)

CHANGES = (DecisionKind.CHANGE_TARGET, DecisionKind.WRONG_MEASURE)


class NotADefinition(Exception):
    """What was typed cannot define the key result: `troubles`, each at its part."""

    def __init__(self, troubles: Mapping[Part, Trouble]) -> None:
        super().__init__(", ".join(f"{part.value}: {trouble.value}" for part, trouble in troubles.items()))
        self.troubles = troubles


class DefinedSince(Exception):
    """The key result was redefined since the dialog showed it. `question`: what it is now, with what was typed."""

    def __init__(self, question: ChangeQuestion) -> None:
        super().__init__(f"KR-{question.number} is at revision {question.revision}")
        self.question = question


def change_question(session: Session, caller: Caller, decision_id: int) -> ChangeQuestion:
    """What the dialog of a change shows. Raises `Refused`: the decision is not of this kind, settled, or not theirs."""
    decision, key_result = to_carry_out(session, caller, decision_id, CHANGES, lock=False)
    return _question(session, decision, key_result, definition_of(session, key_result))


def _question(
    session: Session, decision: Decision, key_result: KeyResult, now_counts: KeyResultRevision
) -> ChangeQuestion:
    owner = session.get(Member, key_result.owner_id) if key_result.owner_id is not None else None
    return ChangeQuestion(
        decision_id=decision.id,
        number=key_result.number,
        revision=now_counts.revision,
        text=now_counts.text,
        start=_as_typed(now_counts.start),
        target=_as_typed(now_counts.target),
        due_on=now_counts.due_on,
        owner_slack_id=owner.slack_user_id if owner is not None else None,
        # Everybody reads why it changes: what was decided among a few is not proposed for that.
        reason=decision.text if is_open(session, decision) else "",
    )


def _as_typed(value: Decimal | None) -> str:
    return format_value(value, "").replace(",", "") if value is not None else ""


def is_open(session: Session, decision: Decision) -> bool:
    """Whether everybody who sees the key result may read what was decided."""
    if decision.escalation_id is None:
        return True
    return session.get_one(Escalation, decision.escalation_id).private_at is None


def stop_question(session: Session, caller: Caller, decision_id: int) -> StopQuestion:
    """What the dialog of a stop shows. Raises `Refused` as `change_question`."""
    decision, key_result = to_carry_out(session, caller, decision_id, (DecisionKind.STOP,), lock=False)
    return StopQuestion(decision.id, key_result.number, definition_of(session, key_result).text, decision.text)


def change(
    session: Session,
    now: datetime,
    *,
    caller: Caller,
    decision_id: int,
    typed: Typed,
    reason: str,
    stops: str,
    shown: int | None = None,
    owner_id: int | None = None,
) -> None:
    """Save the next revision of the definition: the decision is done by that.

    Neither its `reason` nor what `stops` for it is empty.

    Answers keep the definition that they were given against, and their scores. Somebody else as owner (`owner_id`) is
    asked to take it over. `shown`: the revision over which it was typed, where that is known. Raises `Refused` as
    `change_question`, or where the caller may not ask that person; `DefinedSince`; `NotADefinition`.
    """
    decision, key_result = to_carry_out(session, caller, decision_id, CHANGES, lock=True)
    old = definition_of(session, key_result)
    if shown is not None and shown != old.revision:
        raise DefinedSince(_question_again(session, decision, key_result, shown, typed))
    terms = redefined(terms_of(old), typed, _cycle(session, key_result))
    if not isinstance(terms, Terms):
        raise NotADefinition(terms)
    new = KeyResultRevision(
        workspace_id=old.workspace_id,
        key_result_id=old.key_result_id,
        revision=old.revision + 1,
        text=terms.text,
        kind=terms.kind,
        metric=terms.metric,
        unit=terms.unit,
        start=terms.start,
        target=terms.target,
        due_on=terms.due_on,
        value_every_weeks=old.value_every_weeks,
        reason=reason,
        stops=stops,
        author_id=caller.member_id,
        decision_id=decision.id,
        created_at=now,
    )
    definitions.replace(session, key_result, old, new)
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=key_result.workspace_id,
        actor_id=caller.member_id,
        action="key_result.defined",
        subject=key_result,
        detail={"revision": new.revision, "reason": reason, "stops": stops, "decision": decision.id},
    )
    _told(session, now, caller, decision, key_result, kind=EscalationEventKind.CHANGED)
    _redraw_prompts(session, now, key_result)
    if owner_id is not None and owner_id != key_result.owner_id:
        hand_over.ask(session, now, caller, key_result.id, owner_id)


def _question_again(
    session: Session, decision: Decision, key_result: KeyResult, shown: int, typed: Typed
) -> ChangeQuestion:
    counts = definition_of(session, key_result)
    then = session.scalars(
        sa.select(KeyResultRevision).where(
            KeyResultRevision.key_result_id == key_result.id, KeyResultRevision.revision == shown
        )
    ).one()
    mine = typed_over(terms_of(then), typed, terms_of(counts))
    return replace(
        _question(session, decision, key_result, counts),
        changed=differences(terms_of(then), terms_of(counts)),
        now=counts.text,
        text=mine.text,
        start=_as_typed(mine.start),
        target=_as_typed(mine.target),
        due_on=mine.due_on,
    )


def stop(session: Session, now: datetime, *, caller: Caller, decision_id: int, learning: str) -> None:
    """Close the key result with what was learnt (not empty): the decision is done by that.

    What is due is excused, and nobody is asked about it any more: neither its owner, nor a team that it waited for.
    Raises `Refused` as `stop_question`.
    """
    decision, key_result = to_carry_out(session, caller, decision_id, (DecisionKind.STOP,), lock=True)
    key_result.state, key_result.closed_at, key_result.learning = KeyResultState.CLOSED, now, learning
    due = session.scalars(
        sa.select(CheckIn)
        .where(CheckIn.key_result_id == key_result.id, CheckIn.state == CheckInState.DUE)
        .order_by(CheckIn.id)
        .with_for_update(key_share=True)
    ).all()
    for check_in in due:
        check_in.state, check_in.excuse = CheckInState.EXCUSED, Excuse.NOTHING_OWED
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=key_result.workspace_id,
        actor_id=caller.member_id,
        action="key_result.stopped",
        subject=key_result,
        detail={"learning": learning, "decision": decision.id},
    )
    # Requests for help are held before people, and people before what is drawn anew.
    hold_threads(session, [key_result.id])
    if key_result.owner_id is not None:
        planning.replan(session, now, [key_result.owner_id])
    _told(session, now, caller, decision, key_result, kind=EscalationEventKind.STOPPED)
    prompts = {prompt_key(one.owner_id, one.period) for one in due}
    outbox.redraw_all(session, now, workspace_id=key_result.workspace_id, keys=prompts)
    _redraw_prompts(session, now, key_result)
    ownership.redraw_lists(session, now, key_result)
    _withdraw_offers(session, now, key_result)
    dependency_ladder.redraw_about(session, now, key_result.id)


def _told(
    session: Session,
    now: datetime,
    caller: Caller,
    decision: Decision,
    key_result: KeyResult,
    *,
    kind: EscalationEventKind,
) -> None:
    carried_out(session, now, caller, decision)
    if decision.escalation_id is not None:
        escalation = session.get_one(Escalation, decision.escalation_id)
        happened(session, now, escalation, kind, caller=caller, decision_id=decision.id)
    tell(session, now, decision, key_result.owner_id)
    home_changes.concerns(session, key_result.workspace_id, [key_result.owner_id])


def _redraw_prompts(session: Session, now: datetime, key_result: KeyResult) -> None:
    zone = ZoneInfo(session.get_one(Workspace, key_result.workspace_id).time_zone)
    # In the far west last week's check-in is answered while it is Monday here already.
    keys = prompts_about(session, key_result.id, since=following(period_of(now, zone), -1))
    outbox.redraw_all(session, now, workspace_id=key_result.workspace_id, keys=keys)


def _withdraw_offers(session: Session, now: datetime, key_result: KeyResult) -> None:
    """Nobody is asked any more to take it over."""
    waiting = session.scalars(
        sa.select(HandOver.id).where(HandOver.key_result_id == key_result.id, HandOver.state == HandOverState.WAITING)
    ).all()
    keys = [hand_over.key(one) for one in waiting]
    outbox.redraw_all(session, now, workspace_id=key_result.workspace_id, keys=keys)


def _cycle(session: Session, key_result: KeyResult) -> CycleDates | None:
    starts_on, ends_on = session.execute(
        sa.select(Cycle.starts_on, Cycle.ends_on)
        .join(Objective, Objective.cycle_id == Cycle.id)
        .where(Objective.id == key_result.objective_id)
    ).one()
    return CycleDates(starts_on, ends_on) if starts_on is not None and ends_on is not None else None
