"""The three dots of an escalation: ask the owner, make private, resolve."""

from __future__ import annotations

from bot.blocks import escalation_more as dialogs
from bot.blocks.escalation_more import Entry
from bot.blocks.ids import Act, Dialog, Typed
from bot.runtime import Runtime
from bot.services import escalation_more, once
from bot.services.refusals import Reason, Refused
from handlers.boundary import Desk
from handlers.escalation import dialog_about, escalation_id, resolve_one
from handlers.reply import Done, Errors, Reply
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.ESCALATION_MORE, chosen)
    desk.submit(Dialog.ASK_IN_THREAD, ask_owner)
    desk.submit(Dialog.MAKE_PRIVATE, make_private)


def chosen(runtime: Runtime, request: Request) -> Reply:
    """An entry of the menu was chosen."""
    entry, _, number = request.value.partition(":")
    pressed = escalation_id(number)
    match entry:
        case Entry.ASK_OWNER:
            with runtime.read() as session:
                _, key_result, owner = escalation_more.owner_to_ask(
                    session, caller=request.caller, escalation_id=pressed
                )
                view = dialogs.ask_owner(pressed, f"KR-{key_result.number}", owner.name)
        case Entry.MAKE_PRIVATE:
            with runtime.read() as session:
                _, key_result, names, leaves = escalation_more.before_private(
                    session, caller=request.caller, escalation_id=pressed
                )
                view = dialogs.make_private(pressed, f"KR-{key_result.number}", names, leaves=leaves)
        case Entry.RESOLVE:
            return resolve_one(runtime, request, pressed)
        case _:
            raise Refused(Reason.NO_SUCH_ESCALATION)
    runtime.gateway.open_view(request.caller.workspace_id, trigger_id=request.trigger_id, view=view)
    return Done()


def ask_owner(runtime: Runtime, request: Request) -> Reply:
    """The question was submitted. Twice the same dialog is one question."""
    asked, view = dialog_about(request)
    question = view.text(Typed.QUESTION)
    if not question:
        return Errors({Typed.QUESTION: dialogs.question_missing()})
    if len(question) > dialogs.QUESTION_LIMIT:
        return Errors({Typed.QUESTION: dialogs.question_too_long(len(question))})
    with runtime.write() as session:
        now = runtime.now()
        if once.first_time(session, now, workspace_id=request.caller.workspace_id, slack_id=request.once):
            escalation_more.ask_owner(session, now, caller=request.caller, escalation_id=asked, question=question)
    return Done()


def make_private(runtime: Runtime, request: Request) -> Reply:
    """*Make private* was said yes to."""
    wanted, _ = dialog_about(request)
    with runtime.write() as session:
        escalation_more.make_private(session, runtime.now(), caller=request.caller, escalation_id=wanted)
    return Done()
