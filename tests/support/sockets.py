"""A Bolt app, connected to a local Slack by Socket Mode."""

from collections.abc import Iterator
from contextlib import contextmanager

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.localslack.driver import Driver
from bot.localslack.server import LocalSlackServer


@contextmanager
def over_sockets(app: App, server: LocalSlackServer, *, ping_seconds: float = 0.2) -> Iterator[None]:
    """The app, connected by Socket Mode with the SDK's own client.

    `ping_seconds`: how often it looks whether the connection lives. Four times as long without an answer, and it drops
    the connection, with what is on its way: too short for a machine that is busy, where no test cuts the cable.
    """
    web = WebClient(base_url=server.api_url, retry_handlers=[])
    handler = SocketModeHandler(app, server.core.app.app_token, web_client=web, ping_interval=ping_seconds)
    handler.connect()  # type: ignore[no-untyped-call]
    Driver(server.base_url).wait_until_connected()
    try:
        yield
    finally:
        end_waits(handler, Driver(server.base_url))
        handler.close()  # type: ignore[no-untyped-call]


def end_waits(handler: SocketModeHandler, slack: Driver) -> None:
    """Before a close, so that it takes no time. The SDK's own waits out its reads (3 s) and its queue (1 s): a cut
    cable and an empty message end both."""
    handler.client.auto_reconnect_enabled = False
    handler.client.closed = True
    slack.disconnect(None)
    handler.client.message_queue.put("")
