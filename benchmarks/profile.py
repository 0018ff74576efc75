"""Where the time of a recorded check-in goes: a profile of the same submissions, dispatched in one thread."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from slack_bolt.request import BoltRequest
from sqlalchemy import event

from benchmarks.company import Size, found, open_this_week
from benchmarks.databases import ENGINES, Databases, unhurried
from benchmarks.figures import Figure, Report, timed
from benchmarks.interaction import EACH, NOW, WEEKS, standing_still
from benchmarks.scale import Scale
from benchmarks.serving import bare_app, settings
from benchmarks.submissions import all_recorded, payloads, request
from bot.app import build

# What a file belongs to, by a part of its path; the first that fits.
PARTS = (
    ("/sqlalchemy/", "SQLAlchemy"),
    ("/models/prepared", "statements: values in, rows out"),
    ("/models/base", "statements: values in, rows out"),
    ("/models/lists", "statements: values in, rows out"),
    ("/models/loading", "statements: values in, rows out"),
    ("/models/many", "statements: values in, rows out"),
    ("/models/once", "statements: values in, rows out"),
    ("/psycopg", "database driver"),
    ("/slack_bolt/", "Bolt and the SDK"),
    ("/slack_sdk/", "Bolt and the SDK"),
    ("/bot/blocks/", "Okra: building views"),
    ("/bot/", "Okra: rules and queries"),
    ("/handlers/", "Okra: rules and queries"),
    ("/models/", "Okra: rules and queries"),
    ("/json/", "JSON"),
)
BUILT_IN = (
    ("fdatasync", "waiting for the disk"),
    ("fsync", "waiting for the disk"),
    ("sqlite3", "database driver"),
    ("psycopg", "database driver"),
    ("_json", "JSON"),
    ("sqlalchemy", "SQLAlchemy"),
)
OTHER = "the rest of Python"


@dataclass
class Counted:
    """Statements and transactions of a database, and what the driver took for them, in seconds."""

    statements: int = 0
    seconds: float = 0


def run(databases: Databases, scale: Scale) -> Iterator[Report]:
    """Shares of the time of a submission, by what the code belongs to."""
    count = scale.pick(300, 6)
    figures: list[Figure] = []
    notes: list[str] = []
    for engine in ENGINES:
        size = Size(owners=count, key_results_each=EACH, weeks=WEEKS)
        url = databases.url(engine)
        database = unhurried(url)
        found(database, size)
        open_this_week(database, size)
        made = payloads(database, NOW, range(1, size.key_results + 1, EACH))
        database.close()
        program = build(settings(url), clock=standing_still)
        requests = [_bolt(request(payload, int(time.time()))) for payload in made]
        half = count // 2
        for one in requests[: count // 10]:
            program.bolt.dispatch(one)
        alone = _alone([_bolt(request(payload, int(time.time()))) for payload in made])
        with _counting(program.runtime.database.engine) as counted:
            begun = perf_counter()
            for one in requests[count // 10 : half]:
                program.bolt.dispatch(one)
            whole = (perf_counter() - begun) / (half - count // 10)
        profile = cProfile.Profile()
        profile.enable()
        for one in requests[half:]:
            assert program.bolt.dispatch(one).status == 200  # noqa: S101 - it would be no figure
        profile.disable()
        program.close()
        all_recorded(url, count)
        shares = _shares(profile)
        total = sum(shares.values())
        measured, profiled = half - count // 10, count - half
        notes.append(
            f"{engine}: {counted.statements / measured:.1f} statements, {whole * 1000:.2f} ms, of which "
            f"{counted.seconds / measured * 1000:.2f} ms inside the driver's execute. Bolt alone, which verifies and "
            f"acknowledges the same: {alone * 1000:.2f} ms. All in one thread, without a server.  "
        )
        figures += [
            Figure(f"{part}, {engine}", "all of it", seconds / profiled * 1000, total / profiled * 1000, "ms")
            for part, seconds in shares.most_common()
        ]
    yield Report("Where the time of a recorded check-in goes", tuple(figures), "\n".join(notes))


def _alone(requests: list[BoltRequest]) -> float:
    """What Bolt alone takes for one, in seconds."""
    bare = bare_app()

    def dispatch() -> None:
        for one in requests:
            assert bare.dispatch(one).status == 200  # noqa: S101 - it would be no figure

    return timed(dispatch) / len(requests)


def _bolt(raw: bytes) -> BoltRequest:
    head, _, body = raw.partition(b"\r\n\r\n")
    pairs = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    return BoltRequest(body=body.decode(), headers={name: [value] for name, value in pairs})


def _shares(profile: cProfile.Profile) -> Counter[str]:
    shares: Counter[str] = Counter()
    stats: dict[tuple[str, int, str], Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (file, _, name), (_, _, own, _, _) in stats.items():
        parts = PARTS if file != "~" else BUILT_IN
        where = file if file != "~" else name
        shares[next((part for mark, part in parts if mark in where), OTHER)] += own
    return shares


@contextmanager
def _counting(engine: sa.Engine) -> Iterator[Counted]:
    counted = Counted()
    begun: list[float] = []

    def before(*_: object) -> None:
        begun.append(perf_counter())

    def after(*_: object) -> None:
        counted.statements += 1
        counted.seconds += perf_counter() - begun.pop()

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    yield counted
    event.remove(engine, "before_cursor_execute", before)
    event.remove(engine, "after_cursor_execute", after)
