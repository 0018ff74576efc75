"""How often the value of a key result is asked for: its owner or lead says so under `/kr`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from company import BEFORE, Company
from desk import Desk, whispered

from bot.blocks.ids import Act, Command
from bot.localslack.blockkit import check_view
from bot.services import planning
from handlers import commands, value_rhythm
from handlers.reply import Done, Reply, Whisper
from models import AuditEvent, CheckIn, KeyResultRevision, Member
from models.database import Database

TEN = datetime(2026, 10, 5, 10, tzinfo=UTC)


@dataclass
class Story:
    desk: Desk
    owner: Member
    lead: Member
    stranger: Member
    key_result_id: int

    def open(self, who: Member) -> Reply:
        return self.desk.press(who, value_rhythm.start, Act.VALUE_RHYTHM, str(self.key_result_id))

    def choose(self, who: Member, weeks: str) -> Reply:
        self.open(who)
        return self.desk.submit(who, value_rhythm.submitted, self.desk.opened().fill(Ask_for_the_value=weeks))

    def kept(self) -> list[int]:
        with self.desk.database.read() as session:
            return list(session.scalars(sa.select(KeyResultRevision.value_every_weeks)))


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        company = Company(session)
        owner, lead, stranger = (company.person(name) for name in ("Mere Ngata", "Tama Reid", "Sam Stone"))
        key_result = company.key_result(company.objective(company.team("Growth", lead=lead)), owner)
        planning.replan(session, BEFORE, [owner.id])
        planning.open_due(session, TEN, 100)
        return Story(Desk(database, TEN), owner, lead, stranger, key_result.id)


def test_the_dialog_says_how_often_it_is_asked_and_what_that_means(story: Story) -> None:
    assert story.open(story.owner) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    assert dialog.value("Ask for the value") == "1"
    words = str(dialog.view["blocks"])
    assert "In the weeks between I ask for the colour and the next move" in words
    assert "asked for next in the week of 12 Oct" in words


@pytest.mark.parametrize("who", ["owner", "lead"])
def test_the_choice_holds_from_the_next_check_in_on(story: Story, database: Database, who: str) -> None:
    said = whispered(story.choose(getattr(story, who), "4"))
    assert said == (
        "KR-1 Activation: I ask for the value every 4 weeks, next in the week of 2 Nov. "
        "Colour and next move are asked for every week all the same."
    )
    assert story.kept() == [4]
    with database.write() as session:
        for week in range(1, 5):
            planning.open_due(session, TEN + timedelta(weeks=week), 100)
        rows = session.execute(sa.select(CheckIn.period, CheckIn.asks_value).order_by(CheckIn.period)).all()
        # The cycle begins with the week of 5 October.
        assert dict(rows) == {
            date(2026, 10, 5): True,
            date(2026, 10, 12): False,
            date(2026, 10, 19): False,
            date(2026, 10, 26): False,
            date(2026, 11, 2): True,
        }
        assert [one.detail for one in session.scalars(sa.select(AuditEvent))][-1] == {
            "version": 1,
            "from": 1,
            "to": 4,
        }


def test_an_odd_number_that_an_import_brought_is_among_the_choices(story: Story, database: Database) -> None:
    with database.write() as session:
        session.scalars(sa.select(KeyResultRevision)).one().value_every_weeks = 5
    story.open(story.owner)
    assert story.desk.opened().value("Ask for the value") == "5"


def test_somebody_else_may_not_and_does_not_see_the_button(story: Story) -> None:
    assert isinstance(story.open(story.stranger), Whisper)
    assert story.desk.gateway.opened == []
    shown = {
        name: str(story.desk.command(getattr(story, name), commands.kr, Command.KR, "1"))
        for name in ("owner", "lead", "stranger")
    }
    assert ["How often" in shown[name] for name in shown] == [True, True, False]
