import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

from bot.localslack.core import LocalSlack
from bot.localslack.httpmode import reply_of, request_of
from bot.localslack.manifest import AppConfig, Secrets, Transport, from_manifest
from bot.localslack.outgoing import Kind
from bot.localslack.signing import signature

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
APP = replace(
    AppConfig(),
    transport=Transport.HTTP,
    event_url="http://app/events",
    interactivity_url="http://app/interactions",
    options_url="http://app/options",
)


def test_each_kind_has_its_address_and_encoding(core: LocalSlack) -> None:
    event = request_of(APP, core.outgoing.add(Kind.EVENT, {"type": "event_callback"}, None), NOW)
    assert (event.url, event.headers["Content-Type"]) == ("http://app/events", "application/json")
    assert json.loads(event.body) == {"type": "event_callback"}
    pressed = request_of(APP, core.outgoing.add(Kind.INTERACTION, {"type": "block_actions"}, None), NOW)
    assert pressed.url == "http://app/interactions"
    assert json.loads(parse_qs(pressed.body.decode())["payload"][0]) == {"type": "block_actions"}
    assert request_of(APP, core.outgoing.add(Kind.OPTIONS, {}, None), NOW).url == "http://app/options"
    command = request_of(APP, core.outgoing.add(Kind.COMMAND, {"command": "/kr", "text": "12 = 45 %"}, None), NOW)
    assert parse_qs(command.body.decode()) == {"command": ["/kr"], "text": ["12 = 45 %"]}


def test_a_request_is_signed_at_the_time_given_and_names_its_retries(core: LocalSlack) -> None:
    delivery = core.outgoing.add(Kind.EVENT, {"a": 1}, None)
    core.outgoing.take()
    first = request_of(APP, delivery, NOW)
    assert first.headers["X-Slack-Request-Timestamp"] == str(int(NOW.timestamp()))
    assert first.headers["X-Slack-Signature"] == signature(APP.signing_secret, int(NOW.timestamp()), first.body)
    assert "X-Slack-Retry-Num" not in first.headers
    core.outgoing.unanswered(delivery.id, "http_timeout")
    again = request_of(APP, delivery, NOW)
    assert (again.headers["X-Slack-Retry-Num"], again.headers["X-Slack-Retry-Reason"]) == ("1", "http_timeout")


def test_an_answer_may_be_empty_json_or_plain_text() -> None:
    assert reply_of(200, {}, "").body is None
    assert reply_of(200, {}, '{"response_action": "clear"}').body == {"response_action": "clear"}
    assert reply_of(200, {}, "KR-12 is fine").body == {"text": "KR-12 is fine"}
    assert reply_of(500, {"X-Slack-No-Retry": "1"}, "").no_retry is True


def test_a_manifest_says_how_the_app_is_reached() -> None:
    manifest = {
        "display_information": {"name": "Okra"},
        "features": {"slash_commands": [{"command": "/kr", "description": "x", "url": "http://app/kr"}]},
        "settings": {
            "interactivity": {"is_enabled": True, "request_url": "http://app/i"},
            "event_subscriptions": {"request_url": "http://app/e", "bot_events": ["team_join"]},
        },
    }
    over_http = from_manifest(manifest)
    assert over_http.transport is Transport.HTTP
    assert (over_http.event_url, over_http.interactivity_url, over_http.options_url) == (
        "http://app/e",
        "http://app/i",
        "http://app/i",
    )
    assert over_http.commands[0].url == "http://app/kr"
    settings = manifest["settings"] | {"socket_mode_enabled": True}  # type: ignore[operator]
    socket = from_manifest(manifest | {"settings": settings}, Secrets(bot_token="xoxb-other"))
    assert (socket.transport, socket.bot_token) == (Transport.SOCKET, "xoxb-other")
    assert from_manifest(manifest | {"settings": settings}, url="http://here").event_url == "http://here"
