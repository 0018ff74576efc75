"""The check-in: the prompt's button, the dialog that goes through all that is due, and the doors of `/kr`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import structlog
from sqlalchemy.orm import Session

from bot.blocks.checkin_modal import HELP, checkin_dialog, choices, finished_dialog, more_is_asked, not_understood
from bot.blocks.checkin_parts import Choice, Filled, Question
from bot.blocks.checkin_problems import help_needs_a_name, sentence
from bot.blocks.ids import Act, Dialog, Typed, block
from bot.blocks.post import View
from bot.domain.cadence import Period, period
from bot.domain.confidence import Confidence
from bot.domain.validation import CheckInInput, Invalid, KeyResultFacts, Valid, validate
from bot.domain.words import waits_for
from bot.runtime import Runtime
from bot.services import blocking, checkin, once
from bot.services.checkin import Said, Sheet
from bot.services.refusals import Reason, Refused
from bot.slack import SlackFailure
from handlers.boundary import Desk
from handlers.reply import Done, Errors, Options, Reply, Show
from handlers.request import OpenView, Request
from models import AnswerSource

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Prefill:
    """What somebody typed elsewhere, to stand in the dialog. A colour is among it only if they typed it.

    `not_understood`: words of theirs that had no place; the dialog says so.
    """

    value_text: str = ""
    confidence: Confidence | None = None
    words: str = ""
    not_understood: tuple[str, ...] = ()


@dataclass(frozen=True)
class About:
    """What an open dialog is about, as its metadata says."""

    key_result_id: int
    period: Period
    run: bool
    source: AnswerSource


def register(desk: Desk) -> None:
    desk.action(Act.CHECK_IN, start)
    desk.action(Act.CONFIDENCE, colour_chosen)
    desk.suggest(Act.BLOCKED_BY, suggest)
    desk.submit(Dialog.CHECK_IN, submitted)


def start(runtime: Runtime, request: Request) -> Reply:
    """The prompt's button: the first key result of that week that is not answered."""
    this = _period(request.value)
    with runtime.read() as session:
        first = checkin.first_due(session, runtime.now(), request.caller, this)
        asked = checkin.question(session, runtime.now(), request.caller, first, this, run=True)
    return _open(runtime, request, checkin_dialog(asked))


def open_for(runtime: Runtime, request: Request, key_result_id: int, prefill: Prefill) -> Reply:
    """Open the dialog for one key result, with what was typed elsewhere filled in. Raises `Refused`."""
    with runtime.read() as session:
        asked = checkin.question(
            session,
            runtime.now(),
            request.caller,
            key_result_id,
            None,
            run=False,
            offers_value=bool(prefill.value_text),
        )
        blocked_by = blocking.meant(session, request.caller, waits_for(prefill.words))
    filled = _prefilled(asked, prefill, blocked_by)
    note = not_understood(prefill.not_understood) if prefill.not_understood else ""
    source = AnswerSource.WORDS if prefill != Prefill() else AnswerSource.DIALOG
    return _open(runtime, request, checkin_dialog(asked, filled, note=note, source=source.value))


def colour_chosen(runtime: Runtime, request: Request) -> Reply:
    """Yellow and red bring their fields, green takes them away again. Slack keeps what was typed in the others."""
    view = _view_of(request)
    about = _about(view)
    with runtime.read() as session:
        asked = _asked(session, runtime, request, view, about)
    drawn = checkin_dialog(asked, _typed(view, asked), source=about.source.value)
    try:
        # With the hash: where the answer was lost and the update comes late, the dialog may show the next key result by
        # then, with words in it. Of two quick choices the second may thus not be drawn. What goes wrong here is caught
        # up with when the dialog is submitted, so it is not worth a word to the person.
        runtime.gateway.update_view(request.caller.workspace_id, view_id=view.id, view_hash=view.hash, view=drawn)
    except SlackFailure as failure:
        log.info("colour_not_drawn", error=failure.code)
    return Done()


def suggest(runtime: Runtime, request: Request) -> Reply:
    """People, teams and the words themselves, for “Blocked by”."""
    with runtime.read() as session:
        found = blocking.suggestions(session, request.caller, request.value)
    return Options(choices(found))


def submitted(runtime: Runtime, request: Request) -> Reply:
    """Save, and go on to the next one that is due; or say under each field what cannot be taken."""
    view = _view_of(request)
    about = _about(view)
    with runtime.write() as session:
        now = runtime.now()
        sheet = checkin.sheet(
            session, now, request.caller, about.key_result_id, about.period, run=about.run, to_save=True
        )
        asked = checkin.question_about(session, sheet, sheet.in_hand, offers_value=view.has(Typed.VALUE))
        filled = _typed(view, asked)
        colour = filled.confidence
        if colour is not None and _lacks_fields(view, colour):
            # Submitted before the fields of this colour had appeared.
            return Show(checkin_dialog(asked, filled, note=more_is_asked(colour), source=about.source.value))
        checked = validate(_input(filled), _facts(asked))
        if isinstance(checked, Invalid):
            return Errors(
                {block(field, about.key_result_id): sentence(finding) for field, finding in checked.problems.items()}
            )
        by = blocking.parse_choice(session, request.caller.workspace_id, view.option(Act.BLOCKED_BY))
        wants_help = filled.wants_help and checked.confidence is Confidence.YELLOW
        if wants_help and by is None:
            return Errors({block(Act.BLOCKED_BY, about.key_result_id): help_needs_a_name()})
        if once.first_time(session, now, workspace_id=request.caller.workspace_id, slack_id=request.once):
            said = _said(checked, by, wants_help=wants_help)
            sheet = checkin.save(session, now, sheet, said, source=about.source)
        return Show(_what_comes_next(session, sheet))


def _lacks_fields(view: OpenView, colour: Confidence) -> bool:
    """Whether the dialog does not show yet what this colour asks for; red after yellow lacks the plan only."""
    return (colour.wants_more and not view.has(Typed.NEED)) or (colour is Confidence.RED and not view.has(Typed.PLAN))


def _what_comes_next(session: Session, sheet: Sheet) -> View:
    if sheet.next_up is None:
        return finished_dialog(checkin.end_of(session, sheet))
    return checkin_dialog(checkin.question_about(session, sheet, sheet.next_up))


def _asked(session: Session, runtime: Runtime, request: Request, view: OpenView, about: About) -> Question:
    return checkin.question(
        session,
        runtime.now(),
        request.caller,
        about.key_result_id,
        about.period,
        run=about.run,
        offers_value=view.has(Typed.VALUE),
    )


def _open(runtime: Runtime, request: Request, view: View) -> Reply:
    runtime.gateway.open_view(request.caller.workspace_id, trigger_id=request.trigger_id, view=view)
    return Done()


def _view_of(request: Request) -> OpenView:
    if request.view is None:
        raise Refused(Reason.NOTHING_DUE)
    return request.view


def _about(view: OpenView) -> About:
    metadata = view.metadata
    return About(
        key_result_id=int(metadata["kr"]),
        period=_period(metadata["period"]),
        run=bool(metadata["run"]),
        source=AnswerSource(metadata["source"]),
    )


def _period(text: str) -> Period:
    try:
        return period(date.fromisoformat(text))
    except ValueError:
        raise Refused(Reason.PERIOD_OVER) from None


def _typed(view: OpenView, asked: Question) -> Filled:
    """What stands in the fields now."""
    chosen, words = view.option(Act.BLOCKED_BY), view.option_text(Act.BLOCKED_BY)
    blocked_by = Choice(words, chosen) if chosen and words else None
    colour = view.option(Act.CONFIDENCE)
    filled = Filled(
        value=view.text(Typed.VALUE),
        start=view.text(Typed.START),
        confidence=Confidence(colour) if colour else None,
        changed=view.text(Typed.CHANGED),
        working=view.text(Typed.WORKING),
        next_move=view.text(Typed.NEXT_MOVE),
        blocked_by=blocked_by,
        wants_help=HELP in view.options(Typed.WANTS_HELP),
        need=view.text(Typed.NEED),
        plan=view.text(Typed.PLAN),
    )
    if not view.has(Typed.NEED):
        # The fields of yellow and red are not there yet; they come as the question brings them.
        before = asked.filled
        return replace(
            filled,
            blocked_by=before.blocked_by,
            wants_help=before.wants_help,
            need=before.need,
            plan=before.plan,
        )
    was_chosen_here = blocked_by != asked.filled.blocked_by
    more = bool(filled.need or filled.plan or filled.wants_help or was_chosen_here)
    return replace(filled, keeps_more=more)


def _prefilled(asked: Question, prefill: Prefill, blocked_by: Choice | None) -> Filled:
    """`blocked_by`: whom the typed words name; it stands in the place of what blocked last week."""
    filled = asked.filled
    if prefill.value_text:
        filled = replace(filled, value=prefill.value_text)
    if prefill.confidence is not None:
        filled = replace(filled, confidence=prefill.confidence)
    if prefill.words:
        # Beside yellow or red, words are about what is stuck; the first check-in has no "since last week".
        is_stuck = prefill.confidence is not None and prefill.confidence.wants_more
        if is_stuck and blocked_by is not None:
            filled = replace(filled, blocked_by=blocked_by)
        if is_stuck or asked.asks_start:
            return replace(filled, working=prefill.words)
        return replace(filled, changed=prefill.words)
    return filled


def _input(filled: Filled) -> CheckInInput:
    return CheckInInput(
        value_text=filled.value,
        start_text=filled.start,
        confidence=filled.confidence,
        changed=filled.changed,
        working=filled.working,
        blocked_by=filled.blocked_by.text if filled.blocked_by is not None else "",
        next_move=filled.next_move,
        need=filled.need,
        plan=filled.plan,
    )


def _facts(asked: Question) -> KeyResultFacts:
    standing = asked.standing
    return KeyResultFacts(
        kind=standing.kind,
        unit=standing.unit,
        start=standing.start,
        target=standing.target,
        last_value=standing.value,
        asks_value=asked.needs_value,
    )


def _said(checked: Valid, by: blocking.BlockedBy | None, *, wants_help: bool) -> Said:
    return Said(
        confidence=checked.confidence,
        next_move=checked.next_move,
        value=checked.value,
        score=checked.score,
        start=checked.start,
        changed=checked.changed,
        working=checked.working,
        need=checked.need,
        plan=checked.plan,
        blocked_by=by,
        wants_help=wants_help,
    )
