"""files.*: uploading in three steps; between the two calls here the bytes go to the address of the first one."""

from typing import Any

from bot.localslack import events, files, messages, wording
from bot.localslack.errors import SlackError
from bot.localslack.files import file_object
from bot.localslack.messages import Draft
from bot.localslack.state import Channel, File
from bot.localslack.webapi.arguments import Arguments
from bot.localslack.webapi.caller import Caller
from bot.localslack.webapi.chat import content_of, thread_root
from bot.localslack.world import World

Json = dict[str, Any]

LONGEST_ALT_TEXT = 1_000
CHANNELS = 100


def get_upload_url_external(world: World, caller: Caller, arguments: Arguments) -> Json:
    length = arguments.number("length", 0, "invalid_arguments")
    if length == 0:
        # Slack's word for a length of nothing.
        raise SlackError("missing_argument")
    if length < 1:
        lines = ["must be greater than 1 [json-pointer:/length]"]
        raise SlackError("invalid_arguments", response_metadata={"messages": wording.messages(lines)})
    if length > files.LARGEST:
        raise SlackError("file_upload_size_restricted")
    alt_text = arguments.text("alt_txt")
    if len(alt_text) > LONGEST_ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    name = arguments.text("filename")
    file = files.begin(world, caller.workspace, name=name, length=length, alt_text=alt_text, owner=caller.bot)
    return {"ok": True, "upload_url": files.upload_url(world, caller.workspace, file), "file_id": file.id}


def complete_upload_external(world: World, caller: Caller, arguments: Arguments) -> Json:
    """Finish uploads and share them: in `channel_id` or `channels`, in a thread of it, or nowhere yet."""
    finished = _finished(caller, arguments.structure("files", "invalid_arguments"))
    where = _where(caller, arguments)
    thread_ts = arguments.optional("thread_ts")
    comment, blocks = _said(arguments)
    drafts = [(channel, thread_root(channel, thread_ts)) for channel in where]
    for file, title in finished:
        file.title = title or file.title or file.name
    for channel, root in drafts:
        draft = Draft(
            text=comment,
            blocks=blocks,
            thread_ts=root,
            username=arguments.optional("username"),
            files=[file.id for file, _ in finished],
        )
        message = messages.build(world, caller.workspace, channel, caller.bot, draft, as_app=True)
        for file, _ in finished:
            file.shared_in.setdefault(channel.id, []).append(message.ts)
        messages.post(world, caller.workspace, channel, message)
        for file, _ in finished:
            events.file_shared(world, caller.workspace, channel, file)
    return {"ok": True, "files": [file_object(caller.workspace, file) for file, _ in finished]}


def _finished(caller: Caller, given: Any) -> list[tuple[File, str]]:
    """The files that are named, with the titles they get. Raises SlackError where one was never uploaded."""
    if not isinstance(given, list) or not given:
        lines = ["must provide at least 1 items [json-pointer:/files]"]
        raise SlackError("invalid_arguments", response_metadata={"messages": wording.messages(lines)})
    found = []
    for one in given:
        file = caller.workspace.files.get(str(one.get("id"))) if isinstance(one, dict) else None
        if file is None or file.content is None:
            raise SlackError("file_not_found")
        if file.owner != caller.bot:
            raise SlackError("access_denied")
        found.append((file, str(one.get("title") or "")))
    return found


def _where(caller: Caller, arguments: Arguments) -> list[Channel]:
    named = arguments.optional("channel_id") or arguments.text("channels")
    ids = [one.strip() for one in named.split(",") if one.strip()]
    if len(ids) > CHANNELS:
        raise SlackError("channels_limit_exceeded")
    found = []
    for one in ids:
        channel = caller.joined_channel(one)
        if channel.archived:
            raise SlackError("posting_to_channel_denied")
        found.append(channel)
    return found


def _said(arguments: Arguments) -> tuple[str, list[Json]]:
    """The comment beside the files: words or blocks, not both."""
    if arguments.given("blocks"):
        _, blocks, _ = content_of(arguments, may_be_empty=True)
        return "", blocks
    return arguments.text("initial_comment"), []
