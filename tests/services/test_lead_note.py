from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from answers import answered, asked
from company import MONDAY, Company
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.domain.cadence import following, period
from bot.domain.organisation import Visibility
from bot.services import digest, lead_note
from bot.services.note_to_come import note_key
from bot.services.outbox import delivery_of
from bot.services.planning import prompt_key
from bot.services.refusals import Reason, Refused
from models import (
    AuditEvent,
    CheckInState,
    Delivery,
    DeliveryState,
    Digest,
    Member,
    Message,
    ObjectiveTeam,
    PostKind,
    StopOrShift,
    Team,
)
from models.database import Database

WEEK = period(MONDAY)
TUESDAY = datetime(2026, 10, 6, 14, tzinfo=UTC)
WEDNESDAY = datetime(2026, 10, 7, 10, tzinfo=UTC)


def led(company: Company, name: str = "Growth", zone: str = "UTC") -> tuple[Team, Member]:
    """A team with a lead and its note and digest planned."""
    lead = company.person(f"Lead of {name}", zone=zone)
    team = company.team(name, lead=lead)
    team.next_note_at, team.next_digest_at = lead_note.note_time(company.session, team, WEEK), WEDNESDAY
    company.session.flush()
    return team, lead


def note_of(session: Session, team: Team) -> Delivery:
    delivery = delivery_of(session, team.workspace_id, note_key(team.id, WEEK))
    assert delivery is not None
    return delivery


def shown(session: Session, team: Team) -> Post:
    post = lead_note.post(session, note_of(session, team), TUESDAY)
    assert post is not None
    return post


def notes(session: Session) -> list[tuple[int | None, object]]:
    rows = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.LEAD_NOTE)).all()
    return [(row.member_id, row.period) for row in rows]


def test_each_lead_gets_one_note_a_working_day_before_the_digest(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, lead = led(company)
        company.key_result(company.objective(team), company.person("Mele Fonua"))
        assert lead_note.write_due(session, TUESDAY - timedelta(minutes=1), 10) == 0
        assert lead_note.write_due(session, TUESDAY, 10) == 1
        assert lead_note.write_due(session, TUESDAY, 10) == 0
        assert notes(session) == [(lead.id, WEEK)]
        assert team.next_note_at == TUESDAY + timedelta(weeks=1)


def test_it_names_the_open_check_ins_with_what_is_known(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, lead = led(company)
        objective, mele, ben = company.objective(team), company.person("Mele Fonua"), company.person("Ben Ode")
        answered(session, company.key_result(objective, mele), WEEK)
        asked(session, company.key_result(objective, mele, metric="Onboarding time"), WEEK)
        asked(session, company.key_result(objective, ben, metric="NPS"), WEEK, CheckInState.MISSED)
        asked(session, company.key_result(objective, ben, metric="On holiday"), WEEK, CheckInState.EXCUSED)
        asked(session, company.key_result(objective, lead, metric="Margin"), WEEK)
        session.add(
            Delivery(
                workspace_id=team.workspace_id,
                key=prompt_key(ben.id, WEEK),
                kind=PostKind.PROMPT,
                member_id=ben.id,
                state=DeliveryState.FAILED,
                not_before=TUESDAY,
                opaque_id="x",
                created_at=TUESDAY,
            )
        )
        session.flush()
        lead_note.write_due(session, TUESDAY, 10)
        post = shown(session, team)
    text = repr(post.blocks)
    assert post.text.startswith("Growth, before the digest on Wed 10:00: 3 check-ins are still open")
    assert "*KR-2* Onboarding time · Mele Fonua, asked Mon" in text
    assert "*KR-3* NPS · Ben Ode, asked Mon, my message did not reach them, still possible until Wed 10:00" in text
    assert "*KR-5* Margin · yours, asked Mon" in text
    assert "KR-1" not in text
    assert "KR-4" not in text
    assert "“1 of 4 checked in”" in text


def test_what_is_open_in_teams_beneath_is_counted_and_not_named(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, lead = led(company)
        beneath = company.objective(company.team("Web", parent=team, lead=company.person("Tama Reid")))
        answered(session, company.key_result(company.objective(team), lead), WEEK)
        asked(session, company.key_result(beneath, company.person("Mele Fonua"), metric="Speed"), WEEK)
        asked(session, company.key_result(beneath, company.person("Ben Ode"), metric="Size"), WEEK, CheckInState.MISSED)
        lead_note.write_due(session, TUESDAY, 10)
        text = repr(shown(session, team).blocks)
    assert "No check-in of Growth's own is open." in text
    assert "2 are open in other teams; their leads get the list. The digest will say “1 of 3 checked in”" in text
    assert "Speed" not in text


@pytest.mark.parametrize("why", ["no lead", "no key results", "the lead has left"])
def test_there_is_no_note_where_nobody_could_use_it(database: Database, why: str) -> None:
    with database.write() as session:
        company = Company(session)
        team, lead = led(company)
        if why != "no key results":
            company.key_result(company.objective(team), company.person("Mele"))
        if why == "no lead":
            team.lead_id = None
        if why == "the lead has left":
            lead.deactivated_at = TUESDAY
        session.flush()
        lead_note.write_due(session, TUESDAY, 10)
        assert notes(session) == []
        assert team.next_note_at == TUESDAY + timedelta(weeks=1)


@pytest.mark.parametrize("to", [Visibility.TEAM, Visibility.NAMED])
def test_a_lead_reads_what_their_team_holds_though_it_is_limited_and_nobody_else_does(
    database: Database, to: Visibility
) -> None:
    with database.write() as session:
        company = Company(session)
        above, _ = led(company, "Product")
        team, lead = led(company)
        team.parent_id = above.id
        shares, _ = led(company, "Sales")
        objective = company.objective(team)
        session.add(ObjectiveTeam(workspace_id=team.workspace_id, objective_id=objective.id, team_id=shares.id))
        limited = company.key_result(objective, company.person("Mele Fonua"), metric="Takeover")
        limited.visibility = to
        asked(session, limited, WEEK)
        lead_note.write_due(session, TUESDAY, 10)
        # Those above and beside hold nothing themselves, and their digests tell of nothing.
        assert notes(session) == [(lead.id, WEEK)]
        alone = shown(session, team)
        assert "*KR-1* Takeover · Mele Fonua, asked Mon" in repr(alone.blocks)
        assert "The digest" not in repr(alone.blocks)
        assert alone.text == "Growth, until Wed 10:00: one check-in is still open"
        # Once all have something of their own, only its lead reads of what is limited.
        asked(session, company.key_result(objective, company.person("Ben Ode"), metric="NPS"), WEEK)
        for one in (above, shares):
            one.next_note_at = TUESDAY
        lead_note.write_due(session, TUESDAY, 10)
        assert "“0 of 1 checked in” as it stands, no names. It leaves out" in repr(shown(session, team).blocks)
        for one in (above, shares):
            text = repr(shown(session, one).blocks)
            assert "Takeover" not in text
            assert "One is open in another team; its lead gets the list. The digest will say “0 of 1" in text


def test_a_note_that_slept_past_its_digest_is_not_written(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, _lead = led(company)
        company.key_result(company.objective(team), company.person("Mele"))
        lead_note.write_due(session, WEDNESDAY, 10)
        assert notes(session) == []
        assert team.next_note_at == TUESDAY + timedelta(weeks=1)


def test_the_hour_is_the_leads_own(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, _lead = led(company, zone="Pacific/Auckland")
        company.key_result(company.objective(team), company.person("Mele"))
        assert team.next_note_at == datetime(2026, 10, 6, 1, tzinfo=UTC)
        lead_note.write_due(session, team.next_note_at, 10)
        assert "before the digest on Wed 23:00" in shown(session, team).text


def test_the_last_word_counts_and_leaves_its_trace(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, lead = led(company)
        company.key_result(company.objective(team), company.person("Mele"))
        lead_note.write_due(session, TUESDAY, 10)
        note = note_of(session, team)
        for text in ("Webinars pause", "The blog pauses"):
            lead_note.answer(session, TUESDAY, company.caller(lead), note.id, text)
        assert session.scalars(sa.select(StopOrShift.text)).all() == ["The blog pauses"]
        assert session.scalars(sa.select(AuditEvent.action)).all() == ["stop_or_shift.answered"] * 2
        assert session.scalars(sa.select(Message.wanted)).one() == 3
        assert "The blog pauses" in repr(shown(session, team).blocks)
        digest.take_due(session, WEDNESDAY, 10)
        assert session.scalars(sa.select(Digest)).one().snapshot["stop_or_shift"] == "The blog pauses"


def test_only_the_lead_may_answer(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, _lead = led(company)
        mele, admin = company.person("Mele"), company.person("Adi", admin=True)
        company.key_result(company.objective(team), mele)
        lead_note.write_due(session, TUESDAY, 10)
        note = note_of(session, team)
        for stranger in (mele, admin):
            with pytest.raises(Refused) as refused:
                lead_note.answer(session, TUESDAY, company.caller(stranger), note.id, "Me")
            assert refused.value.reason is Reason.NOT_FOR_YOU
            with pytest.raises(Refused):
                lead_note.question(session, TUESDAY, company.caller(stranger), note.id)
        assert session.scalars(sa.select(StopOrShift)).all() == []


def test_after_the_digest_the_question_is_closed_and_the_note_says_so(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, lead = led(company)
        company.key_result(company.objective(team), company.person("Mele"))
        lead_note.write_due(session, TUESDAY, 10)
        note = note_of(session, team)
        note.state, note.posted_channel, note.posted_ts = DeliveryState.SENT, "D1", "1.1"
        digest.take_due(session, WEDNESDAY, 10)
        for late in (
            lambda: lead_note.answer(session, WEDNESDAY, company.caller(lead), note.id, "Late"),
            lambda: lead_note.question(session, WEDNESDAY, company.caller(lead), note.id),
        ):
            with pytest.raises(Refused) as refused:
                late()
            assert refused.value.reason is Reason.NOTE_OVER
        post = shown(session, team)
        assert session.scalars(sa.select(Message.wanted).where(Message.delivery_id == note.id)).one() == 2
    assert "actions" not in {block["type"] for block in post.blocks}
    assert "The digest has been taken" in repr(post.blocks)


def test_a_note_that_was_not_sent_before_its_digest_is_obsolete(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, _lead = led(company)
        company.key_result(company.objective(team), company.person("Mele"))
        lead_note.write_due(session, TUESDAY, 10)
        digest.take_due(session, WEDNESDAY, 10)
        assert lead_note.post(session, note_of(session, team), WEDNESDAY) is None


def test_somebody_who_leads_no_more_reads_nothing_new(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, _lead = led(company)
        company.key_result(company.objective(team), company.person("Mele"))
        lead_note.write_due(session, TUESDAY, 10)
        team.lead_id = company.person("Ana Lima").id
        session.flush()
        assert lead_note.post(session, note_of(session, team), TUESDAY) is None


def test_a_lead_of_two_teams_gets_a_note_for_each(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team, lead = led(company)
        other = company.team("Sales", lead=lead)
        other.next_note_at = TUESDAY
        for one in (team, other):
            company.key_result(company.objective(one), company.person(f"Owner in {one.name}"))
        assert lead_note.write_due(session, TUESDAY, 10) == 2
        assert notes(session) == [(lead.id, WEEK), (lead.id, WEEK)]


def test_a_team_that_gets_a_lead_later_is_written_to_from_then_on(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = company.team("Growth")
        team.next_digest_at = WEDNESDAY
        company.key_result(company.objective(team), company.person("Mele"))
        digest.take_due(session, WEDNESDAY, 10)
        assert team.next_note_at == lead_note.note_time(session, team, following(WEEK))


def test_an_answer_does_not_wait_for_those_who_only_refer_to_the_team(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time, so nobody holds a row")
    with database.write() as session:
        company = Company(session)
        team, lead = led(company)
        company.key_result(company.objective(team), company.person("Mele"))
        lead_note.write_due(session, TUESDAY, 10)
        note = note_of(session, team)
    with database.write() as importing, database.write() as session:
        session.execute(sa.text("set local lock_timeout = '300ms'"))
        company.session = importing
        company.objective(team, "Make leaving easy")
        lead_note.answer(session, TUESDAY, company.caller(lead), note.id, "Webinars pause")
        assert session.scalars(sa.select(StopOrShift.text)).all() == ["Webinars pause"]
