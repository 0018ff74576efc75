"""*Ask the owner*: one dialog, from the three dots of a thread and from the digest."""

from __future__ import annotations

from bot.blocks import question as questions
from bot.blocks.ids import Dialog, Typed
from bot.runtime import Runtime
from bot.services import question
from handlers.boundary import Desk
from handlers.escalation import dialog_about
from handlers.lines import problem_with
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.submit(Dialog.ASK_OWNER, ask)


def open_dialog(runtime: Runtime, request: Request, escalation_id: int) -> Reply:
    """*Ask the owner* was pressed."""
    with runtime.read() as session:
        about = question.about(session, runtime.now(), caller=request.caller, escalation_id=escalation_id)
        view = questions.ask_dialog(about)
    return open_view(runtime, request, view)


def ask(runtime: Runtime, request: Request) -> Reply:
    """The question was submitted. Twice the same dialog is one question."""
    about, view = dialog_about(request)
    text = view.text(Typed.QUESTION)
    if wrong := problem_with(text, questions.QUESTION_LENGTH, questions.question_missing):
        return Errors({Typed.QUESTION: wrong})
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Done()
        owner = question.ask(session, now, caller=request.caller, escalation_id=about, question=text)
    return Whisper(questions.on_its_way(owner))
