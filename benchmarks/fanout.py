"""A Monday's prompts for everybody: against the limit that Slack enforces, and unlimited against a bare loop."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr
from slack_sdk import WebClient

from benchmarks.company import MONDAY, OPENING, Size, found
from benchmarks.databases import ENGINES, SQLITE, Databases, unhurried
from benchmarks.figures import Figure, Report, at_least, at_most, median, progress
from benchmarks.scale import Scale
from benchmarks.serving import in_a_process, serve_slack, settings
from bot.app import Program, build
from bot.blocks.post import Post
from bot.localslack.admission import SlackLimits
from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.manifest import from_manifest
from bot.localslack.webapi.dispatch import Request
from bot.manifest import manifest
from bot.rehearsal.timeline import Timeline
from bot.runtime import Runtime
from bot.slack import Gateway, Posted
from bot.slack_failures import RetryLater
from models import Delivery, DeliveryState, Member
from models.database import Database
from models.prepared import Prepared
from scheduler import delivery, ticks
from scheduler.courier import NAP_SECONDS, SENDERS, Courier
from scheduler.liveness import liveness_of
from scheduler.posts import render
from scheduler.workers import sign_on

PER_MINUTE = 300
# What a request to Slack takes: seconds, evenly spread.
SHORTEST, LONGEST = 0.05, 0.35


def run(databases: Databases, scale: Scale) -> Iterator[Report]:
    """The limit under virtual time, then unlimited on each engine."""
    limited = _limited(databases, scale.pick(10_000, 60))
    yield Report(
        "Fan-out within Slack's limit",
        (
            Figure(
                f"{limited.sent:,} prompts, {SQLITE}",
                "the limit that the local Slack enforces",
                limited.per_minute,
                PER_MINUTE,
                "a minute",
                at_least(0.98),
            ),
            Figure("answers of 429", "requests", limited.refused, limited.requests, "", at_most(0.005)),
        ),
        (
            f"{PER_MINUTE} posts in any 60 s and one a second into a conversation, virtual time, requests of "
            f"{SHORTEST * 1000:g} to {LONGEST * 1000:g} ms; the steps of delivery with the courier's "
            f"{SENDERS} senders. Counted from the first message that Slack took to the last."
        ),
    )
    posts, rounds = scale.pick((2_000, 3), (40, 1))
    yield Report(
        "Fan-out without a limit",
        tuple(_unlimited(databases, engine, posts, rounds) for engine in ENGINES),
        (
            f"Real time, the courier's {SENDERS} threads, against as many threads that call the SDK with "
            "the same messages, rendered before; the same local Slack in a process of its own. The medians of "
            f"{rounds} rounds, both in turns."
        ),
    )


# Against the limit, in virtual time


@dataclass(frozen=True)
class Paced:
    """What came of it. `per_minute`: the messages that Slack took, over the time from the first to the last."""

    sent: int
    requests: int
    refused: int
    per_minute: float


class DirectGateway(Gateway):
    """Hands a post to the local Slack's core without a socket."""

    def __init__(self, core: LocalSlack) -> None:
        super().__init__("http://127.0.0.1/api/", lambda workspace_id: core.app.bot_token)
        self._core = core
        self.taken: list[datetime] = []
        self.refused = 0

    def post(self, workspace_id: int, *, to: str, body: Post, opaque_id: str, thread_ts: str | None = None) -> Posted:
        answer = self._core.handle(
            Request("chat.postMessage", _form(to, body, opaque_id), authorization=f"Bearer {self._core.app.bot_token}")
        )
        if answer.status == 429:
            self.refused += 1
            raise RetryLater("ratelimited", int(answer.headers["Retry-After"]))
        self.taken.append(self._core.clock.now())
        return Posted(answer.body["channel"], answer.body["ts"])


class VirtualCourier:
    """Claims, and sends as many at once as the courier does, under virtual time; each post for itself."""

    def __init__(self, runtime: Runtime, worker_id: int, time: Timeline, total: int) -> None:
        self._runtime = runtime
        self._worker_id = worker_id
        self._time = time
        self._random = Random(1)
        self._waiting: list[delivery.Claim] = []
        self._busy = 0
        self.left = total

    def look(self) -> None:
        room = 2 * SENDERS - self._busy - len(self._waiting)
        if room > 0:
            self._waiting += delivery.claim(self._runtime, self._worker_id, self._time.now(), most=room)
            self._start()
        if self.left:
            self._time.at(self._time.now() + timedelta(seconds=NAP_SECONDS), self.look)

    def _start(self) -> None:
        while self._waiting and self._busy < SENDERS:
            claim = self._waiting.pop(0)
            self._busy += 1
            self._time.at(claim.at, partial(self._begin, claim))

    def _begin(self, claim: delivery.Claim) -> None:
        ready = delivery.begin(self._runtime, claim, self._time.now())
        if ready is None:
            self._free()
            return
        way = self._random.uniform(SHORTEST, LONGEST) / 2
        self._time.at(self._time.now() + timedelta(seconds=way), partial(self._send, ready, way))

    def _send(self, ready: delivery.Ready, way: float) -> None:
        outcome = delivery.send(self._runtime, ready)
        self._time.at(self._time.now() + timedelta(seconds=way), partial(self._finish, ready, outcome))

    def _finish(self, ready: delivery.Ready, outcome: delivery.Outcome) -> None:
        delivery.finish(self._runtime, ready, outcome, self._time.now())
        self.left -= isinstance(outcome, Posted)
        self._free()

    def _free(self) -> None:
        self._busy -= 1
        self._start()


def _limited(databases: Databases, owners: int) -> Paced:
    time = Timeline(OPENING)
    core = LocalSlack(
        from_manifest(manifest()), SlackClock(time.now), admission=SlackLimits(posts_per_minute=PER_MINUTE)
    )
    core.echo_own_messages = False
    gateway = DirectGateway(core)
    database = unhurried(databases.url(SQLITE))
    _everybody(database, owners, {n: core.add_person(f"Owner {n}").id for n in range(1, owners + 1)})
    runtime = Runtime(
        settings=settings(posts_per_minute=PER_MINUTE),
        database=database,
        gateway=gateway,
        clock=time.now,
        wake=lambda: None,
    )
    worker_id = sign_on(runtime, "bench")
    ticks.tick(runtime, worker_id, OPENING)
    courier = VirtualCourier(runtime, worker_id, time, owners)
    time.at(OPENING, courier.look)
    # Twice as long as the limit allows, and the time of one more: `_all_sent` says what is left then.
    end = OPENING + timedelta(minutes=2 * owners / PER_MINUTE + 2)
    while courier.left and time.now() < end:
        time.run_until(time.now() + timedelta(minutes=1))
    _all_sent(database, owners)
    database.close()
    took = gateway.taken[-1] - gateway.taken[0]
    return Paced(
        sent=len(gateway.taken),
        requests=len(gateway.taken) + gateway.refused,
        refused=gateway.refused,
        per_minute=(len(gateway.taken) - 1) / (took / timedelta(minutes=1)),
    )


# Unlimited, in real time


def _unlimited(databases: Databases, engine: str, owners: int, rounds: int) -> Figure:
    ours, bare = [], []
    for number in range(rounds):
        with in_a_process(serve_slack, owners) as (address, token, people):
            database = unhurried(databases.url(engine))
            _everybody(database, owners, people)
            given = settings(posts_per_minute=0, slack_base_url=address, slack_bot_token=SecretStr(token))
            program = build(given, clock=lambda: OPENING, database=database)
            worker_id = sign_on(program.runtime, "bench")
            ticks.tick(program.runtime, worker_id, OPENING)
            bare.append(owners / _bare(address, token, _messages(program.runtime, people)))
            ours.append(owners / _delivered(program, worker_id, owners))
            database.close()
        progress(f"{engine}, round {number + 1}: {ours[-1]:.0f}/s, bare loop {bare[-1]:.0f}/s")
    return Figure(
        f"{owners:,} prompts, {engine}", "bare loop of the SDK", median(ours), median(bare), "/s", at_least(0.4)
    )


def _delivered(program: Program, worker_id: int, owners: int) -> float:
    """Seconds in which a courier has delivered to everybody."""
    database = program.runtime.database
    liveness = liveness_of(database)
    liveness.hold(worker_id)
    courier = Courier(program.runtime, worker_id, liveness, program.bell)
    begun = perf_counter()
    courier.start()
    with _until(lambda: _sent(database) == owners):
        took = perf_counter() - begun
    courier.stop()
    liveness.release()
    _all_sent(database, owners)
    return took


def _bare(address: str, token: str, messages: list[Mapping[str, Any]]) -> float:
    """Seconds for all messages, by as many threads as the courier has, with a client for each request as there."""

    def post(message: Mapping[str, Any]) -> None:
        WebClient(token=token, base_url=address, timeout=15, retry_handlers=[]).chat_postMessage(**message)

    with ThreadPoolExecutor(SENDERS) as threads:
        begun = perf_counter()
        list(threads.map(post, messages))
        return perf_counter() - begun


def _messages(runtime: Runtime, people: Mapping[int, str]) -> list[Mapping[str, Any]]:
    """What the courier is going to post, ready for the SDK."""
    with runtime.read() as session:
        rows = session.scalars(sa.select(Delivery).where(Delivery.period == MONDAY).order_by(Delivery.id)).all()
        made: list[Mapping[str, Any]] = []
        for row in rows:
            body = render(session, row, OPENING)
            assert body is not None  # noqa: S101 - everybody is asked
            assert row.member_id is not None  # noqa: S101
            made.append(_arguments(people[row.member_id], body, row.opaque_id))
        return made


# What both need


def _everybody(database: Database, owners: int, people: Mapping[int, str]) -> None:
    found(database, Size(owners=owners))
    with database.write() as session:
        session.execute(sa.update(Member), [{"id": n, "slack_user_id": people[n]} for n in people])


def _sent(database: Database) -> int:
    with database.glance() as connection:
        rows = _SENT.rows(connection, {})
    return int(rows[0][0])


def _all_sent(database: Database, owners: int) -> None:
    sent = _sent(database)
    if sent != owners:
        raise RuntimeError(f"{sent} of {owners} were sent")


@contextmanager
def _until(done: Callable[[], bool]) -> Iterator[None]:
    """Look a few times a second; give up after ten minutes."""
    pause = threading.Event()
    for _ in range(6000):
        if done():
            break
        pause.wait(0.1)
    yield


def _arguments(to: str, body: Post, opaque_id: str) -> dict[str, Any]:
    return {
        "channel": to,
        "text": body.text,
        "blocks": list(body.blocks),
        "metadata": {"event_type": "okra_delivery", "event_payload": {"id": opaque_id}},
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _form(to: str, body: Post, opaque_id: str) -> list[tuple[str, str]]:
    given = _arguments(to, body, opaque_id)
    return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in given.items()]


# Made once: it is asked while others are being measured.
_SENT = Prepared(
    sa.select(sa.func.count()).where(
        Delivery.state == DeliveryState.SENT, Delivery.period == sa.bindparam("of", MONDAY)
    )
)
