"""The program as it is wired up: what its doors let in."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import MOST_BYTES, HttpDoor, Program, build
from bot.settings import Settings, Transport


@pytest.fixture
def program(sqlite_template: Path) -> Iterator[Program]:
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
    yield program
    program.close()


@pytest.fixture
def port(program: Program) -> Iterator[int]:
    door = HttpDoor(program)
    door.open()
    yield door.port
    door.close()


def test_a_door_closes_in_peace_while_lines_are_open(program: Program) -> None:
    for _ in range(10):
        door = HttpDoor(program)
        door.open()
        with socket.create_connection(("127.0.0.1", door.port)) as silent:
            line = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
            line.request("GET", "/healthz")
            assert line.getresponse().read() == b"ok\n"
            door.close()
            # A loop that stumbled over a closed socket would have ended its thread with an error, which fails the test.
            assert silent.recv(1) == b""
            line.close()
    assert "okra-http" not in {thread.name for thread in threading.enumerate()}


def test_a_door_that_was_never_opened_can_be_closed(program: Program) -> None:
    door = HttpDoor(program)
    door.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", door.port))


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
