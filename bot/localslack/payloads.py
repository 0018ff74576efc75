"""The JSON shapes of people, channels, messages and views, with the fields that Slack sends."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.localslack.facts.method import ConversationKind
from bot.localslack.files import file_object
from bot.localslack.inputs import state_values
from bot.localslack.state import Channel, Message, Person, Sharing, View, ViewType, Workspace
from bot.localslack.world import World

Json = dict[str, Any]


ELSEWHERE = "T0ELSEWHERE"
"""The workspace of people of other organisations."""


def home_team(person: Person, workspace: Workspace) -> str:
    return person.works_at or (ELSEWHERE if person.is_stranger else workspace.id)


def user_object(
    person: Person, workspace: Workspace, now: datetime, *, email: bool = True, locale: bool = False
) -> Json:
    """A user as users.info, users.list and user_change give it; `tz_offset` in seconds as of `now`.

    `email`: whether the app may read addresses (`users:read.email`)."""
    local = now.astimezone(ZoneInfo(person.tz))
    team = home_team(person, workspace)
    profile: Json = {
        "title": person.title,
        "phone": "",
        "skype": "",
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.display_name,
        "display_name_normalized": person.display_name,
        "fields": {},
        "status_text": person.status_text,
        "status_emoji": person.status_emoji,
        "status_emoji_display_info": [],
        "status_expiration": 0,
        "status_text_canonical": "",
        "avatar_hash": "g0000000000",
        "image_24": "",
        "image_48": "",
        "image_72": "",
        "image_192": "",
        "image_512": "",
        "first_name": person.real_name.split(" ")[0],
        "last_name": " ".join(person.real_name.split(" ")[1:]),
        "team": team,
    }
    if person.is_bot:
        profile |= {"always_active": True, "bot_id": "", "api_app_id": ""}
    elif person.email and email:
        profile["email"] = person.email
    shape: Json = {
        "id": person.id,
        "team_id": team,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": person.updated,
    }
    if not person.deleted:
        span = local.utcoffset()
        shape |= {
            "color": "9f69e7",
            "real_name": person.real_name,
            "tz": person.tz,
            "tz_label": local.tzname() or person.tz,
            "tz_offset": int(span.total_seconds()) if span is not None else 0,
            "is_admin": person.is_admin,
            "is_owner": person.is_owner,
            "is_primary_owner": False,
            "is_restricted": person.is_restricted,
            "is_ultra_restricted": person.is_ultra_restricted,
            "is_email_confirmed": True,
            "who_can_share_contact_card": "EVERYONE",
        }
    if person.is_stranger:
        shape["is_stranger"] = True
    if locale:
        shape["locale"] = person.locale
    return shape


def channel_object(channel: Channel, workspace: Workspace, viewer: str, *, count: bool = False) -> Json:
    """A conversation as conversations.info and conversations.list give it to `viewer` (a person id)."""
    direct = channel.kind is ConversationKind.DIRECT
    shape: Json = {
        "id": channel.id,
        "created": int(channel.created.timestamp()),
        "is_archived": channel.archived,
        "is_im": direct,
        "is_org_shared": False,
        "context_team_id": workspace.id,
        "updated": int(channel.created.timestamp() * 1000),
    }
    if direct:
        other = next((one for one in channel.members if one != viewer), viewer)
        shape |= {"user": other, "is_user_deleted": workspace.people[other].deleted, "priority": 0, "is_open": True}
    else:
        shared, pending = channel.sharing is Sharing.SHARED, channel.sharing is Sharing.PENDING
        shape |= {
            "name": channel.name,
            "is_channel": channel.kind is ConversationKind.PUBLIC_CHANNEL,
            "is_group": channel.kind is ConversationKind.PRIVATE_CHANNEL,
            "is_mpim": channel.kind is ConversationKind.GROUP,
            "is_private": channel.kind is not ConversationKind.PUBLIC_CHANNEL,
            "is_general": False,
            "unlinked": 0,
            "name_normalized": channel.name,
            "is_shared": shared,
            "is_pending_ext_shared": pending,
            "pending_shared": [ELSEWHERE] if pending else [],
            "parent_conversation": None,
            "creator": channel.creator,
            "is_ext_shared": shared,
            "shared_team_ids": [workspace.id, ELSEWHERE] if shared else [workspace.id],
            "pending_connected_team_ids": [ELSEWHERE] if pending else [],
            "is_member": viewer in channel.members,
            "topic": {"value": channel.topic, "creator": channel.creator, "last_set": 0},
            "purpose": {"value": channel.purpose, "creator": channel.creator, "last_set": 0},
            "previous_names": [],
        }
    if count:
        shape["num_members"] = len(channel.members)
    return shape


def message_object(world: World, workspace: Workspace, message: Message, *, metadata: bool = True) -> Json:
    """A message as posts, history, interactions and events give it; its metadata only when asked for."""
    shape: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": message.team,
    }
    if message.client_msg_id is not None:
        shape["client_msg_id"] = message.client_msg_id
    if message.bot_id is not None:
        shape |= {
            "bot_id": message.bot_id,
            "app_id": message.app_id,
            "bot_profile": {
                "id": message.bot_id,
                "app_id": message.app_id,
                "user_id": message.user,
                "name": world.app.name,
                "icons": {"image_36": "", "image_48": "", "image_72": ""},
                "deleted": False,
                "updated": workspace.people[message.user].updated,
                "team_id": message.team,
            },
        }
    if message.username is not None:
        shape["username"] = message.username
    shape |= _content(workspace, message)
    if message.edited_ts is not None:
        shape["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.thread_ts is not None:
        shape["thread_ts"] = message.thread_ts
        root = workspace.channels[message.channel].messages.get(message.thread_ts)
        if root is not None:
            shape["parent_user_id"] = root.user
        if message.broadcast:
            shape["subtype"] = "thread_broadcast"
    elif message.replies:
        shape |= {
            "thread_ts": message.ts,
            "reply_count": len(message.replies),
            "reply_users_count": len(message.repliers),
            "latest_reply": message.replies[-1],
            "reply_users": list(message.repliers),
            "is_locked": False,
            "subscribed": False,
        }
    if metadata and message.metadata is not None:
        shape["metadata"] = message.metadata
    return shape


def _content(workspace: Workspace, message: Message) -> Json:
    """What a message shows beside its text."""
    shape: Json = {}
    if message.blocks:
        shape["blocks"] = message.blocks
    if message.attachments:
        shape["attachments"] = message.attachments
    if message.files:
        shown = [file_object(workspace, workspace.files[one]) for one in message.files]
        shape |= {"files": shown, "upload": False, "display_as_bot": False}
    if message.gone:
        shape |= {"subtype": "tombstone", "hidden": True}
    return shape


def view_object(world: World, workspace: Workspace, view: View, *, values: bool = True) -> Json:
    """A view as the views.* methods and interactions give it; without `values` its state is empty."""
    body = view.body
    installation = world.installation(workspace)
    modal = view.type is ViewType.MODAL
    return {
        "id": view.id,
        "team_id": workspace.id,
        "type": view.type.value,
        "blocks": body.get("blocks", []),
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "state": {"values": state_values(body, view.values) if values else {}},
        "hash": view.hash,
        "title": body["title"] if modal else {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": bool(body.get("clear_on_close", False)),
        "notify_on_close": bool(body.get("notify_on_close", False)),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": world.app.app_id,
        "external_id": view.external_id,
        "app_installed_team_id": workspace.id,
        "bot_id": installation.bot_id,
    }
