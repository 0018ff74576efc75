"""What a person sees, as JSON: messages, modal and Home with their words, buttons and fields."""

from typing import Any
from zoneinfo import ZoneInfo

from bot.localslack.facts.method import ConversationKind
from bot.localslack.inputs import PLAIN_KEYS, TEXT, elements, options_of
from bot.localslack.payloads import message_object
from bot.localslack.rendering import Reader
from bot.localslack.state import Channel, Message, Notification, Person, View, Workspace
from bot.localslack.world import World

Json = dict[str, Any]

NEWEST = 200
"""How far back a screen looks in one conversation."""


class Screen:
    """One person's screen."""

    def __init__(self, world: World, workspace: Workspace, person: Person) -> None:
        self._world = world
        self._workspace = workspace
        self._person = person
        self._reader = Reader(workspace, ZoneInfo(person.tz))

    def conversation(self, channel: Channel) -> list[Json]:
        """The newest messages of a conversation, oldest first, those that only this person sees among them."""
        shown = [self.message(channel.messages[ts]) for ts in channel.top[-NEWEST:]]
        own = self._workspace.desk(self._person.id).ephemerals
        shown += [self.message(one) for one in own if one.channel == channel.id and one.thread_ts is None]
        return sorted(shown, key=lambda one: str(one["ts"]))

    def thread(self, channel: Channel, root: str) -> list[Json]:
        """A thread: its root, then the replies."""
        first = channel.messages[root]
        shown = [self.message(channel.messages[ts]) for ts in first.replies]
        own = self._workspace.desk(self._person.id).ephemerals
        shown += [self.message(one) for one in own if one.channel == channel.id and one.thread_ts == root]
        return [self.message(first), *sorted(shown, key=lambda one: str(one["ts"]))]

    def newest_first(self, after: str = "0") -> list[Json]:
        """The newest messages of all the person's conversations, replies included, newest first; those of timestamps
        beyond `after` only."""
        found: list[Message] = [one for one in self._workspace.desk(self._person.id).ephemerals if one.ts > after]
        for channel_id in self._workspace.channels_of.get(self._person.id, {}):
            channel = self._workspace.channels[channel_id]
            for ts in channel.top[-NEWEST:]:
                message = channel.messages[ts]
                if ts > after:
                    found.append(message)
                if message.replies and message.replies[-1] > after:
                    found += [channel.messages[one] for one in message.replies[-NEWEST:] if one > after]
        return [self.message(one) for one in sorted(found, key=lambda one: one.ts, reverse=True)]

    def message(self, message: Message) -> Json:
        author = self._workspace.people.get(message.user)
        words = self._reader.blocks(message.blocks) if message.blocks else self._reader.text(message.text)
        files = [self._workspace.files[one].title for one in message.files]
        text = "\n".join(line for line in (words, *files) if line)
        channel = self._workspace.channels[message.channel]
        return {
            "channel": message.channel,
            "channel_name": self.name_of(channel),
            "ts": message.ts,
            "thread_ts": message.thread_ts,
            "author": message.username or (author.shown_name if author is not None else ""),
            "by_app": message.bot_id is not None,
            "text": text,
            "headline": self._reader.text(message.text),
            "controls": self._controls(message.blocks, message.values),
            "object": message_object(self._world, self._workspace, message),
            "ephemeral": message.ephemeral_for is not None,
            "edited": message.edited_ts is not None,
            "replies": len(message.replies),
        }

    def name_of(self, channel: Channel) -> str:
        """The conversation's name in this person's sidebar."""
        if channel.kind is ConversationKind.DIRECT:
            other = next((one for one in channel.members if one != self._person.id), self._person.id)
            return self._workspace.people[other].shown_name
        return channel.name

    def view(self, view: View) -> Json:
        body = view.body
        blocks: list[Json] = body["blocks"]
        fields = [self._field(block, block["element"], view) for block in blocks if block.get("type") == "input"]
        return {
            "id": view.id,
            "type": view.type.value,
            "title": self._reader.text(body.get("title")),
            "submit": self._reader.text(body["submit"]) if body.get("submit") else None,
            "close": self._reader.text(body["close"]) if body.get("close") else None,
            "text": self._reader.blocks(blocks),
            "fields": fields,
            "controls": self._controls([one for one in blocks if one.get("type") != "input"], view.values),
            "errors": view.errors,
            "trouble": view.trouble,
            "private_metadata": body.get("private_metadata", ""),
            "callback_id": body.get("callback_id", ""),
            "blocks": blocks,
        }

    def modal(self) -> Json | None:
        stack = self._workspace.desk(self._person.id).modals
        return self.view(self._workspace.views[stack[-1]]) if stack else None

    def home(self) -> Json | None:
        known = self._workspace.desk(self._person.id).home
        return self.view(self._workspace.views[known]) if known is not None else None

    def notifications(self) -> list[Json]:
        return [self._notification(one) for one in self._workspace.desk(self._person.id).notifications]

    def _notification(self, notification: Notification) -> Json:
        channel = self._workspace.channels[notification.channel]
        return {
            "text": notification.text,
            "where": self.name_of(channel),
            "why": notification.why.value,
            "ts": notification.ts,
            "channel": notification.channel,
        }

    def _field(self, block: Json, element: Json, view: View) -> Json:
        value = view.values.get((block["block_id"], element["action_id"]))
        return {
            "label": self._reader.text(block.get("label")),
            "hint": self._reader.text(block.get("hint")),
            "optional": bool(block.get("optional", False)),
            "error": view.errors.get(block["block_id"]),
        } | self._element(block, element, value)

    def _controls(self, blocks: list[Json], values: dict[tuple[str, str], Json]) -> list[Json]:
        """What can be pressed or chosen outside of input blocks; the label is what a person would call it, `beside` the
        words before it."""
        controls = []
        beside = ""
        for top in blocks:
            beside = self._reader.blocks([top]) or beside
            for block, element in elements([top]):
                value = values.get((block.get("block_id", ""), element["action_id"]))
                shape = self._element(block, element, value)
                words = self._reader.text(element.get("text")) or shape["placeholder"]
                label = words or (self._reader.text(block.get("text")) if block.get("type") == "section" else "")
                also = {"label": label, "beside": beside, "url": element.get("url"), "confirm": self._confirm(element)}
                controls.append(also | shape)
        return controls

    def _confirm(self, element: Json) -> str | None:
        confirm = element.get("confirm")
        if not confirm:
            return None
        return "\n".join(self._reader.text(confirm.get(key)) for key in ("title", "text"))

    def _element(self, block: Json, element: Json, value: Json | None) -> Json:
        return {
            "type": element["type"],
            "block_id": block["block_id"],
            "action_id": element["action_id"],
            "placeholder": self._reader.text(element.get("placeholder")),
            "options": [self._reader.text(option["text"]) for option in options_of(element)],
            "value": self._value(value),
        }

    def _value(self, value: Json | None) -> str | list[str] | None:
        """What stands in a field, in words."""
        if value is None:
            return None
        kind: str = value["type"]
        content = value[PLAIN_KEYS[kind][0]]
        if content is None:
            return "" if kind in TEXT else None
        if isinstance(content, list):
            return [self._word(one, kind) for one in content]
        if kind == "rich_text_input":
            return self._reader.blocks([content])
        return self._word(content, kind)

    def _word(self, content: Any, kind: str) -> str:
        if isinstance(content, dict):
            return self._reader.text(content.get("text") or content.get("title"))
        if "users" in kind and content in self._workspace.people:
            return self._workspace.people[content].shown_name
        if ("channels" in kind or "conversations" in kind) and content in self._workspace.channels:
            channel = self._workspace.channels[content]
            return channel.name if channel.kind is ConversationKind.DIRECT else f"#{channel.name}"
        return str(content)
