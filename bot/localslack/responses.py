"""response_url: answering an interaction later, and what an answer in the body of one does."""

from datetime import timedelta
from typing import Any

from bot.localslack import messages
from bot.localslack.errors import SlackError
from bot.localslack.messages import Draft
from bot.localslack.state import Message, ResponseUrl, Workspace
from bot.localslack.webapi.chat import LONGEST_POST, check_blocks, refuse_unknown
from bot.localslack.world import World

Json = dict[str, Any]

USES = 5
LIVES = timedelta(minutes=30)
KEPT = 10_000


def make_response_url(
    world: World,
    workspace: Workspace,
    user: str,
    channel: str,
    *,
    source: Message | None = None,
    thread_ts: str | None = None,
) -> str:
    """A fresh address for answers about an interaction; `source`: the message that was pressed."""
    url = ResponseUrl(
        world.ids.secret("response"), user, channel, world.clock.now(), source=source, thread_ts=thread_ts
    )
    workspace.response_urls[url.id] = url
    while len(workspace.response_urls) > KEPT:
        workspace.response_urls.pop(next(iter(workspace.response_urls)))
    return f"{world.base_url}/response/{workspace.id}/{url.id}"


def respond(world: World, workspace_id: str, url_id: str, body: Json) -> None:
    """Use a response_url. Raises SlackError: invalid_url, expired_url, used_url, and those of posting."""
    workspace = world.workspaces.get(workspace_id)
    url = workspace.response_urls.get(url_id) if workspace is not None else None
    if workspace is None or url is None:
        raise SlackError("invalid_url", status=404)
    if world.clock.now() - url.made_at > LIVES:
        raise SlackError("expired_url", status=404)
    if url.uses >= USES:
        raise SlackError("used_url", status=404)
    show(world, workspace, url, body)
    url.uses += 1


def show(world: World, workspace: Workspace, url: ResponseUrl, body: Json) -> None:
    """Do what an answer says: replace or delete the message that was pressed, or add one (ephemeral unless
    `response_type` is in_channel)."""
    if body.get("delete_original") and url.source is not None:
        _delete(world, workspace, url.source)
        return
    text, blocks = str(body.get("text") or "")[:LONGEST_POST], body.get("blocks") or []
    if not text and not blocks and not body.get("attachments"):
        raise SlackError("no_text")
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    check_blocks(text, blocks)
    refuse_unknown(workspace, blocks)
    if body.get("replace_original") and url.source is not None:
        _replace(world, workspace, url.source, text, blocks)
        return
    channel = workspace.channels[url.channel]
    thread_ts = body.get("thread_ts") or (url.thread_ts if url.source is not None else None)
    draft = Draft(text=text, blocks=blocks, attachments=body.get("attachments") or [], thread_ts=thread_ts)
    bot = world.installation(workspace).bot_user
    message = messages.build(world, workspace, channel, bot, draft, as_app=True)
    if body.get("response_type") == "in_channel":
        messages.post(world, workspace, channel, message)
        return
    message.ephemeral_for = url.user
    workspace.desk(url.user).ephemerals.append(message)
    world.touch()


def _replace(world: World, workspace: Workspace, source: Message, text: str, blocks: list[Json]) -> None:
    channel = workspace.channels[source.channel]
    if source.ephemeral_for is None:
        messages.edit(
            world, workspace, channel, source, text=text, blocks=blocks, attachments=[], metadata=source.metadata
        )
        return
    draft = messages.build(world, workspace, channel, source.user, Draft(text=text, blocks=blocks), as_app=True)
    source.text, source.blocks, source.values = draft.text, draft.blocks, draft.values
    source.revision += 1
    world.touch()


def _delete(world: World, workspace: Workspace, source: Message) -> None:
    if source.ephemeral_for is None:
        messages.delete(world, workspace, workspace.channels[source.channel], source)
        return
    ephemerals = workspace.desk(source.ephemeral_for).ephemerals
    if source in ephemerals:
        ephemerals.remove(source)
    world.touch()
