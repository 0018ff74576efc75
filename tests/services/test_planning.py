from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from zoneinfo import ZoneInfo, available_timezones

import pytest
import sqlalchemy as sa
from company import MONDAY, Company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.domain.cycles import CycleState
from bot.domain.excuses import Excuse
from bot.services import overdue, planning
from models import CheckIn, CheckInState, Delivery, KeyResultState, Member, MemberKind, PostKind
from models.database import Database, open_database

WEEK = timedelta(weeks=1)


@pytest.fixture(scope="module")
def sqlite_database(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for all examples of a property; each rolls back."""
    path = tmp_path_factory.mktemp("planning") / "okra.db"
    shutil.copy(sqlite_template, path)
    opened = open_database(f"sqlite:///{path}")
    yield opened
    opened.close()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def prompts(session: Session) -> list[tuple[int | None, date | None]]:
    rows = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT).order_by(Delivery.id))
    return [(row.member_id, row.period) for row in rows]


def periods(session: Session, member: Member) -> list[date]:
    return list(
        session.scalars(sa.select(CheckIn.period).where(CheckIn.owner_id == member.id).order_by(CheckIn.period))
    )


def owner_of_two(company: Company, zone: str = "UTC") -> Member:
    owner = company.person("Mere Ngata", zone=zone)
    objective = company.objective(company.team("Growth"))
    company.key_result(objective, owner)
    company.key_result(objective, owner, "Churn from 4 to 2 %", metric="Churn")
    return owner


def test_an_owner_is_asked_at_nine_in_their_own_zone(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = owner_of_two(company, "Pacific/Auckland")
        planning.replan(session, company.now, [owner.id])
        assert owner.next_opening_at == utc("2026-10-04 20:00")  # Monday 09:00 there, Sunday here
        assert owner.next_period == MONDAY
        assert planning.open_due(session, utc("2026-10-04 19:59"), 100) == 0
        assert planning.open_due(session, utc("2026-10-04 20:00"), 100) == 1
        check_ins = session.scalars(sa.select(CheckIn)).all()
        assert [(row.period, row.state) for row in check_ins] == [(MONDAY, CheckInState.DUE)] * 2
        assert {row.closes_at for row in check_ins} == {utc("2026-10-06 04:00")}
        assert prompts(session) == [(owner.id, MONDAY)]
        assert owner.next_period == MONDAY + WEEK


def test_one_person_whose_week_cannot_be_opened_stops_nobody_and_is_counted_until_it_is(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        people = [company.person(f"Owner {number}", zone="UTC") for number in range(9)]
        objective = company.objective(company.team("Growth"))
        for person in people:
            company.key_result(objective, person)
        planning.replan(session, company.now, [person.id for person in people])
        people[4].time_zone = "Mars/Olympus"
        ids = [person.id for person in people]
    monday = utc("2026-10-05 09:00")
    for late in range(0, 60, 5):
        with database.write() as session:
            # All of them, in every workspace, are waited for in the order of their hours.
            assert planning.open_due(session, monday + timedelta(minutes=late), 100) == (9 if late == 0 else 1)
    asked = [(person, MONDAY) for person in ids if person != ids[4]]
    with database.write() as session:
        assert prompts(session) == asked
        assert overdue.openings(session, monday + timedelta(minutes=59)) == 1
        session.get_one(Member, ids[4]).time_zone = "UTC"
    with database.write() as session:
        assert overdue.openings(session, monday + timedelta(minutes=59)) == 1
        assert planning.open_due(session, monday + timedelta(minutes=60), 100) == 1
        assert prompts(session) == [*asked, (ids[4], MONDAY)]
        assert overdue.openings(session, monday + timedelta(minutes=60)) == 0


def test_a_week_that_nobody_opened_is_overdue_after_a_while(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = owner_of_two(company)
        planning.replan(session, company.now, [owner.id])
        assert overdue.openings(session, utc("2026-10-05 08:58")) == 0
        assert overdue.openings(session, utc("2026-10-05 09:29")) == 0
        assert overdue.openings(session, utc("2026-10-05 09:30")) == 1


def test_who_owns_nothing_that_is_asked_about_is_never_asked(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        on, off = company.team("On"), company.team("Off", on=False)
        people = {
            name: company.person(name) for name in ("Idle", "Off", "Draft", "Closed", "Archived", "Left", "Guest")
        }
        company.key_result(company.objective(off), people["Off"])
        draft = company.key_result(company.objective(on, "Drafts"), people["Draft"])
        draft.state = KeyResultState.DRAFT
        closed = company.key_result(company.objective(on, "Closed"), people["Closed"])
        closed.state, closed.closed_at = KeyResultState.CLOSED, company.now
        archived = company.objective(on, "Archived")
        company.key_result(archived, people["Archived"])
        archived.archived_at = company.now
        for name in ("Left", "Guest"):
            company.key_result(company.objective(on, name), people[name])
        people["Left"].deactivated_at = company.now
        people["Guest"].kind = MemberKind.GUEST
        session.flush()
        planning.replan(session, company.now, [person.id for person in people.values()])
        assert {name for name, person in people.items() if person.next_opening_at is not None} == set()


def test_a_cycle_that_is_not_active_is_not_asked_about(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = owner_of_two(company)
        company.cycle.state = CycleState.CLOSING
        session.flush()
        planning.replan(session, company.now, [owner.id])
        assert owner.next_opening_at is None


def test_who_was_deactivated_after_planning_is_not_asked(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = owner_of_two(company)
        planning.replan(session, company.now, [owner.id])
        owner.deactivated_at = company.now
        session.flush()
        assert planning.open_due(session, utc("2026-10-05 09:00"), 100) == 1
        assert prompts(session) == []
        assert owner.next_opening_at is None


def test_joining_in_mid_week_works_from_the_next_period(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = owner_of_two(company)
        planning.replan(session, utc("2026-10-05 09:00"), [owner.id])
        assert owner.next_opening_at == utc("2026-10-12 09:00")
        # Looking again, with the period open, does not make it earlier.
        planning.replan(session, utc("2026-10-06 10:00"), [owner.id])
        assert owner.next_opening_at == utc("2026-10-12 09:00")


@pytest.mark.parametrize(
    ("back_at", "asked"),
    [
        ("2026-10-05 09:00", MONDAY),
        ("2026-10-06 16:59", MONDAY),
        ("2026-10-06 17:00", None),
        ("2026-10-11 12:00", None),
        ("2026-10-20 10:00", MONDAY + 2 * WEEK),
        ("2026-10-21 10:00", None),
    ],
)
def test_a_late_process_asks_late_and_never_for_a_period_that_is_over(
    database: Database, back_at: str, asked: date | None
) -> None:
    with database.write() as session:
        company = Company(session)
        owner = owner_of_two(company)
        planning.replan(session, company.now, [owner.id])
        planning.open_due(session, utc(back_at), 100)
        states = set(session.execute(sa.select(CheckIn.period, CheckIn.state, CheckIn.excuse)).all())
        assert {period for period, state, _ in states if state is CheckInState.DUE} == ({asked} if asked else set())
        # What it slept through is there all the same, each week once: nobody was asked, so nothing was owed.
        slept = {(period, excuse) for period, state, excuse in states if state is CheckInState.EXCUSED}
        assert owner.next_period is not None
        weeks = (owner.next_period - MONDAY) // WEEK
        assert slept == {(MONDAY + index * WEEK, Excuse.NOT_ASKED) for index in range(weeks)} - {
            (asked, Excuse.NOT_ASKED)
        }
        assert owner.next_opening_at is not None
        assert owner.next_opening_at > utc(back_at)


def test_a_value_that_is_asked_every_four_weeks_counts_from_the_cycles_first_monday(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = company.person("Mere Ngata")
        company.key_result(company.objective(company.team("Growth")), owner, value_every_weeks=4)
        planning.replan(session, company.now, [owner.id])
        for week in range(6):
            planning.open_due(session, utc("2026-10-05 09:00") + week * WEEK, 100)
        asks = session.scalars(sa.select(CheckIn.asks_value).order_by(CheckIn.period)).all()
        assert asks == [True, False, False, False, True, False]


def test_answering_that_is_over_makes_a_check_in_missed_and_redraws_the_prompt(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = owner_of_two(company)
        planning.replan(session, company.now, [owner.id])
        planning.open_due(session, utc("2026-10-05 09:00"), 100)
        first, second = session.scalars(sa.select(CheckIn).order_by(CheckIn.id)).all()
        first.state = CheckInState.ANSWERED
        assert planning.close_due(session, utc("2026-10-06 16:59"), 100) == 0
        assert planning.close_due(session, utc("2026-10-06 17:00"), 100) == 1
        assert (first.state, second.state) == (CheckInState.ANSWERED, CheckInState.MISSED)
        assert planning.close_due(session, utc("2026-10-06 17:00"), 100) == 0


def test_a_move_east_over_the_opening_asks_at_once(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = owner_of_two(company, "America/Los_Angeles")
        planning.replan(session, company.now, [owner.id])
        moved_at = utc("2026-10-05 02:00")  # Sunday evening there, Monday 15:00 in Auckland
        owner.time_zone = "Pacific/Auckland"
        planning.replan(session, moved_at, [owner.id])
        assert owner.next_opening_at == moved_at
        planning.open_due(session, moved_at, 100)
        assert set(periods(session, owner)) == {MONDAY}
        assert owner.next_opening_at == utc("2026-10-11 20:00")


def test_a_move_west_after_the_opening_neither_asks_again_nor_takes_time_away(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = owner_of_two(company, "Pacific/Auckland")
        planning.replan(session, company.now, [owner.id])
        planning.open_due(session, utc("2026-10-04 20:00"), 100)
        owner.time_zone = "America/Los_Angeles"
        planning.replan(session, utc("2026-10-04 22:00"), [owner.id])
        assert owner.next_opening_at == utc("2026-10-12 16:00")
        assert set(session.scalars(sa.select(CheckIn.closes_at))) == {utc("2026-10-07 00:00")}
        assert prompts(session) == [(owner.id, MONDAY)]


def test_two_planners_at_once_leave_one_check_in_and_one_prompt_each(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        objective = company.objective(company.team("Growth"))
        owners = [company.person(f"Owner {number}") for number in range(30)]
        for owner in owners:
            company.key_result(objective, owner)
        planning.replan(session, company.now, [owner.id for owner in owners])
    start = Barrier(2)

    def plan() -> int:
        start.wait()
        done = 0
        while True:
            with database.write() as session:
                found = planning.open_due(session, utc("2026-10-05 09:00"), 7)
            done += found
            if not found:
                return done

    with ThreadPoolExecutor(2) as pool:
        total = sum(future.result() for future in [pool.submit(plan), pool.submit(plan)])
    with database.read() as session:
        assert total == 30
        assert sorted(prompts(session)) == sorted((owner.id, MONDAY) for owner in owners)
        assert session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) == 30


ZONES = sorted(available_timezones() - {"localtime"})


@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3),
    seed=st.integers(0, 10**6),
    weeks=st.integers(2, 8),
    starts=st.dates(date(2026, 9, 1), date(2027, 4, 1)),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_zone_and_the_lateness_each_period_is_asked_about_once(
    sqlite_database: Database, zones: list[str], seed: int, weeks: int, starts: date
) -> None:
    """Ticks come up to 30 hours late (answering is open for 32), and people move between zones at any moment."""
    chance = random.Random(seed)
    start = datetime.combine(starts, datetime.min.time(), tzinfo=UTC)
    with sqlite_database.read() as session:  # whatever is written is rolled back
        company = Company(session, now=start)
        company.cycle.ends_on = date(2027, 12, 31)  # a cycle that outlives every example
        owner = owner_of_two(company, zones[0])
        planning.replan(session, start, [owner.id])
        expected = owner.next_period
        now = start
        while now < start + weeks * WEEK:
            now += timedelta(
                minutes=chance.randint(1, 30 * 60) if chance.random() < 0.3 else 15 * chance.randint(1, 20)
            )
            if chance.random() < 0.05:
                owner.time_zone = chance.choice(zones)
                planning.replan(session, now, [owner.id])
            planning.open_due(session, now, 100)
            planning.close_due(session, now, 100)
        asked = Counter(periods(session, owner))
        assert set(asked.values()) <= {2}  # once for each of the two key results
        passed_over = set(session.scalars(sa.select(CheckIn.period).where(CheckIn.excuse == Excuse.NOT_ASKED)))
        assert Counter(period for _, period in prompts(session)) == dict.fromkeys(set(asked) - passed_over, 1)
        # Within a zone nothing is slept through: answering is open for longer than a tick is late.
        assert len(zones) > 1 or not passed_over
        if len(zones) == 1:
            local = now.astimezone(ZoneInfo(zones[0])).date()
            assert expected is not None
            weeks_open = (local - timedelta(days=local.weekday()) - expected).days // 7 + 1
            assert len(asked) >= weeks_open - 1
            assert sorted(asked) == [expected + index * WEEK for index in range(len(asked))]
