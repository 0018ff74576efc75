"""A signed HTTP interaction that records a check-in, against a bare Bolt listener on the same server settings."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks.company import OPENING, Size, found, open_this_week
from benchmarks.databases import ENGINES, Databases, unhurried
from benchmarks.figures import Figure, Report, at_least, at_most, median, timed
from benchmarks.scale import Scale
from benchmarks.serving import drive, in_a_process, serve_bare, serve_okra
from benchmarks.submissions import Json, all_recorded, payloads, request

# Mid-quarter: six weeks were answered before this one. Each owner has three key results.
WEEKS, EACH = 6, 3
NOW = OPENING + timedelta(hours=1)
GOAL_RATE, GOAL_MEDIAN = at_least(1 / 3), at_most(5)


def run(databases: Databases, scale: Scale) -> Iterator[Report]:
    """Rounds of: bare, then Okra on each engine; the medians of the rounds are told.

    Each server is warm first: all of its threads have been asked, and have connections on which they have been asked
    often enough for the database to keep its plans.
    """
    rounds, busy, calm, warm = scale.pick((4, 240, 60, 160), (1, 24, 9, 3))
    size = Size(owners=-(-(warm + rounds * (busy + calm)) // EACH), key_results_each=EACH, weeks=WEEKS)
    urls = {engine: _company(databases, engine, size) for engine in ENGINES}
    database = unhurried(urls[ENGINES[0]])
    # One key result of each owner after the other, so that no owner is in two places at once.
    order = sorted(range(1, size.key_results + 1), key=lambda number: ((number - 1) % EACH, number))
    made = payloads(database, NOW, order)
    database.close()
    rates: dict[str, list[float]] = {}
    waits: dict[str, list[float]] = {}
    with (
        in_a_process(serve_bare) as bare,
        in_a_process(serve_okra, urls[ENGINES[0]], standing_still) as first,
        in_a_process(serve_okra, urls[ENGINES[1]], standing_still) as second,
    ):
        ports = {"bare": bare, ENGINES[0]: first, ENGINES[1]: second}
        for port in ports.values():
            drive(port, _signed(made[:warm]))
        for start in range(warm, warm + rounds * (busy + calm), busy + calm):
            for name, port in ports.items():
                _, alone = drive(port, _signed(made[start : start + calm]), connections=1)
                busy_requests = _signed(made[start + calm : start + calm + busy])
                took, _ = drive(port, busy_requests)
                waits.setdefault(name, []).append(median(alone) * 1000)
                rates.setdefault(name, []).append(len(busy_requests) / took)
    recorded = warm + rounds * (busy + calm)
    for url in urls.values():
        all_recorded(url, recorded)
    size_told = f"{len(request(made[0], 0)):,} bytes each"
    yield Report(
        "An interaction that records a check-in",
        tuple(_figures(rates, waits)),
        (
            f"Submissions of the check-in dialog ({size_told}), green, by owners with {EACH} key results and "
            f"{WEEKS} answered weeks; each is verified, saved in one durable transaction, and answered with the next "
            "dialog. The reference is a Bolt listener that verifies and acknowledges the same requests, with the same "
            "server, settings and number of threads. Each server is a process of its own and warm; the requests come "
            "from another process. Requests a second over 8 connections; the median over one connection, one request "
            f"at a time. To write 4 kB to this disk and wait for it takes {_disk(databases.folder):.2f} ms (median). "
            "`python -m benchmarks profile` says where the time goes."
        ),
    )


def standing_still() -> datetime:
    """An hour after everybody's week opened."""
    return NOW


def _figures(rates: dict[str, list[float]], waits: dict[str, list[float]]) -> Iterator[Figure]:
    for engine in ENGINES:
        figure = partial(Figure, against="bare Bolt listener")
        yield figure(
            f"requests a second, {engine}",
            measured=median(rates[engine]),
            reference=median(rates["bare"]),
            unit="/s",
            goal=GOAL_RATE,
        )
        yield figure(
            f"unloaded median, {engine}",
            measured=median(waits[engine]),
            reference=median(waits["bare"]),
            unit="ms",
            goal=GOAL_MEDIAN,
        )


def _signed(payloads: list[Json]) -> list[bytes]:
    return [request(payload, int(time.time())) for payload in payloads]


def _disk(folder: Path) -> float:
    """What waiting for the disk takes, in milliseconds."""
    with (folder / "disk").open("wb", buffering=0) as file:

        def write() -> None:
            file.write(b"x" * 4096)
            os.fsync(file.fileno())

        return median([timed(write) for _ in range(50)]) * 1000


def _company(databases: Databases, engine: str, size: Size) -> str:
    url = databases.url(engine)
    database = unhurried(url)
    found(database, size)
    open_this_week(database, size)
    database.close()
    return url
