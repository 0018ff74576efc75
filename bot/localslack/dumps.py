"""The state as JSON, for looking at it when a test surprises."""

from dataclasses import asdict
from typing import Any

from bot.localslack.payloads import message_object
from bot.localslack.state import Person
from bot.localslack.world import World

Json = dict[str, Any]


def plain_person(person: Person) -> Json:
    return asdict(person) | {"shown_name": person.shown_name}


def dump(world: World) -> Json:
    """People, conversations with their messages, open views and ephemeral messages."""
    workspace = world.workspace
    return {
        "now": world.clock.now().isoformat(),
        "revision": world.revision,
        "people": [plain_person(one) for one in workspace.people.values()],
        "conversations": [
            {
                "id": channel.id,
                "kind": channel.kind.value,
                "name": channel.name,
                "members": list(channel.members),
                "archived": channel.archived,
                "messages": [message_object(world, workspace, one) for one in channel.messages.values()],
            }
            for channel in workspace.channels.values()
        ],
        "views": [
            {"id": view.id, "type": view.type.value, "user": view.user, "body": view.body, "errors": view.errors}
            for view in workspace.views.values()
        ],
        "ephemerals": [
            message_object(world, workspace, one) for desk in workspace.desks.values() for one in desk.ephemerals
        ],
    }
