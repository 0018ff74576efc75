"""`python -m proofs.kills`: real worker processes are killed and stopped while they send; everybody is asked once.

Three `okra worker` processes share one PostgreSQL and a local Slack that answers after 20 to 300 ms. Fan-out follows
fan-out, and at random moments a worker gets SIGKILL, and a new one takes its place, until enough were killed. Then
others are stopped (SIGSTOP) for longer than a lease lasts, and go on. At the end every owner of a fan-out has exactly
one prompt. Time, which the local Slack tells, runs `SPEED` times faster for all of them, so that settling, leases and
the pace of looking up take seconds rather than minutes; what takes real time (an answer, a death) does not change.

Prints a summary as JSON; leaves with 1 where a prompt is missing or came twice, or the counts were not reached in time.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time as timer
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from random import Random

import sqlalchemy as sa

from benchmarks.company import MONDAY, OPENING, Size, found
from benchmarks.databases import POSTGRESQL, databases, unhurried
from bot.localslack.clock import SlackClock, real_time
from bot.localslack.core import LocalSlack
from bot.localslack.facts.method import ConversationKind
from bot.localslack.faults import Fault, FaultKind
from bot.localslack.manifest import AppConfig, from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from models import Delivery, DeliveryState, Member, PostKind, Team, Worker
from models.database import Database
from scheduler.delivery import LEASE

WORKERS = 3
SPEED = 20
SETTLE_SECONDS = 60
# Real seconds: longer than the lease, with room for a slow machine.
STOPPED_SECONDS = LEASE.total_seconds() / SPEED * 1.5
# A fan-out begins when this few prompts of those before are left.
LEFT_OVER = 100
# Later than any of this: nothing but the fan-outs happens.
ANOTHER_DAY = OPENING + timedelta(days=300)
# As a member's working days are kept: a bit a weekday.
EVERY_DAY = 0b111_1111
POLL_SECONDS = 0.03
TEND_SECONDS = 0.25
# A worker that has not come to send anything in this time is killed all the same.
LONGEST_LIFE_SECONDS = 30.0
# So many prompts are sent for each kill, or a slow machine would never come to send any.
SENT_FOR_A_KILL = 2


@dataclass
class Life:
    """One worker process. `after`: how many seconds to wait, from its start or (`aimed`) from its first sending."""

    pid: int
    begun: float
    aimed: bool
    after: float
    seen_sending: float | None = None

    def is_due(self, now: float) -> bool:
        since = self.seen_sending if self.aimed else self.begun
        return now - self.begun > LONGEST_LIFE_SECONDS or (since is not None and now - since >= self.after)


@dataclass
class Nursery:
    """Where workers come from."""

    environment: dict[str, str]
    logs: Path
    started: int = 0
    lives: list[Life] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[None]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "proofs.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **self.environment},
            text=True,
        )
        self._answer()
        try:
            yield
        finally:
            for life in list(self.lives):
                self.kill(life)
            self._process.kill()
            self._process.wait()

    def spawn(self, random: Random) -> Life:
        self.started += 1
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(f"spawn {self.logs / 'workers.log'}\n")
        self._process.stdin.flush()
        aimed = random.random() < 0.8
        life = Life(
            int(self._answer()), timer.monotonic(), aimed, random.uniform(0, 0.3) if aimed else random.uniform(0, 3)
        )
        self.lives.append(life)
        return life

    def kill(self, life: Life) -> None:
        """SIGKILL, and wait until it is gone."""
        self.lives.remove(life)
        os.kill(life.pid, signal.SIGKILL)
        while is_there(life.pid):
            timer.sleep(0.001)

    def replace_the_dead(self, random: Random) -> int:
        """As many as there should be; returns how many had ended by themselves."""
        ended = [life for life in self.lives if not is_there(life.pid)]
        for life in ended:
            self.lives.remove(life)
        while len(self.lives) < WORKERS:
            self.spawn(random)
        return len(ended)

    def _answer(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        return self._process.stdout.readline().strip()


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass
class Arena:
    """The database with its owners in groups, the Slack, and what was counted."""

    database: Database
    core: LocalSlack
    lock: AbstractContextManager[object]
    nursery: Nursery
    random: Random
    groups: int
    group_size: int
    opened: int = 0
    kills: int = 0
    kills_while_sending: int = 0
    stops: int = 0
    stops_while_sending: int = 0
    ended_by_themselves: int = 0
    counts_again_at: float = 0
    sent: int = 0

    def tend(self) -> None:
        """Replace who died, and begin the next fan-out where the one before is nearly through."""
        self.ended_by_themselves += self.nursery.replace_the_dead(self.random)
        if timer.monotonic() < self.counts_again_at:
            return
        self.counts_again_at = timer.monotonic() + TEND_SECONDS
        self.sent = self.in_state(DeliveryState.SENT)
        if self.opened < self.groups and self.left() <= LEFT_OVER:
            self._open_next()

    def _open_next(self) -> None:
        first = self.opened * self.group_size + 1
        with self.lock:
            now = self.core.clock.now()
        with self.database.write() as session:
            session.execute(
                sa.update(Member)
                .where(Member.id.between(first, first + self.group_size - 1))
                .values(next_opening_at=now)
            )
        self.opened += 1

    def left(self) -> int:
        """How many prompts of the fan-outs that have begun were not sent yet when they were last counted."""
        return self.opened * self.group_size - self.sent

    def in_state(self, state: DeliveryState) -> int:
        with self.database.read() as session:
            return (
                session.scalar(
                    sa.select(sa.func.count()).where(
                        Delivery.kind == PostKind.PROMPT, Delivery.period == MONDAY, Delivery.state == state
                    )
                )
                or 0
            )

    def sending(self) -> Counter[int]:
        """How many rows each worker is sending, by process id."""
        with self.database.read() as session:
            rows = session.execute(
                sa.select(Worker.name, sa.func.count())
                .join(Delivery, Delivery.worker_id == Worker.id)
                .where(Delivery.state == DeliveryState.SENDING)
                .group_by(Worker.name)
            )
            return Counter({int(name.rsplit(":", 1)[1]): count for name, count in rows})


def kill_until(arena: Arena, *, kills: int, while_sending: int, deadline: float) -> None:
    """Kill workers at random moments, most of them while they send."""
    while arena.kills < kills or arena.kills_while_sending < while_sending:
        if timer.monotonic() > deadline or (arena.opened == arena.groups and arena.left() == 0):
            return
        arena.tend()
        sending, now = arena.sending(), timer.monotonic()
        for life in list(arena.nursery.lives):
            if life.seen_sending is None and sending[life.pid]:
                life.seen_sending = now
            may = arena.sent >= arena.kills * SENT_FOR_A_KILL
            if may and life.is_due(timer.monotonic()) and is_there(life.pid):
                arena.nursery.kill(life)
                arena.kills += 1
                # Others may have adopted it by now: what is counted was certainly in hand.
                arena.kills_while_sending += arena.sending()[life.pid] > 0
                if arena.kills % 50 == 0:
                    print(
                        f"{arena.kills} kills, {arena.kills_while_sending} while sending, {arena.sent} prompts sent",
                        file=sys.stderr,
                        flush=True,
                    )
        timer.sleep(POLL_SECONDS)


def stop_until(arena: Arena, *, stops: int, deadline: float) -> None:
    """Stop workers that are sending for longer than their lease, and let them go on."""
    while arena.stops < stops and timer.monotonic() < deadline:
        if arena.opened == arena.groups and arena.left() == 0:
            return
        arena.tend()
        sending = arena.sending()
        busy = [life for life in arena.nursery.lives if sending[life.pid]]
        if not busy:
            timer.sleep(POLL_SECONDS)
            continue
        chosen = arena.random.sample(busy, arena.random.randint(1, min(2, len(busy))))
        for life in chosen:
            os.kill(life.pid, signal.SIGSTOP)
        still = arena.sending()
        arena.stops += len(chosen)
        arena.stops_while_sending += sum(still[life.pid] > 0 for life in chosen)
        end = timer.monotonic() + STOPPED_SECONDS
        while timer.monotonic() < end:
            arena.tend()
            timer.sleep(POLL_SECONDS)
        for life in chosen:
            os.kill(life.pid, signal.SIGCONT)
        timer.sleep(arena.random.uniform(0, 0.5))


def let_it_finish(arena: Arena, deadline: float) -> None:
    """Nobody dies any more: what is left arrives."""
    arena.groups = arena.opened
    while arena.left() and timer.monotonic() < deadline:
        arena.tend()
        timer.sleep(0.2)


def messages_by_post(core: LocalSlack) -> Counter[str]:
    """How many direct messages each post has become, by the id that it carries."""
    found: Counter[str] = Counter()
    for channel in core.workspace.channels.values():
        if channel.kind is ConversationKind.DIRECT:
            found.update(one.metadata["event_payload"]["id"] for one in channel.messages.values() if one.metadata)
    return found


def summary(arena: Arena, seed: int, seconds: float) -> dict[str, object]:
    """What came of it."""
    got = messages_by_post(arena.core)
    with arena.database.read() as session:
        asked = session.execute(
            sa.select(Delivery.opaque_id, Delivery.state).where(
                Delivery.kind == PostKind.PROMPT, Delivery.period == MONDAY
            )
        ).all()
        again = session.scalar(sa.select(sa.func.count()).where(Delivery.attempts > 1)) or 0
    counts = Counter(got[post] for post, _ in asked)
    return {
        "seed": seed,
        "workers_at_a_time": WORKERS,
        "workers_started": arena.nursery.started,
        "kills": arena.kills,
        "kills_with_a_row_in_sending": arena.kills_while_sending,
        "stops_longer_than_the_lease": arena.stops,
        "stops_with_a_row_in_sending": arena.stops_while_sending,
        "workers_that_ended_by_themselves": arena.ended_by_themselves,
        "fan_outs": arena.opened,
        "owners": arena.opened * arena.group_size,
        "owners_asked_exactly_once": counts[1],
        "owners_never_asked": arena.opened * arena.group_size - sum(counts[n] for n in counts if n),
        "owners_asked_twice_or_more": sum(count for times, count in counts.items() if times > 1),
        "messages_of_any_kind": sum(got.values()),
        "messages_that_came_again": sum(times - 1 for times in got.values()),
        "prompts_by_state": {str(state.value): count for state, count in Counter(state for _, state in asked).items()},
        "prompts_sent_in_more_than_one_attempt": again,
        "minutes": round(seconds / 60, 1),
    }


@contextmanager
def arena_of(owners: int, groups: int, seed: int) -> Iterator[Arena]:
    begun = real_time()
    clock = SlackClock(lambda: begun + (real_time() - begun) * SPEED, start=OPENING - timedelta(minutes=5))
    app = from_manifest(manifest())
    core = LocalSlack(app, clock, seed=seed)
    core.echo_own_messages = False
    core.faults.add(Fault(FaultKind.SLOW, seconds=0.02, up_to=0.3))
    people = {n: core.add_person(f"Owner {n}").id for n in range(1, owners * groups + 1)}
    with databases() as made, tempfile.TemporaryDirectory(prefix="okra-kills-") as logs:
        url = made.url(POSTGRESQL)
        database = unhurried(url)
        found(database, Size(owners * groups), slack_team_id=core.workspace.id)
        _arrange(database, people)
        with LocalSlackServer(core) as server:
            nursery = Nursery(environment(app, server.api_url, url), Path(logs))
            try:
                with nursery.open():
                    arena = Arena(database, core, server.lock, nursery, Random(seed), groups, owners)
                    yield arena
            except BaseException:
                print((Path(logs) / "workers.log").read_text()[-3000:], file=sys.stderr)
                raise
            finally:
                database.close()


def _arrange(database: Database, people: dict[int, str]) -> None:
    """Everybody gets their Slack id and waits for their group's opening. Notes and digests are another day's matter.

    On a slow machine it is evening before all is done, so everybody works around the clock.
    """
    with database.write() as session:
        session.execute(sa.update(Member), [{"id": n, "slack_user_id": people[n]} for n in people])
        always = {"works_from": time(0), "works_until": time(23, 59), "workdays": EVERY_DAY}
        session.execute(sa.update(Member).values(next_opening_at=ANOTHER_DAY, **always))
        session.execute(sa.update(Team).values(next_note_at=ANOTHER_DAY, next_digest_at=ANOTHER_DAY))


def environment(app: AppConfig, api_url: str, database_url: str) -> dict[str, str]:
    return {
        "OKRA_SLACK_BOT_TOKEN": app.bot_token,
        "OKRA_SLACK_APP_TOKEN": app.app_token,
        "OKRA_SLACK_BASE_URL": api_url,
        "OKRA_DATABASE_URL": database_url,
        "OKRA_TIME_ZONE": "UTC",
        "OKRA_VIRTUAL_CLOCK": "true",
        "OKRA_TICK_SECONDS": "1",
        "OKRA_POSTS_PER_MINUTE": "0",
        "OKRA_SETTLE_SECONDS": str(SETTLE_SECONDS),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--while-sending", type=int, default=300, help="so many of them with a row in `sending`")
    parser.add_argument("--stops", type=int, default=40)
    parser.add_argument("--owners", type=int, default=1000, help="in one fan-out")
    parser.add_argument("--fan-outs", type=int, default=20, help="at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=45, help="at most, for all of it")
    given = parser.parse_args()
    begun = timer.monotonic()
    deadline = begun + given.minutes * 60
    with arena_of(given.owners, given.fan_outs, given.seed) as arena:
        kill_until(arena, kills=given.kills, while_sending=given.while_sending, deadline=deadline)
        stop_until(arena, stops=given.stops, deadline=deadline)
        let_it_finish(arena, deadline + 300)
        told = summary(arena, given.seed, timer.monotonic() - begun)
    print(json.dumps(told, indent=2))
    whole = (
        told["owners_asked_exactly_once"] == told["owners"]
        and told["messages_that_came_again"] == 0
        and arena.kills >= given.kills
        and arena.kills_while_sending >= given.while_sending
        and arena.stops >= given.stops
    )
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
