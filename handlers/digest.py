"""The lead's answer before the digest."""

from __future__ import annotations

from bot.blocks.ids import Act, Dialog, Typed, block
from bot.blocks.lead_note import say_it_in_a_line, stop_or_shift_dialog, too_long
from bot.domain.digest import STOP_OR_SHIFT_LENGTH
from bot.runtime import Runtime
from bot.services import lead_note, once
from bot.services.refusals import Reason, Refused
from handlers.boundary import Desk
from handlers.reply import Done, Errors, Reply
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.ANSWER_NOTE, ask)
    desk.submit(Dialog.LEAD_NOTE, answer)


def ask(runtime: Runtime, request: Request) -> Reply:
    """*Answer* was pressed under the note: open its dialog."""
    if not request.value.isdecimal():
        raise Refused(Reason.NOTE_OVER)
    with runtime.read() as session:
        view = stop_or_shift_dialog(lead_note.question(session, runtime.now(), request.caller, int(request.value)))
    runtime.gateway.open_view(request.caller.workspace_id, trigger_id=request.trigger_id, view=view)
    return Done()


def answer(runtime: Runtime, request: Request) -> Reply:
    """The dialog was submitted. The last word counts, so a repeated submission changes nothing."""
    view = request.view
    if view is None:
        return Done()
    note_id = int(view.metadata["note"])
    text = view.text(Typed.STOP_OR_SHIFT)
    field = view.block_id(Typed.STOP_OR_SHIFT) or block(Typed.STOP_OR_SHIFT, note_id)
    if not text:
        return Errors({field: say_it_in_a_line()})
    if len(text) > STOP_OR_SHIFT_LENGTH:
        return Errors({field: too_long(len(text))})
    with runtime.write() as session:
        now = runtime.now()
        if once.first_time(session, now, workspace_id=request.caller.workspace_id, slack_id=request.once):
            lead_note.answer(session, now, request.caller, note_id, text)
    return Done()
