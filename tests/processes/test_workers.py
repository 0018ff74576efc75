"""Real worker processes while they send: one that is asked to end, and two that share what Slack allows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from processes import Processes

from benchmarks.company import MONDAY, OPENING, Size, found
from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.facts.method import ConversationKind
from bot.localslack.faults import Fault, FaultKind
from bot.localslack.manifest import AppConfig, from_manifest
from bot.localslack.server import LocalSlackServer
from bot.localslack.state import Message
from bot.manifest import manifest
from models import Delivery, DeliveryState, Member, PostKind, Team
from models.database import Database, open_database

OWNERS = 40
# Processes start slowly on a busy machine.
PATIENCE_SECONDS = 90
ANOTHER_DAY = OPENING + timedelta(days=30)


@dataclass
class Works:
    """A local Slack, a company whose owners are all asked at once, and worker processes."""

    core: LocalSlack
    server: LocalSlackServer
    database: Database
    processes: Processes

    def prompts(self) -> list[tuple[str, Message]]:
        """Every direct message, with its reader: there are no others than prompts."""
        with self.server.lock:
            bot = self.core.installation(self.core.workspace).bot_user
            return [
                (next(one for one in channel.members if one != bot), message)
                for channel in self.core.workspace.channels.values()
                if channel.kind is ConversationKind.DIRECT
                for message in channel.messages.values()
            ]

    def states(self) -> Counter[DeliveryState]:
        with self.database.read() as session:
            return Counter(
                session.scalars(
                    sa.select(Delivery.state).where(Delivery.kind == PostKind.PROMPT, Delivery.period == MONDAY)
                )
            )

    def wait_for(self, what: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not what():
            assert time.monotonic() < end, self.processes.tail()
            time.sleep(0.05)

    def opens(self) -> None:
        """The period of all owners opens now."""
        with self.server.lock:
            now = self.core.clock.now()
        with self.database.write() as session:
            session.execute(sa.update(Member).values(next_opening_at=now))


def works_of(database_url: str, logs: Path, *, posts_per_minute: int) -> Iterator[Works]:
    app = from_manifest(manifest())
    core = LocalSlack(app, SlackClock(start=OPENING))
    people = [core.add_person(f"Owner {number}").id for number in range(1, OWNERS + 1)]
    database = open_database(database_url, patience=10, statement_seconds=10)
    found(database, Size(OWNERS), slack_team_id=core.workspace.id)
    with database.write() as session:
        session.execute(sa.update(Member), [{"id": n, "slack_user_id": one} for n, one in enumerate(people, 1)])
        session.execute(sa.update(Member).values(next_opening_at=ANOTHER_DAY))
        session.execute(sa.update(Team).values(next_note_at=ANOTHER_DAY, next_digest_at=ANOTHER_DAY))
    with LocalSlackServer(core) as server:
        processes = Processes(environment(app, server.api_url, database_url, posts_per_minute), logs)
        try:
            yield Works(core, server, database, processes)
        finally:
            processes.stop_all()
            database.close()


def environment(app: AppConfig, api_url: str, database_url: str, posts_per_minute: int) -> dict[str, str]:
    return {
        "OKRA_SLACK_BOT_TOKEN": app.bot_token,
        "OKRA_SLACK_APP_TOKEN": app.app_token,
        "OKRA_SLACK_BASE_URL": api_url,
        "OKRA_DATABASE_URL": database_url,
        "OKRA_TIME_ZONE": "UTC",
        "OKRA_VIRTUAL_CLOCK": "true",
        "OKRA_TICK_SECONDS": "0.5",
        "OKRA_POSTS_PER_MINUTE": str(posts_per_minute),
    }


@pytest.fixture
def hurried(database_url: str, tmp_path: Path) -> Iterator[Works]:
    """Nothing is limited: all senders are busy at once."""
    yield from works_of(database_url, tmp_path, posts_per_minute=0)


@pytest.fixture
def paced(database_url: str, tmp_path: Path) -> Iterator[Works]:
    """Four posts a second, for all workers together."""
    yield from works_of(database_url, tmp_path, posts_per_minute=240)


@pytest.mark.timeout(300)
def test_a_worker_that_is_asked_to_end_finishes_what_is_in_flight_and_leaves_the_rest(hurried: Works) -> None:
    with hurried.server.lock:
        # Answers take so long that it is asked in the middle of them.
        hurried.core.faults.add(Fault(FaultKind.SLOW, on="chat.postMessage", seconds=1.5, up_to=2.5))
    hurried.processes.start("first", "worker")
    hurried.opens()
    hurried.wait_for(lambda: hurried.states()[DeliveryState.SENDING] > 3)
    in_flight = hurried.states()[DeliveryState.SENDING]
    assert hurried.processes.stop("first") == 0
    states = hurried.states()
    # What had left is known to have arrived; what was only claimed went back; nothing is uncertain.
    assert states.keys() <= {DeliveryState.SENT, DeliveryState.QUEUED}, hurried.processes.tail()
    assert in_flight <= states[DeliveryState.SENT] < OWNERS
    assert len(hurried.prompts()) == states[DeliveryState.SENT]
    # Whoever comes next sends the rest at once: no lease has to run out, nothing to be looked up.
    with hurried.server.lock:
        hurried.core.faults.clear()
    hurried.processes.start("second", "worker")
    hurried.wait_for(lambda: hurried.states()[DeliveryState.SENT] == OWNERS)
    assert set(Counter(reader for reader, _ in hurried.prompts()).values()) == {1}
    assert len(hurried.prompts()) == OWNERS


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_workers_share_what_slack_allows(paced: Works) -> None:
    for name in ("one", "other"):
        paced.processes.start(name, "worker")
    paced.wait_for(lambda: paced.processes.tail().count("worker_started") == 2)
    paced.opens()
    paced.wait_for(lambda: paced.states()[DeliveryState.SENT] == OWNERS)
    assert set(Counter(reader for reader, _ in paced.prompts()).values()) == {1}
    # Four a second for both, whoever of them sends: ten seconds for all, where each for itself would need five.
    at = sorted(float(message.ts) for _, message in paced.prompts())
    assert at[-1] - at[0] >= 0.9 * (OWNERS - 1) / 4
