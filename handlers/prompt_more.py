"""The three dots under the prompt: nothing changed, only one of them, not mine."""

from __future__ import annotations

from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.not_mine import which_is_missing
from bot.blocks.prompt_more import More, which_one_dialog
from bot.runtime import Runtime
from bot.services import not_mine
from bot.services.checkin_input import Prefill
from bot.services.refusals import Reason, Refused
from handlers import checkin
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.not_mine import ask
from handlers.opening import open_view
from handlers.periods import parse_entry, parse_period
from handlers.reply import Errors, Reply, Show
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.PROMPT_MORE, chosen)
    desk.submit(Dialog.WHICH_ONE, only_this)


def chosen(runtime: Runtime, request: Request) -> Reply:
    """An entry of the menu was chosen; each opens a dialog."""
    entry, this = parse_entry(request.value)
    match entry:
        case More.UNCHANGED:
            return checkin.start_unchanged(runtime, request, this)
        case More.NOT_MINE:
            return ask(runtime, request, this)
        case More.ONLY_ONE:
            with runtime.read() as session:
                candidates = not_mine.open_ones(session, runtime.now(), request.caller, this)
            view = which_one_dialog(candidates, this)
            return open_view(runtime, request, view)
        case _:
            raise Refused(Reason.NOTHING_DUE)


def only_this(runtime: Runtime, request: Request) -> Reply:
    """*Only one of them*: its check-in stands in the same dialog, and no other follows."""
    view = request.dialog
    key_result = view.option(Typed.WHICH) or ""
    if not key_result:
        return Errors({Typed.WHICH: which_is_missing()})
    this = parse_period(str(view.metadata.get("period", "")))
    return Show(checkin.open_one(runtime, request, parse_id(key_result, Reason.NO_SUCH_KEY_RESULT), this, Prefill()))
