"""Claims in batches by 1, 2 and 4 worker processes on one PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection
from time import perf_counter

import sqlalchemy as sa

from benchmarks.company import MONDAY, OPENING, Size, found
from benchmarks.databases import POSTGRESQL, Databases, unhurried
from benchmarks.figures import Figure, Report, at_least, median, progress
from benchmarks.scale import Scale
from benchmarks.serving import in_a_process, quiet, settings
from bot.app import build
from models import Delivery, DeliveryState, RatePace, Worker
from scheduler import delivery, ticks


def run(databases: Databases, scale: Scale) -> Iterator[Report]:
    """The median of several rounds for each number of workers, interleaved."""
    posts, rounds, numbers = scale.pick((30_000, 7, (1, 2, 4)), (200, 1, (1, 2)))
    url = _queued(databases, posts, max(numbers))
    rates: dict[int, list[float]] = {workers: [] for workers in numbers}
    with ExitStack() as all_of_them:
        ends = [all_of_them.enter_context(in_a_process(claim_all, url, number)) for number in range(max(numbers))]
        # In the first round connections are made and statements prepared: it is not counted.
        for number in range(rounds + 1):
            for workers in numbers:
                rate = _rate(url, posts, ends[:workers])
                if number:
                    rates[workers].append(rate)
            if number:
                progress(", ".join(f"{rates[workers][-1]:,.0f}/s with {workers}" for workers in numbers))
        for end in ends:
            end.send(None)
    one = median(rates[1])
    yield Report(
        "Claims",
        tuple(
            Figure(
                f"{workers} workers",
                "1 worker",
                median(rates[workers]),
                one,
                "claims/s",
                at_least(1.6) if workers == 2 else None,
            )
            for workers in numbers[1:]
        ),
        (
            f"{POSTGRESQL}: {posts:,} prompts of as many people, claimed in batches of {delivery.BATCH} without a "
            "limit, by processes with engines of their own, until none is left. No more can be gained than there are "
            "cores: each worker keeps itself and a server process busy."
        ),
    )


def _queued(databases: Databases, posts: int, workers: int) -> str:
    """A database in which so many prompts wait, and as many workers as are needed have signed on."""
    url = databases.url(POSTGRESQL)
    database = unhurried(url)
    found(database, Size(owners=posts))
    ticks.tick(build(settings(), clock=lambda: OPENING, database=database).runtime, 0, OPENING)
    with database.write() as session:
        session.add_all([Worker(name="bench", started_at=OPENING) for _ in range(workers)])
    database.close()
    return url


def _rate(url: str, posts: int, ends: Sequence[Connection]) -> float:
    """All posts are queued again, and claimed by these workers."""
    database = unhurried(url)
    with database.write() as session:
        again = sa.update(Delivery).where(Delivery.period == MONDAY)
        session.execute(again.values(state=DeliveryState.QUEUED, worker_id=None, leased_until=None))
        session.execute(sa.delete(RatePace))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum analyze delivery, rate_pace")
    database.close()
    begun = perf_counter()
    for end in ends:
        end.send("go")
    taken = [end.recv() for end in ends]
    took = perf_counter() - begun
    if sum(taken) != posts:
        raise RuntimeError(f"{sum(taken)} claims of {posts} posts")
    return posts / took


def claim_all(connection: Connection, url: str, number: int) -> None:
    """Say that it is ready; at each word claim until nothing is left, and say how many there were; end at None."""
    quiet()
    database = unhurried(url)
    runtime = build(settings(posts_per_minute=0), clock=lambda: OPENING, database=database).runtime
    with database.read() as session:
        worker_id = session.scalars(sa.select(Worker.id).order_by(Worker.id).offset(number).limit(1)).one()
    connection.send(None)
    while connection.recv() is not None:
        taken = 0
        while claims := delivery.claim(runtime, worker_id, OPENING):
            taken += len(claims)
        connection.send(taken)
    database.close()
