"""Signed HTTP delivery without a socket: the request that carries a delivery, and what the app's answer means."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from bot.localslack.manifest import AppConfig
from bot.localslack.outgoing import Delivery, Kind, Reply
from bot.localslack.signing import signature

Json = dict[str, Any]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class HttpRequest:
    """A POST to the app. `url` is "" where the manifest names none."""

    url: str
    headers: dict[str, str]
    body: bytes


def request_of(app: AppConfig, delivery: Delivery, now: datetime) -> HttpRequest:
    """Events are JSON; commands a form; interactions a form with JSON in `payload`. `now` (aware) is signed."""
    if delivery.kind is Kind.EVENT:
        url, content_type, body = app.event_url, JSON, json.dumps(delivery.payload).encode()
    elif delivery.kind is Kind.COMMAND:
        command = app.command(delivery.payload["command"])
        url = command.url if command is not None and command.url else app.interactivity_url
        content_type, body = FORM, urlencode(delivery.payload).encode()
    else:
        url = app.options_url if delivery.kind is Kind.OPTIONS else app.interactivity_url
        content_type, body = FORM, urlencode({"payload": json.dumps(delivery.payload)}).encode()
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": str(timestamp),
        "X-Slack-Signature": signature(app.signing_secret, timestamp, body),
    }
    if delivery.attempt:
        headers["X-Slack-Retry-Num"] = str(delivery.attempt)
        headers["X-Slack-Retry-Reason"] = delivery.reason or ""
    return HttpRequest(url, headers, body)


def reply_of(status: int, headers: Mapping[str, str], text: str) -> Reply:
    """The app's answer. A body that is no JSON object is text to show, as a command's answer may be."""
    return Reply(status, _body(text), no_retry=headers.get("X-Slack-No-Retry") == "1")


def _body(text: str) -> Json | None:
    if not text.strip():
        return None
    try:
        parsed = json.loads(text)
    except ValueError:
        return {"text": text}
    return parsed if isinstance(parsed, dict) else {"text": text}
