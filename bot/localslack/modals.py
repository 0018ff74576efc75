"""Views: opening, stacking, updating and closing them, by Slack's rules for triggers, hashes and typed input."""

import json
from datetime import timedelta
from typing import Any

from bot.localslack import wording
from bot.localslack.blockkit import check_view
from bot.localslack.errors import SlackError
from bot.localslack.inputs import carried_over, prepared
from bot.localslack.state import Trigger, View, ViewType, Workspace
from bot.localslack.world import World

Json = dict[str, Any]

TRIGGER_LIVES = timedelta(seconds=3)
STACK = 3
LARGEST_VIEW = 250_000  # bytes of JSON
KEPT_TRIGGERS = 10_000


def make_trigger(world: World, workspace: Workspace, user: str, view: str | None = None) -> str:
    """A fresh trigger_id for `user`; `view`: the id of the modal that the interaction came from."""
    number = world.ids.number("trigger")
    trigger = Trigger(f"{number}.{workspace.id[-6:]}.{world.ids.secret('trigger')}", user, world.clock.now(), view=view)
    workspace.triggers[trigger.id] = trigger
    while len(workspace.triggers) > KEPT_TRIGGERS:
        workspace.triggers.pop(next(iter(workspace.triggers)))
    return trigger.id


def _trigger(world: World, workspace: Workspace, trigger_id: str | None) -> Trigger:
    trigger = workspace.triggers.get(trigger_id or "")
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if world.clock.now() - trigger.made_at > TRIGGER_LIVES:
        raise SlackError("expired_trigger_id")
    return trigger


def checked(body: Any, kind: ViewType) -> Json:
    """The view of a call, checked. Raises SlackError (invalid_arguments with JSON pointers, view_too_large)."""
    if not isinstance(body, dict):
        raise _invalid(["[ERROR] must be an object [json-pointer:/view]"])
    if body.get("type") != kind.value:
        raise _invalid([f'[ERROR] must be "{kind.value}" [json-pointer:/view/type]'])
    problems = check_view(body)
    if problems:
        raise _invalid(wording.messages(wording.told_of_a_view(problems)))
    if len(json.dumps(body)) > LARGEST_VIEW:
        raise SlackError("view_too_large")
    return body


def _invalid(messages: list[str]) -> SlackError:
    return SlackError("invalid_arguments", response_metadata={"messages": messages})


def open_view(world: World, workspace: Workspace, trigger_id: str | None, body: Any, *, push: bool = False) -> View:
    """views.open and views.push. A trigger from a modal puts the new view on top of that stack; one from anywhere else
    opens a new stack, and the old one is gone. Raises SlackError; the trigger is spent only by success."""
    body = checked(body, ViewType.MODAL)
    trigger = _trigger(world, workspace, trigger_id)
    desk = workspace.desk(trigger.user)
    below = workspace.views.get(trigger.view or "")
    if push and (below is None or not desk.modals):
        raise SlackError("not_found")
    stacked = below is not None and bool(desk.modals)
    if stacked and len(desk.modals) >= STACK:
        raise SlackError("push_limit_reached")
    view = make_view(world, workspace, trigger.user, body, ViewType.MODAL, on_top=stacked)
    trigger.used = True
    return view


def make_view(
    world: World, workspace: Workspace, user: str, body: Json, kind: ViewType, *, on_top: bool = False
) -> View:
    """Add a view whose body is already checked. Raises SlackError("duplicate_external_id")."""
    _claim_external_id(workspace, body.get("external_id", ""), None)
    desk = workspace.desk(user)
    if kind is ViewType.MODAL and not on_top:
        for old in desk.modals:
            forget(workspace, old)
        desk.modals.clear()
    view_id = world.ids.next("V")
    view = View(
        id=view_id,
        type=kind,
        user=user,
        body=body | {"blocks": prepared(body.get("blocks", []), world.ids)},
        hash=_hash(world),
        external_id=body.get("external_id", ""),
        root_id=workspace.views[desk.modals[0]].id if on_top else view_id,
        previous_id=desk.modals[-1] if on_top else None,
    )
    view.values = carried_over(view.body["blocks"], {})
    workspace.views[view_id] = view
    if view.external_id:
        workspace.views_by_external_id[view.external_id] = view_id
    if kind is ViewType.MODAL:
        desk.modals.append(view_id)
    else:
        desk.home = view_id
    world.touch()
    return view


def update_view(world: World, workspace: Workspace, view: View, body: Json, *, given_hash: str | None = None) -> None:
    """Replace a view whose new body is already checked. What is typed stays where block_id and action_id are unchanged.

    Raises SlackError: hash_conflict, duplicate_external_id."""
    if given_hash and given_hash != view.hash:
        raise SlackError("hash_conflict")
    external_id = body.get("external_id", "")
    _claim_external_id(workspace, external_id, view.id)
    workspace.views_by_external_id.pop(view.external_id, None)
    if external_id:
        workspace.views_by_external_id[external_id] = view.id
    view.external_id = external_id
    view.body = body | {"blocks": prepared(body.get("blocks", []), world.ids)}
    view.values = carried_over(view.body["blocks"], view.values)
    view.errors = {}
    view.trouble = None
    view.hash = _hash(world)
    world.touch()


def publish_home(world: World, workspace: Workspace, user: str, body: Json, given_hash: str | None) -> View:
    """views.publish for a person (id). Raises SlackError."""
    known = workspace.desk(user).home
    if known is None:
        if given_hash:
            raise SlackError("hash_conflict")
        return make_view(world, workspace, user, body, ViewType.HOME)
    view = workspace.views[known]
    update_view(world, workspace, view, body, given_hash=given_hash)
    return view


def close_top(world: World, workspace: Workspace, user: str) -> View | None:
    """Take the top modal away; the one below shows again."""
    desk = workspace.desk(user)
    if not desk.modals:
        return None
    view = workspace.views[desk.modals.pop()]
    forget(workspace, view.id)
    world.touch()
    return view


def close_all(world: World, workspace: Workspace, user: str) -> list[View]:
    """Take the whole stack away, top first."""
    closed = []
    while (view := close_top(world, workspace, user)) is not None:
        closed.append(view)
    return closed


def forget(workspace: Workspace, view_id: str) -> None:
    view = workspace.views.pop(view_id, None)
    if view is not None and workspace.views_by_external_id.get(view.external_id) == view_id:
        del workspace.views_by_external_id[view.external_id]


def _claim_external_id(workspace: Workspace, external_id: str, view_id: str | None) -> None:
    holder = workspace.views_by_external_id.get(external_id) if external_id else None
    if holder is not None and holder != view_id:
        raise SlackError("duplicate_external_id")


def _hash(world: World) -> str:
    return f"{int(world.clock.now().timestamp())}.{world.ids.secret('hash', 8)}"
