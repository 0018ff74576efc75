"""*Later* was chosen under the prompt."""

from __future__ import annotations

from bot.blocks import snooze as dialogs
from bot.blocks.ids import Act, Dialog, Typed
from bot.domain.snooze import Later
from bot.runtime import Runtime
from bot.services import snooze
from bot.services.refusals import Reason, Refused
from handlers.boundary import Desk
from handlers.opening import open_view
from handlers.periods import parse_entry, parse_period
from handlers.reply import Done, Errors, Reply
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.LATER, later)
    desk.submit(Dialog.LATER, later_at)


def later(runtime: Runtime, request: Request) -> Reply:
    """This afternoon or the next morning is kept at once, and the prompt says so; another time opens a dialog."""
    choice, this = parse_entry(request.value)
    if choice == Later.AT_A_TIME:
        with runtime.read() as session:
            view = dialogs.later_dialog(snooze.question(session, runtime.now(), request.caller, this))
        return open_view(runtime, request, view)
    if choice not in set(Later):
        raise Refused(Reason.NOTHING_DUE)
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            snooze.later(session, now, request.caller, this, Later(choice))
    return Done()


def later_at(runtime: Runtime, request: Request) -> Reply:
    """The dialog was submitted. Twice the same changes nothing."""
    view = request.dialog
    this = parse_period(str(view.metadata.get("period", "")))
    with runtime.write() as session:
        wished = snooze.later_at(session, runtime.now(), request.caller, this, view.moment(Typed.LATER_AT))
    if wished is not None:
        return Errors({Typed.LATER_AT: dialogs.too_odd(wished.why, wished.closes)})
    return Done()
