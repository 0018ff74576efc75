"""The three dots of an escalation: ask the owner, make private, resolve."""

from __future__ import annotations

from bot.blocks import escalation_more as dialogs
from bot.blocks.escalation_more import Entry
from bot.blocks.ids import Act, Dialog
from bot.runtime import Runtime
from bot.services import escalation_more
from bot.services.refusals import Reason, Refused
from handlers import question
from handlers.boundary import Desk
from handlers.escalation import dialog_about, resolve_one
from handlers.ids import parse_id
from handlers.opening import open_view
from handlers.reply import Done, Reply
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.ESCALATION_MORE, chosen)
    desk.submit(Dialog.MAKE_PRIVATE, make_private)


def chosen(runtime: Runtime, request: Request) -> Reply:
    """An entry of the menu was chosen."""
    entry, _, number = request.value.partition(":")
    pressed = parse_id(number, Reason.NO_SUCH_ESCALATION)
    match entry:
        case Entry.ASK_OWNER:
            return question.open_dialog(runtime, request, pressed)
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
    return open_view(runtime, request, view)


def make_private(runtime: Runtime, request: Request) -> Reply:
    """*Make private* was said yes to."""
    wanted, _ = dialog_about(request)
    with runtime.write() as session:
        escalation_more.make_private(session, runtime.now(), caller=request.caller, escalation_id=wanted)
    return Done()
