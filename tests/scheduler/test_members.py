"""The daily reading of everybody: who reads, how often, and what a failure leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier, Event

import pytest
import sqlalchemy as sa
from company import Company
from sqlalchemy import event

from bot.domain.person import Person
from bot.runtime import Runtime
from bot.services import member_reading, people
from bot.settings import load
from bot.slack import Channel, Gateway
from bot.slack_failures import RetryLater
from models import Member, SharedChannel, Workspace
from models.database import Database
from scheduler import members

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)
CROWD = 2 * people.BATCH + 50


class Directory(Gateway):
    """Has pages of people. In each of them it does what it is told to, and fails in the first as often."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1/api/", lambda workspace_id: "xoxb-none")
        self.fails, self.after = 0, 30
        self.asked = 0
        self.on_page: Callable[[], object] = lambda: None
        self.places: tuple[Channel, ...] = ()

    def channels(self, workspace_id: int) -> Iterator[Channel]:
        yield from self.places

    def people(self, workspace_id: int) -> Iterator[Person]:
        self.asked += 1
        for number in range(CROWD):
            name = f"Person {number}"
            yield Person(f"U{number:05d}", name, name, None, "UTC", False, False, False, False, "T0TEST")
            if number % people.BATCH == 10:
                self.on_page()
            if number == 10 and self.fails:
                self.fails -= 1
                raise RetryLater("ratelimited", after=self.after)


class Day:
    def __init__(self, database: Database) -> None:
        self.now = NOW
        self.directory = Directory()
        self.runtime = Runtime(load(_env_file=None), database, self.directory, lambda: self.now, lambda: None)
        with database.write() as session:
            self.workspace_id = Company(session).workspace.id

    def read(self) -> None:
        members.read_due(self.runtime, self.now)

    def members(self) -> int:
        with self.runtime.read() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(Member)) or 0

    def read_at(self) -> datetime | None:
        with self.runtime.read() as session:
            return session.get_one(Workspace, self.workspace_id).members_read_at


@pytest.fixture
def day(database: Database) -> Day:
    return Day(database)


def test_no_transaction_of_the_reading_is_long(day: Day) -> None:
    engine, sizes = day.runtime.database.engine, [0]

    def note(connection: sa.Connection) -> None:
        sizes.append(connection.scalar(sa.text("select count(*) from member")) or 0)

    event.listen(engine, "commit", note)
    day.read()
    event.remove(engine, "commit", note)
    assert sizes[-1] == CROWD
    assert max(later - earlier for earlier, later in pairwise(sizes)) <= people.BATCH


def test_everybody_is_read_once_a_day(day: Day) -> None:
    day.read()
    assert (day.members(), day.read_at()) == (CROWD, NOW)
    day.now += timedelta(hours=23)
    day.read()
    assert day.read_at() == NOW
    day.now += timedelta(hours=1)
    day.read()
    assert day.read_at() == day.now


def test_a_reading_that_failed_is_not_taken_for_one(day: Day) -> None:
    day.directory.fails = 1
    day.read()
    assert day.read_at() is None
    day.now += timedelta(seconds=30)
    day.read()
    assert (day.members(), day.read_at()) == (CROWD, day.now)


def test_slack_is_asked_again_when_it_said_and_no_sooner(day: Day) -> None:
    day.directory.fails, day.directory.after = 1, 3600
    day.read()
    for minutes in (10, 20, 59):
        day.now = NOW + timedelta(minutes=minutes)
        day.read()
    assert (day.directory.asked, day.read_at()) == (1, None)
    day.now = NOW + timedelta(hours=1)
    day.read()
    assert (day.directory.asked, day.read_at()) == (2, day.now)


def test_of_two_workers_one_reads(day: Day) -> None:
    reads, goes_on = Event(), Event()
    day.directory.on_page = lambda: (reads.set(), goes_on.wait(10))
    with ThreadPoolExecutor(1) as other:
        first = other.submit(day.read)
        assert reads.wait(10)
        day.read()
        assert day.directory.asked == 1
        goes_on.set()
        first.result(10)
    day.read()
    assert (day.directory.asked, day.members(), day.read_at()) == (1, CROWD, NOW)


def test_of_two_workers_that_find_the_same_day_due_one_claims_it(day: Day) -> None:
    def claims() -> bool:
        with day.runtime.write() as session:
            start.wait(10)
            return member_reading.claim(session, NOW, day.workspace_id) is not None

    # On SQLite one transaction writes at a time.
    parties = 2 if day.runtime.database.engine.dialect.name == "postgresql" else 1
    start = Barrier(parties)
    with ThreadPoolExecutor(2) as both:
        claimed = [one.result(10) for one in [both.submit(claims), both.submit(claims)]]
    assert sorted(claimed) == [False, True]


def test_what_a_dead_worker_was_reading_another_one_reads_after_a_while(day: Day) -> None:
    def dies() -> None:
        raise KeyboardInterrupt

    day.directory.on_page = dies
    with pytest.raises(KeyboardInterrupt):
        day.read()
    day.directory.on_page = lambda: None
    day.now += member_reading.LEASE - timedelta(seconds=1)
    day.read()
    assert day.read_at() is None
    day.now += timedelta(seconds=1)
    day.read()
    assert day.read_at() == day.now


def test_a_reading_that_takes_longer_than_its_lease_stays_ones_own(day: Day) -> None:
    other = Directory()
    elsewhere = replace(day.runtime, gateway=other)

    def time_passes() -> None:
        day.now += member_reading.LEASE * 0.6
        members.read_due(elsewhere, day.now)

    day.directory.on_page = time_passes
    day.read()
    assert day.now > NOW + member_reading.LEASE
    assert (other.asked, day.read_at()) == (0, day.now)


def test_a_reading_that_an_admin_has_made_void_begins_anew(day: Day) -> None:
    def changes_the_words() -> None:
        with day.runtime.write() as session:
            workspace = session.get_one(Workspace, day.workspace_id)
            workspace.members_read_at = workspace.members_due_at = None

    day.directory.on_page = changes_the_words
    day.read()
    assert day.read_at() is None
    day.directory.on_page = lambda: None
    day.read()
    assert (day.directory.asked, day.read_at()) == (2, NOW)


def test_a_page_that_was_fetched_before_somebody_left_does_not_bring_them_back(day: Day) -> None:
    was = next(day.directory.people(day.workspace_id))

    def pages(workspace_id: int) -> Iterator[Person]:
        yield replace(was, updated_at=NOW - timedelta(hours=1))
        with day.runtime.write() as session:
            people.learn(session, NOW, workspace_id, replace(was, deleted=True, updated_at=NOW), admins=())

    with day.runtime.write() as session:
        people.learn(session, NOW, day.workspace_id, was, admins=())
    day.directory.people = pages  # type: ignore[method-assign]
    day.read()
    with day.runtime.read() as session:
        assert session.scalars(sa.select(Member.deactivated_at)).all() == [NOW]


def test_the_workspace_that_was_read_is_the_one_that_is_noted(day: Day) -> None:
    with day.runtime.write() as session:
        second = Workspace(name="Second", slack_team_id="T0TEST2", time_zone="UTC", created_at=NOW)
        session.add(second)
        session.flush()
        second_id = second.id
    members.read_all(day.runtime, second_id)
    assert day.read_at() is None
    with day.runtime.read() as session:
        assert session.get_one(Workspace, second_id).members_read_at == NOW


def shared(day: Day) -> list[str]:
    with day.runtime.read() as session:
        return list(session.scalars(sa.select(SharedChannel.slack_id).order_by(SharedChannel.slack_id)))


def test_it_is_looked_once_a_day_which_channels_others_read(day: Day) -> None:
    def place(slack_id: str, *, is_member: bool = True, is_shared: bool = True) -> Channel:
        return Channel(slack_id, slack_id.lower(), is_member, is_shared)

    day.read()
    assert shared(day) == []
    day.directory.places = (
        place("C1"), place("C2"), place("C3", is_shared=False), place("C4", is_member=False)
    )  # fmt: skip
    day.now += timedelta(hours=23)
    day.read()
    assert shared(day) == []
    day.now += timedelta(hours=1)
    day.read()
    assert shared(day) == ["C1", "C2"]
    day.directory.places = (place("C1"), place("C2", is_shared=False), place("C3"))
    day.now += timedelta(days=1)
    day.read()
    assert shared(day) == ["C1", "C3"]


def test_a_look_at_the_channels_that_failed_is_not_taken_for_one(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_away(workspace_id: int) -> Iterator[Channel]:
        raise RetryLater("unreachable")

    with monkeypatch.context() as patched:
        patched.setattr(day.directory, "channels", is_away)
        day.read()
    assert day.read_at() is None
    day.directory.places = (Channel("C1", "leads", is_member=True, is_shared_outside=True),)
    day.now += member_reading.AGAIN
    day.read()
    assert (day.read_at(), shared(day)) == (day.now, ["C1"])
