"""The work that should move a key result: *Initiatives* under `/kr 12`, and its dialog."""

from __future__ import annotations

from bot.blocks import initiatives as blocks
from bot.blocks.ids import Act, Dialog, Typed
from bot.runtime import Runtime
from bot.services import initiatives
from bot.services.refusals import Reason
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Show, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.INITIATIVES, start)
    desk.submit(Dialog.INITIATIVES, submitted)


def start(runtime: Runtime, request: Request) -> Reply:
    """*Initiatives*: opens the dialog."""
    about = parse_id(request.value, Reason.NO_SUCH_KEY_RESULT)
    with runtime.read() as session:
        shown = initiatives.view(session, request.caller, about)
    view = blocks.initiatives_dialog(shown)
    return open_view(runtime, request, view)


def submitted(runtime: Runtime, request: Request) -> Reply:
    """They were named. Twice the same dialog names them once."""
    view = request.dialog
    about = parse_id(view.metadata.get("key_result"), Reason.NO_SUCH_KEY_RESULT)
    lines = [" ".join(line.split()) for line in view.text(Typed.INITIATIVES).splitlines() if line.strip()]
    field = view.block_id(Typed.INITIATIVES) or Typed.INITIATIVES
    if len(lines) > blocks.MOST:
        return Errors({field: blocks.too_many(len(lines))})
    long = next((line for line in lines if len(line) > blocks.LONGEST), None)
    if long is not None:
        return Errors({field: blocks.line_too_long(long, len(long))})
    shown = view.metadata.get("shown")
    try:
        with runtime.write() as session:
            now = runtime.now()
            if not request.is_new(session, now):
                return Done()
            saved = initiatives.name(session, now, request.caller, about, lines, shown=shown)
    except initiatives.NamedSince as since:
        return Show(blocks.initiatives_dialog(since.view))
    return Whisper(blocks.initiatives_saved(saved))
