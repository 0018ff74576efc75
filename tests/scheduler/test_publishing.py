"""Home on a bad day: whatever fails, it ends up as things are, and nothing older ever comes after something newer."""

from __future__ import annotations

import random
import re
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import sqlalchemy as sa
from at_once import AtOnce
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from post_office import PostOffice

from bot.services import failures, home, home_changes
from bot.slack_failures import NotLetIn, Permanent, RetryLater, SlackFailure, UnknownOutcome
from models import Delivery, Hold, Home, Member, PostKind, Workspace
from models.database import Database, open_database
from scheduler import pace, publishing
from scheduler.delivery import BATCH, LEASE
from scheduler.publishing import TOGETHER, Publication

SETTLE = timedelta(seconds=90)
A_WHILE = timedelta(minutes=5)


class Reader:
    """Ada looks at her Home. Each change of what it shows has a number, which stands on the page as her hour."""

    def __init__(self, database: Database) -> None:
        self.office = PostOffice(database)
        self.number = 0
        with self.office.runtime.write() as session:
            home_changes.opened(session, self.office.clock, session.get_one(Member, self.office.member_id))

    def change(self) -> None:
        self.number += 1
        with self.office.runtime.write() as session:
            member = session.get_one(Member, self.office.member_id)
            member.asked_at = time(self.number // 60, self.number % 60)
            home_changes.concerns(session, member.workspace_id, [member.id])

    def look_again(self) -> None:
        with self.office.runtime.write() as session:
            home_changes.opened(session, self.office.clock, session.get_one(Member, self.office.member_id))

    def take(self) -> Publication | None:
        return next(iter(publishing.claim(self.office.runtime, self.office.clock)), None)

    def request(self, publication: Publication) -> SlackFailure | None:
        return publishing.publish(self.office.runtime, publication)

    def note(self, publication: Publication, failure: SlackFailure | None) -> None:
        publishing.finish(self.office.runtime, publication, failure, self.office.clock)

    def work(self) -> bool:
        publication = self.take()
        if publication is not None:
            self.note(publication, self.request(publication))
        return publication is not None

    def wait(self, span: timedelta = A_WHILE) -> None:
        """Time passes, and whenever something may be published it is; she goes on looking."""
        until = self.office.clock + span
        while self.office.clock < until:
            self.office.pass_time(timedelta(seconds=5))
            self.work()

    @property
    def shown(self) -> list[int]:
        """The numbers of the pages that she had, in their order."""
        return [number_on(page) for _, page in self.office.slack.homes]

    @property
    def row(self) -> Home:
        with self.office.runtime.read() as session:
            return session.scalars(sa.select(Home)).one()


def number_on(page: str) -> int:
    found = re.search(r"I ask you at (\d\d):(\d\d)", page)
    assert found is not None
    hour, minute = map(int, found.groups())
    return hour * 60 + minute if hour < 9 else 0  # nine o'clock is everybody's


@pytest.fixture
def reader(database: Database) -> Reader:
    return Reader(database)


def test_it_is_published_on_opening_and_once_for_changes_that_come_together(reader: Reader) -> None:
    assert reader.work()
    assert not reader.work()
    reader.change()
    reader.change()
    assert not reader.work()
    reader.office.pass_time(TOGETHER)
    assert reader.work()
    assert reader.shown == [0, 2]


def test_it_waits_as_long_as_slack_says_however_often_and_then_shows_the_newest(reader: Reader) -> None:
    for _ in range(9):
        reader.change()
        reader.office.slack.fail(RetryLater("ratelimited", after=30))
        assert reader.work()
        reader.office.pass_time(timedelta(seconds=29))
        assert not reader.work()
        reader.office.pass_time(timedelta(seconds=1))
    assert reader.work()
    assert reader.shown == [9]


@pytest.mark.parametrize("effect", [True, False])
def test_after_an_unknown_outcome_nothing_newer_leaves_before_it_has_settled(reader: Reader, effect: bool) -> None:
    reader.change()
    reader.office.slack.fail(UnknownOutcome("timeout"), effect=effect)
    assert reader.work()
    reader.change()
    reader.look_again()
    reader.office.pass_time(SETTLE - timedelta(seconds=1))
    assert not reader.work()
    reader.office.pass_time(timedelta(seconds=1))
    assert reader.work()
    assert reader.shown == [1, 2][not effect :]


@pytest.mark.parametrize("failure", [UnknownOutcome("timeout"), NotLetIn("token_revoked")], ids=["unknown", "shut out"])
def test_it_is_not_given_up_however_often_it_fails(reader: Reader, failure: SlackFailure) -> None:
    reader.change()
    for _ in range(9):
        reader.office.slack.fail(failure)
    for _ in range(20):
        reader.look_again()
        reader.wait()
    assert reader.shown[-1] == 1


def test_what_slack_refuses_is_not_sent_again_but_what_changes_meanwhile_is(reader: Reader) -> None:
    reader.change()
    publication = reader.take()
    assert publication is not None
    reader.change()
    reader.office.slack.fail(Permanent("invalid_blocks"))
    reader.note(publication, reader.request(publication))
    assert reader.row.error == "invalid_blocks"
    reader.wait()
    assert reader.shown == [2]
    reader.office.slack.fail(Permanent("invalid_blocks"))
    reader.change()
    reader.wait()
    assert reader.shown == [2]
    reader.look_again()
    reader.wait()
    assert reader.shown == [2, 3]


def test_a_worker_that_died_with_it_is_followed_by_another_and_nothing_is_lost(reader: Reader) -> None:
    assert reader.take() is not None
    reader.change()
    reader.office.pass_time(LEASE + SETTLE - timedelta(seconds=1))
    assert not reader.work()
    reader.office.pass_time(timedelta(seconds=1))
    assert reader.work()
    assert reader.shown == [1]


def test_a_worker_that_slept_over_its_lease_publishes_nothing_old(reader: Reader) -> None:
    old = reader.take()
    assert old is not None
    reader.change()
    reader.office.pass_time(LEASE + SETTLE)
    assert reader.work()
    reader.note(old, reader.request(old))
    assert reader.shown == [1]
    assert not reader.work()


def test_an_answer_that_comes_after_somebody_else_has_published_has_it_shown_once_more(reader: Reader) -> None:
    old = reader.take()
    assert old is not None
    outcome = reader.request(old)
    reader.office.pass_time(LEASE + SETTLE)
    reader.change()
    assert reader.work()
    reader.note(old, outcome)
    reader.office.pass_time(TOGETHER)
    assert reader.work()
    assert reader.shown == [0, 1, 1]


def test_two_workers_at_once_publish_it_once(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    second: list[Publication | None] = []
    at_once = AtOnce(lambda: second.append(reader.take()))
    monkeypatch.setattr(publishing, "_made", at_once.after(publishing._made))
    first = reader.take()
    at_once.ends()
    assert first is not None
    assert second == [None]


def test_homes_that_have_to_wait_in_one_workspace_hold_up_no_other(reader: Reader) -> None:
    office = reader.office
    with office.runtime.write() as session:
        elsewhere = Workspace(name="Elsewhere", slack_team_id="T0ELSE", time_zone="UTC", created_at=office.clock)
        session.add(elsewhere)
        session.flush()
        for number, place in enumerate([office.workspace_id] * BATCH + [elsewhere.id]):
            member = Member(
                workspace_id=place,
                slack_user_id=f"U0READER{number}",
                name=f"Reader {number}",
                display_name="Reader",
                time_zone="UTC",
                created_at=office.clock,
            )
            session.add(member)
            session.flush()
            home_changes.opened(session, office.clock, member)
        pace.pause(session, office.workspace_id, Hold.HOMES, office.clock + timedelta(hours=1))
        waits = elsewhere.id
    assert [one.workspace_id for one in publishing.claim(office.runtime, office.clock)] == [waits]
    assert not publishing.something_is_stale(office.runtime, office.clock), "nothing is looked for in vain"
    office.pass_time(timedelta(hours=1))
    assert publishing.something_is_stale(office.runtime, office.clock)


def test_who_does_not_look_any_more_gets_nothing_and_the_newest_when_they_come_back(reader: Reader) -> None:
    assert reader.work()
    reader.change()
    reader.office.pass_time(home_changes.LOOKED_AT)
    assert not reader.work()
    reader.look_again()
    assert reader.work()
    assert reader.shown == [0, 1]


# A bad hour: two workers, and whatever Slack does


def notices(reader: Reader) -> list[str]:
    with reader.office.runtime.read() as session:
        return [
            post.text
            for row in session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.ADMIN_NOTICE))
            if (post := failures.post(session, row, reader.office.clock)) is not None
        ]


def test_a_home_that_slack_does_not_take_is_told_to_an_admin_once_and_listed_until_it_does(reader: Reader) -> None:
    for _ in range(3):
        reader.change()
        reader.office.pass_time(TOGETHER)
        reader.office.slack.fail(Permanent("invalid_arguments"))
        assert reader.work()
    (told,) = notices(reader)
    assert told.startswith("The Home of Ada Obi shows how things were before: Slack does not take its newest state")
    with reader.office.runtime.read() as session:
        (found,) = failures.failures_of(session, reader.office.clock).not_shown
        assert found == failures.NotShown(None, "Ada Obi", "invalid_arguments", 1)
    reader.change()
    reader.office.pass_time(TOGETHER)
    assert reader.work()
    assert notices(reader) == []
    with reader.office.runtime.read() as session:
        assert failures.failures_of(session, reader.office.clock).is_empty


def test_a_home_that_cannot_be_drawn_is_told_to_an_admin(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> NoReturn:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(home, "page", stumble)
    reader.wait(timedelta(minutes=10))
    (told,) = notices(reader)
    assert "I stumble over its newest state (“KeyError”)" in told
    with reader.office.runtime.read() as session:
        (found,) = failures.failures_of(session, reader.office.clock).not_shown
    assert (found.to, found.code) == ("Ada Obi", "not_rendered: KeyError")


@pytest.mark.parametrize("failure", [RetryLater("ratelimited", after=30), UnknownOutcome("timeout")])
def test_a_home_that_waits_for_slack_is_no_failure(reader: Reader, failure: SlackFailure) -> None:
    reader.office.slack.fail(failure)
    assert reader.work()
    assert notices(reader) == []
    with reader.office.runtime.read() as session:
        assert failures.failures_of(session, reader.office.clock).is_empty
    # Then nobody looks any more, and the next opening shows it.
    reader.office.pass_time(home_changes.LOOKED_AT)
    reader.work()
    with reader.office.runtime.read() as session:
        assert failures.failures_of(session, reader.office.clock).is_empty


class BadHour:
    """Two workers take, ask and note when they like; an effect comes at once, late (within `settle`), or never."""

    def __init__(self, reader: Reader, draw: random.Random) -> None:
        self.reader, self.draw = reader, draw
        self.hands: list[tuple[Publication, SlackFailure | None, bool]] = []
        self.late: list[tuple[datetime, str]] = []

    def run(self) -> None:
        acts = [
            self._change,
            self._look,
            self._take,
            self._take,
            self._ask,
            self._ask,
            self._note,
            self._note,
            self._wait,
        ]
        for _ in range(120):
            self.draw.choice(acts)()
        # Who still holds something has died; she goes on looking, and all is quiet again.
        for _ in range(4):
            self.reader.look_again()
            for _ in range(60):
                self._pass(timedelta(seconds=5))
                self.reader.work()

    def _pass(self, span: timedelta) -> None:
        self.reader.office.pass_time(span)
        now = self.reader.office.clock
        for at, page in [one for one in self.late if one[0] <= now]:
            self.reader.office.slack.homes.append(("late", page))
            self.late.remove((at, page))

    def _wait(self) -> None:
        for _ in range(self.draw.choice([1, 1, 5, 30])):
            self._pass(timedelta(seconds=self.draw.choice([1, 3, 7])))

    def _change(self) -> None:
        self.reader.change()

    def _look(self) -> None:
        self.reader.look_again()

    def _take(self) -> None:
        publication = self.reader.take()
        if publication is not None:
            self.hands.append((publication, None, False))

    def _ask(self) -> None:
        waiting = [one for one in self.hands if not one[2]]
        if not waiting:
            return
        one = self.draw.choice(waiting)
        self.hands.remove(one)
        slack, now = self.reader.office.slack, self.reader.office.clock
        how = self.draw.choice(["well", "well", "429", "refused", "lost", "late"])
        if how == "429":
            slack.fail(RetryLater("ratelimited", after=10))
        if how == "refused":
            slack.fail(NotLetIn("account_inactive"))
        if how in ("lost", "late"):
            slack.fail(UnknownOutcome("timeout"))
        outcome = self.reader.request(one[0])
        if isinstance(outcome, UnknownOutcome) and how == "late":
            self.late.append((now + timedelta(seconds=self.draw.randrange(1, 89)), str(one[0].view).replace("'", '"')))
        slack.forget_failures()
        self.hands.append((one[0], outcome, True))

    def _note(self) -> None:
        asked = [one for one in self.hands if one[2]]
        if asked:
            one = self.draw.choice(asked)
            self.hands.remove(one)
            self.reader.note(one[0], one[1])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@settings(max_examples=6, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9))
def test_whatever_happens_the_newest_is_shown_in_the_end_and_nothing_older_after_it(
    plain: Path, sqlite_template: Path, seed: int
) -> None:
    path = plain / "okra.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    try:
        hold_in_a_bad_hour(database, seed)
    finally:
        database.close()
        for left in plain.iterdir():
            left.unlink()


def test_a_bad_hour_holds_on_both_engines(database: Database) -> None:
    hold_in_a_bad_hour(database, 20261128)


def hold_in_a_bad_hour(database: Database, seed: int) -> None:
    reader = Reader(database)
    BadHour(reader, random.Random(seed)).run()
    assert reader.shown == sorted(reader.shown)
    assert reader.shown[-1] == reader.number
