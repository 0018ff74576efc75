"""The boundary: an event counts once and whole, and a person never waits longer than Slack does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from company import Company
from desk import Desk
from slack_bolt import Ack
from slack_sdk import WebClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.runtime import Runtime
from bot.services.refusals import Reason, Refused
from bot.settings import load
from bot.slack import Gateway
from bot.slack_failures import Permanent
from handlers import boundary, members
from handlers.reply import Done, Reply, Whisper
from handlers.request import Request
from models import Member, SeenEvent, Workspace
from models.database import Database

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)


def runtime_of(database: Database, gateway: Gateway, stopwatch: Callable[[], float] = lambda: 0.0) -> Runtime:
    return Runtime(
        settings=load(_env_file=None),
        database=database,
        gateway=gateway,
        clock=lambda: NOW,
        wake=lambda: None,
        stopwatch=stopwatch,
    )


# Events


class Listener:
    """Slack's deliveries of one event, which tells that Mere's name has changed."""

    def __init__(self, database: Database) -> None:
        self.runtime = runtime_of(database, Gateway("http://127.0.0.1/api/", lambda workspace_id: "xoxb-none"))
        self.breaks = 0
        with database.write() as session:
            Company(session).person("Mere Ngata")

    def hear(self) -> None:
        user = {"id": "U0MERENGATA", "team_id": "T0TEST", "tz": "UTC", "profile": {"real_name": "Mere Aroha"}}
        event = {"type": "user_change", "user": user}
        boundary.hear(self.runtime, self.changed, {"team_id": "T0TEST", "event_id": "Ev1", "event": event})

    def changed(self, runtime: Runtime, session: Session, workspace_id: int, event: Mapping[str, Any]) -> None:
        members.changed(runtime, session, workspace_id, event)
        if self.breaks:
            self.breaks -= 1
            raise sa.exc.OperationalError("update", {}, Exception("the connection was cut"))

    @property
    def name(self) -> str:
        with self.runtime.read() as session:
            return session.scalars(sa.select(Member.name)).one()


@pytest.fixture
def listener(database: Database) -> Listener:
    return Listener(database)


def test_an_event_whose_handling_failed_is_handled_when_slack_delivers_it_again(listener: Listener) -> None:
    listener.breaks = 1
    with pytest.raises(sa.exc.OperationalError):
        listener.hear()
    assert listener.name == "Mere Ngata"
    listener.hear()
    assert listener.name == "Mere Aroha"


def test_an_event_that_was_handled_is_not_handled_again(listener: Listener) -> None:
    listener.hear()
    with listener.runtime.write() as session:
        session.execute(sa.update(Member).values(name="Mere A. Ngata"))
    listener.hear()
    assert listener.name == "Mere A. Ngata"
    with listener.runtime.read() as session:
        assert session.scalars(sa.select(SeenEvent.slack_id)).all() == ["event:Ev1"]


# Deadlines


class Waiting:
    """A newcomer presses a button that opens a dialog. `seconds` is what the stopwatch shows."""

    def __init__(self, database: Database, server: LocalSlackServer) -> None:
        self.server = server
        self.seconds = 100.0
        # What each call to Slack takes, by its method, and how long it was given.
        self.takes: dict[str, float] = {}
        self.given: list[tuple[str, float]] = []
        self.whispers: list[float] = []
        self.said: list[str] = []
        self.newcomer = Driver(server.base_url).add_person("Nia New").id
        self.team_id = server.core.workspace.id
        with database.write() as session:
            session.add(Workspace(name="Kauri", slack_team_id=self.team_id, time_zone="UTC", created_at=NOW))
        gateway = Gateway(
            server.api_url,
            lambda workspace_id: server.core.app.bot_token,
            client=self.client,
            send_json=self.whisper,
        )
        self.runtime = runtime_of(database, gateway, lambda: self.seconds)

    def whisper(self, _url: str, content: bytes, seconds: float) -> None:
        self.whispers.append(seconds)
        self.said.append(json.loads(content)["text"])

    def client(self, **keywords: Any) -> WebClient:
        waiting, allowed = self, float(keywords["timeout"])

        class Client(WebClient):
            def api_call(self, api_method: str, **arguments: Any) -> Any:
                waiting.given.append((api_method, round(allowed, 3)))
                took = waiting.takes.get(api_method, 0.0)
                waiting.seconds += min(took, allowed)
                if took > allowed:
                    raise TimeoutError("timed out")
                return super().api_call(api_method, **arguments)

        return Client(**keywords)

    def press(self, handler: boundary.Handler) -> None:
        body = {
            "type": "block_actions",
            "team": {"id": self.team_id},
            "user": {"id": self.newcomer, "team_id": self.team_id},
            "trigger_id": "1.2.3",
            "response_url": f"{self.server.base_url}/actions/none",
            "actions": [{"type": "button", "action_id": "any", "value": "1", "action_ts": "1"}],
        }
        assert boundary.attend(self.runtime, handler, Ack(), body).status == 200

    @property
    def waited(self) -> float:
        return self.seconds - 100.0


def opens(runtime: Runtime, request: Request) -> Reply:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Hello"}, "blocks": []}
    runtime.gateway.open_view(request.caller.workspace_id, trigger_id=request.trigger_id, view=view)
    return Done()


def refuses(runtime: Runtime, request: Request) -> Reply:
    raise Refused(Reason.NOTHING_DUE)


def whispers(runtime: Runtime, request: Request) -> Reply:
    return Whisper(Post("Hello"))


@pytest.fixture
def waiting(database: Database) -> Iterator[Waiting]:
    with LocalSlackServer(LocalSlack(from_manifest(manifest()))) as server:
        yield Waiting(database, server)


def test_a_slow_look_up_leaves_the_dialog_what_is_left_and_no_more(waiting: Waiting) -> None:
    waiting.takes = {"users.info": 1.9, "views.open": 1.9}
    waiting.press(opens)
    assert waiting.given == [("users.info", 2.0), ("views.open", 0.6)]
    assert waiting.waited <= boundary.INTERACTION_SECONDS


def test_the_word_beside_an_acknowledgement_never_makes_it_late(waiting: Waiting) -> None:
    waiting.takes = {"users.info": 1.9, "views.open": 1.9}
    waiting.press(opens)
    assert waiting.whispers == []
    assert waiting.waited < 3


def test_a_call_for_which_no_time_is_left_is_not_begun(waiting: Waiting) -> None:
    def dawdles(runtime: Runtime, request: Request) -> Reply:
        waiting.seconds += 2.45
        return opens(runtime, request)

    waiting.press(dawdles)
    assert [method for method, _ in waiting.given] == ["users.info"]


def test_a_database_that_is_slow_at_every_statement_keeps_nobody_waiting_longer_than_slack_does(
    waiting: Waiting,
) -> None:
    takes = 0.0

    def slowly(*_: Any) -> None:
        waiting.seconds += takes

    def saves(runtime: Runtime, request: Request) -> Reply:
        nonlocal takes
        takes = 0.7
        with runtime.write() as session:
            for name in ("One", "Two", "Three", "Four", "Five"):
                session.execute(sa.update(Workspace).values(name=name))
        return Whisper(Post("Saved"))

    engine = waiting.runtime.database.engine
    event.listen(engine, "before_cursor_execute", slowly)
    try:
        waiting.press(saves)
    finally:
        event.remove(engine, "before_cursor_execute", slowly)
    assert waiting.waited < boundary.INTERACTION_SECONDS
    assert ["try again" in text for text in waiting.said] == [True]
    with waiting.runtime.read() as session:
        assert session.scalars(sa.select(Workspace.name)).one() == "Kauri"


@pytest.mark.parametrize("handler", [refuses, whispers])
def test_a_quick_answer_has_time_for_its_word(waiting: Waiting, handler: boundary.Handler) -> None:
    waiting.press(handler)
    assert waiting.whispers == [2.0]


def test_each_interaction_has_a_deadline_of_its_own(waiting: Waiting) -> None:
    for _ in range(3):
        waiting.press(whispers)
        waiting.seconds += 60
    assert waiting.whispers == [2.0, 2.0, 2.0]


# What nobody saw


@pytest.mark.parametrize("surface", ["dialog", "elsewhere"])
def test_words_that_found_no_place_are_not_written_into_the_log(
    database: Database, monkeypatch: pytest.MonkeyPatch, surface: str
) -> None:
    def answers(runtime: Runtime, request: Request) -> Reply:
        return Whisper(Post("Mere Ngata has not answered yet."))

    def breaks(runtime: Runtime, request: Request) -> Reply:
        raise RuntimeError("somewhere")

    with database.write() as session:
        mere = Company(session).person("Mere Ngata")
    desk = Desk(database, NOW)
    body: dict[str, Any] = {
        "type": "block_actions",
        "team": {"id": desk.slack_team_id},
        "user": {"id": mere.slack_user_id, "team_id": desk.slack_team_id},
        "trigger_id": "1.2.3",
        "actions": [{"type": "button", "action_id": "note_check_in", "value": "1", "action_ts": "1"}],
    }
    if surface == "dialog":
        body["view"] = {"type": "home", "id": "V1", "callback_id": ""}
    written = structlog.testing.LogCapture()
    # Of its own, because the tests' logs say less than those of a running Okra.
    monkeypatch.setattr(boundary, "log", structlog.wrap_logger(None, [written], structlog.stdlib.BoundLogger))
    for handler in (answers, breaks):
        desk.gateway.failure = Permanent("expired_trigger_id")
        boundary.attend(desk.runtime, handler, Ack(), body)
    unsaid = [line for line in written.entries if line["event"] == "whisper_without_place"]
    assert [line["on"] for line in unsaid] == ["note_check_in", "note_check_in"]
    incident = next(line["incident"] for line in written.entries if line["event"] == "interaction_broke")
    assert [line["incident"] for line in unsaid] == [None, incident]
    assert all(set(line) <= {"event", "log_level", "on", "incident", "error"} for line in unsaid)
