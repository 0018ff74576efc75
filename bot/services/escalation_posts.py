"""What an escalation says in Slack: the thread, the direct message to the one who is asked, news to the owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from itertools import takewhile

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import escalation as messages
from bot.blocks import escalation_replies as replies
from bot.blocks import question
from bot.blocks.decisions import news_of_settling, settled
from bot.blocks.escalation_foot import with_foot
from bot.blocks.escalation_path import Again, Turn
from bot.blocks.escalation_shown import Case, Decided, Settled, score
from bot.blocks.post import Post
from bot.blocks.standing import Standing
from bot.domain.cadence import period, period_of
from bot.domain.escalation import EscalationState
from bot.services import redefinition_posts
from bot.services.escalation_asking import review_in
from bot.services.escalation_calls import asked_at, newest_call
from bot.services.escalation_case import (
    CARRIED_OUT,
    GOING_ON,
    SETTLING,
    asked_by,
    case_of,
    change_of,
    decided_of,
    name_of,
    next_review,
    person_of,
    words_of,
)
from bot.services.escalation_foot import foot_of, is_newest
from bot.services.escalation_readers import may_read, may_stand, taken_back
from bot.services.named_again import again_of
from bot.services.standing import standings, standings_and_answers, stood_after
from models import (
    Answer,
    CheckIn,
    Decision,
    Delivery,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    EscalationStep,
    KeyResult,
    Member,
    PostKind,
)


def root_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The thread's first message. Where its readers may not see the key result any more it is not sent, or blanked."""
    escalation = session.get_one(Escalation, delivery.escalation_id)
    if not may_stand(session, delivery, escalation):
        return taken_back(session, delivery, escalation)
    case = case_of(session, escalation, now)
    owner_id = session.get_one(KeyResult, escalation.key_result_id).owner_id
    reader_id = delivery.member_id
    if reader_id is not None and reader_id != owner_id:
        return messages.ask(replace(case, link=None), reader_id)
    return messages.root(case)


def ask_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The direct message to the one who is asked. None once it was sent too late to be one, or they have left."""
    escalation = session.get_one(Escalation, delivery.escalation_id)
    if not may_read(session, delivery, escalation):
        return taken_back(session, delivery, escalation)
    if delivery.posted_ts is None and _was_helped_since(session, delivery, escalation):
        return None
    assert delivery.member_id is not None  # noqa: S101 - a request goes to a person
    return messages.ask(case_of(session, escalation, now, reader_id=delivery.member_id), delivery.member_id)


def review_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The direct message on the review's evening. None where something was decided before it was sent."""
    escalation = session.get_one(Escalation, delivery.escalation_id)
    if not may_read(session, delivery, escalation):
        return taken_back(session, delivery, escalation)
    if delivery.posted_ts is None and escalation.state is not EscalationState.IN_REVIEW:
        return None
    case = case_of(session, escalation, now, reader_id=delivery.member_id)
    return messages.after_review(case, review_in(delivery.key))


def _was_helped_since(session: Session, delivery: Delivery, escalation: Escalation) -> bool:
    """Whether somebody picked it up after this request was queued: then it asks for nothing any more."""
    if escalation.state in (EscalationState.DECIDED, EscalationState.RESOLVED):
        return True
    picked_up = sa.exists().where(
        EscalationEvent.escalation_id == escalation.id,
        EscalationEvent.kind.in_([EscalationEventKind.ACKNOWLEDGED, EscalationEventKind.TAKEN_TO_REVIEW]),
        EscalationEvent.at >= delivery.created_at,
    )
    return bool(session.scalar(sa.select(picked_up)))


def reply_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The reply in the thread to one event. Where the thread's readers may not see the key result any more it is taken
    back, and None where it was not said yet."""
    event = session.get_one(EscalationEvent, delivery.escalation_event_id)
    escalation = session.get_one(Escalation, event.escalation_id)
    if not may_stand(session, delivery, escalation):
        return taken_back(session, delivery, escalation)
    case = case_of(session, escalation, now)
    foot = foot_of(session, delivery, escalation, event, now)
    latest = is_newest(session, delivery, escalation)
    if event.kind is EscalationEventKind.GREEN_AGAIN:
        # Beneath a decision the way to resolve is the first of the buttons anyway.
        made: Post | None = replies.green_again(case, proposes=latest and not (foot and foot.shows_resolve(case)))
    else:
        made = _reply_of(session, event, case, is_newest=latest, week=_told_later(delivery, event, case, now))
    return with_foot(made, case, foot) if made is not None and foot is not None else made


def _told_later(delivery: Delivery, event: EscalationEvent, case: Case, now: datetime) -> date | None:
    """The week in which it happened, where its thread could only tell in a later one; null mostly."""
    told_at = now if delivery.posted_ts is None else delivery.attempted_at or event.at
    happened = period_of(event.at, case.zone)
    return happened if happened < period_of(told_at, case.zone) else None


def _reply_of(
    session: Session, event: EscalationEvent, case: Case, *, is_newest: bool, week: date | None
) -> Post | None:
    """`is_newest`: no newer reply says where it stands. `week`: when it happened, where that was in an earlier one."""
    actor = name_of(session, event.actor_id)
    match event.kind:
        case EscalationEventKind.OPENED | EscalationEventKind.MADE_PRIVATE | EscalationEventKind.GREEN_AGAIN:
            return None
        case EscalationEventKind.OWNER_ASKED:
            return question.in_thread(case, _who_was_asked(session, event, case), actor, event.words or "")
        case EscalationEventKind.HELP_ASKED | EscalationEventKind.RED_AGAIN:
            return _call_of(session, event, case, week)
        case EscalationEventKind.ASKED_NEXT:
            return replies.went_on(_turn(session, event))
        case EscalationEventKind.NAMED_AGAIN:
            again = again_of(session, event)
            if event.step_id is not None or again is None:
                return replies.went_on(_turn(session, event)) if event.step_id is not None else None
            return replies.named_again(case, again, is_newest=is_newest)
        case EscalationEventKind.ACKNOWLEDGED:
            return replies.taken(actor)
        case EscalationEventKind.TAKEN_TO_REVIEW:
            day = next_review(session, event.at, session.get_one(Escalation, event.escalation_id))
            return replies.to_review(day, actor)
        case EscalationEventKind.RESOLVED:
            return replies.resolved(replace(case, no_decision_reason=event.reason), actor)
        case EscalationEventKind.REOPENED:
            return _opened_again(session, event, case)
        case _:
            return _of_a_decision(session, event, case)


def _of_a_decision(session: Session, event: EscalationEvent, case: Case) -> Post | None:
    decision = session.get_one(Decision, event.decision_id)
    if event.kind in CARRIED_OUT:
        return redefinition_posts.reply(session, decision)
    if event.kind in SETTLING:
        return _became(session, event, case, settled)
    return replies.decided(case, decided_of(session, decision))


def _call_of(session: Session, event: EscalationEvent, case: Case, week: date | None) -> Post:
    """A further call for help: by an answer, or without a check-in."""
    if event.kind is EscalationEventKind.RED_AGAIN:
        answer = session.get_one(Answer, event.answer_id)
        stood = _as_it_stood(session, event, answer, case)
        return replies.again(case, replace(change_of(session, event, case), score=score(stood), week=week))
    words = words_of(session, case.standing.key_result_id, asked_at(event))
    return replies.help_asked(case, words, event.quote or "")


def _as_it_stood(session: Session, event: EscalationEvent, answer: Answer | None, case: Case) -> Standing:
    """The key result with the answer that called for help, or as it stood when somebody did without one.

    The thread keeps what was said, however often a reply is drawn, and whatever is answered later in the same week.
    """
    key_result_id = case.standing.key_result_id
    said = answer or _newest_answer_at(session, key_result_id, event.at)
    if said is None:
        return standings(session, [key_result_id], period_of(event.at, case.zone))[key_result_id]
    week = period(session.get_one(CheckIn, said.check_in_id).period)
    stands, told = standings_and_answers(session, [key_result_id], week)
    # What an answer leaves out stands as it was before its week.
    before = stood_after([one for one in told.get(key_result_id, ()) if one.period < week])
    is_same_measure = said.definition >= session.get_one(KeyResult, key_result_id).measured_since
    return replace(
        stands[key_result_id],
        confidence=said.confidence,
        score=said.score if said.score is not None else before.score,
        value=said.value if said.value is not None and is_same_measure else before.value,
    )


def _newest_answer_at(session: Session, key_result_id: int, at: datetime) -> Answer | None:
    return session.scalar(
        sa.select(Answer)
        .join(CheckIn, CheckIn.id == Answer.check_in_id)
        .where(CheckIn.key_result_id == key_result_id, Answer.at <= at)
        .order_by(CheckIn.period.desc(), Answer.revision.desc())
        .limit(1)
    )


def _who_was_asked(session: Session, event: EscalationEvent, case: Case) -> str:
    """The owner who got the question; another one may own it now."""
    name = session.scalar(
        sa.select(Member.name)
        .join(Delivery, Delivery.member_id == Member.id)
        .where(
            Delivery.workspace_id == event.workspace_id,
            Delivery.escalation_event_id == event.id,
            Delivery.kind == PostKind.ESCALATION_NEWS,
        )
    )
    return name or case.owner.name


def _opened_again(session: Session, event: EscalationEvent, case: Case) -> Post:
    """What is said with the call that opened it again: an answer's words, or whose call it was and theirs."""
    answer = session.get(Answer, event.answer_id) if event.answer_id is not None else None
    words = words_of(session, case.standing.key_result_id, answer or asked_at(event))
    return replies.opened_again(_as_it_stood(session, event, answer, case), words, event.quote or "")


def news_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The direct message about one event to somebody whom the thread may not reach."""
    reader = session.get_one(Member, delivery.member_id)
    event = session.get_one(EscalationEvent, delivery.escalation_event_id)
    escalation = session.get_one(Escalation, event.escalation_id)
    follows_up = [session.get_one(Decision, event.decision_id).owner_id] if event.decision_id is not None else []
    if not may_read(session, delivery, escalation, *follows_up):
        return None
    case = case_of(session, escalation, now, reader_id=reader.id)
    actor = name_of(session, event.actor_id)
    match event.kind:
        case EscalationEventKind.OPENED | EscalationEventKind.HELP_ASKED | EscalationEventKind.REOPENED:
            words = words_of(session, case.standing.key_result_id, asked_at(event))
            return replies.news_of_help(case, words) if event.answer_id is None else None
        case (
            EscalationEventKind.RED_AGAIN
            | EscalationEventKind.CHANGED
            | EscalationEventKind.STOPPED
            | EscalationEventKind.GREEN_AGAIN
            | EscalationEventKind.RESOLVED
            | EscalationEventKind.MADE_PRIVATE
        ):
            return None
        case EscalationEventKind.OWNER_ASKED:
            if reader.id != session.get_one(KeyResult, escalation.key_result_id).owner_id:
                return None
            return question.to_owner(case, person_of(session.get_one(Member, event.actor_id)), event.words or "")
        case EscalationEventKind.ASKED_NEXT | EscalationEventKind.NAMED_AGAIN:
            return replies.news_of_going_on(case, _turn(session, event)) if event.step_id is not None else None
        case EscalationEventKind.ACKNOWLEDGED | EscalationEventKind.TAKEN_TO_REVIEW:
            asker = asked_by(session, newest_call(session, [escalation.id])[escalation.id], reader.id)
            to_a_review = event.kind is EscalationEventKind.TAKEN_TO_REVIEW
            return replies.news_of_taking(case, actor, to_a_review=to_a_review, asked_by=asker)
        case EscalationEventKind.DECIDED:
            decision = session.get_one(Decision, event.decision_id)
            decided = decided_of(session, decision)
            return replies.news_of_decision(case, decided, for_follow_up=reader.id == decision.owner_id)
        case EscalationEventKind.DECISION_DONE | EscalationEventKind.DECISION_DROPPED:
            return _became(session, event, case, news_of_settling)


def _became(
    session: Session, event: EscalationEvent, case: Case, told: Callable[[Case, Decided, Settled], Post]
) -> Post | None:
    decided = decided_of(session, session.get_one(Decision, event.decision_id))
    return told(case, decided, decided.settled) if decided.settled is not None else None


def _turn(session: Session, event: EscalationEvent) -> Turn:
    """Whose turn it is, and why it is not somebody else's, as it was at the event."""
    step = session.get_one(EscalationStep, event.step_id)
    before = session.scalars(
        sa.select(EscalationStep)
        .where(
            EscalationStep.escalation_id == event.escalation_id,
            EscalationStep.round == step.round,
            EscalationStep.number < step.number,
        )
        .order_by(EscalationStep.number.desc())
    ).all()
    away = [name_of(session, one.member_id) for one in takewhile(lambda one: not one.was_asked, before)]
    return Turn(
        name=name_of(session, step.member_id),
        away=tuple(reversed(away)),
        after=_newest_before(session, event) if len(before) > len(away) else None,
        again=_named_again(session, event),
    )


def _named_again(session: Session, event: EscalationEvent) -> Again | None:
    """What was named again, where that is why it went on: at the event, or before it, when nobody could be asked."""
    cause = session.scalar(
        sa.select(EscalationEvent)
        .where(
            EscalationEvent.escalation_id == event.escalation_id,
            EscalationEvent.id <= event.id,
            EscalationEvent.kind.in_(GOING_ON),
        )
        .order_by(EscalationEvent.id.desc())
        .offset(0 if event.kind is EscalationEventKind.NAMED_AGAIN else 1)
        .limit(1)
    )
    if cause is None or cause.kind is not EscalationEventKind.NAMED_AGAIN:
        return None
    was_asked_for = cause.id == event.id or cause.step_id is None
    return again_of(session, cause) if was_asked_for else None


def _newest_before(session: Session, event: EscalationEvent) -> EscalationState:
    """Whether it had been picked up before the event: open, acknowledged or in review."""
    kind = session.scalar(
        sa.select(EscalationEvent.kind)
        .where(
            EscalationEvent.escalation_id == event.escalation_id,
            EscalationEvent.id < event.id,
            EscalationEvent.kind.in_(_STATE_AFTER),
        )
        .order_by(EscalationEvent.id.desc())
        .limit(1)
    )
    return _STATE_AFTER[kind] if kind is not None else EscalationState.OPEN


_STATE_AFTER = {
    EscalationEventKind.OPENED: EscalationState.OPEN,
    EscalationEventKind.RED_AGAIN: EscalationState.OPEN,
    EscalationEventKind.REOPENED: EscalationState.OPEN,
    EscalationEventKind.ACKNOWLEDGED: EscalationState.ACKNOWLEDGED,
    EscalationEventKind.TAKEN_TO_REVIEW: EscalationState.IN_REVIEW,
}
