"""views.*: modals and the Home tab."""

from typing import Any

from bot.localslack import modals
from bot.localslack.errors import SlackError
from bot.localslack.payloads import view_object
from bot.localslack.state import View, ViewType
from bot.localslack.webapi.arguments import Arguments
from bot.localslack.webapi.caller import Caller
from bot.localslack.world import World

Json = dict[str, Any]


def open_view(world: World, caller: Caller, arguments: Arguments) -> Json:
    return _open(world, caller, arguments, push=False)


def push(world: World, caller: Caller, arguments: Arguments) -> Json:
    return _open(world, caller, arguments, push=True)


def _open(world: World, caller: Caller, arguments: Arguments, *, push: bool) -> Json:
    trigger = arguments.optional("trigger_id") or arguments.optional("interactivity_pointer")
    view = modals.open_view(world, caller.workspace, trigger, _body(arguments), push=push)
    return _answer(world, caller, view)


def update(world: World, caller: Caller, arguments: Arguments) -> Json:
    workspace = caller.workspace
    view_id = arguments.optional("view_id") or workspace.views_by_external_id.get(arguments.text("external_id"))
    view = workspace.views.get(view_id or "")
    if view is None:
        raise SlackError("not_found")
    body = modals.checked(_body(arguments), view.type)
    modals.update_view(world, workspace, view, body, given_hash=arguments.optional("hash"))
    return _answer(world, caller, view)


def publish(world: World, caller: Caller, arguments: Arguments) -> Json:
    if not world.app.home_tab:
        raise SlackError("not_enabled")
    user = arguments.text("user_id")
    if user not in caller.workspace.people:
        message = "[ERROR] the user does not exist [json-pointer:/user_id]"
        raise SlackError("invalid_arguments", response_metadata={"messages": [message]})
    body = modals.checked(_body(arguments), ViewType.HOME)
    view = modals.publish_home(world, caller.workspace, user, body, arguments.optional("hash"))
    return _answer(world, caller, view)


def _body(arguments: Arguments) -> Any:
    return arguments.structure("view", "invalid_arguments")


def _answer(world: World, caller: Caller, view: View) -> Json:
    return {"ok": True, "view": view_object(world, caller.workspace, view)}
