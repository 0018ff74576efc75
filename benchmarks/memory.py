"""What a worker needs: its resident memory at the highest, while it plans, delivers and reads who is there."""

from __future__ import annotations

import resource
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import sqlalchemy as sa

from benchmarks.company import MONDAY, OPENING, Size, found
from benchmarks.databases import ENGINES, Databases, unhurried
from benchmarks.figures import Figure, Report, at_most, progress
from benchmarks.scale import Scale
from benchmarks.serving import in_a_process, quiet, serve_slack, settings
from bot.app import build
from bot.runtime import Runtime
from bot.slack import Gateway
from models import Delivery, DeliveryState, Member, Workspace
from models.database import Database
from scheduler import delivery, members, ticks
from scheduler.workers import sign_on

AT_ONCE = 2
PHASES = ("Monday morning", "Monday, and the daily look at the members")
TOMORROW = OPENING + timedelta(days=1)


def run(databases: Databases, scale: Scale) -> Iterator[Report]:
    """Everybody's week opens; some posts leave; then the members are read anew."""
    # A thousand and the app itself: more than one page, when it is quick too.
    few, many, posts = scale.pick((1_000, 100_000, 500), (50, 1_000, 20))
    with (
        in_a_process(serve_slack, few) as small_slack,
        in_a_process(serve_slack, many) as large_slack,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        # Memory is no matter of time, so they need not come one after the other. The long ones begin.
        found = {
            (owners, engine): pool.submit(_megabytes, databases.url(engine), owners, posts, slack)
            for owners, slack in ((many, large_slack), (few, small_slack))
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
            f"{posts} prompts; then of the same process after it has read all members once, as many a page as the "
            f"gateway asks for, without its pauses. Slack is a process of its own. {AT_ONCE} such workers at a time."
        ),
    )


def work(connection: Connection, url: str, posts: int, address: str, token: str) -> None:
    """A worker's Monday, and its Tuesday's look at the members. Sends its memory at the highest (MB) after each."""
    quiet()
    database = unhurried(url)
    runtime = Runtime(
        settings=build(settings(posts_per_minute=0), database=database).runtime.settings,
        database=database,
        gateway=Gateway(address, lambda workspace_id: token, wait=lambda seconds: None),
        clock=lambda: OPENING,
        wake=lambda: None,
    )
    worker_id = sign_on(runtime, "bench")
    ticks.tick(runtime, worker_id, OPENING)
    delivered = 0
    while delivered < posts:
        claims = delivery.claim(runtime, worker_id, OPENING)
        if not claims:
            break
        for claim in claims:
            ready = delivery.begin(runtime, claim, OPENING)
            assert ready is not None  # noqa: S101 - nothing stands in its way
            delivery.finish(runtime, ready, delivery.send(runtime, ready), OPENING)
            delivered += 1
    monday = _highest()
    members.read_due(replace(runtime, clock=lambda: TOMORROW), TOMORROW)
    connection.send((monday, _highest()))
    database.close()


def _megabytes(url: str, owners: int, posts: int, slack: tuple[str, str, Mapping[int, str]]) -> tuple[float, float]:
    address, token, people = slack
    database = unhurried(url)
    _everybody(database, Gateway(address, lambda workspace_id: token), people)
    with in_a_process(work, url, posts, address, token) as (monday, later):
        all_done(database, owners, posts)
    progress(f"{database.engine.dialect.name}, {owners:,} owners: {monday:.0f} MB, {later:.0f} MB")
    database.close()
    return monday, later


def _everybody(database: Database, gateway: Gateway, people: Mapping[int, str]) -> None:
    """The company of those who are in Slack."""
    found(database, Size(owners=len(people)), slack_team_id=gateway.identity(0).slack_team_id)
    with database.write() as session:
        session.execute(sa.update(Member), [{"id": n, "slack_user_id": people[n]} for n in people])


def all_done(database: Database, owners: int, posts: int) -> None:
    """Raises RuntimeError where a worker has needed little because it did less than it should."""
    with database.read() as session:
        prompts = sa.select(sa.func.count()).where(Delivery.period == MONDAY)
        planned = session.scalar(prompts)
        sent = session.scalar(prompts.where(Delivery.state == DeliveryState.SENT)) or 0
        # The company is written without it: only Slack tells when a person last changed.
        read = session.scalar(
            sa.select(sa.func.count()).where(Member.id <= owners, Member.slack_updated_at.is_not(None))
        )
        read_at = session.scalars(sa.select(Workspace.members_read_at)).one()
    if planned != owners:
        raise RuntimeError(f"{planned} of {owners} were planned")
    if sent < posts:
        raise RuntimeError(f"{sent} of {posts} were sent")
    if read != owners or read_at != TOMORROW:
        raise RuntimeError(f"{read} of {owners} were read, the last at {read_at}")


def _highest() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        # What the system counts for `getrusage` begins with the memory of the process that started this one.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    # macOS counts in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
