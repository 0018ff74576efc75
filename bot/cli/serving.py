"""`okra run`, `okra web`, `okra worker`: the processes."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import structlog
import typer

from bot.cli.starting import fail, reachable_database, settings
from bot.settings import Settings, Transport

if TYPE_CHECKING:
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


def serve(given: Settings, *, listen: bool, work: bool) -> None:
    """Run until SIGTERM or Ctrl-C; then finish what is in flight and go."""
    from bot.app import build
    from bot.services.installations import NoToken
    from bot.slack import SlackFailure
    from migrations.run import upgrade
    from scheduler.liveness import SecondWorker

    program = build(given)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    runner = program.worker() if work else None
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
        except NoToken as missing:
            fail(f"Okra has no token for Slack: {missing}")
    if runner is not None:
        runner.start()
    door = program.door() if listen else None
    if door is not None:
        door.open()
        place = (
            "Socket Mode" if given.transport is Transport.SOCKET else f"http://{given.host}:{given.port}/slack/events"
        )
        log.info("listening", to=place)
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
