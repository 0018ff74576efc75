"""`/okr signals` and *Dismiss*, as Slack sends them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from answers import answered
from company import MONDAY, Company
from desk import Desk, whispered

from bot.blocks.ids import Act, Command
from bot.domain.cadence import following, period
from bot.domain.organisation import Level
from bot.localslack.blockkit import check_message, check_view
from handlers import commands, signals
from handlers.reply import Reply, Whisper
from models import Member
from models.database import Database

FRIDAY = datetime(2026, 10, 30, 10, tzinfo=UTC)


@dataclass
class Story:
    desk: Desk
    owner: Member
    lead: Member

    def okr(self, text: str, who: Member | None = None) -> Reply:
        return self.desk.command(who or self.lead, commands.okr, Command.OKR, text)


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        company = Company(session)
        owner, lead = company.person("Mere Ngata"), company.person("Tama Reid")
        top = company.team("Longfetch", level=Level.COMPANY)
        growth = company.team("Growth", lead=lead, parent=top)
        company.team("Growth 2", parent=top)
        key_result = company.key_result(company.objective(growth), owner)
        for week in range(4):
            answered(session, key_result, following(period(MONDAY), week), value="21", score="0.05")
    return Story(Desk(database, FRIDAY), owner, lead)


def dismiss_buttons(reply: Reply) -> list[dict[str, Any]]:
    assert isinstance(reply, Whisper)
    assert check_message(reply.post.text, [dict(block) for block in reply.post.blocks]) == []
    return [block["accessory"] for block in reply.post.blocks if "accessory" in block]


def test_a_lead_reads_what_the_data_asks_and_puts_it_aside(story: Story) -> None:
    reply = story.okr("signals")
    assert whispered(reply) == "Growth: 1 question that the data asks"
    (button,) = dismiss_buttons(reply)
    story.desk.press(story.lead, signals.ask_why, Act.DISMISS_SIGNAL, button["value"])
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    assert dialog.errors(story.desk.submit(story.lead, signals.dismiss, dialog)) == {
        "What makes it all right?": "Please say in a line what makes it all right."
    }
    dialog.fill(What_makes="It is read once a quarter")
    assert whispered(story.desk.submit(story.lead, signals.dismiss, dialog)).startswith("Put aside: KR-1 Activation.")
    assert whispered(story.okr("signals")).startswith("Growth: nothing in the data asks a question this week. One")
    pressed_again = story.desk.press(story.lead, signals.ask_why, Act.DISMISS_SIGNAL, button["value"])
    assert "settled already" in whispered(pressed_again)


def test_an_owner_reads_it_without_a_button_and_cannot_press_one(story: Story) -> None:
    reply = story.okr("signals", story.owner)
    assert whispered(reply) == "Growth: 1 question that the data asks"
    assert dismiss_buttons(reply) == []
    value = dismiss_buttons(story.okr("signals"))[0]["value"]
    refused = story.desk.press(story.owner, signals.ask_why, Act.DISMISS_SIGNAL, value)
    assert whispered(refused) == "A question about a team is put aside by its lead, or by a lead above."


def test_a_name_may_end_in_a_number_and_a_number_turns_the_page(story: Story) -> None:
    assert whispered(story.okr("signals Growth 2")).startswith("Growth 2: nothing")
    assert whispered(story.okr("signals longfetch 9")).startswith("Longfetch: 1 question")
    assert "no team “Nowhere”" in whispered(story.okr("signals Nowhere"))


@pytest.mark.parametrize("value", ["", "2", "x:y", "2:suspicious_green:key_result:99", "99999:a:b:1"])
def test_a_button_with_a_strange_value_changes_nothing(story: Story, value: str) -> None:
    assert "settled already" in whispered(story.desk.press(story.lead, signals.ask_why, Act.DISMISS_SIGNAL, value))
