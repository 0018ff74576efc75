"""The gateway: the only module that calls Slack's Web API. What went wrong it raises as a `SlackFailure`."""

from __future__ import annotations

import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot import deadline
from bot.blocks.post import Post
from bot.domain.person import Person, Status
from bot.slack_failures import Permanent, RetryLater, UnknownOutcome, sort_answer, sort_network, sort_status
from bot.turnstile import aside

log = structlog.get_logger(__name__)

METADATA_EVENT = "okra_delivery"

# What one call may wait for Slack while a person waits, and less where the interaction's deadline is nearer.
INTERACTIVE_SECONDS = 2
# With less than this left, a call would only be broken off on its way.
TOO_LATE_SECONDS = 0.1
POST_SECONDS = 15

# `users.list` and `conversations.list`: tier 2, which is 20 calls a minute, and 999 rows a page at most. Nobody waits
# for them, so they are paced, and wait as long as Slack asks where that has an end.
LIST_ROWS = 999
LIST_PAUSE_SECONDS = 3
LIST_WAITS = 5
LONGEST_WAIT_SECONDS = 120
HISTORY_ROWS = 200

Token = Callable[[int], str]
# Makes the SDK's client for one request, given its keywords.
Client = Callable[..., WebClient]
# Calls a method with these arguments.
Ask = Callable[[Mapping[str, Any]], Any]
# Sends bytes to an address that Slack gave, within so many seconds; raises OSError or http.client's exceptions.
Send = Callable[[str, bytes, float], None]
# Lets so many seconds pass. True, at once, where the program is about to end: then nothing more is begun.
Wait = Callable[[float], bool | None]


class Leaving(Exception):
    """The program is about to end, so a list is read no further. Nothing failed: the next program reads it anew."""


@dataclass(frozen=True)
class Posted:
    """Where a message stands. `channel` is the conversation's id, also where a user id was given."""

    channel: str
    ts: str


@dataclass(frozen=True)
class Identity:
    """Whose token it is, and what it may do."""

    slack_team_id: str
    team_name: str
    enterprise_id: str | None
    bot_id: str | None
    bot_user_id: str
    scopes: frozenset[str]
    url: str
    # The server's own time at the answer, for measuring clock skew; null where it did not say.
    server_date: str | None


@dataclass(frozen=True)
class Channel:
    """A channel Okra may see; `is_member`: whether it was invited, which it needs for posting.

    `is_shared_outside`: people of another organisation read it, or were asked to (Slack Connect).
    """

    id: str
    name: str
    is_member: bool
    is_shared_outside: bool


class Gateway:
    """Calls Slack. Every call names a workspace; `token` gives that workspace's bot token.

    `client`, `send_json` and `send_bytes` are the ways onto the wire; a simulation puts its own in their place, and
    for `wait`.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        client: Client = WebClient,
        send_json: Send | None = None,
        send_bytes: Send | None = None,
        wait: Wait = time.sleep,
    ) -> None:
        self._base_url = base_url
        self._token = token
        self._make_client = client
        self._send_json = send_json or partial(_send, "application/json")
        self._send_bytes = send_bytes or partial(_send, "application/octet-stream")
        self._wait = wait

    # Messages

    def post(self, workspace_id: int, *, to: str, body: Post, opaque_id: str, thread_ts: str | None = None) -> Posted:
        """Post one message. `to` is a channel id or, for a direct message, a user id."""
        answer = self._call(
            workspace_id,
            "chat.postMessage",
            {
                "channel": to,
                "text": body.text,
                "blocks": list(body.blocks),
                "thread_ts": thread_ts,
                "metadata": {"event_type": METADATA_EVENT, "event_payload": {"id": opaque_id}},
                "unfurl_links": False,
                "unfurl_media": False,
            },
            seconds=POST_SECONDS,
        )
        return Posted(answer["channel"], answer["ts"])

    def redraw(self, workspace_id: int, *, at: Posted, body: Post) -> None:
        """Show something else in a message that stands. Safe to repeat."""
        self._call(
            workspace_id,
            "chat.update",
            {"channel": at.channel, "ts": at.ts, "text": body.text, "blocks": list(body.blocks)},
            seconds=POST_SECONDS,
        )

    def respond(self, response_url: str, body: Post) -> bool:
        """Answer a press through its `response_url`, for the presser's eyes. False where Slack did not take it.

        It is the last thing an interaction does and nothing depends on it, so a failure is logged and not raised.
        """
        content = {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": body.text,
            "blocks": list(body.blocks),
        }
        seconds = deadline.seconds_left(INTERACTIVE_SECONDS)
        if seconds < TOO_LATE_SECONDS:
            # The acknowledgement must not be late for the sake of a word beside it.
            log.warning("response_url_skipped")
            return False
        try:
            with aside():
                self._send_json(response_url, json.dumps(content).encode(), seconds)
        except (OSError, http.client.HTTPException) as error:
            log.warning("response_url_failed", error=type(error).__name__)
            return False
        return True

    def say_through(self, response_url: str, body: Post) -> None:
        """Say something to everybody in the channel that a `response_url` is for, once.

        It is posted under no id that it could be looked for by: with `UnknownOutcome` it may stand there.
        """
        content = {"response_type": "in_channel", "text": body.text, "blocks": list(body.blocks)}
        try:
            with aside():
                self._send_json(response_url, json.dumps(content).encode(), _interactive())
        except urllib.error.HTTPError as error:
            raise sort_status(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise sort_network(error) from error

    def find(
        self, workspace_id: int, *, channel: str, opaque_id: str, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """Look for a message by the id in its metadata: in a conversation from `since` on, or in a thread."""
        where: dict[str, Any] = {"channel": channel, "oldest": f"{since.timestamp():.6f}", "include_all_metadata": True}
        where["limit"] = HISTORY_ROWS
        method = "conversations.history"
        if thread_ts is not None:
            method, where["ts"] = "conversations.replies", thread_ts
        ask = partial(self._call, workspace_id, method, seconds=POST_SECONDS)
        for message in _pages(ask, where, "messages"):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("id") == opaque_id:
                return Posted(channel, message["ts"])
        return None

    def open_conversation(self, workspace_id: int, *, slack_user_ids: Sequence[str]) -> str:
        """The id of the conversation with a person, or of the group message with up to eight. Safe to repeat.

        Rare for one person: posting to the user id opens it too.
        """
        answer = self._call(
            workspace_id, "conversations.open", {"users": ",".join(slack_user_ids)}, seconds=POST_SECONDS
        )
        return cast(str, answer["channel"]["id"])

    def send_file(
        self, workspace_id: int, *, to: str, channel: str | None, name: str, content: bytes, words: str
    ) -> None:
        """Share a file (one byte or more) with one person, who waits for it, in their direct message.

        `to` is their user id, `channel` the direct message where it is known. Where a step fails nothing is shared;
        only with `UnknownOutcome`, which the last step alone can raise, it perhaps is.
        """
        try:
            if channel is None:
                opened = self._call(workspace_id, "conversations.open", {"users": to}, seconds=_interactive())
                channel = cast(str, opened["channel"]["id"])
            expected = self._call(
                workspace_id,
                "files.getUploadURLExternal",
                {"filename": name, "length": len(content)},
                seconds=_interactive(),
            )
            self._upload(expected["upload_url"], content)
        except UnknownOutcome as failure:
            # Whatever it did, nobody sees a file before the last step.
            raise RetryLater(failure.code) from failure
        self._call(
            workspace_id,
            "files.completeUploadExternal",
            {"files": [{"id": expected["file_id"], "title": name}], "channel_id": channel, "initial_comment": words},
            seconds=_interactive(),
        )

    def _upload(self, address: str, content: bytes) -> None:
        try:
            with aside():
                self._send_bytes(address, content, _interactive())
        except urllib.error.HTTPError as error:
            raise sort_status(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise sort_network(error) from error

    # Views

    def open_view(self, workspace_id: int, *, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Open a dialog for the person whose press made the trigger."""
        self._call(workspace_id, "views.open", {"trigger_id": trigger_id, "view": view}, seconds=_interactive())

    def push_view(self, workspace_id: int, *, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Lay a dialog over the one in which the press that made the trigger was."""
        self._call(workspace_id, "views.push", {"trigger_id": trigger_id, "view": view}, seconds=_interactive())

    def update_view(self, workspace_id: int, *, view_id: str, view_hash: str | None, view: Mapping[str, Any]) -> None:
        """Show another state of an open dialog, unless it has changed since `view_hash`."""
        self._call(
            workspace_id,
            "views.update",
            {"view_id": view_id, "hash": view_hash, "view": view},
            seconds=_interactive(),
        )

    def publish(self, workspace_id: int, *, to: str, view: Mapping[str, Any]) -> None:
        """Show a person's Home. Safe to repeat."""
        self._call(workspace_id, "views.publish", {"user_id": to, "view": view}, seconds=POST_SECONDS)

    # People and places

    def people(self, workspace_id: int) -> Iterator[Person]:
        """Everybody in the workspace, deactivated members too, page by page and without haste: not while one waits.

        Raises `Leaving`.
        """
        ask = partial(self._call_patiently, workspace_id, "users.list")
        for member in _pages(ask, {"limit": LIST_ROWS}, "members"):
            yield person(member)

    def person(self, workspace_id: int, *, slack_user_id: str) -> Person:
        """One member."""
        answer = self._call(workspace_id, "users.info", {"user": slack_user_id}, seconds=_interactive())
        return person(answer["user"])

    def channels(self, workspace_id: int) -> Iterator[Channel]:
        """The public channels, and the private ones that Okra is in; page by page and without haste, as `people`."""
        where = {"types": "public_channel,private_channel", "exclude_archived": True, "limit": LIST_ROWS}
        ask = partial(self._call_patiently, workspace_id, "conversations.list")
        for channel in _pages(ask, where, "channels"):
            yield _channel(channel)

    def channel(self, workspace_id: int, *, channel_id: str) -> Channel | None:
        """One channel; None where Okra cannot see it."""
        try:
            answer = self._call(workspace_id, "conversations.info", {"channel": channel_id}, seconds=_interactive())
        except Permanent as failure:
            if failure.code == "channel_not_found":
                return None
            raise
        return _channel(answer["channel"])

    def identity(self, workspace_id: int) -> Identity:
        """Whose token this is (`auth.test`)."""
        answer = self._call(workspace_id, "auth.test", {}, seconds=POST_SECONDS)
        headers = {name.lower(): value for name, value in cast(Mapping[str, str], answer.headers).items()}
        return Identity(
            slack_team_id=answer["team_id"],
            team_name=answer["team"],
            enterprise_id=answer.get("enterprise_id"),
            bot_id=answer.get("bot_id"),
            bot_user_id=answer["user_id"],
            scopes=frozenset(filter(None, headers.get("x-oauth-scopes", "").replace(" ", "").split(","))),
            url=answer.get("url", ""),
            server_date=headers.get("date"),
        )

    def check_app_token(self, app_token: str) -> None:
        """Ask for an address for Socket Mode, and leave it unused. Raises `SlackFailure` where there is none."""
        self._call(0, "apps.connections.open", {"app_token": app_token}, seconds=POST_SECONDS)

    # The wire

    def _call_patiently(self, workspace_id: int, method: str, arguments: Mapping[str, Any]) -> Any:
        """Ask for a page of a list, with a pause before each but the first. Raises `Leaving`."""
        if arguments.get("cursor") is not None:
            self._pass(LIST_PAUSE_SECONDS)
        for _ in range(LIST_WAITS):
            try:
                return self._call(workspace_id, method, arguments, seconds=POST_SECONDS)
            except RetryLater as failure:
                if failure.after is None or failure.after > LONGEST_WAIT_SECONDS:
                    raise
                self._pass(failure.after)
        return self._call(workspace_id, method, arguments, seconds=POST_SECONDS)

    def _pass(self, seconds: float) -> None:
        """Let time pass. Raises `Leaving`."""
        if self._wait(seconds):
            raise Leaving

    def _call(self, workspace_id: int, method: str, arguments: Mapping[str, Any], *, seconds: float) -> Any:
        client = self._client(workspace_id, seconds)
        # The SDK's own methods know how each goes over the wire.
        call = getattr(client, method.replace(".", "_"))
        try:
            with aside():
                return call(**{name: value for name, value in arguments.items() if value is not None})
        except SlackApiError as error:
            raise sort_answer(error) from error
        except (OSError, http.client.HTTPException, ssl.SSLError, json.JSONDecodeError, SlackClientError) as error:
            raise sort_network(error) from error

    def _client(self, workspace_id: int, seconds: float) -> WebClient:
        # The SDK's retry handlers would post twice after a dropped connection; deciding is our work.
        return self._make_client(
            token=self._token(workspace_id), base_url=self._base_url, timeout=seconds, retry_handlers=[]
        )


def _pages(ask: Ask, arguments: Mapping[str, Any], field: str) -> Iterator[dict[str, Any]]:
    """All that a list has, asked for page by page."""
    page = dict(arguments)
    while True:
        answer = ask(page)
        yield from answer[field]
        page["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor") or None
        if page["cursor"] is None:
            return


def _interactive() -> float:
    """Seconds for a call that a person waits for. Raises `RetryLater`: it is not even begun where time is used up."""
    seconds = deadline.seconds_left(INTERACTIVE_SECONDS)
    if seconds < TOO_LATE_SECONDS:
        raise RetryLater("out_of_time")
    return seconds


def _send(content_type: str, address: str, content: bytes, seconds: float) -> None:
    request = urllib.request.Request(  # noqa: S310 - the address came in a signed payload, or in Slack's own answer
        address, content, {"Content-Type": content_type}
    )
    with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310 - as above
        pass


def _channel(given: Mapping[str, Any]) -> Channel:
    return Channel(
        id=given["id"],
        name=given.get("name", ""),
        is_member=bool(given.get("is_member")),
        is_shared_outside=bool(given.get("is_ext_shared") or given.get("is_pending_ext_shared")),
    )


def person(member: Mapping[str, Any]) -> Person:
    """A member as `users.list`, `users.info` and the user events give them."""
    profile = member.get("profile") or {}
    colleague = member.get("enterprise_user") or {}
    return Person(
        slack_user_id=member["id"],
        name=profile.get("real_name") or member.get("real_name") or member.get("name") or member["id"],
        display_name=profile.get("display_name") or "",
        email=profile.get("email"),
        time_zone=member.get("tz"),
        is_bot=bool(member.get("is_bot")) or member["id"] == "USLACKBOT",
        is_guest=bool(member.get("is_restricted") or member.get("is_ultra_restricted")),
        is_external=bool(member.get("is_stranger")),
        deleted=bool(member.get("deleted")),
        slack_team_id=member.get("team_id"),
        enterprise_id=colleague.get("enterprise_id"),
        status=_status(profile),
        updated_at=instant(member.get("updated")),
    )


def _status(profile: Mapping[str, Any]) -> Status:
    return Status(
        text=profile.get("status_text") or "",
        emoji=(profile.get("status_emoji") or "").strip(":"),
        until=instant(profile.get("status_expiration")),
    )


def instant(seconds: int | None) -> datetime | None:
    """Whole seconds as Slack counts them. It says 0 where there is none."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
