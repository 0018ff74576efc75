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

# `okra web` to the moment at which it waits for the signal to stop, and what it had imported by then.
START = """
import sys, threading
def arrived(self, timeout=None):
    if {tell}: print("\\n".join(sys.modules))
    sys.stdout.flush()
    import os; os._exit(0)
import bot.cli.serving
threading.Event.wait = arrived
bot.cli.serving.web()
"""


def run(databases: Databases, scale: Scale) -> Iterator[Report]:
    """Turn by turn: a start, the same imports alone, and an interpreter that does nothing."""
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
        imports = "\n".join(f"try: import {name}\nexcept ImportError: pass" for name in _importable(modules))
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
            "asking Slack whose token it is, the listeners, the port."
        ),
    )


def _importable(modules: list[str]) -> list[str]:
    return [name for name in modules if name != "__main__" and all(part.isidentifier() for part in name.split("."))]


def _python(code: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout
