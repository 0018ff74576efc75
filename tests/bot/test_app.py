"""The program as it is wired up: what its doors let in."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import MOST_BYTES, HttpDoor, build
from bot.settings import Settings, Transport


@pytest.fixture
def port(sqlite_template: Path) -> Iterator[int]:
    program = build(
        Settings(
            _env_file=None,  # type: ignore[call-arg]
            slack_bot_token=SecretStr("xoxb-none"),
            slack_signing_secret=SecretStr("not-a-secret"),
            transport=Transport.HTTP,
            port=0,
            database_url=f"sqlite:///{sqlite_template}",
        )
    )
    door = HttpDoor(program)
    door.open()
    yield door.port
    door.close()
    program.close()


@pytest.mark.parametrize(("announced", "status"), [(MOST_BYTES + 1, 413), (1_000_000_000, 413), (2, 401)])
def test_a_body_that_slack_would_never_send_is_refused_unread(port: int, announced: int, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("POST", "/slack/events")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(announced))
    connection.endheaders(b"{}")
    try:
        assert connection.getresponse().status == status
    finally:
        connection.close()
