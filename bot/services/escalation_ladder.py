"""The ladder: while nobody picks an escalation up, the next one on its path is asked, and so on to the end.

Each step is one transaction that holds the escalation: who was asked, that the thread says so, and when it goes on. A
worker that dies before it is committed leaves the step due; two workers take it one after the other, and the second
finds it done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import takewhile

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.escalation import EscalationState
from bot.domain.ladder import Ask, limit, working_time_after
from bot.domain.localtime import instant_of, local_date_of
from bot.services import morning_plan
from bot.services.escalation_asking import ask, ask_after_review, tell_who_was_away
from bot.services.escalation_case import next_review
from bot.services.escalation_events import note
from bot.services.escalation_news import follow_up, redraw
from bot.services.escalation_path import next_climb, schedule_of, steps_of, waits_until
from models import (
    Answer,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    EscalationStep,
    Member,
)


def first(session: Session, now: datetime, escalation: Escalation) -> Ask | None:
    """Who is asked first, and when; None where there is nobody."""
    return next_climb(session, escalation, now, ()).ask


def go_on(session: Session, now: datetime, escalation: Escalation) -> EscalationStep | None:
    """Ask the next one on the path, where they are at work now; else note when they will be, and return null. The
    caller holds it."""
    step = _ask_next(session, now, escalation)
    if step is not None and step.number > 1:
        event = note(session, now, escalation, EscalationEventKind.ASKED_NEXT, step_id=step.id)
        _say(session, now, escalation, event, step)
    return step


def go_up(session: Session, now: datetime, escalation: Escalation, *, actor_id: int, answer: Answer | None) -> None:
    """The same blocker was named again: as `go_on`, without waiting for the limit of who was asked before. `answer` is
    null where it was named without a check-in.

    The thread says why, also where the next one is not at work now or nobody is left.
    """
    step = _ask_next(session, now, escalation)
    step_id = step.id if step is not None else None
    event = note(
        session,
        now,
        escalation,
        EscalationEventKind.NAMED_AGAIN,
        actor_id=actor_id,
        answer=answer,
        step_id=step_id,
    )
    _say(session, now, escalation, event, step)


def _ask_next(session: Session, now: datetime, escalation: Escalation) -> EscalationStep | None:
    """Ask the next one and note when it goes on; null where nobody is asked now."""
    steps = steps_of(session, escalation)
    found = next_climb(session, escalation, now, steps)
    if found.ask is None or found.ask.at > now:
        escalation.waits_until = now
        escalation.next_step_at = found.ask.at if found.ask is not None else None
        return None
    number = len(steps)
    for member_id in found.passed_over:
        number += 1
        _step(session, now, escalation, number, member_id, until=None)
    asked = _step(session, now, escalation, number + 1, found.ask.member_id, until=found.ask.until)
    escalation.asked_id = asked.member_id
    _wait(session, escalation, found.ask.until)
    morning_plan.look_at(session, now, [asked.member_id])
    ask(session, now, escalation, asked)
    return asked


def begin_anew(session: Session, now: datetime, escalation: Escalation) -> None:
    """What was decided did not help, so the path begins again, with everybody on it."""
    escalation.round += 1
    escalation.asked_id = escalation.taken_by_id = escalation.acknowledged_at = escalation.decided_at = None
    escalation.review_on = None
    session.flush()
    go_on(session, now, escalation)


def wait_for(session: Session, now: datetime, escalation: Escalation, member_id: int) -> None:
    """Somebody has taken it: the ladder stops for the limit of this step, in their working hours, and then goes on."""
    _wait(session, escalation, _limit_of(session, now, member_id, steps_of(session, escalation)))


def _wait(session: Session, escalation: Escalation, until: datetime) -> None:
    """Nobody else is asked before that, and after that somebody is, where somebody is left."""
    escalation.waits_until = until
    following = next_climb(session, escalation, until, steps_of(session, escalation))
    escalation.next_step_at = until if following.ask is not None else None


def _limit_of(session: Session, now: datetime, member_id: int, steps: Sequence[EscalationStep]) -> datetime:
    """When the limit of the step that the path is at ends, in somebody's working hours."""
    asked = sum(step.was_asked for step in steps)
    schedule = schedule_of(session, session.get_one(Member, member_id))
    return working_time_after(schedule, now, limit(max(asked - 1, 0)))


def wait_for_review(session: Session, now: datetime, escalation: Escalation, member_id: int) -> date:
    """It goes to the team's next review: the ladder stops until that evening. Returns the review's day."""
    day = next_review(session, now, escalation)
    member = session.get_one(Member, member_id)
    schedule = schedule_of(session, member)
    night = instant_of(day + timedelta(days=1), time(0), schedule.zone)
    evening = schedule.at_work_until(night)
    # Who does not work on that day is asked when they next do.
    if evening is None or local_date_of(evening, schedule.zone) != day or evening <= now:
        evening = schedule.at_work_from(night)
    escalation.review_on = day
    escalation.next_step_at = escalation.waits_until = evening
    # Who was asked before is asked in the morning message again, should the review bring nothing.
    asked = [step.member_id for step in steps_of(session, escalation) if step.was_asked]
    morning_plan.look_at(session, now, asked)
    return day


def stop(escalation: Escalation) -> None:
    """Something was decided, or it is over: nobody else is asked."""
    escalation.next_step_at = escalation.waits_until = None


def step_due(session: Session, now: datetime, most: int) -> int:
    """Take up to `most` steps that are due. Returns how many were looked at."""
    due = session.scalars(
        sa.select(Escalation)
        .where(Escalation.next_step_at <= now)
        .order_by(Escalation.next_step_at, Escalation.id)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for escalation in due:
        _due(session, now, escalation)
        session.flush()
    return len(due)


def _due(session: Session, now: datetime, escalation: Escalation) -> None:
    match escalation.state:
        case EscalationState.DECIDED | EscalationState.RESOLVED:
            stop(escalation)
        case _ if (until := waits_until(escalation, steps_of(session, escalation))) is not None and until > now:
            _look_on(session, now, escalation, until)
        case EscalationState.IN_REVIEW if escalation.review_on is not None and _asks_for_the_decision(
            session, now, escalation
        ):
            return
        case _:
            step = go_on(session, now, escalation)
            if step is None or step.number == 1:
                # Who would be asked is asked now, or at another time than it says; or the day is over, and what shows
                # it says that the review has brought nothing, also where nobody is left.
                redraw(session, now, escalation)


def _look_on(session: Session, now: datetime, escalation: Escalation, until: datetime) -> None:
    """The path has changed (`looking_again`) while somebody has their time: who comes after them is told anew."""
    if escalation.state is EscalationState.IN_REVIEW:
        escalation.next_step_at = until
    else:
        _wait(session, escalation, until)
    redraw(session, now, escalation)


def _asks_for_the_decision(session: Session, now: datetime, escalation: Escalation) -> bool:
    """The evening after the review: ask who took it there what was decided. False where that was asked before."""
    taker_id = session.scalar(
        sa.select(EscalationEvent.actor_id)
        .where(
            EscalationEvent.escalation_id == escalation.id,
            EscalationEvent.kind == EscalationEventKind.TAKEN_TO_REVIEW,
        )
        .order_by(EscalationEvent.id.desc())
        .limit(1)
    )
    if taker_id is None or not ask_after_review(session, now, escalation, taker_id):
        return False
    until = _limit_of(session, now, taker_id, steps_of(session, escalation))
    escalation.next_step_at = escalation.waits_until = until
    return True


def _step(
    session: Session, now: datetime, escalation: Escalation, number: int, member_id: int, *, until: datetime | None
) -> EscalationStep:
    step = EscalationStep(
        workspace_id=escalation.workspace_id,
        escalation_id=escalation.id,
        round=escalation.round,
        number=number,
        member_id=member_id,
        at=now,
        until=until,
    )
    session.add(step)
    session.flush()
    return step


def _say(
    session: Session, now: datetime, escalation: Escalation, event: EscalationEvent, step: EscalationStep | None
) -> None:
    """The thread says that it goes on. Nobody is passed over without seeing it: who was away reads it when back."""
    follow_up(session, now, escalation, event)
    for member_id in _passed_over(session, escalation, step) if step is not None else ():
        back = schedule_of(session, session.get_one(Member, member_id)).at_work_from(now)
        if back is not None:
            tell_who_was_away(session, back, escalation, event, member_id)


def _passed_over(session: Session, escalation: Escalation, step: EscalationStep) -> list[int]:
    """Who was away when this one was asked in their place."""
    before = [one for one in steps_of(session, escalation) if one.number < step.number]
    return [one.member_id for one in takewhile(lambda one: not one.was_asked, reversed(before))][::-1]
