"""How often a key result's value is asked for: *How often* under `/kr 12`, and its dialog."""

from __future__ import annotations

from bot.blocks import value_rhythm as blocks
from bot.blocks.ids import Act, Dialog, Typed
from bot.runtime import Runtime
from bot.services import value_rhythm
from bot.services.refusals import Reason
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.opening import open_view
from handlers.reply import Done, Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.VALUE_RHYTHM, start)
    desk.submit(Dialog.VALUE_RHYTHM, submitted)


def start(runtime: Runtime, request: Request) -> Reply:
    """*How often*: opens the dialog."""
    about = parse_id(request.value, Reason.NO_SUCH_KEY_RESULT)
    with runtime.read() as session:
        shown = value_rhythm.view(session, runtime.now(), request.caller, about)
    view = blocks.value_rhythm_dialog(shown)
    return open_view(runtime, request, view)


def submitted(runtime: Runtime, request: Request) -> Reply:
    """It was chosen. Twice the same dialog chooses once."""
    view = request.dialog
    chosen = view.option(Typed.VALUE_WEEKS)
    if chosen is None or not chosen.isdecimal():
        return Done()
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Done()
        about = parse_id(view.metadata.get("key_result"), Reason.NO_SUCH_KEY_RESULT)
        saved = value_rhythm.choose(session, now, request.caller, about, int(chosen))
    return Whisper(blocks.value_rhythm_saved(saved))
