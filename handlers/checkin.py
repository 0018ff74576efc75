"""The check-in: the prompt's button, the dialog that goes through all that is due, and the doors of `/kr`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from bot.blocks.checkin_end import finished_dialog, just_saved
from bot.blocks.checkin_modal import (
    checkin_dialog,
    choices,
    looks_afresh,
    measures_something_else,
    more_is_asked,
    not_understood,
    what_you_began,
)
from bot.blocks.checkin_parts import Course, Filled, Question
from bot.blocks.checkin_problems import help_needs_a_name, really, sentence, tick_if_sure
from bot.blocks.ids import Act, Dialog, Typed, block
from bot.blocks.post import View
from bot.domain.cadence import Period
from bot.domain.confidence import Confidence
from bot.domain.doubts import doubt
from bot.domain.validation import Field, Invalid, Valid, validate
from bot.domain.words import waits_for
from bot.domain.yellow import Yellow
from bot.runtime import Runtime
from bot.services import blocking, checkin, checkin_sheet, draft, once, understanding
from bot.services.access import Caller
from bot.services.checkin import Said
from bot.services.checkin_input import Prefill, facts_of, input_of, prefilled
from bot.services.checkin_pages import end_of, opened_by_itself, question_about, standing_in_hand
from bot.services.checkin_sheet import Sheet
from bot.services.prompt import changes_until
from bot.slack_failures import SlackFailure
from handlers.boundary import Desk
from handlers.checkin_form import About, about_of, is_sure, lacks_fields, typed
from handlers.opening import open_view
from handlers.periods import parse_period
from handlers.reply import Done, Errors, Options, Reply, Show
from handlers.request import OpenView, Request

log = structlog.get_logger(__name__)


def register(desk: Desk) -> None:
    desk.action(Act.CHECK_IN, start)
    desk.action(Act.CONFIDENCE, colour_chosen)
    desk.suggest(Act.BLOCKED_BY, suggest)
    desk.submit(Dialog.CHECK_IN, submitted)


def start(runtime: Runtime, request: Request) -> Reply:
    """The prompt's button: the first key result of that week that is not answered.

    Under the last page of a run the same button goes on with what was skipped, in the dialog that is open.
    """
    asked = _first(runtime, request, parse_period(request.value))
    if request.view is not None:
        return redraw(runtime, request, request.view, checkin_dialog(asked))
    return open_view(runtime, request, checkin_dialog(asked))


def start_unchanged(runtime: Runtime, request: Request, this: Period) -> Reply:
    """*Nothing changed*: as `start`, and where the value may stay as it was only colour and next move are asked."""
    asked = _first(runtime, request, this)
    return open_view(runtime, request, page(asked, Course(staying=True)))


def open_one(runtime: Runtime, request: Request, key_result_id: int, this: Period | None, prefill: Prefill) -> View:
    """The dialog for one key result alone, with what was typed elsewhere filled in. Raises `Refused`.

    `this` None: the week that can still be answered, as `answerable.period_in_hand` finds it.
    """
    with runtime.read() as session:
        asked = checkin.question(
            session,
            runtime.now(),
            request.caller,
            key_result_id,
            this,
            run=False,
            offers_value=bool(prefill.value_text) or prefill.value_anew,
        )
        blocked_by = blocking.meant(session, request.caller, waits_for(prefill.words))
    if prefill == Prefill():
        return checkin_dialog(asked)
    notes = [what_you_began(asked.kept_at)] if asked.kept_at is not None else []
    if prefill.value_anew or asked.value_anew:
        notes.append(measures_something_else(asked.standing))
    if prefill.not_understood:
        notes.append(not_understood(prefill.not_understood))
    return checkin_dialog(
        asked,
        prefilled(asked, prefill, blocked_by),
        note="\n".join(notes),
        course=Course(source="words", understanding=prefill.understanding),
    )


def open_for(
    runtime: Runtime, request: Request, key_result_id: int, prefill: Prefill, this: Period | None = None
) -> Reply:
    """Open the dialog for one key result, as `open_one` makes it."""
    return open_view(runtime, request, open_one(runtime, request, key_result_id, this, prefill))


def colour_chosen(runtime: Runtime, request: Request) -> Reply:
    """Yellow and red bring their fields, green takes them away again. Slack keeps what was typed in the others."""
    view = request.dialog
    about = about_of(view)
    with runtime.read() as session:
        sheet = read_sheet(session, runtime.now(), request.caller, about)
        asked = question_about(session, sheet, sheet.in_hand, offers_value=view.has(Typed.VALUE))
    filled = typed(view, asked, about)
    if about.is_of_before(asked):
        drawn = asked_anew(asked, filled, about.course)
    else:
        drawn = checkin_dialog(asked, filled, course=about.course, odd=_odd(asked, filled, about))
    redraw(runtime, request, view, drawn)
    if draft.is_worth_keeping(asked, filled):
        with runtime.write() as session:
            now = runtime.now()
            # Held: what they have submitted while Slack drew is saved by now, and its words are no draft any more.
            after = read_sheet(session, now, request.caller, about, to_save=True)
            if _own_answer(after) == _own_answer(sheet):
                keep(session, now, after, asked, filled)
    return Done()


def _own_answer(sheet: Sheet) -> int | None:
    """The id of what the caller has answered last in this period about what is in hand."""
    own = (one for one in sheet.told_of(sheet.in_hand) if one.author_id == sheet.caller.member_id)
    return max((one.answer_id for one in own if one.period == sheet.period), default=None)


def suggest(runtime: Runtime, request: Request) -> Reply:
    """People, teams and the words themselves, for “Blocked by”."""
    with runtime.read() as session:
        found = blocking.suggestions(session, request.caller, request.value)
    return Options(choices(found))


def submitted(runtime: Runtime, request: Request) -> Reply:
    """Save, and go on to the next one that is due; or say under each field what cannot be taken."""
    view = request.dialog
    about = about_of(view)
    try:
        return _save(runtime, request, view, about)
    except once.OtherWords:
        _keep(runtime, request, view, about)
        raise
    except once.SeenBefore:
        with runtime.read() as session:
            now = runtime.now()
            sheet = read_sheet(session, now, request.caller, about)
            return Show(_what_comes_next(session, now, sheet, about.course))


def _keep(runtime: Runtime, request: Request, view: OpenView, about: About) -> None:
    """Keep what stands in the fields: they are shown once more, and may be closed."""
    with runtime.write() as session:
        now = runtime.now()
        sheet = read_sheet(session, now, request.caller, about)
        asked = question_about(session, sheet, sheet.in_hand, offers_value=view.has(Typed.VALUE))
        keep(session, now, sheet, asked, typed(view, asked, about))


def _save(runtime: Runtime, request: Request, view: OpenView, about: About) -> Reply:
    """As `submitted`. Raises `once.SeenBefore` and `once.OtherWords`, and nothing is saved then."""
    with runtime.write() as session:
        now = runtime.now()
        sheet = read_sheet(session, now, request.caller, about, to_save=True)
        asked = question_about(session, sheet, sheet.in_hand, offers_value=view.has(Typed.VALUE))
        if about.course.unchanged and not asked.may_stay:
            about = replace(about, course=replace(about.course, unchanged=False))
        filled = typed(view, asked, about)
        checked = _check(session, request, view, about, asked=asked, filled=filled)
        if not isinstance(checked, Said):
            # What is not taken yet is kept: the dialog may be closed now.
            keep(session, now, sheet, asked, filled)
            return checked
        sheet = checkin.save(session, now, sheet, checked, source=about.source, delivered=request.delivered)
        if about.course.understanding is not None:
            understanding.saved_elsewhere(session, now, request.caller, about.course.understanding)
        return Show(_what_comes_next(session, now, sheet, about.course))


def read_sheet(session: Session, now: datetime, caller: Caller, about: About, *, to_save: bool = False) -> Sheet:
    """The sheet of an open dialog."""
    return checkin_sheet.sheet(session, now, caller, about.key_result_id, about.period, run=about.run, to_save=to_save)


def page(asked: Question, course: Course, *, note: str = "", filled: Filled | None = None) -> View:
    """The dialog for the next key result of a run: short where its value may stay, else with a word why it is not."""
    short = course.staying and asked.may_stay
    notes = [note] if note else []
    if course.staying and not asked.may_stay and asked.given is None:
        notes.append(looks_afresh(asked.standing))
    return checkin_dialog(asked, filled, note="\n".join(notes), course=replace(course, unchanged=short))


def asked_anew(asked: Question, filled: Filled, course: Course) -> View:
    """The whole dialog once more, where the key result measures something else since it was opened."""
    course = replace(course, anew=course.anew + 1, unchanged=False, sure_of="")
    note = measures_something_else(asked.standing, asks_value=asked.shows_value)
    return checkin_dialog(asked, filled, note=note, course=course)


def keep(session: Session, now: datetime, sheet: Sheet, asked: Question, filled: Filled) -> None:
    """Keep what stands in the fields until it is saved, or answering is over."""
    until = changes_until(sheet.in_hand, sheet.period, [sheet.in_hand])
    draft.keep(session, now, sheet.caller, question=asked, filled=filled, until=until)


def redraw(runtime: Runtime, request: Request, view: OpenView, drawn: View) -> Reply:
    """Show another page in the dialog that is open."""
    try:
        # With the hash: where the answer was lost and the update comes late, the dialog may show the next key result by
        # then, with words in it. Of two quick presses the second may thus not be drawn. What goes wrong here is caught
        # up with when the dialog is submitted or pressed again, so it is not worth a word to the person.
        runtime.gateway.update_view(request.caller.workspace_id, view_id=view.id, view_hash=view.hash, view=drawn)
    except SlackFailure as failure:
        log.info("not_redrawn", error=failure.code)
    return Done()


def _check(
    session: Session, request: Request, view: OpenView, about: About, *, asked: Question, filled: Filled
) -> Said | Reply:
    """The answer, or what the person reads where it cannot be taken as it is."""
    if about.is_of_before(asked):
        return Show(asked_anew(asked, filled, about.course))
    colour = filled.confidence
    if colour is not None and lacks_fields(view, colour):
        # Submitted before the fields of this colour had appeared.
        return Show(checkin_dialog(asked, filled, note=more_is_asked(colour), course=about.course))
    checked = validate(input_of(filled), facts_of(asked))
    if isinstance(checked, Invalid):
        return Errors({_place(view, field, about): sentence(finding) for field, finding in checked.problems.items()})
    by = blocking.parse_choice(session, request.caller.workspace_id, view.option(Act.BLOCKED_BY))
    wants_help = filled.wants_help and checked.confidence is Confidence.YELLOW
    if wants_help and by is None and asked.yellow is Yellow.FIRST:
        return Errors({block(Act.BLOCKED_BY, about.key): help_needs_a_name()})
    odd = doubt(checked.value, facts_of(asked))
    if odd is not None and not about.course.unchanged and not is_sure(view, about, filled):
        asks = view.block_id(Typed.REALLY)
        if asks is not None and about.course.sure_of == filled.value:
            return Errors({asks: tick_if_sure()})
        course = replace(about.course, sure_of=filled.value)
        return Show(checkin_dialog(asked, filled, course=course, odd=really(odd, asked.standing.unit)))
    return Said.of(checked, blocked_by=by, wants_help=wants_help, same_blocker=filled.same_blocker)


def _place(view: OpenView, field: Field, about: About) -> str:
    """Under which field a sentence stands; what has no field in this dialog stands under the colour."""
    return block(field, about.key) if view.has(field) else block(Act.CONFIDENCE, about.key)


def _odd(asked: Question, filled: Filled, about: About) -> str:
    """The question about the value that the dialog asks already; "" where it asks none, or the value is another."""
    if not about.course.sure_of or about.course.sure_of != filled.value:
        return ""
    checked = validate(input_of(replace(filled, confidence=Confidence.GREEN, next_move="–")), facts_of(asked))
    odd = doubt(checked.value, facts_of(asked)) if isinstance(checked, Valid) else None
    return really(odd, asked.standing.unit) if odd is not None else ""


def _what_comes_next(session: Session, now: datetime, sheet: Sheet, course: Course) -> View:
    if sheet.next_up is None:
        return finished_dialog(end_of(session, now, sheet))
    told = just_saved(standing_in_hand(session, sheet), opened=opened_by_itself(session, sheet))
    return page(question_about(session, sheet, sheet.next_up), course.onward, note=told)


def _first(runtime: Runtime, request: Request, this: Period) -> Question:
    with runtime.read() as session:
        first = checkin.first_due(session, runtime.now(), request.caller, this)
        return checkin.question(session, runtime.now(), request.caller, first, this, run=True)
