"""Files: an address to upload to, the bytes, and where the file is shared (files upload v2)."""

from typing import Any

from bot.localslack.errors import SlackError
from bot.localslack.facts.method import ConversationKind
from bot.localslack.state import File, Workspace
from bot.localslack.world import World

Json = dict[str, Any]

LARGEST = 1024**3  # bytes

FILE_TYPES = {
    # ending: (filetype, mimetype, what people read)
    "csv": ("csv", "text/csv", "CSV"),
    "json": ("json", "application/json", "JSON"),
    "pdf": ("pdf", "application/pdf", "PDF"),
    "png": ("png", "image/png", "PNG"),
    "jpg": ("jpg", "image/jpeg", "JPEG"),
    "txt": ("text", "text/plain", "Plain Text"),
    "": ("binary", "application/octet-stream", "Binary"),
}


def begin(world: World, workspace: Workspace, *, name: str, length: int, alt_text: str, owner: str) -> File:
    """A file that is expected. The address for its bytes is `upload_url`."""
    file = File(
        id=world.ids.next("F"),
        ticket=world.ids.secret("upload"),
        name=name,
        length=length,
        alt_text=alt_text,
        owner=owner,
        created=int(world.clock.now().timestamp()),
    )
    workspace.files[file.id] = file
    return file


def of_person(world: World, workspace: Workspace, person: str, name: str) -> File:
    """A small file that a person (id) has put into a dialog."""
    file = begin(world, workspace, name=name, length=1, alt_text="", owner=person)
    file.title, file.content = name, b"\n"
    return file


def upload_url(world: World, workspace: Workspace, file: File) -> str:
    return f"{world.base_url}/upload/{workspace.id}/{file.ticket}"


def receive(world: World, workspace_id: str, ticket: str, content: bytes) -> int:
    """Take the bytes of an expected file; returns how many. Raises SlackError for an unknown address or another length
    than was announced."""
    workspace = world.workspaces.get(workspace_id)
    files = workspace.files.values() if workspace is not None else ()
    file = next((one for one in files if one.ticket == ticket), None)
    if file is None:
        raise SlackError("file_not_found", status=404)
    if len(content) != file.length:
        raise SlackError("length_mismatch", status=400)
    file.content = content
    return len(content)


def file_object(workspace: Workspace, file: File) -> Json:
    """A file as files.completeUploadExternal, messages and history give it."""
    site = f"https://files.slack.com/files-pri/{workspace.id}-{file.id}"
    kind, mimetype, pretty = FILE_TYPES.get(file.name.rpartition(".")[2].lower(), FILE_TYPES[""])
    channels = list(file.shared_in)

    def in_kind(*kinds: ConversationKind) -> list[str]:
        return [one for one in channels if workspace.channels[one].kind in kinds]

    shape: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": mimetype,
        "filetype": kind,
        "pretty_type": pretty,
        "user": file.owner,
        "user_team": workspace.id,
        "editable": False,
        "size": file.length,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": bool(in_kind(ConversationKind.PUBLIC_CHANNEL)),
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{site}/{file.name}",
        "url_private_download": f"{site}/download/{file.name}",
        "permalink": f"https://{workspace.domain}.slack.com/files/{file.owner}/{file.id}/{file.name}",
        "permalink_public": f"https://slack-files.com/{workspace.id}-{file.id}",
        "comments_count": 0,
        "is_starred": False,
        "shares": _shares(workspace, file),
        "channels": in_kind(ConversationKind.PUBLIC_CHANNEL),
        "groups": in_kind(ConversationKind.PRIVATE_CHANNEL, ConversationKind.GROUP),
        "ims": in_kind(ConversationKind.DIRECT),
        "has_more_shares": False,
        "has_rich_preview": False,
        "file_access": "visible",
    }
    if file.alt_text:
        shape["alt_txt"] = file.alt_text
    return shape


def _shares(workspace: Workspace, file: File) -> Json:
    shares: Json = {}
    for channel_id, timestamps in file.shared_in.items():
        public = workspace.channels[channel_id].kind is ConversationKind.PUBLIC_CHANNEL
        shown = shares.setdefault("public" if public else "private", {})
        shown[channel_id] = [
            {"ts": ts, "reply_users": [], "reply_users_count": 0, "reply_count": 0} for ts in timestamps
        ]
    return shares
