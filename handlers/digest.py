"""What people do with a digest: the lead's answer before it, and the buttons in it."""

from __future__ import annotations

from dataclasses import replace

from bot.blocks.ids import Act, Dialog, Typed, block
from bot.blocks.lead_note import say_it_in_a_line, stop_or_shift_dialog
from bot.domain.digest import STOP_OR_SHIFT_LENGTH
from bot.runtime import Runtime
from bot.services import digest, digest_unread, lead_note, once
from bot.services.refusals import Reason
from handlers import escalation, question
from handlers.boundary import Desk
from handlers.ids import parse_id, parse_ids
from handlers.lines import problem_with
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.ANSWER_NOTE, ask)
    desk.submit(Dialog.LEAD_NOTE, answer)
    desk.action(Act.DECIDE_FROM_DIGEST, decide)
    desk.action(Act.ASK_OWNER, ask_owner)
    desk.action(Act.OPEN_FROM_DIGEST, opened)
    desk.action(Act.DIGEST_DETAILS, show_all)
    desk.action(Act.KEEP_DIGEST, keep)
    desk.action(Act.STOP_DIGEST, stop)


def ask(runtime: Runtime, request: Request) -> Reply:
    """*Answer* was pressed under the note: open its dialog."""
    about = parse_id(request.value, Reason.NOTE_OVER)
    with runtime.read() as session:
        view = stop_or_shift_dialog(lead_note.question(session, runtime.now(), request.caller, about))
    return open_view(runtime, request, view)


def answer(runtime: Runtime, request: Request) -> Reply:
    """The dialog was submitted. The last word counts, so a repeated submission changes nothing."""
    view = request.dialog
    note_id = parse_id(view.metadata.get("note"), Reason.NOTE_OVER)
    text = view.text(Typed.STOP_OR_SHIFT)
    field = view.block_id(Typed.STOP_OR_SHIFT) or block(Typed.STOP_OR_SHIFT, note_id)
    if wrong := problem_with(text, STOP_OR_SHIFT_LENGTH, say_it_in_a_line):
        return Errors({field: wrong})
    with runtime.write() as session:
        now = runtime.now()
        if once.first_time(session, now, workspace_id=request.caller.workspace_id, slack_id=request.once):
            lead_note.answer(session, now, request.caller, note_id, text)
    return Done()


def decide(runtime: Runtime, request: Request) -> Reply:
    """*Decide*, under what needs a decision: the escalation's own dialog."""
    about = _pressed_in(runtime, request)
    return escalation.open_decide(runtime, replace(request, value=str(about["escalation"])))


def ask_owner(runtime: Runtime, request: Request) -> Reply:
    """*Ask the owner*: the same dialog as in the thread."""
    about = _pressed_in(runtime, request)
    return question.open_dialog(runtime, request, about["escalation"])


def opened(runtime: Runtime, request: Request) -> Reply:
    """*Open* leads to the thread by itself; Okra hears that the digest is read."""
    _pressed_in(runtime, request)
    return Done()


def show_all(runtime: Runtime, request: Request) -> Reply:
    """*Show me all*: every key result, for the presser's eyes. What is longer than a message stands in the thread."""
    about = _pressed_in(runtime, request)
    with runtime.read() as session:
        pages = digest.shown_whole(session, request.caller, about["digest"])
    return Whisper(pages[0]) if pages else Done()


def keep(runtime: Runtime, request: Request) -> Reply:
    """*Keep it*, under the proposal to stop a digest. The message says so."""
    about = _about(request, "digest")
    with runtime.write() as session:
        digest_unread.keep(session, runtime.now(), request.caller, about["digest"])
    return Done()


def stop(runtime: Runtime, request: Request) -> Reply:
    """*Stop it*, under the same."""
    about = _about(request, "digest")
    with runtime.write() as session:
        digest_unread.stop(session, runtime.now(), request.caller, about["digest"])
    return Done()


def _pressed_in(runtime: Runtime, request: Request) -> dict[str, int]:
    """What a button of a digest is about; from now on the digest is one that is read."""
    names = ("digest",) if request.action_id == Act.DIGEST_DETAILS else ("digest", "escalation")
    about = _about(request, *names)
    with runtime.write() as session:
        digest.used(session, runtime.now(), request.caller.workspace_id, about["digest"])
    return about


def _about(request: Request, *names: str) -> dict[str, int]:
    return parse_ids(request.value, *names, unless=Reason.NO_SUCH_DIGEST)
