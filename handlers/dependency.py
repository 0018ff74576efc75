"""What a team answers that another team waits for: Accept, Refuse, Propose a date."""

from __future__ import annotations

from datetime import date, timedelta

from bot.blocks import dependency as blocks
from bot.blocks.ids import Act, Dialog, Typed
from bot.runtime import Runtime
from bot.services import dependency
from bot.services.access import member_of, today_of
from bot.services.refusals import Reason
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.lines import problem_with
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply
from handlers.request import OpenView, Request

# The day that the dialog proposes; a week is when the next check-in asks.
PROPOSED = timedelta(days=7)


def register(desk: Desk) -> None:
    desk.action(Act.ACCEPT_DEPENDENCY, accept)
    desk.action(Act.REFUSE_DEPENDENCY, open_refuse)
    desk.action(Act.DATE_DEPENDENCY, open_date)
    desk.submit(Dialog.REFUSE_DEPENDENCY, refuse)
    desk.submit(Dialog.DATE_DEPENDENCY, propose)


def accept(runtime: Runtime, request: Request) -> Reply:
    """*Accept*. The message itself says so. A press that comes again undoes no later answer."""
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            dependency.accept(session, now, request.caller, _pressed(request))
    return Done()


def open_refuse(runtime: Runtime, request: Request) -> Reply:
    """*Refuse* asks why."""
    with runtime.read() as session:
        view = blocks.refuse_dialog(dependency.question(session, runtime.now(), request.caller, _pressed(request)))
    return open_view(runtime, request, view)


def open_date(runtime: Runtime, request: Request) -> Reply:
    """*Propose a date* asks by when."""
    now = runtime.now()
    with runtime.read() as session:
        asked = dependency.question(session, now, request.caller, _pressed(request))
        today = today_of(member_of(session, request.caller), now)
    view = blocks.date_dialog(asked, proposed=asked.waits.due_on or today + PROPOSED)
    return open_view(runtime, request, view)


def refuse(runtime: Runtime, request: Request) -> Reply:
    """The line why was submitted. One that comes again undoes no later answer."""
    view = request.dialog
    reason = view.text(Typed.REASON)
    if wrong := problem_with(reason, blocks.REASON_LIMIT, blocks.reason_missing):
        return Errors({Typed.REASON: wrong})
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            dependency.refuse(session, now, request.caller, _about(view), reason)
    return Done()


def propose(runtime: Runtime, request: Request) -> Reply:
    """The day was submitted. One that comes again undoes no later answer."""
    view = request.dialog
    chosen = view.date(Typed.PROMISED_ON)
    if not chosen:
        return Errors({Typed.PROMISED_ON: blocks.day_missing()})
    now, day = runtime.now(), date.fromisoformat(chosen)
    with runtime.write() as session:
        today = today_of(member_of(session, request.caller), now)
        if day < today:
            return Errors({Typed.PROMISED_ON: blocks.day_in_the_past(today)})
        if request.is_new(session, now):
            dependency.propose(session, now, request.caller, _about(view), day)
    return Done()


def _pressed(request: Request) -> int:
    return parse_id(request.value, Reason.NOT_ASKED_OF_YOU)


def _about(view: OpenView) -> int:
    return parse_id(view.metadata.get("dependency"), Reason.NOT_ASKED_OF_YOU)
