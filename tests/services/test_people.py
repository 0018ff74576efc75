"""Members as Slack tells of them, on both engines: who is new, who has changed, who belongs to another organisation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from company import BEFORE, Company
from queries import counted

from bot.domain.person import Home, Person
from bot.services import outbox, people, planning
from models import AuditEvent, Installation, Member, MemberKind, Message, PostKind, Workspace
from models.database import Database

HERE, ELSEWHERE, ENTERPRISE = "T0TEST", "T0ELSEWHERE", "E0TEST"

MERE = Person(
    "U0MERE",
    "Mere Ngata",
    "Mere",
    "mere@example.test",
    "Pacific/Auckland",
    False,
    False,
    False,
    False,
    slack_team_id=HERE,
)


def crowd(size: int) -> list[Person]:
    return [replace(MERE, slack_user_id=f"U0{number:05d}") for number in range(size)]


class Place:
    """A connected workspace with nobody in it, or with somebody from Auckland who owns a key result."""

    def __init__(self, database: Database, owner: str | None = None) -> None:
        self.database = database
        with database.write() as session:
            company = Company(session)
            self.workspace_id = company.workspace.id
            if owner is not None:
                member = company.person(owner, zone="Pacific/Auckland")
                company.key_result(company.objective(company.team("Growth")), member)
                planning.replan(session, BEFORE, [member.id])

    def learn(self, *persons: Person, later: timedelta = timedelta(0), home: Home | None = None) -> int:
        with self.database.write() as session:
            return people.learn_all(session, BEFORE + later, self.workspace_id, persons, admins=("U0ADMIN",), home=home)

    def join_enterprise(self) -> None:
        with self.database.write() as session:
            installation = Installation(slack_team_id=HERE, enterprise_id=ENTERPRISE, installed_at=BEFORE)
            session.add(installation)
            session.flush()
            session.execute(sa.update(Workspace).values(installation_id=installation.id))

    def members(self) -> Sequence[Member]:
        with self.database.read() as session:
            return session.scalars(sa.select(Member).order_by(Member.slack_user_id)).all()


@pytest.fixture
def place(database: Database) -> Place:
    return Place(database)


def test_the_second_reading_of_the_same_people_changes_nothing(place: Place) -> None:
    assert place.learn(*crowd(3)) == 3
    assert place.learn(*crowd(3)) == 0
    assert len(place.members()) == 3


def test_somebody_who_stands_on_two_pages_is_one_member(place: Place) -> None:
    assert place.learn(MERE, replace(MERE, display_name="M")) == 1
    assert [member.display_name for member in place.members()] == ["M"]


def test_a_reading_takes_few_queries_whoever_is_read(place: Place) -> None:
    with counted(place.database) as first:
        place.learn(*crowd(people.BATCH))
    with counted(place.database) as second:
        place.learn(*crowd(people.BATCH))
    with counted(place.database) as moved:
        place.learn(*(replace(person, name="Mere N.") for person in crowd(people.BATCH)))
    assert max(len(first), len(second), len(moved)) <= 6


def test_people_are_written_some_at_a_time(place: Place) -> None:
    everybody = crowd(2 * people.BATCH + 1)
    assert [len(some) for some in people.batches(everybody)] == [people.BATCH, people.BATCH, 1]
    assert [person for some in people.batches(everybody) for person in some] == everybody


def test_a_move_moves_the_next_opening_and_is_kept_in_the_audit(database: Database) -> None:
    place = Place(database, owner="Mere Ngata")
    mere = replace(MERE, slack_user_id="U0MERENGATA", email="mere@example.test")
    (before,) = place.members()
    assert place.learn(replace(mere, time_zone="America/Lima")) == 1
    (after,) = place.members()
    assert before.next_opening_at is not None
    assert after.next_opening_at is not None
    assert after.next_opening_at - before.next_opening_at == timedelta(hours=18)
    with place.database.read() as session:
        entries = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "member.changed")).all()
    assert [entry.detail["changed"] for entry in entries] == [["time_zone"]]


def test_a_zone_that_nobody_knows_leaves_the_one_that_was_known(place: Place) -> None:
    place.learn(MERE)
    assert place.learn(replace(MERE, time_zone="Mars/Olympus")) == 0
    assert place.learn(replace(MERE, slack_user_id="U0NEW", time_zone=None)) == 1
    assert [member.time_zone for member in place.members()] == ["Pacific/Auckland", "UTC"]


def test_who_comes_back_finds_their_messages_up_to_date(place: Place) -> None:
    place.learn(MERE)
    (mere,) = place.members()
    with place.database.write() as session:
        outbox.post(
            session,
            BEFORE,
            outbox.NewPost(workspace_id=place.workspace_id, key="prompt:1", kind=PostKind.PROMPT, member_id=mere.id),
        )

    def wanted() -> int:
        with place.database.read() as session:
            return session.scalars(sa.select(Message.wanted)).one()

    place.learn(replace(MERE, deleted=True), later=timedelta(hours=1))
    place.learn(replace(MERE, deleted=True, name="Mere N."), later=timedelta(hours=2))
    assert wanted() == 1
    place.learn(MERE, later=timedelta(days=5))
    assert wanted() == 2


def test_of_two_who_bring_news_at_once_the_newer_counts_whoever_is_first(place: Place) -> None:
    place.learn(replace(MERE, updated_at=BEFORE))
    gone = replace(MERE, deleted=True, updated_at=BEFORE + timedelta(seconds=60))
    stale = replace(MERE, name="Mere N.", updated_at=BEFORE + timedelta(seconds=1))
    with ThreadPoolExecutor(1) as other:
        with place.database.write() as session:
            people.learn(session, BEFORE, place.workspace_id, gone, admins=())
            session.flush()
            behind = other.submit(place.learn, stale)
            time.sleep(0.2)
        assert behind.result(10) == 0
    (mere,) = place.members()
    assert (mere.name, mere.may_take_part, mere.slack_updated_at) == ("Mere Ngata", False, gone.updated_at)


def test_what_is_said_of_one_second_or_of_none_is_let_through(place: Place) -> None:
    place.learn(replace(MERE, updated_at=BEFORE))
    assert place.learn(replace(MERE, display_name="M", updated_at=BEFORE)) == 1
    assert place.learn(replace(MERE, display_name="M.")) == 1
    assert place.learn(replace(MERE, display_name="Mere", updated_at=BEFORE - timedelta(seconds=1))) == 0


def test_who_left_takes_no_part_and_who_came_back_does(place: Place) -> None:
    place.learn(MERE)
    place.learn(replace(MERE, deleted=True, time_zone=None), later=timedelta(days=1))
    (gone,) = place.members()
    assert (gone.deactivated_at, gone.may_take_part) == (BEFORE + timedelta(days=1), False)
    place.learn(MERE, later=timedelta(days=2))
    assert place.members()[0].may_take_part


def test_people_of_another_organisation_take_no_part_whatever_slack_calls_them(place: Place) -> None:
    place.learn(
        replace(MERE, slack_user_id="U1", slack_team_id=ELSEWHERE),
        replace(MERE, slack_user_id="U2", is_external=True),
        replace(MERE, slack_user_id="U3", slack_team_id=None),
        replace(MERE, slack_user_id="U4", slack_team_id=ELSEWHERE, enterprise_id="E0OTHER"),
        replace(MERE, slack_user_id="U5"),
    )
    assert [member.kind for member in place.members()] == [MemberKind.EXTERNAL] * 4 + [MemberKind.FULL]


def test_colleagues_from_another_workspace_of_the_enterprise_are_no_strangers(place: Place) -> None:
    place.join_enterprise()
    place.learn(
        replace(MERE, slack_user_id="U1", slack_team_id=ELSEWHERE, enterprise_id=ENTERPRISE),
        replace(MERE, slack_user_id="U2", slack_team_id=ELSEWHERE, enterprise_id=ENTERPRISE, is_guest=True),
        replace(MERE, slack_user_id="U3", slack_team_id=ELSEWHERE, enterprise_id="E0OTHER"),
    )
    assert [member.kind for member in place.members()] == [MemberKind.FULL, MemberKind.GUEST, MemberKind.EXTERNAL]


def test_before_the_first_connection_the_reader_says_where_people_belong(place: Place) -> None:
    with place.database.write() as session:
        session.execute(sa.update(Workspace).values(slack_team_id=None))
    place.learn(MERE, replace(MERE, slack_user_id="U0Z", slack_team_id=ELSEWHERE), home=Home(HERE))
    assert [member.kind for member in place.members()] == [MemberKind.FULL, MemberKind.EXTERNAL]
