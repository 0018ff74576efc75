"""chat.*: posting, changing and pointing at messages."""

import json
from datetime import timedelta
from typing import Any

from bot.localslack import messages, wording
from bot.localslack.blockkit import check_message, tables_beyond_the_first, too_long
from bot.localslack.errors import SlackError
from bot.localslack.facts.method import ConversationKind
from bot.localslack.ids import microseconds, ts_key
from bot.localslack.messages import Draft
from bot.localslack.payloads import message_object
from bot.localslack.state import Channel, Message, Workspace
from bot.localslack.webapi.arguments import Arguments
from bot.localslack.webapi.caller import Caller
from bot.localslack.world import World

Json = dict[str, Any]

LONGEST_POST = 40_000  # longer texts are cut
LONGEST_UPDATE = 4_000
LARGEST_METADATA = 16_000  # bytes of JSON
ATTACHMENTS = 100


def post_message(world: World, caller: Caller, arguments: Arguments) -> Json:
    channel = _destination(world, caller, arguments.text("channel"))
    if channel.archived:
        raise SlackError("is_archived")
    draft = _draft(world, channel, arguments)
    refuse_unknown(caller.workspace, draft.blocks)
    message = messages.build(world, caller.workspace, channel, caller.bot, draft, as_app=True)
    messages.post(world, caller.workspace, channel, message)
    shape = message_object(world, caller.workspace, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": shape}


def post_ephemeral(world: World, caller: Caller, arguments: Arguments) -> Json:
    channel = _destination(world, caller, arguments.text("channel"))
    if channel.archived:
        raise SlackError("is_archived")
    person = arguments.text("user")
    if person not in channel.members:
        raise SlackError("user_not_in_channel")
    if len(arguments.text("text")) > LONGEST_POST:
        raise SlackError("msg_too_long")
    draft = _draft(world, channel, arguments)
    refuse_unknown(caller.workspace, draft.blocks)
    message = messages.build(world, caller.workspace, channel, caller.bot, draft, as_app=True)
    message.ephemeral_for = person
    caller.workspace.desk(person).ephemerals.append(message)
    world.touch()
    return {"ok": True, "message_ts": message.ts}


def update(world: World, caller: Caller, arguments: Arguments) -> Json:
    channel = caller.own_channel(arguments.text("channel"))
    message = _own_message(caller, channel, arguments.text("ts"), "cant_update_message")
    if channel.archived:
        raise SlackError("is_inactive")
    window = caller.workspace.edit_window_minutes
    if window is not None:
        age = microseconds(world.clock.now()) - _microseconds(message.ts)
        if age > timedelta(minutes=window) // timedelta(microseconds=1):
            raise SlackError("edit_window_closed")
    if len(arguments.text("text")) > LONGEST_UPDATE:
        raise SlackError("msg_too_long")
    text, blocks, attachments = content_of(arguments, may_be_empty=arguments.given("metadata"))
    refuse_unknown(caller.workspace, blocks)
    untouched = not arguments.given("text") and not blocks and not attachments
    messages.edit(
        world,
        caller.workspace,
        channel,
        message,
        text=message.text if untouched else text,
        blocks=message.blocks if untouched else blocks,
        attachments=message.attachments if untouched or not arguments.given("attachments") else attachments,
        metadata=_metadata(arguments) if arguments.given("metadata") else message.metadata,
    )
    shape = message_object(world, caller.workspace, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "text": message.text, "message": shape}


def delete(world: World, caller: Caller, arguments: Arguments) -> Json:
    channel = caller.own_channel(arguments.text("channel"))
    message = _own_message(caller, channel, arguments.text("ts"), "cant_delete_message")
    messages.delete(world, caller.workspace, channel, message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def get_permalink(world: World, caller: Caller, arguments: Arguments) -> Json:
    """Conversations that the app is not in are not found, public ones included (the narrower reading)."""
    del world
    channel = caller.own_channel(arguments.text("channel"))
    message = channel.messages.get(arguments.text("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"https://{caller.workspace.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts is not None:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"ok": True, "channel": channel.id, "permalink": link}


def _destination(world: World, caller: Caller, channel_id: str) -> Channel:
    """Where a post goes: a conversation, or the direct conversation with a person, opened by posting to their id."""
    person = caller.workspace.people.get(channel_id)
    if person is not None and not person.is_bot:
        return world.direct(caller.workspace, frozenset((person.id, caller.bot)))
    channel = caller.workspace.channels.get(channel_id) or caller.workspace.channels.get(
        caller.workspace.channels_by_name.get(channel_id.removeprefix("#"), "")
    )
    if channel is None:
        raise SlackError("channel_not_found")
    if channel.kind is ConversationKind.PUBLIC_CHANNEL and "chat:write.public" in caller.installation.scopes:
        return channel
    return caller.joined_channel(channel.id)


def _own_message(caller: Caller, channel: Channel, ts: str, refusal: str) -> Message:
    message = channel.messages.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    if message.bot_id != caller.installation.bot_id:
        raise SlackError(refusal)
    return message


def _draft(world: World, channel: Channel, arguments: Arguments) -> Draft:
    text, blocks, attachments = content_of(arguments)
    thread_ts = arguments.optional("thread_ts")
    thread_root(channel, thread_ts)
    if channel.kind is ConversationKind.DIRECT and not world.app.messages_tab:
        raise SlackError("messages_tab_disabled")
    return Draft(
        text=text,
        blocks=blocks,
        attachments=attachments,
        thread_ts=thread_ts,
        broadcast=thread_ts is not None and arguments.flag("reply_broadcast"),
        metadata=_metadata(arguments),
        username=arguments.optional("username"),
    )


def thread_root(channel: Channel, thread_ts: str | None) -> str | None:
    """The root of the thread that a post names. Raises SlackError: thread_not_found, cannot_reply_to_message."""
    if thread_ts is None:
        return None
    root = channel.messages.get(thread_ts)
    if root is None:
        raise SlackError("thread_not_found")
    if root.thread_ts is not None:
        raise SlackError("cannot_reply_to_message")
    return thread_ts


def content_of(arguments: Arguments, *, may_be_empty: bool = False) -> tuple[str, list[Json], list[Json]]:
    """Text, blocks and attachments, checked. Raises SlackError."""
    text = arguments.text("text")[:LONGEST_POST]
    markdown = arguments.text("markdown_text")
    if markdown and (text or arguments.given("blocks")):
        raise SlackError("markdown_text_conflict")
    blocks = arguments.structure("blocks", "invalid_blocks_format") or []
    attachments = arguments.structure("attachments", "invalid_attachments") or []
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackError("invalid_blocks_format")
    if not isinstance(attachments, list):
        raise SlackError("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    if markdown:
        blocks = [{"type": "markdown", "text": markdown}]
    if not (text or blocks or attachments or may_be_empty):
        raise SlackError("no_text")
    check_blocks(text, blocks)
    _check_attachments(attachments)
    return text, blocks, attachments


def check_blocks(text: str, blocks: list[Json]) -> None:
    """Raises SlackError: invalid_blocks with the JSON pointers, or msg_blocks_too_long."""
    if not blocks:
        return
    problems = check_message(text, blocks)
    if problems:
        raise _refused("invalid_blocks", wording.told(problems))
    if tables_beyond_the_first(blocks):
        raise _refused("invalid_attachments", ["only_one_table_allowed"])
    if too_long(blocks):
        raise SlackError("msg_blocks_too_long")


def refuse_unknown(workspace: Workspace, blocks: list[Json]) -> None:
    """Raises SlackError for blocks of a type that this workspace does not know (yet)."""
    unknown = [
        f"unsupported type: {block['type']} [json-pointer:/blocks/{index}/type]"
        for index, block in enumerate(blocks)
        if block.get("type") in workspace.refused_blocks
    ]
    if unknown:
        raise _refused("invalid_blocks", unknown)


def _check_attachments(attachments: list[Any]) -> None:
    """Blocks inside attachments follow the rules of a message's. Raises SlackError("invalid_attachments")."""
    lines: list[str] = []
    for index, attachment in enumerate(attachments):
        if not isinstance(attachment, dict):
            lines.append(f"must provide an object [json-pointer:/attachments/{index}]")
        elif "blocks" in attachment:
            lines += wording.told(check_message(None, attachment["blocks"]), f"/attachments/{index}")
    if lines:
        raise _refused("invalid_attachments", lines)


def _refused(error: str, lines: list[str]) -> SlackError:
    return SlackError(error, errors=lines, response_metadata={"messages": wording.messages(lines)})


def _metadata(arguments: Arguments) -> Json | None:
    metadata = arguments.structure("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(metadata)) > LARGEST_METADATA:
        raise SlackError("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}


def _microseconds(ts: str) -> int:
    seconds, fraction = ts_key(ts)
    return seconds * 1_000_000 + fraction
