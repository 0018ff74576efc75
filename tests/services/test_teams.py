from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from company import MONDAY, Company

from bot.domain.organisation import Level, Visibility
from bot.services import departures, planning, teams
from bot.services.refusals import Reason, Refused
from models import AuditEvent, CheckIn, CheckInState, Delivery, DeliveryState, KeyResultState, MemberKind, PostKind
from models.database import Database
from scheduler.posts import render

THURSDAY = datetime(2026, 10, 1, 12, tzinfo=UTC)


def words(post: object) -> str:
    return str(getattr(post, "blocks", ""))


def test_an_admin_sees_each_persons_first_messages_before_anybody_is_asked(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Tama Reid")
        team = company.team("Growth", lead=lead, on=False)
        objective = company.objective(team)
        mere = company.person("Mere Ngata", zone="Pacific/Auckland")
        ana = company.person("Ana Silva", zone="Europe/Lisbon")
        company.key_result(objective, mere)
        company.key_result(objective, ana, "Churn from 4 to 2 %", metric="Churn")
        company.key_result(objective, None, "Draft")
        company.key_result(company.objective(company.team("Other", on=False)), company.person("Somebody Else"))
        guest = company.person("Gus Guest", kind=MemberKind.GUEST)
        company.key_result(objective, guest, "Refunds from 9 to 3 %", metric="Refunds")
        shown = teams.first_messages(session, THURSDAY, team)
        # Where the owner may not take part it is the lead who is asked.
        assert [one.name for one in shown] == ["Ana Silva", "Mere Ngata", "Tama Reid"]
        ana_first, mere_first, lead_first = shown
        assert "Refunds" in words(lead_first.prompt)
        assert "Churn" not in words(lead_first.prompt)
        assert mere_first.asked_at == datetime(2026, 10, 4, 20, tzinfo=UTC)
        assert ana_first.asked_at == datetime(2026, 10, 5, 8, tzinfo=UTC)
        assert ana_first.prompt.text == "Good morning: 1 key result, about 1 minute, open until Tue 17:00"
        assert "Churn" in words(ana_first.prompt)
        assert "Activation" not in words(ana_first.prompt)
        assert ana_first.introduction is not None
        assert "Tama Reid brought Growth in" in words(ana_first.introduction)
        assert session.scalars(sa.select(Delivery)).all() == []
        assert ana.next_opening_at is None


def test_switching_a_team_on_plans_its_people_its_note_and_its_digest(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        admin, lead, owner = company.person("Ada", admin=True), company.person("Tama"), company.person("Mere")
        team = company.team("Growth", lead=lead, on=False)
        company.key_result(company.objective(team), owner)
        assert teams.switch_on(session, THURSDAY, caller=company.caller(admin), team=team, channel_id="C1")
        assert team.switched_on_at == THURSDAY
        assert team.channel_id == "C1"
        assert owner.next_opening_at == datetime(2026, 10, 5, 9, tzinfo=UTC)
        assert team.next_note_at == datetime(2026, 10, 6, 14, tzinfo=UTC)
        assert team.next_digest_at == datetime(2026, 10, 7, 10, tzinfo=UTC)
        (introduction,) = session.scalars(sa.select(Delivery)).all()
        assert (introduction.kind, introduction.member_id) == (PostKind.INTRODUCTION, owner.id)
        assert "Ada brought Growth in" in words(render(session, introduction, THURSDAY))
        events = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.actor_id == admin.id)).all()
        assert events == ["team.switched_on"]
        assert not teams.switch_on(session, THURSDAY, caller=company.caller(admin), team=team, channel_id="C2")
        assert team.channel_id == "C2"
        assert session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 1


@pytest.mark.parametrize(
    ("zone", "on_at", "introduced_at"),
    [
        ("UTC", "2026-10-01 12:00", "2026-10-01 12:00"),
        ("UTC", "2026-10-01 20:00", "2026-10-02 09:00"),
        ("Pacific/Auckland", "2026-10-01 12:00", "2026-10-01 20:00"),
        ("UTC", "2026-10-03 12:00", "2026-10-05 08:45"),  # a weekend: before the first prompt all the same
    ],
)
def test_an_introduction_comes_in_working_hours_and_before_the_first_prompt(
    database: Database, zone: str, on_at: str, introduced_at: str
) -> None:
    with database.write() as session:
        company = Company(session)
        owner = company.person("Mere Ngata", zone=zone)
        team = company.team("Growth", on=False)
        company.key_result(company.objective(team), owner)
        now = datetime.fromisoformat(on_at).replace(tzinfo=UTC)
        teams.switch_on(session, now, caller=None, team=team, channel_id=None)
        not_before = session.scalars(sa.select(Delivery.not_before)).one()
        assert not_before == datetime.fromisoformat(introduced_at).replace(tzinfo=UTC)
        assert owner.next_opening_at is not None
        assert not_before < owner.next_opening_at


def test_who_becomes_an_owner_later_is_introduced_just_before_the_first_prompt(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = company.person("Mere Ngata")
        company.key_result(company.objective(company.team("Growth")), owner)
        planning.replan(session, company.now, [owner.id])
        planning.open_due(session, datetime(2026, 10, 5, 9, tzinfo=UTC), 100)
        posts = session.execute(sa.select(Delivery.kind, Delivery.not_before).order_by(Delivery.not_before)).all()
        assert [kind for kind, _ in posts] == [PostKind.INTRODUCTION, PostKind.PROMPT]
        assert posts[0][1] < posts[1][1]
        planning.open_due(session, datetime(2026, 10, 12, 9, tzinfo=UTC), 100)
        assert session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 3


def test_where_an_owner_left_before_the_team_is_switched_on_its_lead_is_asked_and_has_the_list(
    database: Database,
) -> None:
    nine = datetime(2026, 10, 5, 9, tzinfo=UTC)
    with database.write() as session:
        company = Company(session)
        lead, gone = company.person("Rosa Lead"), company.person("Bo Owner")
        for name in ("Growth", "Hulls"):
            team = company.team(name, lead=lead, on=False)
            company.key_result(company.objective(team), gone)
        gone.deactivated_at = company.now
        session.flush()
        teams.switch_on(
            session, THURSDAY, caller=None, team=teams.find(session, team.workspace_id, "Growth"), channel_id=None
        )
        assert lead.next_opening_at == nine
        (told,) = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.OWNERLESS)).all()
        assert told.member_id == lead.id
        shown = departures.post(session, told, THURSDAY)
        assert shown is not None
        assert shown.text == "Bo Owner has left: one key result needs an owner"
        # Another team of theirs joins: the list, which is one for who left, has both.
        teams.switch_on(session, THURSDAY, caller=None, team=team, channel_id=None)
        assert session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.OWNERLESS)).all() == [told]
        shown = departures.post(session, told, THURSDAY)
        assert shown is not None
        assert shown.text == "Bo Owner has left: 2 key results need an owner"
        assert team.next_digest_at == datetime(2026, 10, 7, 10, tzinfo=UTC)
        planning.open_due(session, nine, 100)
        asked = session.execute(sa.select(CheckIn.owner_id, CheckIn.covered_for_id)).all()
        assert [tuple(one) for one in asked] == [(lead.id, gone.id)] * 2


def test_only_an_admin_switches_a_team_on(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Tama Reid")
        team = company.team("Growth", lead=lead, on=False)
        with pytest.raises(Refused):
            teams.switch_on(session, THURSDAY, caller=company.caller(lead), team=team, channel_id=None)
        assert not team.is_on


def test_a_team_without_a_lead_gets_no_note_and_one_without_owners_still_its_digest(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = company.team("Company", level=Level.COMPANY, on=False)
        teams.switch_on(session, THURSDAY, caller=None, team=team, channel_id="C1")
        assert team.next_note_at is None
        assert team.next_digest_at == datetime(2026, 10, 7, 10, tzinfo=UTC)


def test_switching_off_asks_nobody_any_more_and_excuses_what_is_due(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = company.person("Mere Ngata")
        team = company.team("Growth")
        company.key_result(company.objective(team), owner)
        planning.replan(session, company.now, [owner.id])
        planning.open_due(session, datetime(2026, 10, 5, 9, tzinfo=UTC), 100)
        assert teams.switch_off(session, datetime(2026, 10, 5, 10, tzinfo=UTC), caller=None, team=team)
        assert owner.next_opening_at is None
        assert team.next_digest_at is None
        assert session.scalars(sa.select(CheckIn.state)).all() == [CheckInState.EXCUSED]
        assert not teams.switch_off(session, datetime(2026, 10, 5, 11, tzinfo=UTC), caller=None, team=team)


def test_off_and_on_again_introduces_those_whom_no_introduction_has_reached(database: Database) -> None:
    friday, monday = datetime(2026, 10, 2, 20, tzinfo=UTC), datetime(2026, 10, 5, 8, 45, tzinfo=UTC)
    with database.write() as session:
        company = Company(session)
        owner = company.person("Mere Ngata")
        team = company.team("Growth", on=False)
        company.key_result(company.objective(team), owner)
        teams.switch_on(session, friday, caller=None, team=team, channel_id=None)
        (introduction,) = session.scalars(sa.select(Delivery)).all()
        teams.switch_off(session, friday, caller=None, team=team)
        assert render(session, introduction, monday) is None
        introduction.state, introduction.settled_at = DeliveryState.OBSOLETE, monday
        (shown,) = teams.first_messages(session, THURSDAY + timedelta(weeks=1), team)
        assert shown.introduction is not None
        teams.switch_on(session, THURSDAY + timedelta(weeks=1), caller=None, team=team, channel_id=None)
        session.refresh(introduction)
        assert introduction.state is DeliveryState.QUEUED
        assert introduction.not_before == THURSDAY + timedelta(weeks=1)
        assert render(session, introduction, introduction.not_before) is not None
        # Once it is on its way nobody is introduced again.
        teams.switch_off(session, THURSDAY + timedelta(weeks=1), caller=None, team=team)
        teams.switch_on(session, THURSDAY + timedelta(weeks=1), caller=None, team=team, channel_id=None)
        assert session.scalars(sa.select(Delivery.generation)).all() == [1]


def test_who_joins_after_the_cycles_last_opening_is_told_nothing_before_the_next_cycle(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        company.cycle.ends_on = date(2026, 10, 6)
        owner = company.person("Mere Ngata")
        team = company.team("Growth", on=False)
        company.key_result(company.objective(team), owner)
        teams.switch_on(session, datetime(2026, 10, 6, 8, tzinfo=UTC), caller=None, team=team, channel_id="C1")
        assert owner.next_opening_at is None
        assert session.scalars(sa.select(Delivery)).all() == []


def test_a_second_team_adds_to_the_same_prompt_and_introduces_nobody_twice(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = company.person("Mere Ngata")
        first, second = company.team("Growth", on=False), company.team("Product", on=False)
        company.key_result(company.objective(first), owner)
        company.key_result(company.objective(second), owner)
        teams.switch_on(session, THURSDAY, caller=None, team=first, channel_id=None)
        (shown,) = teams.first_messages(session, THURSDAY, second)
        assert shown.introduction is None
        assert shown.prompt.text.startswith("Good morning: 2 key results")
        teams.switch_on(session, THURSDAY, caller=None, team=second, channel_id=None)
        planning.open_due(session, datetime(2026, 10, 5, 9, tzinfo=UTC), 100)
        kinds = session.scalars(sa.select(Delivery.kind).order_by(Delivery.id)).all()
        assert kinds == [PostKind.INTRODUCTION, PostKind.PROMPT]
        periods: list[date] = list(session.scalars(sa.select(CheckIn.period)))
        assert periods == [MONDAY, MONDAY]


def test_a_team_is_found_by_its_name_whatever_its_capitals(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = company.team("Growth")
        assert teams.find(session, company.workspace.id, " growth ").id == team.id
        with pytest.raises(Refused) as refused:
            teams.find(session, company.workspace.id, "Grwth")
        assert refused.value.reason is Reason.NO_SUCH_TEAM


def test_a_prompt_that_makes_no_sense_any_more_is_not_sent(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = company.person("Mere Ngata")
        key_result = company.key_result(company.objective(company.team("Growth")), owner)
        planning.replan(session, company.now, [owner.id])
        nine = datetime(2026, 10, 5, 9, tzinfo=UTC)
        planning.open_due(session, nine, 100)
        prompt = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT)).one()
        assert render(session, prompt, nine) is not None
        key_result.state, key_result.closed_at = KeyResultState.CLOSED, nine
        session.flush()
        assert render(session, prompt, nine) is None
        key_result.state, key_result.closed_at = KeyResultState.ACTIVE, None
        owner.deactivated_at = nine
        session.flush()
        assert render(session, prompt, nine) is None


def test_what_an_admin_may_not_see_is_left_out_of_what_they_look_at_first(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        admin, mere, ana = (
            company.person(name, admin=name.startswith("Ada")) for name in ("Ada Admin", "Mere Ngata", "Ana Silva")
        )
        team = company.team("Growth", on=False)
        objective = company.objective(team)
        company.key_result(objective, mere, metric="Plain")
        for owner in (mere, ana):
            company.key_result(objective, owner, metric="Hush").visibility = Visibility.NAMED
        session.flush()
        looked_at = teams.preview(session, THURSDAY, company.caller(admin), team.id)
        assert [one.name for one in looked_at.people] == ["Mere Ngata"]
        assert "Plain" in repr(looked_at)
        assert "Hush" not in repr(looked_at)
        assert len(teams.first_messages(session, THURSDAY, team)) == 2
