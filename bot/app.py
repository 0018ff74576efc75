"""The composition root: settings and a clock in, the running program out. The only place that wires things up."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

import handlers
from bot.clock import Clock, local_slack_clock, real_clock
from bot.deadline import Stopwatch
from bot.doors import HTTP_THREADS, Door, HttpDoor, SocketDoor
from bot.runtime import Runtime
from bot.services import installations
from bot.settings import Settings, Transport
from bot.slack import Client, Gateway, Send, Wait
from models.database import Database, open_database
from scheduler import members
from scheduler.runner import Runner

log = structlog.get_logger(__name__)

# Seconds that a command at the command line waits for a lock, for another writer, and for one statement.
UNHURRIED: Mapping[str, Any] = {"patience": 30, "busy_seconds": 30, "statement_seconds": 120}


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
        settings = self.runtime.settings
        if settings.transport is Transport.SOCKET:
            assert settings.slack_app_token is not None  # noqa: S101 - `load(slack=True)` came before
            token = settings.slack_app_token.get_secret_value()
            return SocketDoor(self.bolt, app_token=token, slack_base_url=settings.slack_base_url)
        # PostgreSQL makes a thread wait for most of an interaction; with SQLite all of it is work of this process.
        at_once = 1 if self.runtime.database.is_sqlite else HTTP_THREADS
        return HttpDoor(self.bolt, host=settings.host, port=settings.port, at_once=at_once)

    def close(self) -> None:
        self.leaving.set()
        self.runtime.database.close()


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    database: Database | None = None,
    client: Client = WebClient,
    send_json: Send | None = None,
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
        _token(settings),
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


class NoFolder(Exception):
    """The folder of the settings' SQLite is not there and cannot be made."""


def open_settings_database(settings: Settings, *, unhurried: bool = False, make_folder: bool = True) -> Database:
    """The database of the settings; SQLite's folder is made, readable by its owner only. Raises `NoFolder`.

    `unhurried` is for a command whose caller can wait for another import: nobody holds a dialog open meanwhile.
    """
    database = open_database(settings.database, **(UNHURRIED if unhurried else {}))
    file = database_file(database)
    if file is not None and make_folder:
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise NoFolder(f"{file.parent} cannot be made: {error.strerror}") from error
    return database


def database_file(database: Database) -> Path | None:
    """SQLite's file, whether it exists yet or not; None for a server and for a database in memory."""
    path = database.engine.url.database
    return Path(path) if database.is_sqlite and path and path != ":memory:" else None


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


def _token(settings: Settings) -> Callable[[int], str]:
    """The token by which a workspace is spoken to: there is one, the environment's."""
    token = settings.slack_bot_token

    def of_workspace(_workspace_id: int) -> str:
        assert token is not None  # noqa: S101 - whoever speaks to Slack has `load(slack=True)` behind them
        return token.get_secret_value()

    return of_workspace
