"""What a worker needs: its resident memory at the highest, while it plans, delivers and reads who is there."""

from __future__ import annotations

import itertools
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.company import OPENING, Size, found
from benchmarks.databases import ENGINES, Databases, unhurried
from benchmarks.figures import Figure, Report, at_most, progress
from benchmarks.scale import Scale
from benchmarks.serving import in_a_process, quiet, settings
from bot.app import build
from bot.blocks.post import Post
from bot.domain.person import Person
from bot.runtime import Runtime
from bot.slack import Gateway, Posted
from scheduler import delivery, members, ticks
from scheduler.workers import sign_on

POSTS = 500
AT_ONCE = 2
PHASES = ("Monday morning", "Monday, and the daily look at the members")
TOMORROW = OPENING + timedelta(days=1)


def run(databases: Databases, scale: Scale) -> Iterator[Report]:
    """Everybody's week opens; some posts leave; then the members are read anew."""
    few, many = scale.pick((1_000, 100_000), (100, 300))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # Memory is no matter of time, so they need not come one after the other. The long ones begin.
        found = {
            (owners, engine): pool.submit(_megabytes, databases.url(engine), owners)
            for owners in (many, few)
            for engine in ENGINES
        }
    figures = []
    for engine in ENGINES:
        small, large = found[few, engine].result(), found[many, engine].result()
        for phase, before, after in zip(PHASES, small, large, strict=True):
            what = f"{many:,} owners, {phase}, {engine}"
            figures.append(Figure(what, f"{few:,} owners", after, before, "MB", at_most(1.2)))
    yield Report(
        "A worker's memory",
        tuple(figures),
        (
            "The highest resident memory of a process that opens the week of all owners in one tick and delivers "
            f"{POSTS} prompts; then of the same process after it has read all members from Slack once. "
            f"{AT_ONCE} such processes at a time."
        ),
    )


class Town(Gateway):
    """A Slack that takes every post and lists so many people; it keeps nothing, so that only the worker is measured."""

    def __init__(self, owners: int) -> None:
        super().__init__("http://127.0.0.1:9/api/", lambda workspace_id: "xoxb-bench")
        self._owners = owners
        self._numbers = itertools.count(1)

    def post(self, workspace_id: int, *, to: str, body: Post, opaque_id: str, thread_ts: str | None = None) -> Posted:
        return Posted(f"D{to}", f"{next(self._numbers)}.000000")

    def people(self, workspace_id: int) -> Iterator[Person]:
        for number in range(1, self._owners + 1):
            yield Person(
                slack_user_id=f"U0B{number}",
                name=f"Owner {number}",
                display_name=f"Owner {number}",
                email=None,
                time_zone="UTC",
                is_bot=False,
                is_guest=False,
                is_external=False,
                deleted=False,
            )


def work(connection: Connection, url: str, owners: int) -> None:
    """A worker's Monday. Sends its memory at the highest (MB) after each half."""
    quiet()
    database = unhurried(url)
    runtime = Runtime(
        settings=build(settings(posts_per_minute=0), database=database).runtime.settings,
        database=database,
        gateway=Town(owners),
        clock=lambda: OPENING,
        wake=lambda: None,
    )
    worker_id = sign_on(runtime, "bench")
    ticks.tick(runtime, worker_id, OPENING)
    delivered = 0
    while delivered < min(POSTS, owners):
        for claim in delivery.claim(runtime, worker_id, OPENING):
            ready = delivery.begin(runtime, claim, OPENING)
            assert ready is not None  # noqa: S101 - nothing stands in its way
            delivery.finish(runtime, ready, delivery.send(runtime, ready), OPENING)
            delivered += 1
    monday = _highest()
    members.read_due(runtime, TOMORROW)
    connection.send((monday, _highest()))
    database.close()


def _megabytes(url: str, owners: int) -> tuple[float, float]:
    database = unhurried(url)
    found(database, Size(owners=owners))
    database.close()
    with in_a_process(work, url, owners) as (monday, later):
        progress(f"{database.engine.dialect.name}, {owners:,} owners: {monday:.0f} MB, {later:.0f} MB")
        return monday, later


def _highest() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        # What the system counts for `getrusage` begins with the memory of the process that started this one.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    # macOS counts in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
