"""A tick at any size with the same number due; and a tick against one APScheduler job per owner."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from benchmarks.company import OPENING, Size, found
from benchmarks.databases import ENGINES, SQLITE, Databases, unhurried
from benchmarks.figures import Figure, Report, at_least, at_most, median, progress, timed
from benchmarks.scale import Scale
from benchmarks.serving import settings
from bot.app import build
from bot.runtime import Runtime
from bot.services import planning
from models import CheckIn, Member
from scheduler import ticks
from scheduler.workers import sign_on

DUE = 100
NEXT_WEEK = OPENING + timedelta(weeks=1)
SCHEDULER_THREADS = 8

# Jobs are found by their name, and so is what they work with.
_running: list[Callable[[int], None]] = []


def run(databases: Databases, scale: Scale) -> Iterator[Report]:
    """Each half on both engines."""
    each = "who own one key result each; all others wait for next week, and all key results were answered last week"
    yield Report(
        "A tick",
        tuple(figure for engine in ENGINES for figure in _sizes(databases, engine, scale)),
        f"A tick that opens the week for {DUE} owners, {each}. The median of several ticks, each with other owners.",
    )
    yield Report(
        "A tick against a job per owner",
        tuple(figure for engine in ENGINES for figure in _against_jobs(databases, engine, scale)),
        (
            f"A tick that opens the week for those that are due, {each}. APScheduler has one stored job an owner, in "
            f"the same database with the same settings and {SCHEDULER_THREADS} threads. A job opens its owner's week "
            "by the same code as the tick, in a transaction of its own; an empty one only says that it ran."
        ),
    )


def job(owner_id: int) -> None:
    """What APScheduler runs for an owner."""
    _running[0](owner_id)


def _sizes(databases: Databases, engine: str, scale: Scale) -> list[Figure]:
    sizes = scale.pick((1_000, 10_000, 100_000, 1_000_000), (1_000, 2_000))
    rounds = scale.pick(9, 2)
    took = {}
    for size in sizes:
        took[size] = median(_ticks(databases, engine, size, DUE, rounds)) * 1000
        progress(f"{engine}, {size:,} key results: {took[size]:.1f} ms")
    goal = at_most(3 if engine == SQLITE else 2)
    return [
        Figure(
            f"{size:,} key results, {DUE} due, {engine}",
            f"{sizes[0]:,} key results",
            took[size],
            took[sizes[0]],
            "ms",
            goal if size == sizes[-1] else None,
        )
        for size in sizes[1:]
    ]


def _against_jobs(databases: Databases, engine: str, scale: Scale) -> list[Figure]:
    size, due = scale.pick((10_000, 1_000), (200, 20))
    rounds = scale.pick(4, 1)
    took = _ticks(databases, engine, size, due, rounds)
    jobs = {}
    for what, goal in (("one APScheduler job an owner", at_least(15)), ("one empty APScheduler job an owner", None)):
        database = unhurried(databases.url(engine))
        found(database, Size(owners=size), opens=NEXT_WEEK)
        runtime = build(settings(), clock=lambda: OPENING, database=database).runtime
        _make_due(runtime, 1, due)
        jobs[what, goal] = _jobs(runtime, size, due, empty=goal is None)
        database.close()
        # As many before them as after each, so that both meet the same machine.
        took += _ticks(databases, engine, size, due, rounds)
    ours = median(took)
    progress(f"{engine}: a tick {ours:.2f} s, jobs " + ", ".join(f"{theirs:.2f} s" for theirs in jobs.values()))
    return [
        Figure(f"{due:,} due among {size:,}, {engine}", what, due / ours, due / theirs, "owners/s", goal)
        for (what, goal), theirs in jobs.items()
    ]


def _ticks(databases: Databases, engine: str, size: int, due: int, rounds: int) -> list[float]:
    """Seconds of each tick; one before them is not counted."""
    database = unhurried(databases.url(engine))
    workspace_id = found(database, Size(owners=size), opens=NEXT_WEEK)
    runtime = build(settings(), clock=lambda: OPENING, database=database).runtime
    worker_id = sign_on(runtime, "bench")
    took = [_tick(runtime, worker_id, number, due) for number in range(rounds + 1)]
    with database.read() as session:
        asked = session.scalar(
            sa.select(sa.func.count()).where(CheckIn.workspace_id == workspace_id, CheckIn.opens_at == OPENING)
        )
    database.close()
    if asked != due * (rounds + 1):
        raise RuntimeError(f"{asked} were asked of {due * (rounds + 1)}")
    return took[1:]


def _tick(runtime: Runtime, worker_id: int, number: int, due: int) -> float:
    _make_due(runtime, number * due + 1, due)
    return timed(lambda: ticks.tick(runtime, worker_id, OPENING))


def _patient(runtime: Runtime) -> dict[str, Any]:
    # Its updates meet those of the jobs: without a long wait it gives up on SQLite.
    return {"connect_args": {"timeout": 30}} if runtime.database.is_sqlite else {}


def _make_due(runtime: Runtime, first: int, count: int) -> None:
    with runtime.write() as session:
        session.execute(
            sa.update(Member).where(Member.id.between(first, first + count - 1)).values(next_opening_at=OPENING)
        )


def _jobs(runtime: Runtime, size: int, due: int, *, empty: bool) -> float:
    """Seconds until every due job of APScheduler's has run."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=runtime.database.engine.url, engine_options=_patient(runtime))},
        executors={"default": ThreadPoolExecutor(SCHEDULER_THREADS)},
        job_defaults={"coalesce": True, "misfire_grace_time": None},
        timezone="UTC",
    )
    scheduler.start(paused=True)
    now = datetime.now(UTC)
    for owner in range(1, size + 1):
        first = now if owner <= due else now + timedelta(days=1)
        scheduler.add_job("benchmarks.tick:job", "interval", weeks=1, args=[owner], id=str(owner), next_run_time=first)
    left, guard, done = {*range(1, due + 1)}, threading.Lock(), threading.Event()

    def open_week(owner: int) -> None:
        if not empty:
            with runtime.write() as session:
                planning.open_due(session, OPENING, 1)
        with guard:
            left.discard(owner)
            if not left:
                done.set()

    _running[:] = [open_week]
    begun = perf_counter()
    scheduler.resume()
    done.wait(600)
    took = perf_counter() - begun
    scheduler.shutdown(wait=True)
    if left:
        raise RuntimeError(f"{len(left)} jobs never ran")
    with runtime.read() as session:
        opened = session.scalar(sa.select(sa.func.count()).where(CheckIn.opens_at == OPENING)) or 0
    if opened != (0 if empty else due):
        raise RuntimeError(f"the jobs opened {opened} weeks of {due}")
    return took
