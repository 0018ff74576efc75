"""What the dialog shows, from a sheet: the question about one key result, and the page at the end."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.checkin_parts import Filled, Finished, LastAnswer, Question, Running
from bot.blocks.standing import Standing
from bot.domain import scoring
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.domain.kinds import Kind
from bot.domain.localtime import local_date_of
from bot.domain.numbers import format_value
from bot.domain.yellow import Yellow
from bot.services import blocking, draft
from bot.services.blockers import first_named
from bot.services.checkin_sheet import Sheet
from bot.services.escalation_calls import newest_call
from bot.services.escalation_members import may_see
from bot.services.prompt import changes_until, stays
from bot.services.standing import Told, standing_of
from bot.services.still_open import open_for_key_results, thread_links
from bot.services.subject import Subject
from bot.services.waiting import waits_now
from models import Blocker, Decision, DecisionState, Escalation, EscalationEvent, EscalationEventKind


def question_about(session: Session, sheet: Sheet, about: Subject, *, offers_value: bool = False) -> Question:
    """The page that asks about one key result of the sheet: what is in hand, or what comes next.

    `offers_value`: a value is typed already, so its field is shown though it is not asked for this week. The session is
    asked only where an escalation or a blocker is open.
    """
    told = sheet.told_in_cycle(about)
    this_week = next((one for one in told if one.period == sheet.period), None)
    earlier = next((one for one in reversed(told) if one.period < sheet.period), None)
    position, total = sheet.position_of(about)
    asks_value = about.asks_value is not False
    standing = _standings(session, sheet, (about,))[0]
    blocker = told_blocker(session, about)
    brought = _filled(session, about, standing, this_week, blocker)
    begun = draft.kept(session, about.draft_id, about.measured_since) if about.draft_id is not None else None
    value_anew = begun is not None and begun.value_anew
    return Question(
        standing=standing,
        objective=about.objective,
        period=sheet.period,
        run=sheet.is_run,
        position=position,
        total=total,
        shows_value=asks_value or offers_value or value_anew,
        needs_value=asks_value,
        asks_start=about.kind.is_metric and about.start is None,
        hint=scoring.hint(about.kind, about.start, about.target, about.unit),
        last=_last(earlier, about),
        filled=begun.filled if begun is not None else brought,
        brought=brought,
        kept_at=begun.at.astimezone(ZoneInfo(about.caller_zone)) if begun is not None else None,
        given=this_week.confidence if this_week is not None else None,
        may_stay=this_week is None and stays(standing),
        yellow=sheet.another_yellow(about),
        blocked_before=blocker is not None and first_named(session, blocker) < sheet.period,
        waits=waits_now(session, about.key_result_id) if blocker is not None else None,
        has_before=(about is sheet.in_hand and sheet.before is not None) or about is sheet.next_up,
        definition=about.revision,
        measured_since=about.measured_since,
        value_anew=value_anew,
    )


def told_blocker(session: Session, about: Subject) -> Blocker | None:
    """What blocks it now, where the caller may know: a check-in named it, or no private request that is not theirs did.

    One statement, and those about who may see a private request only where it is named without a check-in.
    """
    if about.blocker_id is None:
        return None
    blocker = blocking.open_blocker(session, about.key_result_id)
    if blocker is None or blocker.answer_id is not None or _knows_of_help(session, about):
        return blocker
    return None


def _knows_of_help(session: Session, about: Subject) -> bool:
    """Whether the newest request for help, resolved or not, is not private, or the caller's too."""
    if about.escalation_id is not None:
        escalation = session.get_one(Escalation, about.escalation_id)
    elif about.help_ended_at is not None:
        # What it named may block still.
        escalation = session.scalars(
            sa.select(Escalation)
            .where(Escalation.key_result_id == about.key_result_id)
            .order_by(Escalation.id.desc())
            .limit(1)
        ).one()
    else:
        return True
    return escalation.private_at is None or may_see(session, escalation, about.caller_id)


def standing_in_hand(session: Session, sheet: Sheet) -> Standing:
    """Where what is in hand stands, its answer of a moment ago included."""
    return _standings(session, sheet, (sheet.in_hand,))[0]


def opened_by_itself(session: Session, sheet: Sheet) -> bool:
    """Whether the answer of a moment ago opened the thread of what is in hand, as the third yellow running."""
    return sheet.in_hand.key_result_id in _opened_by_themselves(session, sheet, (sheet.in_hand,))


def end_of(session: Session, now: datetime, sheet: Sheet, *, skipped: bool = False) -> Finished:
    """The page at the end: what the caller told in this run, or about this one key result.

    `skipped`: what is in hand was not answered; nothing is told then where nothing else was.
    """
    shown = () if skipped and not sheet.has_answers else sheet.shown_at_the_end
    open_ones = [*sheet.still_open, *([sheet.in_hand] if skipped and sheet.in_hand.awaits_answer else [])]
    told = _standings(session, sheet, shown)
    opened = _opened_by_themselves(session, sheet, shown)
    return Finished(
        standings=told,
        changes_until=changes_until(sheet.in_hand, sheet.period, shown).astimezone(ZoneInfo(sheet.in_hand.caller_zone)),
        digest_follows=any(one.digest_follows for one in shown),
        asks_for_help=tuple(one.number for one in told if one.escalation is not None and not _is_decided(one)),
        opened_by_themselves=tuple(one.number for one in told if one.key_result_id in opened),
        period=sheet.period,
        still_open=tuple(sorted(one.number for one in open_ones)),
        decided=_decided(session, now, sheet, told),
    )


def _is_decided(standing: Standing) -> bool:
    return standing.escalation is not None and standing.escalation.state is EscalationState.DECIDED


def _decided(session: Session, now: datetime, sheet: Sheet, told: tuple[Standing, ...]) -> tuple[Running, ...]:
    """Those that this week's answer asks for help with while something that was decided still has until its day.

    Only what the answer has said in the thread counts. One statement, where a red or yellow one is decided.
    """
    asking = {
        one.answer_id: one.number
        for one in told
        if _is_decided(one) and one.as_of == sheet.period and one.confidence is not Confidence.GREEN
    }
    if not asking:
        return ()
    rows = session.execute(
        sa.select(EscalationEvent.answer_id, sa.func.max(Decision.due_on))
        .join(Decision, Decision.escalation_id == EscalationEvent.escalation_id)
        .where(
            EscalationEvent.answer_id.in_(asking),
            EscalationEvent.kind == EscalationEventKind.RED_AGAIN,
            Decision.created_at <= EscalationEvent.at,
            Decision.state == DecisionState.OPEN,
            Decision.due_on >= local_date_of(now, ZoneInfo(sheet.in_hand.time_zone)),
        )
        .group_by(EscalationEvent.answer_id)
    )
    until: dict[int | None, date] = dict(rows.all())
    return tuple(Running(number, until[id_]) for id_, number in asking.items() if id_ in until)


def _standings(session: Session, sheet: Sheet, about: tuple[Subject, ...]) -> tuple[Standing, ...]:
    readers = {one.key_result_id: sheet.caller.member_id for one in about if one.escalation_id is not None}
    escalations = thread_links(session, list(readers), readers)
    return tuple(
        standing_of(one, sheet.told_of(one), sheet.period, escalation=escalations.get(one.key_result_id))
        for one in about
    )


def _opened_by_themselves(session: Session, sheet: Sheet, about: tuple[Subject, ...]) -> set[int]:
    """The key results whose thread this period's answer opened because it was the third yellow running."""
    yellow = {
        one.key_result_id: told[-1].answer_id
        for one in about
        if (told := sheet.told_of(one))
        and one.escalation_id is not None
        and told[-1].confidence is Confidence.YELLOW
        and sheet.another_yellow(one._replace(escalation_id=None)) is Yellow.OPENS
    }
    opened = open_for_key_results(session, list(yellow), dict.fromkeys(yellow, sheet.caller.member_id))
    return {id_ for id_, answer_id in yellow.items() if id_ in opened and opened[id_].answer_id == answer_id}


def _last(answer: Told | None, about: Subject) -> LastAnswer:
    if answer is None:
        return LastAnswer()
    value = ""
    if about.kind is Kind.MILESTONE and answer.score is not None:
        value = scoring.show(answer.score)
    elif answer.value is not None:
        value = format_value(answer.value, about.unit)
    return LastAnswer(value, answer.changed, answer.working, answer.next_move, answer.need, answer.plan)


def _filled(
    session: Session, about: Subject, standing: Standing, this_week: Told | None, blocker: Blocker | None
) -> Filled:
    """The value as it stands and what still blocks; the texts only where this week's own answer is being changed."""
    value = ""
    if standing.kind is Kind.MILESTONE:
        value = str(standing.score.normalize()) if standing.score is not None else ""
    elif standing.value is not None:
        value = format_value(standing.value, "").replace(",", "")
    blocked_by = blocking.named(session, blocker) if blocker is not None else None
    if this_week is None:
        return Filled(value=value, blocked_by=blocked_by)
    wanted_help = blocker.wants_help if blocker is not None else _called(session, about, this_week)
    return Filled(
        value=value,
        changed=this_week.changed,
        working=this_week.working,
        next_move=this_week.next_move,
        blocked_by=blocked_by,
        wants_help=wanted_help,
        need=this_week.need,
        plan=this_week.plan,
    )


def _called(session: Session, about: Subject, this_week: Told) -> bool:
    """Whether this week's yellow asked for help with nothing named as blocking, as far as the caller may know."""
    if about.escalation_id is None or this_week.confidence is not Confidence.YELLOW:
        return False
    if not _knows_of_help(session, about):
        return False
    call = newest_call(session, [about.escalation_id])[about.escalation_id]
    return call.id == this_week.answer_id
