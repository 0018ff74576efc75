"""A small company on a local Slack, by hand and over real sockets."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient
from sockets import over_sockets
from waitress import wasyncore
from waitress.server import create_server

from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Okra"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "bot_user": {"display_name": "Okra"},
        "slash_commands": [
            {"command": "/kr", "description": "A key result", "should_escape": True},
            {"command": "/okr", "description": "Everything else", "should_escape": False},
        ],
        "shortcuts": [
            {"name": "Make this a blocker", "type": "message", "callback_id": "make_blocker", "description": "x"},
            {"name": "Check in now", "type": "global", "callback_id": "check_in_now", "description": "x"},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "chat:write", "commands", "im:write", "im:read", "im:history", "users:read", "channels:read",
                "channels:history", "groups:read", "groups:history", "mpim:write", "mpim:read",
            ]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": [
                "app_home_opened", "message.im", "user_change", "team_join", "app_uninstalled", "tokens_revoked",
                "channel_archive", "member_left_channel",
            ]
        },
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}  # fmt: skip


class HandClock:
    """A base for SlackClock that moves only when a test moves it."""

    def __init__(self) -> None:
        self.instant = MONDAY

    def __call__(self) -> datetime:
        return self.instant


@pytest.fixture
def core() -> LocalSlack:
    """A core with a clock that stands still, two people and a channel with the app in it."""
    slack = LocalSlack(from_manifest(MANIFEST), SlackClock(HandClock()))
    mere = slack.add_person("Mere Ngata", tz="Pacific/Auckland", email="mere@example.com")
    tama = slack.add_person("Tama Reid", tz="Europe/London")
    bot = slack.installation(slack.workspace).bot_user
    slack.create_channel(slack.workspace, "growth-leads", members=[mere.id, tama.id, bot])
    slack.create_channel(slack.workspace, "random", members=[mere.id])
    return slack


@pytest.fixture
def server() -> Iterator[LocalSlackServer]:
    with LocalSlackServer(LocalSlack(from_manifest(MANIFEST)), ack_seconds=2.0) as running:
        yield running


@pytest.fixture
def slack(server: LocalSlackServer) -> Driver:
    driver = Driver(server.base_url)
    mere = driver.add_person("Mere Ngata", tz="Pacific/Auckland")
    tama = driver.add_person("Tama Reid", tz="Europe/London")
    driver.add_channel("growth-leads", members=[mere, tama])
    return driver


@pytest.fixture
def client(server: LocalSlackServer) -> WebClient:
    return WebClient(token=server.core.app.bot_token, base_url=server.api_url, retry_handlers=[])


@pytest.fixture
def app(server: LocalSlackServer) -> App:
    """A Bolt app on this Slack, without listeners, as Okra builds its own."""
    return App(
        client=WebClient(token=server.core.app.bot_token, base_url=server.api_url, retry_handlers=[]),
        signing_secret=server.core.app.signing_secret,
        process_before_response=True,
        raise_error_for_unhandled_request=False,
    )


@contextmanager
def over_http(app: App, server: LocalSlackServer) -> Iterator[None]:
    """The app, served by waitress; the manifest's addresses are its own."""
    wsgi = create_server(SlackRequestHandler(app, path="/slack/events"), host="127.0.0.1", port=0, threads=4)
    url = f"http://127.0.0.1:{wsgi.effective_port}/slack/events"
    Driver(server.base_url).install(MANIFEST, url=url)
    thread = Thread(target=wsgi.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        # In the server's own thread, and after its workers: closed from here it may write to a closed pipe. Where that
        # thread is awake it may have closed all before it is woken.
        with suppress(OSError):
            wsgi.trigger.pull_trigger(lambda: (wsgi.task_dispatcher.shutdown(), wasyncore.close_all(wsgi._map, True)))
        thread.join(5)
        assert not thread.is_alive()


TRANSPORTS = {"socket": over_sockets, "http": over_http}


@pytest.fixture(params=["socket", "http"])
def running(request: pytest.FixtureRequest, server: LocalSlackServer) -> Callable[[App], AbstractContextManager[None]]:
    """Runs an app on one transport: `with running(app):`. Each test that asks for it runs on both."""
    return lambda app: TRANSPORTS[request.param](app, server)


@pytest.fixture
def on_sockets(server: LocalSlackServer) -> Callable[[App], AbstractContextManager[None]]:
    return lambda app: over_sockets(app, server)


@pytest.fixture
def on_http(server: LocalSlackServer) -> Callable[[App], AbstractContextManager[None]]:
    return lambda app: over_http(app, server)
