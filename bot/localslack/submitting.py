"""Submitting and closing a modal, and what the app's answer does to it."""

from typing import Any

from bot.localslack import modals
from bot.localslack.acts import FAILED, TIMED_OUT, actor, head, interaction
from bot.localslack.errors import ActError, SlackError
from bot.localslack.inputs import PLAIN_KEYS, client_errors, elements
from bot.localslack.modals import make_trigger
from bot.localslack.outgoing import Delivery, Kind, Reply
from bot.localslack.payloads import view_object
from bot.localslack.responses import make_response_url
from bot.localslack.state import View, ViewType, Workspace
from bot.localslack.world import World

Json = dict[str, Any]


def top_modal(workspace: Workspace, person_id: str) -> View:
    """The modal a person looks at. Raises ActError when there is none."""
    stack = workspace.desk(person_id).modals
    if not stack:
        raise ActError("no dialog is open")
    return workspace.views[stack[-1]]


def submit(world: World, workspace: Workspace, person_id: str) -> Delivery | None:
    """Press the submit button of the top modal. None when the client itself found something missing or malformed:
    then the fields show it and the app hears nothing."""
    person = actor(world, workspace, person_id)
    view = top_modal(workspace, person_id)
    if view.body.get("submit") is None:
        raise ActError("this dialog has no submit button")
    view.trouble = None
    view.errors = client_errors(view.body["blocks"], view.values)
    world.touch()
    if view.errors:
        return None
    payload = head(world, workspace, "view_submission", person) | {
        "trigger_id": make_trigger(world, workspace, person.id, view.id),
        "view": view_object(world, workspace, view),
        "response_urls": _response_urls(world, workspace, person_id, view),
    }
    return _send(world, workspace, person_id, view.id, payload)


def _response_urls(world: World, workspace: Workspace, person_id: str, view: View) -> list[Json]:
    """An address for each channel that was chosen in a menu with `response_url_enabled`."""
    found = []
    for block, element in elements(view.body["blocks"]):
        if block.get("type") != "input" or not element.get("response_url_enabled", False):
            continue
        value = view.values.get((block["block_id"], element["action_id"])) or {}
        channel = value.get(PLAIN_KEYS[element["type"]][0])
        if channel in workspace.channels:
            found.append(
                {
                    "block_id": block["block_id"],
                    "action_id": element["action_id"],
                    "channel_id": channel,
                    "response_url": make_response_url(world, workspace, person_id, channel),
                }
            )
    return found


def submit_again(world: World, workspace: Workspace, person_id: str, payload: Json) -> Delivery:
    """The same submission once more, as after a double click or a lost answer."""
    return _send(world, workspace, person_id, payload["view"]["id"], payload)


def _send(world: World, workspace: Workspace, person_id: str, view_id: str, payload: Json) -> Delivery:
    def answered(reply: Reply) -> None:
        view = workspace.views.get(view_id)
        if view is None:
            return
        try:
            _obey(world, workspace, view, reply.body or {})
        except SlackError as problem:
            messages = problem.extra.get("response_metadata", {}).get("messages", [])
            view.trouble = f"{FAILED} ({'; '.join([problem.error, *messages])})"
        world.touch()

    def failed(reason: str) -> None:
        view = workspace.views.get(view_id)
        if view is not None:
            view.trouble = TIMED_OUT if reason.endswith("timeout") else FAILED
            world.touch()

    delivery = world.outgoing.add(Kind.INTERACTION, payload, person_id, on_reply=answered, on_error=failed)
    workspace.desk(person_id).last_interaction = delivery.id
    return delivery


def _obey(world: World, workspace: Workspace, view: View, body: Json) -> None:
    """Do what the answer to a submission says. Raises SlackError for an answer that Slack would not take."""
    match body.get("response_action"):
        case None:
            if workspace.desk(view.user).modals[-1:] == [view.id]:
                modals.close_top(world, workspace, view.user)
        case "clear":
            modals.close_all(world, workspace, view.user)
        case "errors":
            view.errors = _errors(view, body.get("errors"))
        case "update":
            modals.update_view(world, workspace, view, modals.checked(body.get("view"), ViewType.MODAL))
        case "push":
            if len(workspace.desk(view.user).modals) >= modals.STACK:
                raise SlackError("push_limit_reached")
            pushed = modals.checked(body.get("view"), ViewType.MODAL)
            modals.make_view(world, workspace, view.user, pushed, ViewType.MODAL, on_top=True)
        case other:
            raise SlackError(f"invalid response_action {other!r}")


def _errors(view: View, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.body["blocks"] if block.get("type") == "input"}
    if (
        not isinstance(errors, dict)
        or not errors
        or not all(isinstance(text, str) and text for text in errors.values())
    ):
        raise SlackError("errors must name input blocks, each with a text")
    strange = sorted(set(errors) - inputs)
    if strange:
        raise SlackError(f"errors name blocks that are no input blocks of this view: {', '.join(strange)}")
    return dict(errors)


def close(world: World, workspace: Workspace, person_id: str, *, whole_stack: bool = False) -> Delivery | None:
    """Press the close button (or, with `whole_stack`, the ×). The app hears of it only where `notify_on_close` says so,
    and not of what was typed. Returns the last delivery."""
    person = actor(world, workspace, person_id)
    top = top_modal(workspace, person_id)
    cleared = whole_stack or bool(top.body.get("clear_on_close", False))
    if cleared:
        closed = modals.close_all(world, workspace, person_id)
    else:
        gone = modals.close_top(world, workspace, person_id)
        closed = [gone] if gone is not None else []
    sent: Delivery | None = None
    for view in closed:
        if view.body.get("notify_on_close", False):
            payload = head(world, workspace, "view_closed", person) | {
                "view": view_object(world, workspace, view, values=False),
                "is_cleared": cleared,
            }
            sent = interaction(world, workspace, person, payload)
    return sent
