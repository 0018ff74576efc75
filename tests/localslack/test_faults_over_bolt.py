"""What goes wrong on the way to the app, with a Bolt app on Socket Mode (and over HTTP, where it concerns both)."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from threading import Lock
from time import monotonic, sleep
from typing import Any

import pytest
from aiohttp import ClientSession
from slack_bolt import App
from slack_sdk import WebClient

from bot.localslack import carrier
from bot.localslack.driver import Driver, Fault, FaultKind
from bot.localslack.server import LocalSlackServer

Json = dict[str, Any]
Running = Callable[[App], AbstractContextManager[None]]
_HOUR = timedelta(hours=1)


@pytest.fixture
def heard(app: App) -> list[tuple[str, str]]:
    """The words and the ids of what reached the app, in order."""
    bodies: list[tuple[str, str]] = []
    lock = Lock()

    @app.event("message")
    def message(event: Json, body: Json) -> None:
        with lock:
            bodies.append((event["text"], body["event_id"]))

    @app.command("/kr")
    def kr(ack: Any, body: Json) -> None:
        with lock:
            bodies.append((body["text"], body["trigger_id"]))
        ack(f"*KR-{body['text']}* is fine")

    return bodies


def until(there: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for what the app does, which is no change in the workspace."""
    end = monotonic() + seconds
    while not there():
        assert monotonic() < end
        sleep(0.01)


def words(heard: list[tuple[str, str]]) -> list[str]:
    return [text for text, _ in heard]


def test_an_event_reaches_the_app_twice_with_one_id(
    app: App, heard: list[tuple[str, str]], slack: Driver, running: Running
) -> None:
    with running(app):
        slack.faults.add(Fault(FaultKind.TWICE, "events_api", times=1))
        slack.person("Mere Ngata").says("hello")
        until(lambda: len(heard) == 2)
    assert heard[0] == heard[1]


@pytest.mark.parametrize("probability", [1.0, 0.0])
def test_events_come_twice_with_the_probability_that_is_asked_for(
    app: App, heard: list[tuple[str, str]], slack: Driver, running: Running, probability: float
) -> None:
    mere, each = slack.person("Mere Ngata"), 1 + int(probability)
    with running(app):
        slack.faults.reseed(7)
        slack.faults.add(Fault(FaultKind.TWICE, "events_api", probability=probability))
        for text in ("one", "two", "three"):
            mere.says(text)
        until(lambda: len(heard) == 3 * each)
        assert mere.command("/kr 12").text == "KR-12 is fine"
    assert Counter(words(heard)) == {"one": each, "two": each, "three": each, "12": 1}
    assert slack.faults.counts == ({"twice": 3} if probability else {})


def test_an_event_comes_late_and_nobody_waits_for_it(
    app: App, heard: list[tuple[str, str]], slack: Driver, running: Running
) -> None:
    mere = slack.person("Mere Ngata")
    with running(app):
        slack.faults.add(Fault(FaultKind.LATE, "events_api", times=1, seconds=3600))
        mere.says("one")
        mere.says("two")
        assert words(heard) == ["two"]
        slack.jump_to(slack.now().replace(microsecond=0) + _HOUR)
        until(lambda: words(heard) == ["two", "one"])


def test_an_event_is_overtaken_by_the_next(
    app: App, heard: list[tuple[str, str]], slack: Driver, running: Running
) -> None:
    mere = slack.person("Mere Ngata")
    with running(app):
        slack.faults.add(Fault(FaultKind.OUT_OF_ORDER, "events_api", times=1, seconds=60))
        mere.says("one")
        mere.says("two")
        until(lambda: words(heard) == ["two", "one"])


def test_an_answer_that_got_lost_brings_the_event_again_and_an_error_to_the_person(
    app: App, heard: list[tuple[str, str]], slack: Driver, running: Running
) -> None:
    mere = slack.person("Mere Ngata")
    with running(app):
        slack.faults.add(Fault(FaultKind.ACK_LOST, times=2))
        mere.says("hello")
        until(lambda: words(heard) == ["hello", "hello"])
        assert heard[0] == heard[1]
        assert "operation_timeout" in str(mere.command("/kr 12").error)
        assert mere.command("/kr 12").text == "KR-12 is fine"
    assert words(heard)[2:] == ["12", "12"]


def comes_back(slack: Driver, opened: int) -> None:
    """Wait until the app has opened another connection, and a command gets through it."""
    mere = slack.person("Mere Ngata")
    until(lambda: len(slack.calls("apps.connections.open")) > opened)
    slack.wait_until_connected(timeout=30)
    until(lambda: mere.command("/kr 12").text == "KR-12 is fine")


@pytest.mark.parametrize(
    "kind", [FaultKind.SOCKET_WARNING, FaultKind.SOCKET_REFRESH, FaultKind.SOCKET_CUT, FaultKind.SOCKET_HALF_OPEN]
)
def test_an_event_is_not_lost_with_its_connection(
    app: App, heard: list[tuple[str, str]], slack: Driver, on_sockets: Running, kind: FaultKind
) -> None:
    with on_sockets(app):
        opened = len(slack.calls("apps.connections.open"))
        slack.faults.add(Fault(kind, "events_api", times=1))
        slack.person("Mere Ngata").says("hello")
        comes_back(slack, opened)
        if "hello" not in words(heard):
            # It was given back at once and nobody was connected: the next attempt is a minute later, and five.
            slack.jump_to(slack.now() + _HOUR)
        until(lambda: "hello" in words(heard))
    assert slack.faults.counts == {kind.value: 1}
    assert len({one for one in heard if one[0] == "hello"}) == 1


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("probability", [1.0, 0.0])
def test_a_connection_is_refreshed_with_the_probability_that_is_asked_for(
    app: App, slack: Driver, on_sockets: Running, probability: float
) -> None:
    mere = slack.person("Mere Ngata")
    with on_sockets(app):
        opened = len(slack.calls("apps.connections.open"))
        slack.faults.reseed(7)
        slack.faults.add(Fault(FaultKind.SOCKET_REFRESH, "events_api", probability=probability))
        mere.says("hello")
        if probability:
            comes_back(slack, opened)
        else:
            assert mere.command("/kr 12").text == "KR-12 is fine"
        assert (len(slack.calls("apps.connections.open")) > opened) is bool(probability)
    assert bool(slack.faults.counts) is bool(probability)


def test_a_connection_is_closed_a_while_after_its_warning(
    client: WebClient, slack: Driver, server: LocalSlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "WARNING_SECONDS", 0.3)
    url = client.apps_connections_open(app_token=server.core.app.app_token)["url"]

    async def told() -> list[tuple[float, Any]]:
        """What comes over a connection that does nothing about its warning, and when."""
        found: list[tuple[float, Any]] = []
        async with ClientSession() as web, web.ws_connect(url) as line:
            assert (await line.receive_json())["type"] == "hello"
            await asyncio.to_thread(slack.disconnect, "warning")
            async for frame in line:
                found.append((monotonic(), frame.json()))
            return [*found, (monotonic(), line.close_code)]

    (warned_at, warning), (closed_at, code) = asyncio.run(told())
    assert (warning["type"], warning["reason"]) == ("disconnect", "warning")
    assert code == 1000
    assert closed_at - warned_at >= 0.25


def test_a_half_open_connection_looks_open_and_carries_nothing(
    app: App, heard: list[tuple[str, str]], slack: Driver, on_sockets: Running
) -> None:
    with on_sockets(app):
        opened = len(slack.calls("apps.connections.open"))
        slack.disconnect("half_open")
        assert slack.connections() == 1
        assert "operation_timeout" in str(slack.person("Mere Ngata").command("/kr 1").error)
        assert heard == []
        comes_back(slack, opened)


def test_a_connection_may_not_be_had(
    app: App, heard: list[tuple[str, str]], slack: Driver, on_sockets: Running
) -> None:
    del heard
    with on_sockets(app):
        opened = len(slack.calls("apps.connections.open"))
        slack.faults.add(Fault(FaultKind.SERVER_ERROR, "apps.connections.open", times=2))
        slack.disconnect(None)
        comes_back(slack, opened + 2)
    assert slack.faults.counts == {"server_error": 2}
