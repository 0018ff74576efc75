"""Start-up: from nothing until Okra listens, against importing what it imports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.databases import SQLITE, Databases
from benchmarks.figures import Figure, Report, median, timed
from benchmarks.scale import Scale
from benchmarks.serving import in_a_process, serve_slack
from benchmarks.submissions import SIGNING_SECRET

ROOT = Path(__file__).parent.parent

# `okra web` until somebody can connect to it, and what it had imported by then.
START = """
import os, socket, sys
import bot.cli.serving, bot.doors
opens = bot.doors.HttpDoor.open
def listened(door):
    opens(door)
    socket.create_connection(("127.0.0.1", door.port)).close()
    if {tell}: print("\\n".join(sys.modules))
    sys.stdout.flush()
    os._exit(0)
bot.doors.HttpDoor.open = listened
bot.cli.serving.web()
sys.exit("it never listened")
"""


def run(databases: Databases, scale: Scale) -> Iterator[Report]:
    """Turn by turn: a start, and the same imports alone."""
    rounds = scale.pick(9, 1)
    with in_a_process(serve_slack, 0) as (address, token, _):
        given = {
            "OKRA_TRANSPORT": "http",
            "OKRA_PORT": "0",
            "OKRA_SLACK_BASE_URL": address,
            "OKRA_SLACK_BOT_TOKEN": token,
            "OKRA_SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "OKRA_DATABASE_URL": databases.url(SQLITE),
        }
        environment = {**{name: value for name, value in os.environ.items() if not name.startswith("OKRA_")}, **given}
        # The first start connects the workspace; those that are measured find it connected.
        modules = _python(START.format(tell=True), environment).split()
        imports = "\n".join(f"import {name}" for name in _importable(modules))
        # Both leave in the same way, without tidying up.
        imports += "\nimport os; os._exit(0)"
        starts, alone = [], []
        for _ in range(rounds):
            starts.append(timed(lambda: _python(START.format(tell=False), environment)) * 1000)
            alone.append(timed(lambda: _python(imports, environment)) * 1000)
    yield Report(
        "Start-up",
        (Figure("`okra web` until it listens, SQLite", "the same modules", median(starts), median(alone), "ms"),),
        (
            f"A new process each time, {rounds} of both in turns, against one that imports the same "
            f"{len(modules):,} modules and leaves as abruptly. What a start adds: the settings, the schema's revision, "
            "asking Slack whose token it is, the listeners, the port, and the first connection to it."
        ),
    )


def _importable(modules: list[str]) -> list[str]:
    return [name for name in modules if name != "__main__" and all(part.isidentifier() for part in name.split("."))]


def _python(code: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout
