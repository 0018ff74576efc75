"""Cycles begin and end by the organisation's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from calls import MORNING, posted, shown, tell, words
from company import BEFORE, MONDAY, Company
from queries import counted
from sqlalchemy.orm import Session
from two_teams import between

from bot.domain.cadence import following, period
from bot.domain.cycles import CycleState
from bot.services import answerable, cycles, dependency, digest, planning
from bot.services.refusals import Reason, Refused
from models import (
    Blocker,
    CheckIn,
    CheckInState,
    Cycle,
    Delivery,
    DeliveryState,
    Dependency,
    Digest,
    KeyResult,
    Member,
    Message,
    PostKind,
    Team,
)
from models.database import Database

WEEK = period(MONDAY)
NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
DIGEST = datetime(2026, 10, 7, 10, tzinfo=UTC)


def states(database: Database) -> dict[str, CycleState]:
    with database.read() as session:
        return {cycle.name: cycle.state for cycle in session.scalars(sa.select(Cycle))}


def plan_next(database: Database, zone: str = "UTC") -> None:
    """A running 2026 Q4 with an asked owner, and 2027 Q1 in planning."""
    with database.write() as session:
        company = Company(session, BEFORE)
        company.workspace.time_zone = zone
        lead = company.person("Lea Lead")
        team = company.team("Growth", lead=lead)
        company.key_result(company.objective(team), lead)
        session.add(
            Cycle(
                workspace_id=company.workspace.id,
                name="2027 Q1",
                starts_on=date(2027, 1, 1),
                ends_on=date(2027, 3, 31),
                state=CycleState.PLANNING,
                created_at=BEFORE,
            )
        )


def turn(database: Database, now: datetime) -> int:
    with database.write() as session:
        return cycles.turn(session, now, 100)


def test_one_cycle_follows_another_on_the_same_morning(database: Database) -> None:
    plan_next(database)
    assert turn(database, datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == 0
    assert turn(database, datetime(2027, 1, 1, tzinfo=UTC)) == 2
    assert states(database) == {"2026 Q4": CycleState.CLOSING, "2027 Q1": CycleState.ACTIVE}
    assert turn(database, datetime(2027, 1, 1, tzinfo=UTC)) == 0


def test_the_morning_is_the_organisations(database: Database) -> None:
    plan_next(database, "Pacific/Auckland")
    with database.read() as session:
        assert cycles.next_turn(session) == datetime(2026, 12, 31, 11, tzinfo=UTC)
    assert turn(database, datetime(2026, 12, 31, 11, tzinfo=UTC)) == 2


@dataclass
class LastWeek:
    """A cycle in its last week: one owner, asked on Monday; the team's digest is on Wednesday."""

    company: Company
    team: Team
    owner: Member
    key_result: KeyResult


def last_week(
    session: Session, ends_on: date, *, owner_zone: str = "UTC", home_zone: str = "UTC", opens: datetime = NINE
) -> LastWeek:
    company = Company(session, BEFORE)
    company.cycle.ends_on = ends_on
    company.workspace.time_zone = home_zone
    owner = company.person("Mere Ngata", zone=owner_zone)
    team = company.team("Growth", lead=company.person("Lea Lead"))
    key_result = company.key_result(company.objective(team), owner)
    planning.replan(session, BEFORE, [owner.id])
    assert planning.open_due(session, opens, 100) == 1
    team.next_digest_at = DIGEST
    session.flush()
    return LastWeek(company, team, owner, key_result)


def follow(last: LastWeek, starts_on: date, *owners: Member) -> Cycle:
    """A successor in planning, with a key result for each of these owners."""
    session, company = last.company.session, last.company
    successor = Cycle(
        workspace_id=company.workspace.id,
        name="Next",
        starts_on=starts_on,
        ends_on=starts_on + timedelta(weeks=12),
        state=CycleState.PLANNING,
        created_at=BEFORE,
    )
    session.add(successor)
    session.flush()
    company.cycle = successor
    for owner in owners:
        company.key_result(company.objective(last.team, f"What {owner.name} does next"), owner)
    return successor


def test_a_cycle_runs_until_the_digests_of_its_last_period_were_taken(database: Database) -> None:
    with database.write() as session:
        last_week(session, date(2026, 10, 6))
        assert cycles.next_turn(session) == DIGEST
        assert cycles.turn(session, DIGEST - timedelta(minutes=1), 100) == 0
        # The digest's hour has come, and the digest is not taken yet: as late as it may be, it tells of the week.
        assert cycles.turn(session, DIGEST, 100) == 0
        assert digest.take_due(session, DIGEST, 8) == 1
        assert len(session.scalars(sa.select(Digest)).one().snapshot["key_results"]) == 1
        assert cycles.turn(session, DIGEST, 100) == 1
        assert session.scalars(sa.select(Cycle.state)).one() is CycleState.CLOSING
        assert cycles.next_turn(session) is None


def test_a_cycle_runs_until_the_last_digest_by_the_clocks_of_the_channels(database: Database) -> None:
    los_angeles = DIGEST + timedelta(hours=7)
    with database.write() as session:
        last = last_week(session, date(2026, 10, 6))
        assert cycles.next_turn(session) == DIGEST
        last.company.team("Tokyo").digest_zone = "Asia/Tokyo"
        session.flush()
        assert cycles.next_turn(session) == DIGEST
        last.team.digest_zone, last.team.next_digest_at = "America/Los_Angeles", los_angeles
        session.flush()
        assert (cycles.may_turn(session), cycles.next_turn(session)) == (DIGEST, los_angeles)
        assert cycles.turn(session, los_angeles - timedelta(minutes=1), 100) == 0
        assert digest.take_due(session, los_angeles, 8) == 1
        assert cycles.turn(session, los_angeles, 100) == 1


def test_a_cycle_that_ends_on_a_monday_is_answered_on_tuesday(database: Database) -> None:
    tuesday = datetime(2026, 10, 6, 16, tzinfo=UTC)
    with database.write() as session:
        last = last_week(session, date(2026, 10, 5))
        assert cycles.turn(session, tuesday, 100) == 0
        caller = last.company.caller(last.owner)
        assert answerable.subject(session, tuesday, caller, last.key_result.id, WEEK).check_in_id is not None
        with pytest.raises(Refused) as refused:
            answerable.subject(session, tuesday, caller, last.key_result.id, following(WEEK))
        assert refused.value.reason is Reason.CYCLE_NOT_ACTIVE


def test_nobody_is_asked_for_a_period_that_begins_after_the_last_day(database: Database) -> None:
    next_monday = NINE + timedelta(weeks=1)
    with database.write() as session:
        last = last_week(session, date(2026, 10, 6))
        # Okra was away since Monday: nothing was closed, told or turned before the next opening is due.
        assert cycles.turn(session, next_monday, 100) == 0
        assert planning.open_due(session, next_monday, 100) == 0
        assert session.scalars(sa.select(CheckIn.period)).all() == [MONDAY]
        assert last.owner.next_opening_at is None
        planning.replan(session, next_monday, [last.owner.id])
        assert last.owner.next_opening_at is None


def test_what_is_due_when_its_cycle_closes_is_excused(database: Database) -> None:
    # Wednesday 10:00 in Auckland is Tuesday 11:00 in Honolulu: its owners have not had their time.
    closes = datetime(2026, 10, 6, 21, tzinfo=UTC)
    with database.write() as session:
        last = last_week(
            session,
            date(2026, 10, 6),
            owner_zone="Pacific/Honolulu",
            home_zone="Pacific/Auckland",
            opens=datetime(2026, 10, 5, 19, tzinfo=UTC),
        )
        last.team.next_digest_at = closes
        session.flush()
        assert digest.take_due(session, closes, 8) == 1
        assert cycles.turn(session, closes, 100) == 1
        assert planning.close_due(session, closes, 100) == 1
        assert session.scalars(sa.select(CheckIn.state)).one() is CheckInState.EXCUSED
        assert planning.open_due(session, closes, 100) == 0
        assert last.owner.next_opening_at is None


@pytest.mark.parametrize(
    ("zone", "opens"),
    [
        ("UTC", "2026-10-12 09:00"),
        ("America/New_York", "2026-10-12 13:00"),
        # It is noon there when the cycle begins: the first Monday's question comes at once, and is not lost.
        ("Pacific/Auckland", "2026-10-12 00:00"),
    ],
)
def test_a_successors_owners_are_asked_from_its_first_monday(database: Database, zone: str, opens: str) -> None:
    begins = datetime(2026, 10, 12, tzinfo=UTC)
    with database.write() as session:
        last = last_week(session, date(2026, 10, 11))
        fresh, stays = last.company.person("New Here", zone=zone), last.company.person("Stays On", zone=zone)
        last.company.key_result(last.company.objective(last.team, "Old"), stays)
        planning.replan(session, NINE, [stays.id])
        follow(last, date(2026, 10, 12), fresh, stays)
        digest.take_due(session, DIGEST, 8)
        # In the far east the Monday opens while it is Sunday at home, in the old cycle.
        planning.open_due(session, begins - timedelta(hours=4), 100)
        assert cycles.turn(session, begins, 100) == 2
        planning.open_due(session, begins, 100)
        at = datetime.fromisoformat(opens).replace(tzinfo=UTC)
        planning.open_due(session, at, 100)
        first = session.scalars(
            sa.select(CheckIn.owner_id).where(CheckIn.period == following(WEEK)).order_by(CheckIn.owner_id)
        ).all()
        assert first == [fresh.id, stays.id]


def test_the_end_of_a_cycle_tells_other_teams_that_nobody_waits_for_them_any_more(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        another = case.scene.company.key_result(
            case.scene.company.objective(case.scene.growth, "Another"), case.scene.owner, "A second one"
        )
        case.says()
        tell(session, MORNING, another, by=case.scene.owner, blocked_by=case.by_legal)
        blocker = session.scalars(sa.select(Blocker).where(Blocker.key_result_id == another.id)).one()
        dependency.follow(session, MORNING, another, blocker)
        # Answers stand with their buttons as well.
        dependency.accept(session, MORNING, case.finn, 2)
        for number in (1, 2):
            one = posted(session, f"dependency:{number}")
            one.state, one.posted_channel, one.posted_ts = DeliveryState.SENT, "D1", f"1790000000.{number}"
        session.execute(sa.update(Message).values(shown=Message.wanted))
        case.scene.company.cycle.ends_on = date(2026, 10, 6)
        session.flush()
    with database.write() as session:
        assert cycles.turn(session, DIGEST, 100) == 1
        # A batch each.
        assert [dependency.step_due(session, DIGEST, 1) for _ in range(3)] == [1, 1, 0]
        for number in (1, 2):
            asked = posted(session, f"dependency:{number}")
            assert "Growth does not wait for Legal any more" in words(shown(session, asked.key, DIGEST))
            message = session.scalars(sa.select(Message).where(Message.delivery_id == asked.id)).one()
            assert message.wanted > message.shown
        rows = session.execute(sa.select(Dependency.next_step_at, Dependency.waits_until)).all()
        assert [tuple(row) for row in rows] == [(None, None), (None, None)]


@pytest.mark.parametrize("owners", [1, 30])
def test_a_turn_takes_the_same_number_of_statements_however_many_are_asked(database: Database, owners: int) -> None:
    with database.write() as session:
        last = last_week(session, date(2026, 10, 6))
        follow(last, date(2026, 10, 7), *(last.company.person(f"P{n} Owner") for n in range(owners)))
        digest.take_due(session, DIGEST, 8)
    with counted(database) as statements, database.write() as session:
        assert cycles.turn(session, DIGEST, 100) == 2
    assert len(statements) <= 16
    with database.write() as session:
        # The lead is looked at too: where an owner has left, it is they who are asked.
        assert planning.open_due(session, DIGEST, 10) == min(owners + 1, 10)


@pytest.mark.parametrize("gone", [1, 30])
def test_where_owners_left_before_their_cycle_begins_the_lead_is_asked_and_has_a_list_for_each(
    database: Database, gone: int
) -> None:
    begins, opens = datetime(2026, 10, 12, tzinfo=UTC), datetime(2026, 10, 12, 9, tzinfo=UTC)
    with database.write() as session:
        last = last_week(session, date(2026, 10, 6))
        owners = [last.company.person(f"P{n} Owner") for n in range(gone)]
        follow(last, begins.date(), *owners)
        for owner in owners:
            owner.deactivated_at = BEFORE
        digest.take_due(session, DIGEST, 8)
        assert cycles.turn(session, DIGEST, 100) == 1
    with counted(database) as statements, database.write() as session:
        assert cycles.turn(session, begins, 100) == 1
    assert len(statements) <= 16
    with database.write() as session:
        lead = session.scalars(sa.select(Member).where(Member.name == "Lea Lead")).one()
        lists = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.OWNERLESS)).all()
        assert {one.member_id for one in lists} == {lead.id}
        assert len(lists) == gone
        planning.open_due(session, begins, 100)
        planning.open_due(session, opens, 100)
        asked = session.scalars(sa.select(CheckIn).where(CheckIn.period == begins.date())).all()
        assert {(one.owner_id, one.covered_for_id) for one in asked} == {(lead.id, one.id) for one in owners}


def test_a_cycle_that_never_came_to_run_is_closed_and_not_looked_at_again(database: Database) -> None:
    plan_next(database)
    with database.write() as session:
        first = session.scalars(sa.select(Cycle).where(Cycle.name == "2026 Q4")).one()
        first.ends_on = date(2027, 12, 31)
    assert turn(database, datetime(2027, 4, 1, tzinfo=UTC)) == 1
    assert states(database) == {"2026 Q4": CycleState.ACTIVE, "2027 Q1": CycleState.CLOSED}
    with database.read() as session:
        assert cycles.next_turn(session) == datetime(2028, 1, 1, tzinfo=UTC)
