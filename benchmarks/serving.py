"""The servers that are measured, each in a process of its own, and what drives them."""

from __future__ import annotations

import logging
import multiprocessing
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from benchmarks.submissions import SIGNING_SECRET
from bot.clock import Clock
from bot.logs import set_up
from bot.settings import LogFormat, Settings, Transport

if TYPE_CHECKING:
    from slack_bolt import App

_spawn = multiprocessing.get_context("spawn")

HTTP_CONNECTIONS = 8


@contextmanager
def in_a_process(serve: Callable[..., None], *arguments: object) -> Iterator[Any]:
    """Run `serve(connection, *arguments)` in a fresh interpreter until the block ends. Gives what it sends first, when
    it is ready; where that is None, the connection to go on talking."""
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=serve, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        ready = ours.recv()
        yield ours if ready is None else ready
    finally:
        ours.close()
        process.join(20)
        if process.is_alive():
            process.kill()
            process.join()


def until_told(connection: Connection) -> None:
    """Wait for the other end to let go."""
    try:
        connection.recv()
    except (EOFError, OSError):
        return


def settings(database_url: str = "", **given: Any) -> Settings:
    """Settings of a benchmark: nothing of an installation's own comes in."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        **{
            "transport": Transport.HTTP,
            "port": 0,
            "slack_signing_secret": SecretStr(SIGNING_SECRET),
            "slack_bot_token": SecretStr("xoxb-bench"),
            "slack_base_url": "http://127.0.0.1:9/api/",
            "database_url": database_url,
            **given,
        },
    )


def quiet() -> None:
    """Warnings only, as an installation writes them."""
    set_up(LogFormat.CONSOLE, level=logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def serve_okra(connection: Connection, database_url: str, clock: Clock) -> None:
    """Okra's own listener, as `okra web` has it. Sends its port."""
    from bot.app import build
    from bot.doors import HttpDoor

    quiet()
    program = build(settings(database_url), clock=clock)
    door = program.door()
    assert isinstance(door, HttpDoor)  # noqa: S101 - the settings above say so
    door.open()
    connection.send(door.port)
    until_told(connection)
    door.close()
    program.close()


def serve_bare(connection: Connection) -> None:
    """A Bolt listener that acknowledges, on the same server with the same settings. Sends its port."""
    from slack_bolt.adapter.wsgi import SlackRequestHandler
    from waitress.server import create_server

    from bot.doors import HTTP_THREADS, MOST_BYTES

    quiet()
    server = create_server(
        SlackRequestHandler(bare_app()),
        host="127.0.0.1",
        port=0,
        threads=HTTP_THREADS,
        clear_untrusted_proxy_headers=True,
        max_request_body_size=MOST_BYTES,
    )
    threading.Thread(target=server.run, daemon=True).start()
    connection.send(int(server.effective_port))
    until_told(connection)
    server.close()


def serve_slack(connection: Connection, owners: int) -> None:
    """A local Slack without limits. Sends its address, its bot token, and the people's Slack ids by number."""
    from bot.localslack.core import LocalSlack
    from bot.localslack.manifest import from_manifest
    from bot.localslack.server import LocalSlackServer
    from bot.manifest import manifest

    quiet()
    core = LocalSlack(from_manifest(manifest()))
    core.echo_own_messages = False
    # As the company of the benchmarks has them, so that a look at them finds nothing new.
    people = {n: core.add_person(f"Owner {n}", tz="UTC", display_name=f"Owner {n}").id for n in range(1, owners + 1)}
    with LocalSlackServer(core) as server:
        connection.send((server.api_url, core.app.bot_token, people))
        until_told(connection)


def bare_app() -> App:
    """Bolt with one listener, which acknowledges: what an interaction costs before anything is done."""
    from slack_bolt import Ack, App, BoltResponse
    from slack_bolt.authorization import AuthorizeResult

    from bot.blocks.ids import Dialog

    known = AuthorizeResult(enterprise_id=None, team_id=None, bot_token="xoxb-not-used")  # noqa: S106 - no token
    app = App(
        authorize=lambda enterprise_id, team_id: known,
        signing_secret=SIGNING_SECRET,
        process_before_response=True,
    )

    @app.view_submission(Dialog.CHECK_IN)
    def acknowledge(ack: Ack) -> BoltResponse:
        return ack()

    return app


def drive(port: int, requests: Sequence[bytes], *, connections: int = HTTP_CONNECTIONS) -> tuple[float, list[float]]:
    """Send all requests over so many connections, each the next one once its answer is there.

    Returns the seconds it took and each request's own, in seconds. Raises RuntimeError for an answer but 200.
    """
    waits: list[list[float]] = [[] for _ in range(connections)]
    failures: list[str] = []

    def work(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in requests[number::connections]:
                begun = perf_counter()
                wire.sendall(request)
                answer = _answer(wire)
                waits[number].append(perf_counter() - begun)
                if not answer.startswith(b"HTTP/1.1 200") or b'"errors"' in answer:
                    failures.append(answer.decode(errors="replace"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    begun = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = perf_counter() - begun
    answered = sum(len(one) for one in waits)
    if failures or answered != len(requests):
        raise RuntimeError(f"{answered} of {len(requests)} answered, {len(failures)} badly: {failures[:1]}")
    return took, [wait for one in waits for wait in one]


def _answer(wire: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found:
        found += _more(wire)
    head, _, body = found.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length:
        body += _more(wire)
    return head + b"\r\n\r\n" + body


def _more(wire: socket.socket) -> bytes:
    part = wire.recv(65536)
    if not part:
        raise ConnectionError("the server hung up")
    return part
