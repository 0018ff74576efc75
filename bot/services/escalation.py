"""Escalations: the open request for help that a red or a blocker starts. It lives in one thread until it is resolved.

Everything that changes an escalation holds its row: presses wait for each other, and so do two answers about one key
result (they hold the key result first). What a repeated press would do again is left as it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import period_of
from bot.domain.confidence import Confidence
from bot.domain.escalation import (
    EscalationFacts,
    EscalationState,
    Event,
    ProposedDecision,
    Refusal,
    back_from,
    is_the_same,
    next_state,
    proposes_to_resolve,
)
from bot.domain.localtime import local_date_of
from bot.domain.permissions import Action, may
from bot.services import escalation_ladder as ladder
from bot.services import outcome, rehoming
from bot.services.access import Caller, actor_of, full_member
from bot.services.blockers import blocked_by
from bot.services.escalation_calls import CallForHelp, blocking_at, newest_call
from bot.services.escalation_case import actor_name, names_of, who_may_decide
from bot.services.escalation_events import Called, note
from bot.services.escalation_members import facts_of
from bot.services.escalation_news import follow_up, redraw, tell_owner_of_help
from bot.services.escalation_thread import begin_thread, keep_thread, thread_team
from bot.services.named_again import asks_the_next
from bot.services.refusals import Reason, Refused
from models import (
    Answer,
    Blocker,
    CheckIn,
    Decision,
    DecisionState,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    KeyResult,
    Member,
    Objective,
    Workspace,
)


def on_answer(
    session: Session,
    now: datetime,
    *,
    caller: Caller,
    key_result: KeyResult,
    check_in: CheckIn,
    answer: Answer,
    blocker: Blocker | None,
    wants_help: bool = False,
    opens: bool = False,
) -> None:
    """An answer was recorded, in this transaction: open the key result's thread, or go on in the open one.

    A red, a blocker that the owner wants help with, or a yes to "Would help change this?" (`wants_help`) is a call for
    help. `opens`: so is the third yellow running, but only where no thread is open. `blocker` is what the answer names
    as blocking now, null where it names nothing; one that was named in an earlier week, with nothing decided since,
    brings the open thread one step up its path. A call within two periods of the end of the last one goes on in its
    thread. An answer that turns green proposes to resolve. Any other answer only redraws what shows the state.
    """
    # Two answers at once (the owner's and a co-owner's) must not open two threads.
    session.execute(sa.select(KeyResult.id).where(KeyResult.id == key_result.id).with_for_update(key_share=True)).one()
    escalation = session.scalar(
        sa.select(Escalation)
        .where(Escalation.key_result_id == key_result.id, Escalation.state != EscalationState.RESOLVED)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    names_help = blocker is not None and blocker.wants_help
    calls_for_help = answer.confidence is Confidence.RED or names_help or wants_help
    if escalation is None:
        if calls_for_help or opens:
            lately = _resolved_lately(session, now, key_result, lock=True)
            if lately is not None:
                _reopen(session, now, lately, caller=caller, answer=answer)
            else:
                _open(session, now, caller=caller, key_result=key_result, answer=answer)
        return
    before = newest_call(session, [escalation.id])[escalation.id]
    if calls_for_help and _says_more(session, before, answer, check_in, blocker):
        opens_again = move(session, now, escalation, Event.RED_AGAIN, caller=caller)
        if opens_again:
            rehoming.ask_again(session, now, escalation)
        happened(session, now, escalation, EscalationEventKind.RED_AGAIN, caller=caller, answer=answer)
        if opens_again:
            ladder.begin_anew(session, now, escalation)
    if blocker is not None and asks_the_next(session, now, escalation, blocker, check_in):
        ladder.go_up(session, now, escalation, actor_id=caller.member_id, answer=answer)
    if not calls_for_help and proposes_to_resolve(
        escalation.state, _colour_before(session, key_result, answer), answer.confidence
    ):
        happened(session, now, escalation, EscalationEventKind.GREEN_AGAIN, caller=caller)
        return
    redraw(session, now, escalation)


def call_for_help(
    session: Session,
    now: datetime,
    *,
    caller: Caller,
    key_result: KeyResult,
    called: Called,
    blocker: Blocker | None = None,
) -> None:
    """Somebody asks for help without a check-in: open the key result's thread, or go on in the open one, or in that of
    a call which ended within two periods.

    `blocker` is what they name as blocking, null where they name nothing; named again it goes up as in a check-in. The
    caller of this holds the key result. The owner is told, where it was not them and they do not read the thread.
    """
    escalation = session.scalar(
        sa.select(Escalation)
        .where(Escalation.key_result_id == key_result.id, Escalation.state != EscalationState.RESOLVED)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if escalation is None and (lately := _resolved_lately(session, now, key_result, lock=True)) is not None:
        tell_owner_of_help(session, now, lately, _reopen(session, now, lately, caller=caller, called=called))
        return
    if escalation is None:
        opened = _open(session, now, caller=caller, key_result=key_result, called=replace(called, quote=None))
        tell_owner_of_help(session, now, *opened)
        if called.quote is None:
            redraw(session, now, opened[0])
            return
        # The first message is drawn again and again; what is copied is said once, in a reply.
        escalation, _ = opened
    opens_again = move(session, now, escalation, Event.RED_AGAIN, caller=caller)
    if opens_again:
        rehoming.ask_again(session, now, escalation)
    event = happened(session, now, escalation, EscalationEventKind.HELP_ASKED, caller=caller, called=called)
    if opens_again:
        ladder.begin_anew(session, now, escalation)
        redraw(session, now, escalation)
    if blocker is not None and asks_the_next(session, now, escalation, blocker):
        ladder.go_up(session, now, escalation, actor_id=caller.member_id, answer=None)
    if event.quote is None or escalation.opened_at != now:
        tell_owner_of_help(session, now, escalation, event)


def goes_on_in(session: Session, now: datetime, key_result: KeyResult) -> Escalation | None:
    """The escalation whose thread a call for help would go on in: the open one, or the one that ended lately."""
    open_one = session.scalar(
        sa.select(Escalation).where(
            Escalation.key_result_id == key_result.id, Escalation.state != EscalationState.RESOLVED
        )
    )
    return open_one or _resolved_lately(session, now, key_result, lock=False)


def is_called_by(session: Session, escalation_id: int | None, answer_id: int) -> bool:
    """Whether this answer is the newest that asked for help in the thread."""
    return escalation_id is not None and newest_call(session, [escalation_id])[escalation_id].id == answer_id


def take(session: Session, now: datetime, *, caller: Caller, escalation_id: int) -> None:
    """The caller goes and gets what is needed. Taken by somebody else already: `Refused`, with their name."""
    escalation = held(session, caller, escalation_id, Action.ACKNOWLEDGE_ESCALATION)
    if not move(session, now, escalation, Event.ACKNOWLEDGE, caller=caller):
        if escalation.state is EscalationState.DECIDED:
            name = actor_name(session, escalation, EscalationEventKind.DECIDED)
            raise Refused(Reason.ALREADY_DECIDED, name=name)
        return
    escalation.taken_by_id, escalation.acknowledged_at = caller.member_id, now
    escalation.review_on = None
    ladder.wait_for(session, now, escalation, caller.member_id)
    happened(session, now, escalation, EscalationEventKind.ACKNOWLEDGED, caller=caller)


def take_to_review(session: Session, now: datetime, *, caller: Caller, escalation_id: int) -> None:
    """The caller brings it to the team's next review; to a further one, where the last has passed without a decision.

    Somebody else does already: `Refused`, with their name.
    """
    escalation = held(session, caller, escalation_id, Action.TAKE_TO_REVIEW)
    is_back = _is_back_from_review(session, now, escalation, caller)
    if not move(session, now, escalation, Event.TAKE_TO_REVIEW, caller=caller) and not is_back:
        if not _was(session, escalation, EscalationEventKind.TAKEN_TO_REVIEW, caller):
            name = actor_name(session, escalation, EscalationEventKind.TAKEN_TO_REVIEW)
            raise Refused(Reason.ALREADY_IN_REVIEW, name=name)
        return
    ladder.wait_for_review(session, now, escalation, caller.member_id)
    happened(session, now, escalation, EscalationEventKind.TAKEN_TO_REVIEW, caller=caller)


def _is_back_from_review(session: Session, now: datetime, escalation: Escalation, caller: Caller) -> bool:
    """Whether the review that it was taken to has passed, by the workspace's day or the caller's."""
    zones = (
        session.get_one(Workspace, escalation.workspace_id).time_zone,
        session.get_one(Member, caller.member_id).time_zone,
    )
    today = max(local_date_of(now, ZoneInfo(zone)) for zone in zones)
    return back_from(escalation.state, escalation.review_on, today) is not None


def resolve(session: Session, now: datetime, *, caller: Caller, escalation_id: int, reason: str = "") -> None:
    """The end. Without a recorded decision it takes a reason why none was needed; `Refused` otherwise."""
    escalation = held(session, caller, escalation_id, Action.RESOLVE_ESCALATION)
    if escalation.state is EscalationState.RESOLVED and _was(session, escalation, EscalationEventKind.RESOLVED, caller):
        return
    move(session, now, escalation, Event.RESOLVE, caller=caller, reason=reason)
    escalation.resolved_at = now
    ladder.stop(escalation)
    # A reason that was typed while somebody else decided is kept too.
    escalation.no_decision_reason = reason.strip() or None
    happened(
        session,
        now,
        escalation,
        EscalationEventKind.RESOLVED,
        caller=caller,
        reason=escalation.no_decision_reason,
    )


def seen(session: Session, caller: Caller, escalation_id: int, action: Action) -> Escalation:
    """The escalation, for somebody who may do this with it and is about to: nothing is held."""
    return _allowed(session, caller, _found(session, caller, escalation_id, lock=False), action)


def held(session: Session, caller: Caller, escalation_id: int, action: Action) -> Escalation:
    """The escalation as it is now, held until the end of the transaction; `Refused` for those who may not."""
    return _allowed(session, caller, _found(session, caller, escalation_id, lock=True), action)


def move(
    session: Session,
    now: datetime,
    escalation: Escalation,
    event: Event,
    *,
    caller: Caller,
    decision: ProposedDecision | None = None,
    reason: str = "",
) -> bool:
    """Bring the escalation into the state that follows; False where that is the one it is in.

    Raises `Refused` where the event makes no sense now.
    """
    facts = EscalationFacts(
        decision=decision,
        has_decision=escalation.decided_at is not None,
        has_running_decision=_has_running_decision(session, now, escalation),
        no_decision_reason=reason,
        is_taken_by_another=escalation.taken_by_id not in (None, caller.member_id),
    )
    following = next_state(escalation.state, event, facts)
    if isinstance(following, Refusal):
        raise Refused(following.reason, name=actor_name(session, escalation, EscalationEventKind.ACKNOWLEDGED))
    changed = following is not escalation.state
    escalation.state = following
    return changed


def happened(
    session: Session,
    now: datetime,
    escalation: Escalation,
    kind: EscalationEventKind,
    *,
    caller: Caller,
    answer: Answer | None = None,
    decision_id: int | None = None,
    reason: str | None = None,
    words: str | None = None,
    called: Called | None = None,
) -> EscalationEvent:
    """Note what somebody did and say it: one event, one reply, one audit event."""
    event = note(
        session,
        now,
        escalation,
        kind,
        actor_id=caller.member_id,
        answer=answer,
        decision_id=decision_id,
        reason=reason,
        words=words,
        called=called,
    )
    if kind is not EscalationEventKind.OPENED:
        follow_up(session, now, escalation, event)
    if kind in (EscalationEventKind.DECISION_DONE, EscalationEventKind.RESOLVED):
        outcome.note(session, now, escalation, event)
    return event


def _open(
    session: Session,
    now: datetime,
    *,
    caller: Caller,
    key_result: KeyResult,
    answer: Answer | None = None,
    called: Called | None = None,
) -> tuple[Escalation, EscalationEvent]:
    holder = thread_team(session, key_result)
    escalation = Escalation(
        workspace_id=key_result.workspace_id,
        key_result_id=key_result.id,
        team_id=holder.id if holder is not None else session.get_one(Objective, key_result.objective_id).team_id,
        answer_id=answer.id if answer is not None else None,
        opened_at=now,
    )
    session.add(escalation)
    session.flush()
    first = ladder.first(session, now, escalation)
    begin_thread(session, now, escalation, holder=holder, first=first)
    opened = EscalationEventKind.OPENED
    event = happened(session, now, escalation, opened, caller=caller, answer=answer, called=called)
    ladder.go_on(session, now, escalation)
    return escalation, event


def _resolved_lately(session: Session, now: datetime, key_result: KeyResult, *, lock: bool) -> Escalation | None:
    """The escalation that a call for help goes on with where none is open; null where the last ended too long ago."""
    wanted = (
        sa.select(Escalation)
        .where(
            Escalation.workspace_id == key_result.workspace_id,
            Escalation.key_result_id == key_result.id,
            Escalation.state == EscalationState.RESOLVED,
        )
        .order_by(Escalation.resolved_at.desc(), Escalation.id.desc())
        .limit(1)
    )
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    newest = session.scalar(wanted)
    if newest is None or newest.resolved_at is None:
        return None
    zone = ZoneInfo(session.get_one(Workspace, key_result.workspace_id).time_zone)
    since = (period_of(now, zone) - period_of(newest.resolved_at, zone)).days // 7
    return newest if is_the_same(since) else None


def _reopen(
    session: Session,
    now: datetime,
    escalation: Escalation,
    *,
    caller: Caller,
    answer: Answer | None = None,
    called: Called | None = None,
) -> EscalationEvent:
    """The same help is wanted again: the same thread, open since it first was, with its path from the beginning."""
    escalation.state, escalation.resolved_at, escalation.no_decision_reason = EscalationState.OPEN, None, None
    # It may have changed hands meanwhile.
    keep_thread(session, now, escalation)
    rehoming.ask_again(session, now, escalation)
    reopened = EscalationEventKind.REOPENED
    event = happened(session, now, escalation, reopened, caller=caller, answer=answer, called=called)
    ladder.begin_anew(session, now, escalation)
    redraw(session, now, escalation)
    return event


def _colour_before(session: Session, key_result: KeyResult, answer: Answer) -> Confidence | None:
    """The colour of the answer before this one, of whatever week."""
    return session.scalar(
        sa.select(Answer.confidence)
        .join(CheckIn, CheckIn.id == Answer.check_in_id)
        .where(CheckIn.key_result_id == key_result.id, Answer.id < answer.id)
        .order_by(Answer.id.desc())
        .limit(1)
    )


def _has_running_decision(session: Session, now: datetime, escalation: Escalation) -> bool:
    """Whether something that was decided still has until its day to help."""
    today = local_date_of(now, ZoneInfo(session.get_one(Workspace, escalation.workspace_id).time_zone))
    running = sa.exists().where(
        Decision.escalation_id == escalation.id, Decision.state == DecisionState.OPEN, Decision.due_on >= today
    )
    return bool(session.scalar(sa.select(running)))


def _was(session: Session, escalation: Escalation, kind: EscalationEventKind, caller: Caller) -> bool:
    """Whether the newest event of this kind was the caller's."""
    newest = session.scalar(
        sa.select(EscalationEvent.actor_id)
        .where(EscalationEvent.escalation_id == escalation.id, EscalationEvent.kind == kind)
        .order_by(EscalationEvent.id.desc())
        .limit(1)
    )
    return newest == caller.member_id


def _says_more(
    session: Session, before: CallForHelp, answer: Answer, check_in: CheckIn, blocker: Blocker | None
) -> bool:
    """Another week's call for help always does; the same week's only if it says something else."""
    if before.check_in_id != check_in.id:
        return True
    told = ("confidence", "value", "score", "working", "plan", "need")
    if any(getattr(before, name) != getattr(answer, name) for name in told):
        return True
    blocked = blocked_by(session, [blocker]).get(blocker.id) if blocker is not None else None
    return blocked != blocking_at(session, {check_in.key_result_id: before.at}).get(check_in.key_result_id)


def _found(session: Session, caller: Caller, escalation_id: int, *, lock: bool) -> Escalation:
    wanted = sa.select(Escalation).where(Escalation.workspace_id == caller.workspace_id, Escalation.id == escalation_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    escalation = session.scalar(wanted)
    if escalation is None:
        raise Refused(Reason.NO_SUCH_ESCALATION)
    return escalation


def _allowed(session: Session, caller: Caller, escalation: Escalation, action: Action) -> Escalation:
    facts = facts_of(session, escalation)
    member = full_member(session, caller)
    actor = actor_of(member)
    if facts.private and not may(actor, Action.VIEW_KEY_RESULT, facts):
        # For them there is none; the button was on an old copy of the message.
        raise Refused(Reason.NO_SUCH_ESCALATION)
    if not may(actor, action, facts):
        raise Refused(Reason.NOT_YOUR_ESCALATION, names=names_of(session, who_may_decide(session, escalation)))
    return escalation
