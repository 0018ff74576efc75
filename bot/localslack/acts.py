"""What a person does with the app's messages and views: pressing, choosing, typing, and the app's answers to it.

Every act names what it is about by id, as a client would; finding things by what a person sees is the driver's work.
An act returns the delivery that it caused, or None when it stays between the person and their client.
"""

from dataclasses import dataclass
from typing import Any

from bot.localslack import files
from bot.localslack.blockkit import check_options
from bot.localslack.errors import ActError
from bot.localslack.facts.method import ConversationKind
from bot.localslack.files import file_object
from bot.localslack.inputs import PLAIN_KEYS, TEXT, entered, find_element, named, options_of, pick_option, state_values
from bot.localslack.modals import make_trigger
from bot.localslack.outgoing import Delivery, Kind, Reply
from bot.localslack.payloads import home_team, message_object, view_object
from bot.localslack.responses import make_response_url
from bot.localslack.state import Channel, Message, Person, View, ViewType, Workspace
from bot.localslack.world import World

Json = dict[str, Any]

MOST_FILES = 10
LEAST_QUERY = 3
"""Characters after which an external select asks the app, unless it says otherwise itself."""

TIMED_OUT = "Something went wrong: the app did not answer within 3 seconds."
FAILED = "Something went wrong: the app could not be reached or answered with an error."


@dataclass(frozen=True)
class Place:
    """Where something is pressed: in a view, or in a message (`channel` and `ts`; ephemeral ones are found too).

    `copy`: the message as it looked when the person's client last drew it, for pressing an old copy."""

    view: str | None = None
    channel: str | None = None
    ts: str | None = None
    copy: Json | None = None


@dataclass(frozen=True)
class Spot:
    """A place that was found."""

    blocks: list[Json]
    values: dict[tuple[str, str], Json]
    shown_options: dict[tuple[str, str], list[Json]]
    view: View | None = None
    message: Message | None = None


def actor(world: World, workspace: Workspace, person_id: str) -> Person:
    """The person who acts. Raises ActError for somebody unknown or deactivated."""
    person = world.person(workspace, person_id)
    if person.deleted:
        raise ActError(f"{person.shown_name} is deactivated and can do nothing")
    return person


def find(world: World, workspace: Workspace, person: Person, place: Place) -> Spot:
    """Raises ActError when this person cannot see the place."""
    if place.view is not None:
        view = workspace.views.get(place.view)
        if view is None or view.user != person.id:
            raise ActError("that view is not open any more")
        return Spot(view.body["blocks"], view.values, view.shown_options, view=view)
    channel = world.channel(workspace, place.channel or "")
    message = find_message(workspace, person, channel, place.ts or "")
    blocks = place.copy.get("blocks", []) if place.copy is not None else message.blocks
    return Spot(blocks, message.values, message.shown_options, message=message)


def find_message(workspace: Workspace, person: Person, channel: Channel, ts: str) -> Message:
    for ephemeral in reversed(workspace.desk(person.id).ephemerals):
        if ephemeral.ts == ts and ephemeral.channel == channel.id:
            return ephemeral
    message = channel.messages.get(ts)
    if message is None or not channel.readable_by(person):
        raise ActError(f"{person.shown_name} sees no such message")
    return message


def act_on(
    world: World,
    workspace: Workspace,
    person_id: str,
    place: Place,
    *,
    block_id: str,
    action_id: str,
    raw: Any = None,
    enter: bool = False,
) -> Delivery | None:
    """Press a button, pick from a menu, or type and choose in a field. A workflow button tells the app nothing.

    `raw`: what is entered (see inputs.entered); the option (or its text) of an overflow menu, the button's for feedback
    buttons; nothing for a button. What is typed into an input block stays in the client, unless the block has
    `dispatch_action`; text then goes out at once, or only on the enter key (`enter`), as its dispatch_action_config
    says."""
    person = actor(world, workspace, person_id)
    spot = find(world, workspace, person, place)
    found = find_element(spot.blocks, block_id, action_id)
    if found is None:
        raise ActError("there is nothing there to press any more")
    block, element = found
    if element["type"] == "workflow_button":
        return None
    action: Json = {"type": element["type"], "action_id": action_id, "block_id": block_id}
    if element["type"] in PLAIN_KEYS:
        options = _options(spot, element, block_id, action_id)
        value = entered(element, raw, options)
        if element["type"] == "file_input":
            value["files"] = _files(world, workspace, person, element, value["files"])
        spot.values[block_id, action_id] = value
        if spot.view is not None:
            spot.view.errors.pop(block_id, None)
        world.touch()
        if block.get("type") == "input" and not _dispatches(block, element, enter=enter):
            return None
        action |= value
        first = PLAIN_KEYS[element["type"]][1]
        action |= {key: element[key] for key in (first, "placeholder", "confirm") if key in element}
    elif element["type"] == "overflow":
        action["selected_option"] = pick_option(named(raw), options_of(element))
    else:
        pressed = _feedback(element, raw) if element["type"] == "feedback_buttons" else element
        action |= {key: pressed[key] for key in ("text", "value", "style", "url", "confirm") if key in pressed}
    action["action_ts"] = workspace.timestamps.next(world.clock.now())
    return _send_action(world, workspace, person, place=place, spot=spot, action=action)


def _feedback(element: Json, raw: Any) -> Json:
    """The one of two feedback buttons with these words, or this value. Raises ActError."""
    both: list[Json] = [element["positive_button"], element["negative_button"]]
    return pick_option(named(raw), both)


def _files(world: World, workspace: Workspace, person: Person, element: Json, names: list[str]) -> list[Json]:
    """Files of these names, as if the person had chosen them from their disk. Raises ActError for too many."""
    most = element.get("max_files", MOST_FILES)
    if len(names) > most:
        raise ActError(f"at most {most} files can be chosen")
    return [file_object(workspace, files.of_person(world, workspace, person.id, name)) for name in names]


def _options(spot: Spot, element: Json, block_id: str, action_id: str) -> list[Json]:
    if element["type"] in ("external_select", "multi_external_select"):
        chosen = spot.values.get((block_id, action_id), {})
        return [*spot.shown_options.get((block_id, action_id), []), *chosen.get("selected_options", [])]
    return options_of(element)


def _dispatches(block: Json, element: Json, *, enter: bool) -> bool:
    if not block.get("dispatch_action", False):
        return False
    if element["type"] not in TEXT:
        return True
    triggers = element.get("dispatch_action_config", {}).get("trigger_actions_on", ["on_enter_pressed"])
    return "on_character_entered" in triggers or (enter and "on_enter_pressed" in triggers)


def _send_action(
    world: World, workspace: Workspace, person: Person, *, place: Place, spot: Spot, action: Json
) -> Delivery:
    origin = spot.view.id if spot.view is not None and spot.view.type is ViewType.MODAL else None
    payload = (
        head(world, workspace, "block_actions", person)
        | container(world, workspace, spot, place)
        | {"trigger_id": make_trigger(world, workspace, person.id, origin), "actions": [action]}
    )
    if spot.message is not None:
        payload["state"] = {"values": state_values({"blocks": spot.blocks}, spot.values)}
        payload["response_url"] = make_response_url(
            world, workspace, person.id, spot.message.channel, source=spot.message, thread_ts=spot.message.thread_ts
        )
    return interaction(world, workspace, person, payload)


def suggest(
    world: World, workspace: Workspace, person_id: str, place: Place, *, block_id: str, action_id: str, typed: str
) -> Delivery:
    """Type into an external select: the app is asked for options, which are then shown.

    Raises ActError for less than the element's `min_query_length`: Slack asks nobody yet."""
    person = actor(world, workspace, person_id)
    spot = find(world, workspace, person, place)
    found = find_element(spot.blocks, block_id, action_id)
    if found is None:
        raise ActError("there is no such field any more")
    least = found[1].get("min_query_length", LEAST_QUERY)
    if len(typed) < least:
        raise ActError(f"the app is asked after {least} characters, and {typed!r} has {len(typed)}")
    payload = (
        head(world, workspace, "block_suggestion", person)
        | container(world, workspace, spot, place)
        | {"action_id": action_id, "block_id": block_id, "value": typed}
    )

    def show(reply: Reply) -> None:
        body = reply.body or {}
        offered = {} if check_options(body) else body
        spot.shown_options[block_id, action_id] = options_of(offered)
        world.touch()

    spot.shown_options.pop((block_id, action_id), None)
    return world.outgoing.add(Kind.OPTIONS, payload, person.id, on_reply=show)


def head(world: World, workspace: Workspace, kind: str, person: Person) -> Json:
    """The fields that every interaction payload begins with. Raises ActError when the manifest has no interactivity."""
    if not world.app.interactive:
        raise ActError("the app's manifest does not enable interactivity")
    return {
        "type": kind,
        "team": {"id": workspace.id, "domain": workspace.domain},
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": home_team(person, workspace),
        },
        "api_app_id": world.app.app_id,
        "token": world.app.verification_token,
        "is_enterprise_install": False,
        "enterprise": None,
    }


def container(world: World, workspace: Workspace, spot: Spot, place: Place) -> Json:
    if spot.view is not None:
        shape = view_object(world, workspace, spot.view)
        return {"container": {"type": "view", "view_id": spot.view.id}, "view": shape}
    message = spot.message
    if message is None:
        raise ActError("there is nothing there")
    ephemeral = message.ephemeral_for is not None
    where: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts is not None:
        where["thread_ts"] = message.thread_ts
    shape = {"container": where, "channel": channel_head(workspace.channels[message.channel])}
    if not ephemeral:
        shape["message"] = place.copy or message_object(world, workspace, message)
    return shape


def channel_head(channel: Channel) -> Json:
    """A channel in an interaction: its id and the name that Slack puts there for its kind."""
    names = {ConversationKind.DIRECT: "directmessage", ConversationKind.PRIVATE_CHANNEL: "privategroup"}
    return {"id": channel.id, "name": names.get(channel.kind, channel.name)}


def interaction(world: World, workspace: Workspace, person: Person, payload: Json) -> Delivery:
    """Send a payload whose answer has no content."""
    delivery = world.outgoing.add(Kind.INTERACTION, payload, person.id)
    workspace.desk(person.id).last_interaction = delivery.id
    return delivery


def message_shortcut(
    world: World, workspace: Workspace, person_id: str, callback_id: str, *, channel: str, ts: str
) -> Delivery:
    """Choose a shortcut from a message's menu; in any conversation that the person can read."""
    person = actor(world, workspace, person_id)
    where = world.channel(workspace, channel)
    message = find_message(workspace, person, where, ts)
    shortcut = world.app.shortcut(callback_id, "message")
    if shortcut is None:
        offered = ", ".join(one.name for one in world.app.shortcuts if one.kind == "message") or "none"
        raise ActError(f"there is no message shortcut {callback_id!r}; there are: {offered}")
    payload = head(world, workspace, "message_action", person) | {
        "callback_id": shortcut.callback_id,
        "trigger_id": make_trigger(world, workspace, person.id),
        "response_url": make_response_url(world, workspace, person.id, where.id, thread_ts=message.thread_ts),
        "message_ts": message.ts,
        "channel": channel_head(where),
        "message": message_object(world, workspace, message),
        "action_ts": workspace.timestamps.next(world.clock.now()),
    }
    return interaction(world, workspace, person, payload)


def global_shortcut(world: World, workspace: Workspace, person_id: str, callback_id: str) -> Delivery:
    person = actor(world, workspace, person_id)
    shortcut = world.app.shortcut(callback_id, "global")
    if shortcut is None:
        offered = ", ".join(one.name for one in world.app.shortcuts if one.kind == "global") or "none"
        raise ActError(f"there is no shortcut {callback_id!r}; there are: {offered}")
    payload = head(world, workspace, "shortcut", person) | {
        "callback_id": shortcut.callback_id,
        "trigger_id": make_trigger(world, workspace, person.id),
        "action_ts": workspace.timestamps.next(world.clock.now()),
    }
    return interaction(world, workspace, person, payload)
