"""`okra run`, `okra web`, `okra worker`: the processes."""

from __future__ import annotations

import signal
import threading
from http.client import HTTPException
from typing import TYPE_CHECKING

import structlog
import typer

from bot.cli.starting import COPY_APP_TOKEN, fail, reachable_database, settings
from bot.settings import Settings, Transport

if TYPE_CHECKING:
    from bot.app import Program
    from bot.doors import Door
    from scheduler.runner import Runner

log = structlog.get_logger(__name__)

# How long it may take until a signal is noticed.
SIGNAL_SECONDS = 0.5


def register(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("web")(web)
    app.command("worker")(worker)


def run() -> None:
    """Run everything in one process: listen to Slack, ask, remind, report. For SQLite, and to begin with."""
    serve(settings(slack=True), listen=True, work=True)


def web() -> None:
    """Listen to Slack only (Socket Mode or HTTP, by OKRA_TRANSPORT). Run `okra worker` beside it."""
    serve(settings(slack=True), listen=True, work=False)


def worker() -> None:
    """Ask, deliver and report only. Several may run on one PostgreSQL."""
    serve(settings(slack=True), listen=False, work=True)


def _reserve(runner: Runner) -> None:
    """Raises `SecondWorker`."""
    try:
        runner.reserve()
    except OSError as error:
        fail(
            f"The database cannot be reached: {error.strerror} ({error.filename}).",
            "Okra writes beside it: check OKRA_DATABASE_URL, who owns the folder, then `okra doctor`.",
        )


def _open_door(program: Program) -> Door:
    """Listen, or end with a sentence that says why that cannot be."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    from bot.slack_failures import NotLetIn, Permanent, SlackFailure, sort_answer, sort_network

    given = program.runtime.settings
    if given.transport is Transport.HTTP:
        try:
            door = program.door()
        except (OSError, ValueError) as error:
            # waitress has a ValueError for a host that is none
            why = (error.strerror if isinstance(error, OSError) else None) or str(error).rstrip(".")
            fail(f"{given.host}:{given.port} cannot be listened on: {why}. Check OKRA_HOST and OKRA_PORT.")
        door.open()
        log.info("listening", to=f"http://{given.host}:{given.port}/slack/events")
        return door
    door = program.door()
    failure: SlackFailure | None = None
    try:
        door.open()
    except SlackApiError as error:
        failure = sort_answer(error)
    except (OSError, HTTPException, SlackClientError) as error:
        failure = sort_network(error)
    if failure is not None:
        door.close()
        if isinstance(failure, NotLetIn | Permanent):
            fail(f"Slack does not let Okra listen: {failure.code}. {COPY_APP_TOKEN}")
        fail(f"Slack cannot be reached for Socket Mode: {failure.code}. `okra doctor` says what to do about it.")
    log.info("listening", to="Socket Mode")
    return door


def serve(given: Settings, *, listen: bool, work: bool) -> None:
    """Run until SIGTERM or Ctrl-C; then finish what is in flight and go."""
    from bot.app import build
    from bot.slack_failures import SlackFailure
    from migrations.run import upgrade
    from scheduler.liveness import SecondWorker

    with reachable_database():
        program = build(given)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    runner = program.worker() if work else None
    door = None
    try:
        with reachable_database():
            try:
                if runner is not None:
                    _reserve(runner)
                upgrade(program.runtime.database)
                program.connect()
            except SecondWorker as refused:
                fail(str(refused))
            except SlackFailure as failure:
                fail(f"Slack did not let Okra in: {failure.code}. `okra doctor` says what to do about it.")
            # The door first: nobody is asked what they could not answer. What comes in before the worker lives is
            # answered as by `okra web`, and what it leaves in the outbox is sent once the worker does.
            door = _open_door(program) if listen else None
            if runner is not None:
                runner.start()
    except BaseException:
        # the threads of a door would keep the process alive
        if door is not None:
            door.close()
        if runner is not None:
            runner.give_up()
        program.close()
        raise
    # The system may hand the signal to any thread, and only this one acts upon it, once it wakes.
    while not stopping.wait(SIGNAL_SECONDS):
        pass
    log.info("stopping")
    program.leaving.set()
    if door is not None:
        door.close()
    if runner is not None:
        runner.stop()
    program.close()
