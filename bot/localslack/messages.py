"""Posting, editing and deleting messages, and for whom a message rings."""

import re
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from bot.localslack import events
from bot.localslack.facts.method import ConversationKind
from bot.localslack.ids import ts_key
from bot.localslack.inputs import carried_over, prepared
from bot.localslack.payloads import message_object
from bot.localslack.rendering import Reader
from bot.localslack.state import Channel, Message, Notification, Why, Workspace
from bot.localslack.world import World

Json = dict[str, Any]

SLACKBOT = "USLACKBOT"
"""Slack's own account, in whose name Slack itself says something. It is not among this Slack's people."""

_USER = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_EVERYBODY = re.compile(r"<!(?:channel|here|everyone)(?:\|[^>]*)?>")


@dataclass(frozen=True)
class Draft:
    """What is to be posted, already checked."""

    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    username: str | None = None
    files: list[str] = field(default_factory=list)  # ids


def build(world: World, workspace: Workspace, channel: Channel, author: str, draft: Draft, *, as_app: bool) -> Message:
    """A message that stands nowhere yet, with its timestamp and ids."""
    installation = world.installation(workspace)
    blocks = prepared(draft.blocks, world.ids)
    return Message(
        channel=channel.id,
        ts=workspace.timestamps.next(world.clock.now()),
        user=author,
        text=draft.text,
        team=workspace.id,
        blocks=blocks,
        attachments=draft.attachments,
        bot_id=installation.bot_id if as_app else None,
        app_id=world.app.app_id if as_app else None,
        username=draft.username,
        thread_ts=draft.thread_ts,
        broadcast=draft.broadcast,
        metadata=draft.metadata,
        client_msg_id=None if as_app else world.ids.uuid("client message"),
        values=carried_over(blocks, {}),
        files=draft.files,
    )


def post(world: World, workspace: Workspace, channel: Channel, message: Message) -> None:
    """Put a message into its conversation: history, thread, notifications, event."""
    channel.messages[message.ts] = message
    if message.thread_ts is None or message.broadcast:
        channel.top.append(message.ts)
    if message.thread_ts is not None:
        root = channel.messages[message.thread_ts]
        root.replies.append(message.ts)
        root.repliers[message.user] = None
    notify(workspace, channel, message)
    events.message_posted(world, workspace, channel, message)
    world.touch()


def edit(world: World, workspace: Workspace, channel: Channel, message: Message, *, text: str, blocks: list[Json],
         attachments: list[Json], metadata: Json | None) -> None:  # fmt: skip
    """Replace what a message says. Nobody is notified. What was chosen in a menu stays where its ids are unchanged."""
    before = message_object(world, workspace, message)
    message.text = text
    message.blocks = prepared(blocks, world.ids)
    message.values = carried_over(message.blocks, message.values)
    message.attachments = attachments
    message.metadata = metadata
    message.edited_ts = workspace.timestamps.next(world.clock.now())
    message.revision += 1
    events.message_changed(world, workspace, channel, message, before)
    world.touch()


def delete(world: World, workspace: Workspace, channel: Channel, message: Message) -> None:
    """Take a message away. Of one with replies a line is left in its place, so that the thread keeps its root."""
    before = message_object(world, workspace, message)
    if message.replies:
        _leave_a_trace(message)
        events.message_changed(world, workspace, channel, message, before)
        world.touch()
        return
    del channel.messages[message.ts]
    position = _position(channel.top, message.ts)
    if position < len(channel.top) and channel.top[position] == message.ts:
        del channel.top[position]
    root = channel.messages.get(message.thread_ts) if message.thread_ts is not None else None
    if root is not None:
        root.replies.remove(message.ts)
    events.message_deleted(world, workspace, channel, before)
    world.touch()


def _leave_a_trace(message: Message) -> None:
    message.gone = True
    message.user, message.text = SLACKBOT, "This message was deleted."
    message.blocks, message.attachments, message.files, message.values = [], [], [], {}
    message.bot_id = message.app_id = message.username = message.metadata = message.client_msg_id = None
    message.edited_ts = None
    message.revision += 1


def _position(ascending: list[str], ts: str) -> int:
    low, high, wanted = 0, len(ascending), ts_key(ts)
    while low < high:
        middle = (low + high) // 2
        if ts_key(ascending[middle]) < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def first_at_or_after(ascending: list[str], ts: str) -> int:
    """The index of the first timestamp that is not before `ts`, in a list of them in order."""
    return _position(ascending, ts)


def notify(workspace: Workspace, channel: Channel, message: Message) -> None:
    """Ring for those whom this message reaches: everybody in a direct conversation, mentioned members of a channel, and
    who takes part in a thread. Somebody outside the channel is never notified; nor is the author or a bot."""
    for person, why in _reached(channel, message).items():
        member = workspace.people.get(person)
        if person == message.user or member is None or member.deleted or member.is_bot:
            continue
        reader = Reader(workspace, ZoneInfo(member.tz))
        text = reader.text(message.text) or reader.blocks(message.blocks)
        workspace.desk(person).notifications.append(Notification(person, channel.id, message.ts, text, why))


def _reached(channel: Channel, message: Message) -> dict[str, Why]:
    if channel.kind in (ConversationKind.DIRECT, ConversationKind.GROUP):
        return dict.fromkeys(channel.members, Why.DIRECT)
    reached: dict[str, Why] = {}
    people, everybody = mentions(message)
    if message.thread_ts is not None:
        root = channel.messages[message.thread_ts]
        takes_part = {root.user: None} | root.repliers | dict.fromkeys(mentions(root)[0])
        reached |= {person: Why.THREAD for person in takes_part if person in channel.members}
    elif everybody:
        reached |= dict.fromkeys(channel.members, Why.CHANNEL)
    return reached | {person: Why.MENTION for person in people if person in channel.members}


def mentions(message: Message) -> tuple[list[str], bool]:
    """Who is mentioned (ids), and whether the whole channel is. Where there are blocks they count, not the text."""
    pieces = list(_mrkdwn(message.blocks)) if message.blocks else [message.text]
    people = [found for piece in pieces for found in _USER.findall(piece)]
    return people, any(_EVERYBODY.search(piece) for piece in pieces)


def _mrkdwn(node: Any) -> list[str]:
    if isinstance(node, list):
        return [piece for child in node for piece in _mrkdwn(child)]
    if not isinstance(node, dict):
        return []
    kind = node.get("type")
    if kind in ("mrkdwn", "markdown"):
        return [str(node.get("text", ""))]
    if kind == "user" and "user_id" in node:
        return [f"<@{node['user_id']}>"]
    if kind == "broadcast":
        return [f"<!{node.get('range')}>"]
    return [piece for child in node.values() for piece in _mrkdwn(child)]
