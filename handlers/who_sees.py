"""An admin says who may see a key result or its objective, and which teams share that: two dialogs under `/kr 12`."""

from __future__ import annotations

from bot.blocks import who_sees as blocks
from bot.blocks.checkin_modal import choices
from bot.blocks.ids import Act, Dialog, Typed
from bot.domain.organisation import Limit, Visibility
from bot.domain.permissions import Action
from bot.runtime import Runtime
from bot.services import limiting, who_sees
from bot.services.limiting import CannotSee
from bot.services.refusals import Reason, Refused
from handlers.acquaintance import acquainted
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.opening import open_view
from handlers.reply import Done, Errors, Options, Reply, Whisper
from handlers.request import OpenView, Request


def register(desk: Desk) -> None:
    desk.action(Act.WHO_SEES, start)
    desk.action(Act.ITS_OBJECTIVE, start_objective)
    desk.suggest(Act.SHARED_WITH, suggest)
    desk.submit(Dialog.WHO_SEES, submitted)
    desk.submit(Dialog.ITS_OBJECTIVE, objective_submitted)


def start(runtime: Runtime, request: Request) -> Reply:
    """*Who may see it*: opens the dialog."""
    about = parse_id(request.value, Reason.NO_SUCH_KEY_RESULT)
    with runtime.read() as session:
        key_result = who_sees.key_result_to_limit(session, request.caller, about, Action.LIMIT)
        view = blocks.who_sees_dialog(who_sees.who_sees(session, request.caller, key_result))
    return open_view(runtime, request, view)


def start_objective(runtime: Runtime, request: Request) -> Reply:
    """*Its objective*: opens the dialog."""
    about = parse_id(request.value, Reason.NO_SUCH_KEY_RESULT)
    with runtime.read() as session:
        key_result = who_sees.key_result_to_limit(session, request.caller, about, Action.SHARE_OBJECTIVE)
        view = blocks.objective_dialog(who_sees.its_objective(session, request.caller, key_result))
    return open_view(runtime, request, view)


def suggest(runtime: Runtime, request: Request) -> Reply:
    """Teams, for those that share it."""
    with runtime.read() as session:
        return Options(choices(who_sees.suggestions(session, request.caller, request.value)))


def submitted(runtime: Runtime, request: Request) -> Reply:
    """It was chosen. Twice the same dialog chooses once."""
    return _save(runtime, request, Action.LIMIT)


def objective_submitted(runtime: Runtime, request: Request) -> Reply:
    """The same for the objective."""
    return _save(runtime, request, Action.SHARE_OBJECTIVE)


def _save(runtime: Runtime, request: Request, action: Action) -> Reply:
    view, caller = request.dialog, request.caller
    about = parse_id(view.metadata.get("key_result"), Reason.NO_SUCH_KEY_RESULT)
    with runtime.read() as session:
        # Whoever may not is told so before anybody is looked up at Slack for them.
        who_sees.key_result_to_limit(session, caller, about, action)
    chosen, people = _chosen(view), view.users(Typed.VIEWERS)
    if chosen is None:
        return Errors({Typed.VISIBLE_TO: blocks.choice_missing()})
    if chosen is Visibility.NAMED and not people:
        return Errors({Typed.VIEWERS: blocks.people_missing()})
    wanted = people if chosen is not Visibility.WORKSPACE else ()
    found = [acquainted(runtime, caller.workspace_id, one) for one in wanted]
    if None in found:
        return Errors({Typed.VIEWERS: blocks.cannot_see(())})
    to = Limit(chosen, frozenset(one for one in found if one is not None))
    try:
        with runtime.write() as session:
            now = runtime.now()
            if not request.is_new(session, now):
                return Done()
            if action is Action.LIMIT:
                done = limiting.limit(session, now, caller, about, to)
            else:
                teams = [parse_id(one, Reason.NO_SUCH_TEAM) for one in view.options(Act.SHARED_WITH)]
                done = limiting.set_objective(session, now, caller, about, to, team_ids=teams)
    except CannotSee as strangers:
        return Errors({Typed.VIEWERS: blocks.cannot_see(strangers.names)})
    except Refused as refused:
        if refused.reason is Reason.NO_SUCH_TEAM:
            return Errors({Act.SHARED_WITH: blocks.no_such_team()})
        raise
    return Whisper(blocks.saved(done))


def _chosen(view: OpenView) -> Visibility | None:
    value = view.option(Typed.VISIBLE_TO)
    return Visibility(value) if value in {one.value for one in Visibility} else None
