"""The work that should move a key result: its owner names it under `/kr`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from company import Company
from desk import Desk, whispered

from bot.blocks.ids import Act, Command
from bot.domain.cadence import period_on
from bot.localslack.blockkit import check_message, check_view
from bot.services import signals
from bot.services.team_tree import teams_of
from handlers import commands, initiatives
from handlers.reply import Done, Reply, Whisper
from models import AuditEvent, Initiative, KeyResult, KeyResultState, Member, Team, Workspace
from models.database import Database

TEN = datetime(2026, 10, 5, 10, tzinfo=UTC)
PLAN = "https://example.org/plans?of=1&in=2"


@dataclass
class Story:
    desk: Desk
    owner: Member
    lead: Member
    stranger: Member
    key_result_id: int

    def open(self, who: Member) -> Reply:
        return self.desk.press(who, initiatives.start, Act.INITIATIVES, str(self.key_result_id))

    def name(self, who: Member, lines: str) -> Reply:
        assert self.open(who) == Done()
        return self.desk.submit(who, initiatives.submitted, self.desk.opened().fill(Initiatives=lines))

    def kept(self) -> list[tuple[str, bool]]:
        with self.desk.database.read() as session:
            rows = session.scalars(sa.select(Initiative).order_by(Initiative.id))
            return [(row.text, row.archived_at is None) for row in rows]

    def shown(self, who: Member) -> str:
        reply = self.desk.command(who, commands.kr, Command.KR, "1")
        assert isinstance(reply, Whisper)
        assert check_message(reply.post.text, [dict(block) for block in reply.post.blocks]) == []
        return str(reply.post.blocks)


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        company = Company(session)
        owner, lead, stranger = (company.person(name) for name in ("Mere Ngata", "Tama Reid", "Sam Stone"))
        objective = company.objective(company.team("Growth", lead=lead))
        key_result = company.key_result(objective, owner)
        company.key_result(objective, owner, metric="Churn")
        return Story(Desk(database, TEN), owner, lead, stranger, key_result.id)


def test_the_owner_names_what_is_to_move_it_and_everybody_who_sees_it_reads_that(story: Story) -> None:
    said = whispered(story.name(story.owner, f"  New  sign-up \n\n{PLAN}\nNew sign-up"))
    assert said == "KR-1 Activation names 2 initiatives now."
    assert story.kept() == [("New sign-up", True), (PLAN, True)]
    shown = story.shown(story.stranger)
    assert (
        "*Initiatives*\\n• New sign-up\\n• <https://example.org/plans?of=1&amp;in=2|example.org/plans?of=1&amp;in=2>"
        in shown
    )


def test_what_stands_there_is_in_the_dialog_and_what_goes_is_archived(story: Story) -> None:
    story.name(story.owner, "New sign-up\nA first page")
    assert story.open(story.lead) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    assert dialog.value("Initiatives") == "New sign-up\nA first page"
    said = whispered(story.name(story.lead, "A first page\nA call to each"))
    assert said == "KR-1 Activation names 2 initiatives now."
    assert story.kept() == [("New sign-up", False), ("A first page", True), ("A call to each", True)]
    assert whispered(story.name(story.lead, "")) == "KR-1 Activation names no initiative now."
    assert "Initiatives*" not in story.shown(story.stranger)
    with story.desk.database.read() as session:
        assert [one.detail["to"] for one in session.scalars(sa.select(AuditEvent))] == [2, 2, 0]


def test_too_many_and_too_long_are_said_under_the_field(story: Story) -> None:
    assert story.open(story.owner) == Done()
    dialog = story.desk.opened()
    for typed, sentence in (
        ("\n".join(map(str, range(11))), "These are 11 lines"),
        ("x" * 301, "is 301 characters long"),
    ):
        dialog.fill(Initiatives=typed)
        assert sentence in str(dialog.errors(story.desk.submit(story.owner, initiatives.submitted, dialog)))
    assert story.kept() == []


def test_the_same_dialog_sent_twice_names_them_once(story: Story) -> None:
    assert story.open(story.owner) == Done()
    dialog = story.desk.opened().fill(Initiatives="New sign-up")
    assert "1 initiative now" in whispered(story.desk.submit(story.owner, initiatives.submitted, dialog))
    assert story.desk.submit(story.owner, initiatives.submitted, dialog) == Done()
    assert story.kept() == [("New sign-up", True)]


def test_two_who_name_some_at_once_take_nothing_away_from_each_other(story: Story) -> None:
    story.name(story.owner, "New sign-up\nA first page")
    assert story.open(story.lead) == Done()
    older = story.desk.opened()
    story.name(story.owner, "New sign-up\nFewer fields")
    dialog = older.fill(Initiatives="New sign-up\nA first page\nA call to each")
    again = dialog.after(story.desk.submit(story.lead, initiatives.submitted, dialog))
    assert check_view(dict(again.view)) == []
    assert "Somebody else has changed these meanwhile." in str(again.view["blocks"][0])
    assert again.value("Initiatives") == "New sign-up\nA call to each\nFewer fields"
    assert [text for text, stands in story.kept() if stands] == ["New sign-up", "Fewer fields"]
    # Once more, while it is looked at.
    story.name(story.owner, "New sign-up\nFewer fields\nA new page")
    last = again.after(story.desk.submit(story.lead, initiatives.submitted, again))
    assert last.value("Initiatives") == "New sign-up\nA call to each\nFewer fields\nA new page"
    assert "names 4 initiatives now" in whispered(story.desk.submit(story.lead, initiatives.submitted, last))
    too_long = last.errors(story.desk.submit(story.lead, initiatives.submitted, last.fill(Initiatives="x" * 301)))
    assert list(too_long) == ["Initiatives"]


def test_two_who_name_the_same_at_once_have_nothing_to_look_at(story: Story) -> None:
    assert story.open(story.lead) == Done()
    older = story.desk.opened().fill(Initiatives="New sign-up")
    story.name(story.owner, "New sign-up")
    assert "names 1 initiative now" in whispered(story.desk.submit(story.lead, initiatives.submitted, older))


def test_nobody_else_names_any_nor_sees_the_button(story: Story) -> None:
    assert isinstance(story.open(story.stranger), Whisper)
    assert story.desk.gateway.opened == []
    seen = [Act.INITIATIVES.value in story.shown(who) for who in (story.owner, story.lead, story.stranger)]
    assert seen == [True, True, False]


@pytest.mark.parametrize("value", ["", "x", "4711"])
def test_a_button_of_no_key_result_says_so(story: Story, value: str) -> None:
    pressed = story.desk.press(story.owner, initiatives.start, Act.INITIATIVES, value)
    assert "can't find" in whispered(pressed).casefold()


def test_one_that_is_closed_takes_none(story: Story) -> None:
    assert story.open(story.owner) == Done()
    dialog = story.desk.opened().fill(Initiatives="New sign-up")
    with story.desk.database.write() as session:
        closed = session.get_one(KeyResult, story.key_result_id)
        closed.state, closed.closed_at = KeyResultState.CLOSED, TEN
    assert "closed" in str(story.desk.submit(story.owner, initiatives.submitted, dialog))
    assert story.kept() == []


def test_where_one_is_named_the_data_asks_about_the_others(story: Story) -> None:
    def asked() -> list[int | None]:
        with story.desk.database.read() as session:
            team, workspace = session.scalars(sa.select(Team)).one(), session.scalars(sa.select(Workspace)).one()
            week = period_on(TEN.date())
            found = signals.firing(session, TEN, workspace, teams_of(session, team), viewer=None, this=week)
            return [one.number for one in found.signals]

    assert asked() == []
    story.name(story.owner, "New sign-up")
    assert asked() == [2]
