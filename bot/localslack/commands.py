"""Slash commands, and what people write."""

import re
from dataclasses import dataclass
from typing import Any

from bot.localslack import events, files, messages
from bot.localslack.acts import actor, channel_head
from bot.localslack.errors import ActError, SlackError
from bot.localslack.messages import Draft
from bot.localslack.modals import make_trigger
from bot.localslack.outgoing import Delivery, Kind, Reply
from bot.localslack.responses import make_response_url, show
from bot.localslack.state import Channel, Message, Person, Workspace
from bot.localslack.world import World

Json = dict[str, Any]

_ERRORS = {"timeout": "operation_timeout", "http_timeout": "operation_timeout"}


@dataclass
class Failure:
    """What the client shows when a command went wrong; filled in when it does."""

    text: str | None = None


def command(world: World, workspace: Workspace, person_id: str, line: str, channel_id: str) -> tuple[Delivery, Failure]:
    """Type a slash command into a conversation. Raises ActError for a command that the app does not have."""
    person = actor(world, workspace, person_id)
    channel = world.channel(workspace, channel_id)
    if person.id not in channel.members:
        raise ActError(f"{person.shown_name} is not in #{channel.name}")
    name, _, text = line.strip().partition(" ")
    known = world.app.command(name)
    if known is None:
        offered = ", ".join(one.command for one in world.app.commands) or "none"
        raise ActError(f"{name} is not a valid command; there are: {offered}")
    if "commands" not in world.installation(workspace).scopes:
        raise ActError("the app was not granted the scope for slash commands")
    url = make_response_url(world, workspace, person.id, channel.id)
    shape = channel_head(channel)
    payload = {
        "token": world.app.verification_token,
        "team_id": workspace.id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": shape["name"],
        "user_id": person.id,
        "user_name": person.name,
        "command": name,
        "text": escaped(workspace, entities(text.strip())) if known.should_escape else text.strip(),
        "api_app_id": world.app.app_id,
        "is_enterprise_install": "false",
        "response_url": url,
        "trigger_id": make_trigger(world, workspace, person.id),
    }
    failure = Failure()

    def came_back(reply: Reply) -> None:
        if not reply.body or not (reply.body.get("text") or reply.body.get("blocks") or reply.body.get("attachments")):
            return
        try:
            show(world, workspace, workspace.response_urls[url.rsplit("/", 1)[1]], reply.body)
        except SlackError as problem:
            failure.text = f'{name} failed with the error "{problem.error}"'

    def failed(reason: str) -> None:
        failure.text = f'{name} failed with the error "{_ERRORS.get(reason, "dispatch_failed")}"'

    delivery = world.outgoing.add(Kind.COMMAND, payload, person.id, on_reply=came_back, on_error=failed)
    workspace.desk(person.id).last_interaction = delivery.id
    return delivery, failure


def entities(text: str) -> str:
    """The three signs with a meaning in Slack's notation, as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped(workspace: Workspace, text: str) -> str:
    """Mentions as ids, the way `should_escape` sends them: @name and #name for people and channels that exist."""
    if "@" in text:
        by_name = {name: one for one in workspace.people.values() for name in (one.name, one.shown_name, one.real_name)}
        for name in sorted((name for name in by_name if f"@{name}" in text), key=len, reverse=True):
            person = by_name[name]
            text = re.sub(rf"(?<!<)@{re.escape(name)}(?!\w)", f"<@{person.id}|{person.name}>", text)
    if "#" in text:
        for name, channel_id in sorted(workspace.channels_by_name.items(), key=lambda item: -len(item[0])):
            text = re.sub(rf"(?<!<)#{re.escape(name)}(?![\w-])", f"<#{channel_id}|{name}>", text)
    return text


def say(
    world: World,
    workspace: Workspace,
    person_id: str,
    text: str,
    *,
    channel: str,
    thread_ts: str | None = None,
    file: str | None = None,
) -> Message:
    """Write a message, with a `file` of that name beside it where one is given.

    Raises ActError for a conversation that the person is not in, or an archived one.
    """
    person = actor(world, workspace, person_id)
    where = world.channel(workspace, channel)
    if person.id not in where.members:
        raise ActError(f"{person.shown_name} is not in #{where.name}")
    if where.archived:
        raise ActError(f"#{where.name} is archived")
    if thread_ts is not None and thread_ts not in where.messages:
        raise ActError("there is no such thread")
    typed = escaped(workspace, entities(text))
    typed = re.sub(r"<([@#]\w+)\|[^>]*>", r"<\1>", typed)
    section = {"type": "rich_text_section", "elements": _rich(typed)}
    beside = [files.of_person(world, workspace, person.id, file)] if file is not None else []
    blocks = [{"type": "rich_text", "elements": [section]}]
    draft = Draft(text=typed, blocks=blocks, thread_ts=thread_ts, files=[one.id for one in beside])
    message = messages.build(world, workspace, where, person.id, draft, as_app=False)
    for one in beside:
        one.shared_in.setdefault(where.id, []).append(message.ts)
    messages.post(world, workspace, where, message)
    for one in beside:
        events.file_shared(world, workspace, where, one)
    return message


def _rich(text: str) -> list[Json]:
    pieces: list[Json] = []
    for piece in re.split(r"(<[@#]\w+>)", text):
        if piece.startswith("<@"):
            pieces.append({"type": "user", "user_id": piece[2:-1]})
        elif piece.startswith("<#"):
            pieces.append({"type": "channel", "channel_id": piece[2:-1]})
        elif piece:
            plain = piece.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            pieces.append({"type": "text", "text": plain})
    return pieces


def open_app(world: World, workspace: Workspace, person_id: str, tab: str) -> Delivery | None:
    """Open the app's Home or Messages tab: the app is told each time, when it asked to be."""
    person = actor(world, workspace, person_id)
    person.home_opened = tab == "home"
    world.touch()
    return events.home_opened(world, workspace, person, tab)


def conversation_for(world: World, workspace: Workspace, person: Person, name: str) -> Channel:
    """A conversation as a person names it: the app ("" too), a person, or a channel. Raises ActError."""
    installation = world.installation(workspace)
    if name in ("", world.app.name, installation.bot_user):
        return world.direct_with_app(workspace, person.id)
    if name in workspace.channels or name.removeprefix("#") in workspace.channels_by_name:
        channel = world.channel(workspace, name)
        if not channel.readable_by(person):
            raise ActError(f"{person.shown_name} sees no channel {name!r}")
        return channel
    for one in workspace.people.values():
        if name in (one.id, one.real_name, one.shown_name):
            return world.direct(workspace, frozenset((person.id, one.id)))
    return world.channel(workspace, name)
