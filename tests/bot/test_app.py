"""The program as it is wired up: what its doors let in."""

from __future__ import annotations

import http.client
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.app import Program, build
from bot.doors import MOST_BYTES, HttpDoor, SocketDoor
from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver, Fault, FaultKind
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.settings import Settings, Transport
from bot.slack import LIST_PAUSE_SECONDS, LIST_ROWS
from models import Workspace
from scheduler import members


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


def http_door(program: Program) -> HttpDoor:
    door = program.door()
    assert isinstance(door, HttpDoor)
    return door


@pytest.fixture
def port(program: Program) -> Iterator[int]:
    door = http_door(program)
    door.open()
    yield door.port
    door.close()


def test_a_door_closes_in_peace_while_lines_are_open(program: Program) -> None:
    for _ in range(10):
        door = http_door(program)
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
    door = http_door(program)
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


# Socket Mode


def until(there: Callable[[], bool]) -> None:
    """Wait for what is no change in the workspace."""
    end = time.monotonic() + 10
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


def connected(server: LocalSlackServer, database: Path) -> Program:
    """The program as `okra run` builds it, in this Slack."""
    app = server.core.app
    return build(
        Settings(
            _env_file=None,  # type: ignore[call-arg]
            slack_bot_token=SecretStr(app.bot_token),
            slack_app_token=SecretStr(app.app_token),
            slack_base_url=server.api_url,
            transport=Transport.SOCKET,
            database_url=f"sqlite:///{database}",
        )
    )


def test_what_is_being_answered_when_the_program_ends_is_answered_and_nothing_new_is_begun(
    sqlite_template: Path,
) -> None:
    begun: list[str] = []
    may_go_on = threading.Event()

    def hold(body: dict[str, Any], next: Callable[[], None]) -> None:
        begun.append(body["text"])
        may_go_on.wait(10)
        next()

    with LocalSlackServer(LocalSlack(from_manifest(manifest()))) as server, ThreadPoolExecutor() as people:
        slack = Driver(server.base_url)
        mere, tama = slack.add_person("Mere Ngata"), slack.add_person("Tama Reid")
        program = connected(server, sqlite_template)
        program.bolt.use(hold)
        door = program.door()
        assert isinstance(door, SocketDoor)
        door.open()
        slack.wait_until_connected()
        in_flight = people.submit(mere.command, "/okr help")
        until(lambda: begun == ["help"])
        closing = people.submit(door.close)
        until(lambda: door._handler._finishing)
        too_late = people.submit(tama.command, "/okr mine")
        # Slack has sent it, and Okra leaves it be.
        until(lambda: len(slack.deliveries()) == 2)
        may_go_on.set()
        answer = in_flight.result(10)
        assert answer.error is None
        assert answer.text.startswith("Okra is for full members")
        assert too_late.result(10).error is not None
        closing.result(10)
        program.close()
    assert begun == ["help"]


# Leaving


@pytest.mark.parametrize(
    ("fault", "why"),
    [(None, "in the pause between two pages"), (Fault(FaultKind.RATE_LIMITED, "users.list", seconds=60), "shut out")],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_the_members_are_read_no_further_once_the_program_leaves(
    sqlite_template: Path, tmp_path: Path, fault: Fault | None, why: str
) -> None:
    del why
    database = tmp_path / "okra.db"
    shutil.copy(sqlite_template, database)
    core = LocalSlack(from_manifest(manifest()))
    for number in range(3 * LIST_ROWS):
        core.add_person(f"Person {number}")
    with LocalSlackServer(core) as server, ThreadPoolExecutor() as threads:
        slack = Driver(server.base_url)
        if fault is not None:
            slack.faults.add(fault)
        program = connected(server, database)
        workspace_id = program.connect()
        reading = threads.submit(members.read_due, program.runtime, program.runtime.now())
        until(lambda: len(slack.calls("users.list")) == 1)
        program.leaving.set()
        reading.result(LIST_PAUSE_SECONDS)
        assert len(slack.calls("users.list")) == 1
        with program.runtime.read() as session:
            # The next program begins anew.
            assert session.get_one(Workspace, workspace_id).members_read_at is None
        program.close()
