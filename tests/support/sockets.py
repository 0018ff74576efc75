"""A Bolt app, connected to a local Slack by Socket Mode."""

from collections.abc import Iterator
from contextlib import contextmanager

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.localslack.driver import Driver
from bot.localslack.server import LocalSlackServer


@contextmanager
def over_sockets(app: App, server: LocalSlackServer) -> Iterator[None]:
    """The app, connected by Socket Mode with the SDK's own client."""
    web = WebClient(base_url=server.api_url, retry_handlers=[])
    handler = SocketModeHandler(app, server.core.app.app_token, web_client=web, ping_interval=0.2)
    handler.connect()  # type: ignore[no-untyped-call]
    Driver(server.base_url).wait_until_connected()
    try:
        yield
    finally:
        # The SDK's close waits out its reads (3 s) and its queue (1 s): a cut cable and an empty message end both.
        handler.client.auto_reconnect_enabled = False
        handler.client.closed = True
        Driver(server.base_url).disconnect(None)
        handler.client.message_queue.put("")
        handler.close()  # type: ignore[no-untyped-call]
