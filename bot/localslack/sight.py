"""What the web page draws for one person: conversations, messages, dialogs and Home, in Slack's own shapes."""

from typing import Any

from bot.localslack.facts.method import ConversationKind
from bot.localslack.ids import ts_key
from bot.localslack.inputs import state_values
from bot.localslack.payloads import message_object, view_object
from bot.localslack.reading import unread
from bot.localslack.state import Channel, Message, Person, View, Workspace
from bot.localslack.world import World

Json = dict[str, Any]


def start(world: World, workspace: Workspace) -> Json:
    """The workspace, the app with its commands and shortcuts, and everybody."""
    app = world.app
    return {
        "workspace": {"id": workspace.id, "name": workspace.name, "domain": workspace.domain},
        "app": {
            "name": app.name,
            "user": world.installation(workspace).bot_user,
            "home_tab": app.home_tab,
            "messages_tab": app.messages_tab,
            "messages_read_only": app.messages_read_only,
            "commands": [
                {"command": one.command, "description": one.description, "usage_hint": one.usage_hint}
                for one in app.commands
            ],
            "shortcuts": [
                {"name": one.name, "type": one.kind, "callback_id": one.callback_id, "description": one.description}
                for one in app.shortcuts
            ],
        },
        "people": [_person(one) for one in workspace.people.values()],
        "channels": [
            {"id": one.id, "name": one.name} for one in map(workspace.channels.get, workspace.channels_by_name.values())
            if one is not None
        ],
        "stamp": stamp(world, workspace),
    }  # fmt: skip


def stamp(world: World, workspace: Workspace) -> str:
    """Changes with anything that `start` tells."""
    people = [
        (one.id, one.shown_name, one.tz, one.title, one.status_text, one.status_emoji, one.deleted)
        for one in workspace.people.values()
    ]
    return str(hash((tuple(people), tuple(workspace.channels_by_name), world.app)))


def _person(person: Person) -> Json:
    return {
        "id": person.id,
        "name": person.shown_name,
        "real_name": person.real_name,
        "title": person.title,
        "tz": person.tz,
        "status": person.status_text,
        "status_emoji": person.status_emoji,
        "deleted": person.deleted,
        "bot": person.is_bot,
        "guest": person.is_guest,
    }


class Sight:
    """One person's view of the workspace."""

    def __init__(self, world: World, workspace: Workspace, person: Person) -> None:
        self._world = world
        self._workspace = workspace
        self._person = person
        self._desk = workspace.desk(person.id)

    def sidebar(self) -> list[Json]:
        """The person's conversations: channels by name, then the others, newest first."""
        held = [self._workspace.channels[one] for one in self._workspace.channels_of.get(self._person.id, {})]
        named = [one for one in held if one.id in self._workspace.channels_by_name.values()]
        others = [one for one in held if one.id not in self._workspace.channels_by_name.values()]
        others.sort(key=lambda one: one.top[-1] if one.top else "", reverse=True)
        return [self._entry(one) for one in [*sorted(named, key=lambda one: one.name), *others]]

    def _entry(self, channel: Channel) -> Json:
        new = unread(self._workspace, self._person, channel)
        return self.head(channel) | {"unread": new.messages, "rings": new.rings}

    def head(self, channel: Channel) -> Json:
        """A conversation without its messages."""
        direct = channel.kind in (ConversationKind.DIRECT, ConversationKind.GROUP)
        return {
            "id": channel.id,
            "kind": channel.kind.value,
            "name": channel.name,
            "topic": channel.topic or channel.purpose,
            "archived": channel.archived,
            "member": self._person.id in channel.members,
            "members": list(channel.members) if direct else len(channel.members),
        }

    def conversation(self, channel: Channel, newest: int) -> Json:
        """The newest messages outside of threads, oldest first, those that only this person sees among them."""
        shown = [channel.messages[ts] for ts in channel.top[-newest:]]
        more = len(channel.top) > len(shown)
        since = shown[0].ts if more else "0"
        own = self._ephemerals(channel, None)
        shown += [one for one in own if ts_key(one.ts) >= ts_key(since)]
        return self.head(channel) | {
            "messages": [self.message(one) for one in sorted(shown, key=lambda one: ts_key(one.ts))],
            "more": more,
            "read": self._desk.read.get(channel.id, "0"),
        }

    def thread(self, channel: Channel, root: str) -> Json | None:
        """A root with its replies; None when it is gone."""
        first = channel.messages.get(root)
        if first is None:
            return None
        replies = [channel.messages[ts] for ts in first.replies] + self._ephemerals(channel, root)
        replies.sort(key=lambda one: ts_key(one.ts))
        return {"channel": channel.id, "ts": root, "messages": [self.message(one) for one in [first, *replies]]}

    def _ephemerals(self, channel: Channel, root: str | None) -> list[Message]:
        return [one for one in self._desk.ephemerals if one.channel == channel.id and one.thread_ts == root]

    def message(self, message: Message) -> Json:
        """A message, with what is chosen in its menus as `values`."""
        shape = message_object(self._world, self._workspace, message, metadata=False)
        values = state_values({"blocks": message.blocks}, message.values)
        return shape | {"values": values, "ephemeral": message.ephemeral_for is not None, "channel": message.channel}

    def modals(self) -> list[Json]:
        """The stack of open dialogs, the top one last."""
        return [self.view(self._workspace.views[one]) for one in self._desk.modals]

    def home(self) -> Json | None:
        """What the app published for this person."""
        return self.view(self._workspace.views[self._desk.home]) if self._desk.home is not None else None

    def view(self, view: View) -> Json:
        shape = view_object(self._world, self._workspace, view)
        return shape | {"errors": view.errors, "trouble": view.trouble}
