"""The buttons of a decision: Done, and Drop with its reason."""

from __future__ import annotations

from bot.blocks import decisions as dialogs
from bot.blocks.ids import Act, Dialog, Typed
from bot.runtime import Runtime
from bot.services import decisions, once
from bot.services.refusals import Reason, Refused
from handlers.boundary import Desk
from handlers.reply import Done, Errors, Reply
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.DECISION_DONE, done)
    desk.action(Act.DROP_DECISION, open_drop)
    desk.submit(Dialog.DROP_DECISION, drop)


def done(runtime: Runtime, request: Request) -> Reply:
    """Done. The messages about it say so, so the presser needs no answer."""
    with runtime.write() as session:
        decisions.done(session, runtime.now(), caller=request.caller, decision_id=_id(request.value))
    return Done()


def open_drop(runtime: Runtime, request: Request) -> Reply:
    """Drop: opens the dialog that asks why."""
    with runtime.read() as session:
        decision, number = decisions.open_one(session, request.caller, _id(request.value))
        view = dialogs.drop(f"KR-{number}", decision.id, decision.text)
    runtime.gateway.open_view(request.caller.workspace_id, trigger_id=request.trigger_id, view=view)
    return Done()


def drop(runtime: Runtime, request: Request) -> Reply:
    """The reason was submitted. Twice the same dialog drops once."""
    view = request.view
    if view is None:
        raise Refused(Reason.NO_SUCH_DECISION)
    reason = view.text(Typed.REASON)
    if not reason:
        return Errors({Typed.REASON: dialogs.reason_missing()})
    if len(reason) > dialogs.REASON_LIMIT:
        return Errors({Typed.REASON: dialogs.reason_too_long(len(reason))})
    about = _id(str(view.metadata.get("decision", "")))
    with runtime.write() as session:
        now = runtime.now()
        if once.first_time(session, now, workspace_id=request.caller.workspace_id, slack_id=request.once):
            decisions.drop(session, now, caller=request.caller, decision_id=about, reason=reason)
    return Done()


def _id(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Refused(Reason.NO_SUCH_DECISION)
    return int(text)
