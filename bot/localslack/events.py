"""Events: their envelope, and which of them the app has asked for."""

from typing import Any

from bot.localslack.facts.method import ConversationKind
from bot.localslack.outgoing import Delivery, Kind
from bot.localslack.payloads import message_object, user_object, view_object
from bot.localslack.state import Channel, File, Message, Person, Sharing, Workspace
from bot.localslack.world import World

Json = dict[str, Any]

MESSAGE_EVENTS = {
    # kind of conversation: (event to subscribe to, scope it needs, channel_type)
    ConversationKind.DIRECT: ("message.im", "im:history", "im"),
    ConversationKind.GROUP: ("message.mpim", "mpim:history", "mpim"),
    ConversationKind.PUBLIC_CHANNEL: ("message.channels", "channels:history", "channel"),
    ConversationKind.PRIVATE_CHANNEL: ("message.groups", "groups:history", "group"),
}


SCOPES = {
    "file_shared": {"files:read"},
    "user_change": {"users:read"},
    "team_join": {"users:read"},
    "channel_archive": {"channels:read"},
    "channel_unarchive": {"channels:read"},
    "channel_left": {"channels:read"},
    "group_archive": {"groups:read"},
    "group_unarchive": {"groups:read"},
    "group_left": {"groups:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "member_left_channel": {"channels:read", "groups:read"},
}
"""The scopes, one of which an event needs (Slack's page of each event); those of messages are above."""


def send(
    world: World, workspace: Workspace, subscription: str, event: Json, *, person: str | None = None
) -> Delivery | None:
    """Queue an event, when the manifest subscribes, a scope allows, and the app is installed (or hears it is no more).

    `event`: the inner event; event_ts is added where it has none."""
    installation = world.installation(workspace)
    farewell = event["type"] in ("app_uninstalled", "tokens_revoked")
    needed = SCOPES.get(subscription)
    if needed is not None and not needed & installation.scopes:
        return None
    if subscription not in world.app.events or ((installation.uninstalled or installation.revoked) and not farewell):
        return None
    now = world.clock.now()
    event.setdefault("event_ts", workspace.timestamps.next(now))
    payload = {
        "token": world.app.verification_token,
        "team_id": workspace.id,
        "context_team_id": workspace.id,
        "context_enterprise_id": None,
        "api_app_id": world.app.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": world.ids.next("Ev"),
        "event_time": int(now.timestamp()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.id,
                "user_id": installation.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": _is_shared(workspace, event),
        "event_context": f"4-{world.ids.secret('context', 40)}",
    }
    return world.outgoing.add(Kind.EVENT, payload, person)


def _is_shared(workspace: Workspace, event: Json) -> bool:
    place = event.get("channel")
    channel = workspace.channels.get(place) if isinstance(place, str) else None
    return channel is not None and channel.sharing is Sharing.SHARED


def message_posted(world: World, workspace: Workspace, channel: Channel, message: Message) -> None:
    """Tell the app of a message in a conversation that it is in; its own messages come back to it too."""
    if message.bot_id is not None and not world.echo_own_messages:
        return
    shape = message_object(world, workspace, message, metadata=message.metadata is not None)
    if message.files:
        shape["subtype"] = "file_share"
    _message_event(world, workspace, channel, shape, person=message.user)


def message_changed(world: World, workspace: Workspace, channel: Channel, message: Message, before: Json) -> None:
    if not world.echo_own_messages:
        return
    shape = {
        "type": "message",
        "subtype": "message_changed",
        "message": message_object(world, workspace, message),
        "previous_message": before,
        "hidden": True,
        "ts": workspace.timestamps.next(world.clock.now()),
    }
    _message_event(world, workspace, channel, shape, person=None)


def message_deleted(world: World, workspace: Workspace, channel: Channel, before: Json) -> None:
    if not world.echo_own_messages:
        return
    shape = {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": before,
        "hidden": True,
        "deleted_ts": before["ts"],
        "ts": workspace.timestamps.next(world.clock.now()),
    }
    _message_event(world, workspace, channel, shape, person=None)


def _message_event(world: World, workspace: Workspace, channel: Channel, shape: Json, *, person: str | None) -> None:
    subscription, scope, channel_type = MESSAGE_EVENTS[channel.kind]
    installation = world.installation(workspace)
    if installation.bot_user not in channel.members or scope not in installation.scopes:
        return
    event = shape | {"channel": channel.id, "channel_type": channel_type, "event_ts": shape["ts"]}
    send(world, workspace, subscription, event, person=person)


def file_shared(world: World, workspace: Workspace, channel: Channel, file: File) -> Delivery | None:
    event: Json = {
        "type": "file_shared",
        "file_id": file.id,
        "user_id": file.owner,
        "file": {"id": file.id},
        "channel_id": channel.id,
    }
    return send(world, workspace, "file_shared", event)


def home_opened(world: World, workspace: Workspace, person: Person, tab: str) -> Delivery | None:
    """`tab`: home or messages. The view stands in it only once something was published for this person."""
    event: Json = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": world.direct_with_app(workspace, person.id).id,
        "tab": tab,
    }
    home = workspace.desk(person.id).home
    if tab == "home" and home is not None:
        event["view"] = view_object(world, workspace, workspace.views[home])
    return send(world, workspace, "app_home_opened", event, person=person.id)


def _may_read_email(world: World, workspace: Workspace) -> bool:
    return "users:read.email" in world.installation(workspace).scopes


def user_changed(world: World, workspace: Workspace, person: Person) -> Delivery | None:
    now = world.clock.now()
    event = {
        "type": "user_change",
        "user": user_object(person, workspace, now, email=_may_read_email(world, workspace), locale=True),
        "cache_ts": int(now.timestamp()),
    }
    return send(world, workspace, "user_change", event, person=person.id)


def team_joined(world: World, workspace: Workspace, person: Person) -> Delivery | None:
    now = world.clock.now()
    event = {
        "type": "team_join",
        "user": user_object(person, workspace, now, email=_may_read_email(world, workspace), locale=True),
        "cache_ts": int(now.timestamp()),
    }
    return send(world, workspace, "team_join", event, person=person.id)


def channel_archived(world: World, workspace: Workspace, channel: Channel, *, archived: bool) -> Delivery | None:
    word = "archive" if archived else "unarchive"
    kind = f"group_{word}" if channel.kind is ConversationKind.PRIVATE_CHANNEL else f"channel_{word}"
    return send(world, workspace, kind, {"type": kind, "channel": channel.id, "user": ""})


def member_moved(world: World, workspace: Workspace, channel: Channel, person: str, *, joined: bool) -> Delivery | None:
    """Only for channels that the app is in, or has just been put into or taken out of."""
    bot = world.installation(workspace).bot_user
    if bot not in channel.members and person != bot:
        return None
    kind = "member_joined_channel" if joined else "member_left_channel"
    letter = "G" if channel.kind is ConversationKind.PRIVATE_CHANNEL else "C"
    event = {
        "type": kind,
        "user": person,
        "channel": channel.id,
        "channel_type": letter,
        "team": workspace.id,
    }
    if not joined and person == bot:
        gone = "group_left" if channel.kind is ConversationKind.PRIVATE_CHANNEL else "channel_left"
        send(world, workspace, gone, {"type": gone, "channel": channel.id, "actor_id": ""}, person=person)
    return send(world, workspace, kind, event, person=person)
