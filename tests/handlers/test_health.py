from __future__ import annotations

from datetime import UTC, datetime

import pytest
from answers import answered, asked
from company import MONDAY, Company
from desk import Desk, whispered

from bot.blocks.ids import Command
from bot.domain.cadence import following, period
from bot.localslack.blockkit import check_message
from handlers import commands
from handlers.reply import Whisper
from models import CheckInState, MemberKind
from models.database import Database


def test_a_member_reads_how_it_goes_for_their_team_and_for_another(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead, guest = company.person("Tama Reid"), company.person("Gus Guest", kind=MemberKind.GUEST)
        growth = company.team("Growth", lead=lead)
        company.team("Legal")
        objective = company.objective(growth)
        for name, weeks in (("Mere Ngata", 3), ("Ana Silva", 1), ("Sam Stone", 1)):
            key_result = company.key_result(objective, company.person(name))
            for week in range(weeks):
                answered(session, key_result, following(period(MONDAY), week))
        asked(session, key_result, following(period(MONDAY), 5), CheckInState.MISSED)
    desk = Desk(database, datetime(2026, 11, 11, 10, tzinfo=UTC))
    reply = desk.command(lead, commands.okr, Command.OKR, "health")
    assert whispered(reply) == "Growth, 2026 Q4: how it goes"
    assert isinstance(reply, Whisper)
    assert check_message(reply.post.text, [dict(block) for block in reply.post.blocks]) == []
    text = str(reply.post.blocks[1])
    assert "*Check-ins answered*  5 of 6 (83 %), on time 5 of 5 (100 %)" in text
    assert "*Key results whose score has moved*  0 of 1" in text
    assert "*To a decision*  none yet" in text
    assert whispered(desk.command(lead, commands.okr, Command.OKR, "health legal")).startswith("Legal: no check-in")
    assert "no team “Nowhere”" in whispered(desk.command(lead, commands.okr, Command.OKR, "health Nowhere"))
    assert "full members" in whispered(desk.command(guest, commands.okr, Command.OKR, "health"))


@pytest.mark.parametrize("names", [("Mere Ngata",), ("Mere Ngata", "Ana Silva")])
def test_of_fewer_than_three_people_check_ins_are_not_counted_and_it_says_why(
    database: Database, names: tuple[str, ...]
) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Tama Reid")
        growth = company.team("Growth", lead=lead)
        for name in names:
            key_result = company.key_result(company.objective(growth, name), company.person(name))
            for week in range(5):
                answered(session, key_result, following(period(MONDAY), week))
            asked(session, key_result, following(period(MONDAY), 5), CheckInState.MISSED)
    desk = Desk(database, datetime(2026, 11, 11, 10, tzinfo=UTC))
    reply = desk.command(lead, commands.okr, Command.OKR, "health")
    assert isinstance(reply, Whisper)
    text = str(reply.post.blocks[1])
    assert "*Check-ins answered*  not counted: it would be about fewer than 3 people\\n" in text
    assert "on time" not in text
    assert f"*Key results whose score has moved*  0 of {len(names)}" in text


@pytest.mark.parametrize("state", ["planning", "closed"])
def test_without_a_running_cycle_the_last_one_is_told(database: Database, state: str) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Tama Reid")
        growth = company.team("Growth", lead=lead)
        key_result = company.key_result(company.objective(growth), company.person("Mere Ngata"))
        answered(session, key_result, period(MONDAY))
        company.cycle.state = type(company.cycle.state)(state)
    desk = Desk(database, datetime(2027, 1, 11, 10, tzinfo=UTC))
    told = whispered(desk.command(lead, commands.okr, Command.OKR, "health Growth"))
    assert told.startswith("Growth, 2026 Q4" if state == "closed" else "Growth: no check-in")
