"""The buttons inside the check-in's dialog: back, skip, start afresh, something did change. None loses a word."""

from __future__ import annotations

from dataclasses import replace

from bot.blocks.checkin_end import finished_dialog, nothing_told_dialog
from bot.blocks.checkin_modal import checkin_dialog
from bot.blocks.ids import Act, Typed
from bot.blocks.post import View
from bot.runtime import Runtime
from bot.services import checkin, draft
from bot.services.checkin_pages import end_of, question_about
from bot.services.checkin_sheet import Sheet
from bot.services.subject import Subject
from handlers.boundary import Desk
from handlers.checkin import asked_anew, keep, page, read_sheet, redraw
from handlers.checkin_form import About, about_of, typed
from handlers.reply import Reply
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.BACK, back)
    desk.action(Act.SKIP, skip)
    desk.action(Act.START_AFRESH, start_afresh)
    desk.action(Act.CHANGED_AFTER_ALL, changed_after_all)


def back(runtime: Runtime, request: Request) -> Reply:
    """To the one before, with what was said or typed there."""
    about = about_of(request.dialog)
    sheet = _kept(runtime, request, about)
    if sheet.before is None:
        return _show(runtime, request, about, sheet.in_hand)
    return _show(runtime, request, about, sheet.before)


def skip(runtime: Runtime, request: Request) -> Reply:
    """To the next one that is due; this one stays open. After the last one the end says what is open."""
    about = about_of(request.dialog)
    sheet = _kept(runtime, request, about)
    if sheet.next_up is not None:
        return _show(runtime, request, about, sheet.next_up)
    with runtime.read() as session:
        end = end_of(session, runtime.now(), sheet, skipped=True)
    return redraw(runtime, request, request.dialog, finished_dialog(end) if end.standings else nothing_told_dialog(end))


def start_afresh(runtime: Runtime, request: Request) -> Reply:
    """What was kept is thrown away, and the fields are as the question brings them."""
    view = request.dialog
    about = about_of(view)
    with runtime.write() as session:
        sheet = read_sheet(session, runtime.now(), request.caller, about)
        draft.drop(session, request.caller, about.key_result_id, about.period)
        asked = question_about(session, sheet, sheet.in_hand, offers_value=view.has(Typed.VALUE))
    asked = replace(asked, filled=asked.brought, kept_at=None)
    course = replace(about.course, anew=about.course.anew + 1, sure_of="")
    return redraw(runtime, request, view, checkin_dialog(asked, course=course))


def changed_after_all(runtime: Runtime, request: Request) -> Reply:
    """From the short form to the whole one, with what was typed so far."""
    view = request.dialog
    about = about_of(view)
    with runtime.read() as session:
        sheet = read_sheet(session, runtime.now(), request.caller, about)
        asked = question_about(session, sheet, sheet.in_hand)
    filled = typed(view, asked, about)
    if about.is_of_before(asked):
        return redraw(runtime, request, view, asked_anew(asked, filled, about.course))
    return redraw(runtime, request, view, checkin_dialog(asked, filled, course=replace(about.course, unchanged=False)))


def _kept(runtime: Runtime, request: Request, about: About) -> Sheet:
    """The sheet of the open dialog, after what stands in its fields was kept."""
    view = request.dialog
    with runtime.write() as session:
        sheet = read_sheet(session, runtime.now(), request.caller, about)
        asked = question_about(session, sheet, sheet.in_hand, offers_value=view.has(Typed.VALUE))
        keep(session, runtime.now(), sheet, asked, typed(view, asked, about))
    return sheet


def _show(runtime: Runtime, request: Request, about: About, to: Subject) -> Reply:
    with runtime.read() as session:
        asked = checkin.question(session, runtime.now(), request.caller, to.key_result_id, about.period, run=about.run)
    # Who comes back to what they said a moment ago finds it whole, its colour too; a draft has its own.
    colour = asked.filled.confidence if asked.kept_at is not None else asked.given
    drawn: View = page(asked, about.course.onward, filled=replace(asked.filled, confidence=colour))
    return redraw(runtime, request, request.dialog, drawn)
