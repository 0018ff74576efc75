"""Since when a digest tells: nothing that was decided is lost with a digest that nobody could read, or told twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from answers import answered
from company import MONDAY, Company
from decided import decided
from past_digests import Became, Past, keep
from queries import counted
from sqlalchemy.orm import Session

from bot.domain.cadence import period
from bot.domain.digest import Snapshot
from bot.domain.digest_json import from_json
from bot.services.digest import take_due
from bot.services.digest_told import told_since
from bot.services.rhythm import digest_week
from models import Delivery, DeliveryState, Digest, KeyResult, PostKind, Team, Workspace
from models.database import Database

WEEK = period(MONDAY)
WEDNESDAY = datetime(2026, 10, 7, 10, tzinfo=UTC)
A_WEEK, DAY = timedelta(weeks=1), timedelta(days=1)


class Scene:
    """A team whose first digest comes on Wednesday, with one key result about which things are decided."""

    def __init__(self, session: Session) -> None:
        company = Company(session)
        self.session, self.lead = session, company.person("Ana Lima")
        self.team: Team = company.team("Growth")
        self.team.next_digest_at = WEDNESDAY
        self.key_result: KeyResult = company.key_result(company.objective(self.team), company.person("Mele"))
        answered(session, self.key_result, WEEK)

    def decide(self, text: str, at: datetime) -> None:
        decided(self.session, self.key_result, self.lead, text, at=at, due_on=date(2026, 12, 31))

    def digest(self, at: datetime, *, arrives: bool = True) -> Snapshot:
        """Take the digest that is due, and post it or not."""
        assert take_due(self.session, at, 10) == 1
        kept = self.session.scalars(sa.select(Digest).order_by(Digest.period.desc()).limit(1)).one()
        row = self.session.scalar(
            sa.select(Delivery).where(Delivery.digest_id == kept.id, Delivery.kind == PostKind.DIGEST)
        )
        if arrives and row is not None:
            row.state, row.posted_channel, row.posted_ts = DeliveryState.SENT, "C0LEADS", "1790000000.000100"
            self.session.flush()
        return from_json(kept.snapshot)


def told_in(told: Snapshot) -> list[str]:
    return [one.text for one in told.decided]


def test_after_two_weeks_of_sleep_the_next_digest_tells_all_that_was_decided_and_the_one_after_nothing_again(
    database: Database,
) -> None:
    with database.write() as session:
        scene = Scene(session)
        scene.decide("told in the first", WEDNESDAY - DAY)
        assert told_in(scene.digest(WEDNESDAY)) == ["told in the first"]
        for week in range(3):
            scene.decide(f"in week {week}", WEDNESDAY + DAY + week * A_WEEK)
        # Okra was down at the hours of two digests.
        assert told_in(scene.digest(WEDNESDAY + 3 * A_WEEK)) == ["in week 0", "in week 1", "in week 2"]
        assert told_in(scene.digest(WEDNESDAY + 4 * A_WEEK)) == []


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=30)])
def test_what_is_decided_around_a_late_digest_stands_in_exactly_one(database: Database, late: timedelta) -> None:
    with database.write() as session:
        scene = Scene(session)
        scene.decide("just before", WEDNESDAY + late - timedelta(seconds=1))
        scene.decide("just then", WEDNESDAY + late)
        # The last of many teams' digests is read some seconds after the instant at which they are all taken.
        scene.decide("while it is read", WEDNESDAY + late + timedelta(seconds=5))
        assert told_in(scene.digest(WEDNESDAY + late)) == ["just before", "just then"]
        scene.decide("just after", WEDNESDAY + late + timedelta(seconds=9))
        assert told_in(scene.digest(WEDNESDAY + A_WEEK)) == ["while it is read", "just after"]


def test_a_digest_that_the_next_one_overtakes_leaves_it_what_it_would_have_told(database: Database) -> None:
    with database.write() as session:
        scene = Scene(session)
        scene.digest(WEDNESDAY)
        scene.decide("in the one that did not leave", WEDNESDAY + DAY)
        assert told_in(scene.digest(WEDNESDAY + A_WEEK, arrives=False)) == ["in the one that did not leave"]
        scene.decide("after it", WEDNESDAY + A_WEEK + DAY)
        told = scene.digest(WEDNESDAY + 2 * A_WEEK)
        assert told_in(told) == ["in the one that did not leave", "after it"]


def test_a_channel_that_moves_east_or_west_loses_no_decision(database: Database) -> None:
    """The hour of the week before, by the new clock, is not when that digest was taken."""
    with database.write() as session:
        scene = Scene(session)
        scene.digest(WEDNESDAY)
        taken_at = WEDNESDAY
        for zone, at in (("Asia/Tokyo", "2026-10-14 01:00"), ("America/Los_Angeles", "2026-10-21 17:00")):
            hour = datetime.fromisoformat(at).replace(tzinfo=UTC)
            scene.team.digest_zone, scene.team.next_digest_at = zone, hour
            scene.decide(f"told from {zone}", taken_at + timedelta(minutes=1))
            assert told_in(scene.digest(hour)) == [f"told from {zone}"]
            taken_at = hour


@pytest.mark.parametrize(
    ("history", "since"),
    [
        ((), WEDNESDAY - A_WEEK),
        ((Past(1, 0, Became.POSTED),), WEDNESDAY - A_WEEK),
        ((Past(1, 3, Became.POSTED),), WEDNESDAY - A_WEEK + timedelta(hours=3)),
        ((Past(3, 0, Became.POSTED),), WEDNESDAY - 3 * A_WEEK),
        ((Past(4, 0, Became.POSTED),), WEDNESDAY - 4 * A_WEEK),
        # Further back it is news to nobody.
        ((Past(5, 0, Became.POSTED),), WEDNESDAY - 4 * A_WEEK),
        ((Past(1, 0, Became.EMPTY), Past(2, 0, Became.POSTED)), WEDNESDAY - 2 * A_WEEK),
        (
            (Past(1, 0, Became.FAILED), Past(2, 0, Became.WAITS), Past(3, 30, Became.POSTED)),
            WEDNESDAY - 3 * A_WEEK + timedelta(hours=30),
        ),
        # The first of all told of the week before it.
        ((Past(1, 0, Became.WAITS),), WEDNESDAY - 2 * A_WEEK),
        # Nobody wanted it posted: it was there for who asked.
        ((Past(1, 0, Became.UNREAD), Past(2, 0, Became.POSTED)), WEDNESDAY - A_WEEK),
    ],
)
def test_a_digest_tells_since_the_last_one_that_people_could_read(
    database: Database, history: tuple[Past, ...], since: datetime
) -> None:
    with database.write() as session:
        scene = Scene(session)
        keep(session, scene.team, WEEK, WEDNESDAY, history)
        week = digest_week(session.get_one(Workspace, scene.team.workspace_id), scene.team)
        with counted(database) as queries:
            found = told_since(session, scene.team, WEEK, week)
    assert found == since
    assert len(queries) == 1
