"""The composition root: settings and a clock in, the running program out. The only place that wires things up."""

from __future__ import annotations

import gc
import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

import handlers
from bot.clock import Clock, local_slack_clock, real_clock
from bot.deadline import Stopwatch
from bot.runtime import Runtime
from bot.services import installations
from bot.settings import Settings, Transport
from bot.slack import Client, Gateway, SendJson, Wait
from bot.turnstile import Turnstile
from migrations.run import upgrade
from models.database import Database, open_database
from scheduler import members
from scheduler.runner import Runner

log = structlog.get_logger(__name__)

HTTP_THREADS = 8
SOCKET_THREADS = 8
# What an answer that is written already may take to leave, when the program ends.
LAST_WORDS_SECONDS = 2
# Slack waits this long for an answer. What takes longer, at the end of the program too, is late whatever happens.
ANSWER_SECONDS = 3

# Slack's payloads are some kilobytes. A body is read before its signature can be checked, so it has a limit.
MOST_BYTES = 1_048_576
# The SDK gives a connection up after five pings that could not be sent or four that nobody answered. At its own pace
# (10 s) Okra would be deaf for most of a minute after the cable was cut.
PING_SECONDS = 2

# A token that was changed is used this much later, in seconds, at the latest.
TOKEN_SECONDS = 5.0

# Seconds that a command at the command line waits for a lock, for another writer, and for one statement.
UNHURRIED: Mapping[str, Any] = {"patience": 30, "busy_seconds": 30, "statement_seconds": 120}


class Door(Protocol):
    """How Slack's payloads come in."""

    def open(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Program:
    """Okra, wired up and not yet started. Set `leaving` at the end: then nothing waits for Slack any more."""

    runtime: Runtime
    bolt: App
    bell: threading.Event
    leaving: threading.Event

    def connect(self) -> int:
        """Ask Slack whose token this is, and read the members once. Returns the workspace's id.

        Raises `SlackFailure` where Slack cannot be reached or does not take the token.
        """
        settings = self.runtime.settings
        identity = self.runtime.gateway.identity(0)
        with self.runtime.write() as session:
            workspace = installations.connect(
                session,
                self.runtime.now(),
                slack_team_id=identity.slack_team_id,
                team_name=identity.team_name,
                enterprise_id=identity.enterprise_id,
                bot_id=identity.bot_id,
                bot_user_id=identity.bot_user_id,
                scopes=identity.scopes,
                time_zone=settings.time_zone,
                url=identity.url,
            )
            return workspace.id

    def read_members(self, workspace_id: int) -> int:
        """Read everybody from Slack now. Returns how many were new or had changed. Raises `SlackFailure`."""
        return members.read_all(self.runtime, workspace_id)

    def worker(self) -> Runner:
        """A worker of this program: ticks and delivery."""
        return Runner(self.runtime, self.bell)

    def door(self) -> Door:
        """What Slack talks to, by the transport of the settings."""
        if self.runtime.settings.transport is Transport.SOCKET:
            return SocketDoor(self)
        return HttpDoor(self)

    def close(self) -> None:
        self.leaving.set()
        self.runtime.database.close()


class SocketDoor:
    """Socket Mode: Okra connects to Slack, so it needs no public address."""

    def __init__(self, program: Program) -> None:
        settings = program.runtime.settings
        assert settings.slack_app_token is not None  # noqa: S101 - `load(slack=True)` came before
        token = settings.slack_app_token.get_secret_value()
        self._handler = LastAnswers(
            program.bolt,
            app_token=token,
            web_client=WebClient(token=token, base_url=settings.slack_base_url, retry_handlers=[]),
            concurrency=SOCKET_THREADS,
            ping_interval=PING_SECONDS,
        )

    def open(self) -> None:
        settle_in()
        self._handler.connect()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Take nothing new, answer what is being worked on, and disconnect."""
        self._handler.finish(ANSWER_SECONDS)
        self._handler.close()  # type: ignore[no-untyped-call]


class LastAnswers(SocketModeHandler):
    """The SDK closes its connection first and then waits for its threads, whose answers have no way out any more: a
    person would see an error for what was saved. This one can be asked to let them answer before."""

    def __init__(self, *given: Any, **named: Any) -> None:
        # First: the SDK's threads start at once.
        self._changed = threading.Condition()
        self._working = 0
        self._finishing = False
        super().__init__(*given, **named)

    def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        with self._changed:
            if self._finishing:
                # Without an answer an event comes again, to whoever is connected then; a press shows that it failed.
                return
            self._working += 1
        try:
            super().handle(client, req)
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def finish(self, seconds: float) -> None:
        """Begin nothing from now on, and wait until all that was begun has been answered, at most so long."""
        with self._changed:
            self._finishing = True
            self._changed.wait_for(lambda: self._working == 0, seconds)


class HttpDoor:
    """Signed HTTP: Slack posts to `/slack/events` here."""

    def __init__(self, program: Program) -> None:
        from waitress.server import create_server

        settings = program.runtime.settings
        # All that the server's loop watches, by file descriptor; only its own thread may close any of it.
        self._watched: dict[int, Any] = {}
        self._server = create_server(
            wsgi(program),
            map=self._watched,
            host=settings.host,
            port=settings.port,
            threads=HTTP_THREADS,
            clear_untrusted_proxy_headers=True,
            max_request_body_size=MOST_BYTES,
        )
        self._thread = threading.Thread(target=self._server.run, name="okra-http", daemon=True)

    @property
    def port(self) -> int:
        """The port that was bound; another than the settings' where that is 0."""
        return int(self._server.effective_port)

    def open(self) -> None:
        settle_in()
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more, finish what is being answered, and end the thread."""
        from waitress.wasyncore import close_all, dispatcher

        if not self._thread.is_alive():
            self._server.task_dispatcher.shutdown()
            close_all(self._watched)
            return
        # A socket closed from here, while the loop waits for it, would end the loop with "Bad file descriptor".
        self._in_the_loop(lambda: dispatcher.close(self._server))
        self._server.task_dispatcher.shutdown()
        self._in_the_loop(self._hang_up)
        end = time.monotonic() + LAST_WORDS_SECONDS
        while self._lines() and time.monotonic() < end:
            time.sleep(0.01)
        self._in_the_loop(lambda: close_all(self._watched))
        self._thread.join()

    def _in_the_loop(self, work: Callable[[], object]) -> None:
        self._server.trigger.pull_trigger(work)

    def _lines(self) -> list[Any]:
        """The connections that are open."""
        return [one for one in list(self._watched.values()) if hasattr(one, "close_when_flushed")]

    def _hang_up(self) -> None:
        for line in self._lines():
            line.close_when_flushed = True


def settle_in() -> None:
    """What was made so far lives as long as the process: the collector need not look at it while somebody waits."""
    gc.collect()
    gc.freeze()


def wsgi(program: Program) -> Callable[[dict[str, Any], Callable[..., Any]], Any]:
    """The WSGI application: Slack's requests at `/slack/events`, and `/healthz` for those who watch."""
    slack = SlackRequestHandler(program.bolt)
    # PostgreSQL makes a thread wait for most of an interaction; with SQLite all of it is work of this process.
    turnstile = Turnstile(1 if program.runtime.database.is_sqlite else HTTP_THREADS)

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ.get("PATH_INFO") == "/healthz":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok\n"]
        with turnstile.inside():
            return slack(environ, start_response)

    return serve


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    database: Database | None = None,
    client: Client = WebClient,
    send_json: SendJson | None = None,
    stopwatch: Stopwatch = time.monotonic,
    wait: Wait | None = None,
) -> Program:
    """Wire the program up. Opens the database lazily and calls nobody.

    `database`, `client`, `send_json`, `stopwatch` and `wait` put other ports in the place of the real ones.
    """
    database = database or open_settings_database(settings)
    bell = threading.Event()
    leaving = threading.Event()
    gateway = Gateway(
        settings.slack_base_url,
        _tokens(settings, database, stopwatch),
        client=client,
        send_json=send_json,
        wait=wait or leaving.wait,
    )
    runtime = Runtime(
        settings=settings,
        database=database,
        gateway=gateway,
        clock=clock or choose_clock(settings),
        wake=bell.set,
        stopwatch=stopwatch,
    )
    return Program(runtime=runtime, bolt=_bolt(runtime), bell=bell, leaving=leaving)


def choose_clock(settings: Settings) -> Clock:
    """The machine's clock, or the local Slack's where the settings say so."""
    return local_slack_clock(settings.slack_base_url) if settings.virtual_clock else real_clock


def open_settings_database(settings: Settings, *, unhurried: bool = False, make_folder: bool = True) -> Database:
    """The database of the settings; SQLite's folder is made, readable by its owner only.

    `unhurried` is for a command whose caller can wait for another import: nobody holds a dialog open meanwhile.
    """
    database = open_database(settings.database, **(UNHURRIED if unhurried else {}))
    file = database_file(database)
    if file is not None and make_folder:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return database


def database_file(database: Database) -> Path | None:
    """SQLite's file, whether it exists yet or not; None for a server and for a database in memory."""
    path = database.engine.url.database
    return Path(path) if database.is_sqlite and path and path != ":memory:" else None


def migrate(database: Database) -> bool:
    """Bring the schema up to this version; False where it was."""
    return upgrade(database)


def _bolt(runtime: Runtime) -> App:
    secret = runtime.settings.slack_signing_secret
    authorized: dict[str, AuthorizeResult] = {}

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # Bolt would call `auth.test` for each request; who we are was learned once, at the connection.
        key = f"{enterprise_id}:{team_id}"
        if key not in authorized:
            authorized[key] = AuthorizeResult(
                enterprise_id=enterprise_id,
                team_id=team_id,
                bot_token="xoxb-not-used-here",  # noqa: S106 - a name, not a token
            )
        return authorized[key]

    app = App(
        name="okra",
        authorize=authorize,
        # Socket Mode verifies nothing with it, and over HTTP the settings require the real one.
        signing_secret=secret.get_secret_value() if secret else os.urandom(16).hex(),
        request_verification_enabled=runtime.settings.transport is Transport.HTTP,
        # One short transaction, commit, then the acknowledgement, in the caller's thread.
        process_before_response=True,
        client=WebClient(token=None, base_url=runtime.settings.slack_base_url, retry_handlers=[]),
    )
    handlers.register(app, runtime)
    return app


def _tokens(settings: Settings, database: Database, stopwatch: Stopwatch) -> Callable[[int], str]:
    """Looks tokens up, and remembers each for a few seconds: a fan-out would ask ten thousand times."""
    environment = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else None
    key = settings.encryption_key.get_secret_value() if settings.encryption_key else None
    known: dict[int, tuple[float, str]] = {}

    def token(workspace_id: int) -> str:
        if workspace_id == 0 and environment is not None:
            return environment
        now = stopwatch()
        looked_up, found = known.get(workspace_id, (-math.inf, ""))
        if now - looked_up > TOKEN_SECONDS:
            with database.read() as session:
                found = installations.token_of(session, workspace_id, environment=environment, key=key)
            known[workspace_id] = now, found
        return found

    return token
