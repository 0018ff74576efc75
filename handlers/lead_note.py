"""The lead's note: its question, *what should stop or shift?*, and what a lead does about an open check-in in it."""

from __future__ import annotations

from typing import Any

from bot.blocks import lead_note as blocks
from bot.blocks.ids import Act, Dialog, Typed, block
from bot.domain.digest import STOP_OR_SHIFT_LENGTH
from bot.runtime import Runtime
from bot.services import lead_note
from bot.services.refusals import Reason, Refused
from handlers import hand_over
from handlers.boundary import Desk
from handlers.ids import parse_id, parse_ids
from handlers.lines import problem_with
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.ANSWER_NOTE, ask)
    desk.submit(Dialog.LEAD_NOTE, answer)
    desk.action(Act.NOTE_CHECK_IN, chosen)
    desk.action(Act.EXCUSE, excuse)


def ask(runtime: Runtime, request: Request) -> Reply:
    """*Answer* was pressed under the note: open its dialog."""
    about = parse_id(request.value, Reason.NOTE_OVER)
    with runtime.read() as session:
        view = blocks.stop_or_shift_dialog(lead_note.question(session, runtime.now(), request.caller, about))
    return open_view(runtime, request, view)


def answer(runtime: Runtime, request: Request) -> Reply:
    """The dialog was submitted. The last word counts, so a repeated submission changes nothing."""
    view = request.dialog
    note_id = parse_id(view.metadata.get("note"), Reason.NOTE_OVER)
    text = view.text(Typed.STOP_OR_SHIFT)
    field = view.block_id(Typed.STOP_OR_SHIFT) or block(Typed.STOP_OR_SHIFT, note_id)
    if wrong := problem_with(text, STOP_OR_SHIFT_LENGTH, blocks.say_it_in_a_line):
        return Errors({field: wrong})
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            lead_note.answer(session, now, request.caller, note_id, text)
    return Done()


def chosen(runtime: Runtime, request: Request) -> Reply:
    """An entry of the menu beside an open check-in."""
    about = _about(request.value)
    match about.get("do"):
        case "remind":
            return _remind(runtime, request, about)
        case "excuse":
            return excuse(runtime, request)
        case "reassign":
            with runtime.read() as session:
                key_result_id = lead_note.key_result_of(session, request.caller, about["note"], about["check_in"])
            return hand_over.open_for(runtime, request, key_result_id)
    raise Refused(Reason.CHECK_IN_SETTLED)


def excuse(runtime: Runtime, request: Request) -> Reply:
    """*Excuse*. The note itself shows that it is not open any more."""
    about = _about(request.value)
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            lead_note.excuse(session, now, request.caller, about["note"], about["check_in"])
    return Done()


def _remind(runtime: Runtime, request: Request, about: dict[str, Any]) -> Reply:
    """*Remind*, of which an owner has two a week: one press is one of them."""
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            name = lead_note.remind(session, now, request.caller, about["note"], about["check_in"])
        else:
            name = lead_note.reminded(session, request.caller, about["note"], about["check_in"])
    return Whisper(blocks.reminded(name))


def _about(value: str) -> dict[str, Any]:
    """What the pressed entry is about."""
    return parse_ids(value, "note", "check_in", unless=Reason.CHECK_IN_SETTLED)
