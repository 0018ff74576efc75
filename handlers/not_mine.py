"""*Not mine* was submitted: the lead is told, and the owner reads what happens next."""

from __future__ import annotations

from bot.blocks import not_mine as dialogs
from bot.blocks.ids import Dialog, Typed
from bot.domain.cadence import Period
from bot.runtime import Runtime
from bot.services import not_mine
from bot.services.refusals import Reason
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.opening import open_view
from handlers.periods import parse_period
from handlers.reply import Errors, Reply, Show
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.submit(Dialog.NOT_MINE, disown)


def ask(runtime: Runtime, request: Request, this: Period) -> Reply:
    """Open the dialog. Raises `Refused`."""
    with runtime.read() as session:
        candidates = not_mine.open_ones(session, runtime.now(), request.caller, this)
        told = not_mine.who_is_told(session, request.caller, [one.key_result_id for one in candidates])
    view = dialogs.not_mine_dialog(candidates, this, [lead.name for lead in told.values()])
    return open_view(runtime, request, view)


def disown(runtime: Runtime, request: Request) -> Reply:
    """Note it and say what happens next; the same where Slack delivers it again."""
    view = request.dialog
    chosen = view.option(Typed.WHICH) or str(view.metadata.get("kr") or "")
    if not chosen:
        return Errors({Typed.WHICH: dialogs.which_is_missing()})
    key_result_id = parse_id(chosen, Reason.NOTHING_DUE)
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            told = not_mine.disown(
                session,
                now,
                caller=request.caller,
                period=parse_period(str(view.metadata.get("period", ""))),
                key_result_id=key_result_id,
                words=view.text(Typed.WHOSE)[: dialogs.WHOSE_LENGTH],
            )
        else:
            told = not_mine.told(session, request.caller, key_result_id)
    return Show(dialogs.told_dialog(told.label, told.told))
