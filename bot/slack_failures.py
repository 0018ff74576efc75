"""What went wrong between Okra and Slack, and which kind each of Slack's errors is.

- `RetryLater`: nothing happened; 429, what passes by itself, or a connection that was never made.
- `Permanent`: nothing happened and nothing will; the same call fails again.
- `NotLetIn`: nothing happened; Okra's own token or permission is the trouble, or its workspace, so that every call
  would fail.
- `UnknownOutcome`: the effect may have happened; a time-out, a dropped or broken answer, an error inside Slack.
"""

from __future__ import annotations

import http.client
import re
import socket
import traceback
import urllib.error

from slack_sdk.errors import SlackApiError

from bot.blocks.notices import NO_DIRECT_MESSAGES

# `internal_error` and `fatal_error` come with a note that the effect may have happened; of an update that failed inside
# Slack nothing is said.
UNCERTAIN = {"internal_error", "fatal_error", "request_timeout", "service_unavailable"}
UNCERTAIN |= {"update_failed", "file_update_failed"}

# What Slack cannot do just now, because the channel is on its way from one workspace to another.
PASSING = {"external_channel_migrating"}

# How Slack's words for an error look. Anything else is not Slack's: a page of a proxy, half of an answer.
SLACKS_WORD = re.compile(r"[a-z][a-z0-9_.:-]{0,79}")

# The token or the app, not the message, is what Slack refuses; or the workspace, which is being moved into an
# organisation, or is a free one that has sent too much. With its Messages tab off, an app may not send direct messages.
LOCKED_OUT = {"not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
LOCKED_OUT |= {"team_added_to_org", "org_login_required", "message_limit_exceeded", NO_DIRECT_MESSAGES}

# Slack says how long to wait; where something on the way answers 429 and does not, so long.
UNTOLD_SECONDS = 30


class SlackFailure(Exception):
    """Slack did not do what was asked. `code` is Slack's word for it, or ours for what the network did."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RetryLater(SlackFailure):
    """Nothing happened. `after`: seconds to wait, where Slack said so."""

    def __init__(self, code: str, after: int | None = None) -> None:
        super().__init__(code)
        self.after = after


class Permanent(SlackFailure):
    """Nothing happened, and the same call will fail again."""


class NotLetIn(SlackFailure):
    """Nothing happened, and nothing will until somebody mends Okra's installation: the message itself is fine."""

    @property
    def is_for_all(self) -> bool:
        """Whether every message would fail, and not the direct ones alone."""
        return self.code != NO_DIRECT_MESSAGES


class UnknownOutcome(SlackFailure):
    """It may have happened."""


def sort_answer(error: SlackApiError) -> SlackFailure:
    """Which kind an answer of Slack's is."""
    status = getattr(error.response, "status_code", 200)
    headers = {name.lower(): value for name, value in (getattr(error.response, "headers", None) or {}).items()}
    code = str(error.response.get("error") or f"http_{status}") if hasattr(error.response, "get") else f"http_{status}"
    if not SLACKS_WORD.fullmatch(code):
        code = f"unreadable_{status}"
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        after = headers.get("retry-after", "")
        return RetryLater("ratelimited", int(after) if str(after).isdigit() else UNTOLD_SECONDS)
    if status >= 500 or code in UNCERTAIN or code.startswith("unreadable_"):
        return UnknownOutcome(code)
    if code in PASSING:
        return RetryLater(code)
    return NotLetIn(code) if code in LOCKED_OUT else Permanent(code)


def sort_status(error: urllib.error.HTTPError) -> SlackFailure:
    """Which kind an address answered with, where no method was called that would say more."""
    code = f"http_{error.code}"
    return UnknownOutcome(code) if error.code >= 500 else Permanent(code)


def sort_network(error: Exception) -> SlackFailure:
    """Which kind a failure on the way is: only a connection that was never made is harmless.

    What it is called does not tell: a time-out, or a network that is down, may come before the request or after it.
    Where it was raised does.
    """
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ConnectionRefusedError | socket.gaierror) or _came_while_connecting(reason):
        return RetryLater("unreachable")
    return UnknownOutcome(type(reason).__name__)


# All of the way up to the first byte of a request: the address, a proxy's tunnel, the certificate.
_CONNECTING = (http.client.HTTPConnection.connect.__code__, http.client.HTTPSConnection.connect.__code__)


def _came_while_connecting(reason: BaseException | str) -> bool:
    trace = reason.__traceback__ if isinstance(reason, BaseException) else None
    return any(frame.f_code in _CONNECTING for frame, _ in traceback.walk_tb(trace))
