"""When a team's note and digest come, once its lead or a clock has changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from company import MONDAY, Company
from office import NOW, Office, row, sheet
from sqlalchemy.orm import Session

from bot.domain.cadence import period
from bot.domain.person import Person
from bot.services import digest, installations, lead_note, people, team_planning, teams
from models import Delivery, Digest, Member, PostKind, Team
from models.database import Database

WEEK = period(MONDAY)
THURSDAY = datetime(2026, 10, 1, 12, tzinfo=UTC)
WEEKS = timedelta(weeks=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Led:
    company: Company
    team: Team
    lead: Member


def led(session: Session, zone: str = "UTC") -> Led:
    """A team that was switched on in the week before, with a lead and an owner."""
    company = Company(session)
    lead = company.person("Lea Lead", zone=zone)
    team = company.team("Growth", lead=lead, on=False)
    company.key_result(company.objective(team), company.person("Mele Fonua"))
    teams.switch_on(session, THURSDAY, caller=None, team=team, channel_id="C1")
    assert team.next_digest_at == utc("2026-10-07 10:00")
    return Led(company, team, lead)


def connect(session: Session, now: datetime, zone: str) -> None:
    installations.connect(
        session,
        now,
        slack_team_id="T0TEST",
        team_name="Test Works",
        enterprise_id=None,
        bot_id="B1",
        bot_user_id="U0OKRA",
        scopes=(),
        time_zone=zone,
    )


def test_a_lead_who_moves_reads_the_note_at_their_own_hour(database: Database) -> None:
    with database.write() as session:
        one = led(session)
        assert one.team.next_note_at == utc("2026-10-06 14:00")
        told = Person(one.lead.slack_user_id, "Lea Lead", "Lea", one.lead.email, "UTC", False, False, False, False)
        told = replace(told, time_zone="Pacific/Auckland")
        people.learn(session, THURSDAY, one.company.workspace.id, told, admins=())
        assert one.team.next_note_at == utc("2026-10-06 01:00")
        assert one.team.next_digest_at == utc("2026-10-07 10:00")


@pytest.mark.parametrize(
    ("zone", "note", "digest_at"),
    [
        ("Asia/Tokyo", "2026-10-06 14:00", "2026-10-07 01:00"),
        ("America/Los_Angeles", "2026-10-06 14:00", "2026-10-07 17:00"),
        # Tuesday 14:00 of the lead would be after the digest there.
        ("Pacific/Kiritimati", "2026-10-06 14:00", "2026-10-06 20:00"),
    ],
)
def test_the_organisations_clock_moves_every_digest(database: Database, zone: str, note: str, digest_at: str) -> None:
    with database.write() as session:
        one = led(session)
        off = one.company.team("Off", on=False)
        connect(session, THURSDAY, "UTC")
        connect(session, THURSDAY, zone)
        session.refresh(one.team)
        assert (one.team.next_note_at, one.team.next_digest_at) == (utc(note), utc(digest_at))
        assert off.next_digest_at is None


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
@pytest.mark.parametrize("day", ["2026-10-06 13:00", "2026-10-06 18:00", "2026-10-07 05:00", "2026-10-07 12:00"])
def test_a_move_of_the_clock_neither_skips_nor_repeats_a_note_or_a_digest(
    database: Database, zone: str, day: str
) -> None:
    with database.write() as session:
        one = led(session)
        now = THURSDAY
        while now < THURSDAY + 3 * WEEKS:
            now += timedelta(hours=1)
            if now == utc(day):
                connect(session, now, zone)
            lead_note.write_due(session, now, 10)
            digest.take_due(session, now, 10)
        notes = sa.select(Delivery.period).where(Delivery.kind == PostKind.LEAD_NOTE).order_by(Delivery.period)
        weeks = [WEEK, WEEK + WEEKS, WEEK + 2 * WEEKS]
        assert session.scalars(notes).all() == weeks
        taken = sa.select(Digest.period).where(Digest.team_id == one.team.id).order_by(Digest.period)
        assert session.scalars(taken).all() == weeks


def test_who_becomes_the_lead_before_the_digest_gets_its_note(database: Database) -> None:
    office = Office(database)
    office.hire("Ana Lima")
    bo = office.hire("Bo Ström")
    office.imports(sheet(row("k1", owner="Ana Lima")))
    with database.write() as session:
        team = session.scalars(sa.select(Team).where(Team.name == "Hulls")).one()
        teams.switch_on(session, NOW, caller=None, team=team, channel_id="C1")
        assert team.next_note_at is None
    office.imports(sheet(row("k1", owner="Ana Lima", lead="Bo Ström")), now=utc("2026-10-06 15:00"))
    with database.write() as session:
        due = session.scalars(sa.select(Team.next_note_at).where(Team.name == "Hulls")).one()
        assert due == utc("2026-10-06 14:00")
        assert lead_note.write_due(session, utc("2026-10-06 15:00"), 10) == 1
        note = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.LEAD_NOTE)).one()
        assert (note.member_id, note.period) == (bo, MONDAY)


def test_a_note_that_was_written_is_not_planned_again(database: Database) -> None:
    with database.write() as session:
        one = led(session)
        lead_note.write_due(session, utc("2026-10-06 14:00"), 10)
        one.team.lead_id = one.company.person("Ana Lima").id
        session.flush()
        team_planning.replan_teams(session, [one.team.id])
        assert one.team.next_note_at == utc("2026-10-13 14:00")
        assert one.team.next_digest_at == utc("2026-10-07 10:00")
