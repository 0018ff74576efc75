"""The lead's note: its one question, answered in a dialog until the digest is out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from company import MONDAY, Company
from desk import Desk, Dialog, whispered

from bot.blocks.ids import Act
from bot.domain.cadence import period
from bot.localslack.blockkit import check_view
from bot.services import digest as digests
from bot.services import lead_note as notes
from handlers import lead_note
from handlers.reply import Done, Reply
from models import Delivery, Member, PostKind, StopOrShift
from models.database import Database

TUESDAY = datetime(2026, 10, 6, 14, tzinfo=UTC)
WEDNESDAY = datetime(2026, 10, 7, 10, tzinfo=UTC)


@dataclass
class Story:
    desk: Desk
    lead: Member
    stranger: Member
    note: str

    def press(self, who: Member | None = None, note: str | None = None) -> Reply:
        return self.desk.press(who or self.lead, lead_note.ask, Act.ANSWER_NOTE, self.note if note is None else note)

    def begin(self) -> Dialog:
        assert self.press() == Done()
        return self.desk.opened()

    def submit(self, dialog: Dialog, who: Member | None = None) -> Reply:
        return self.desk.submit(who or self.lead, lead_note.answer, dialog)

    def kept(self) -> list[str]:
        with self.desk.runtime.read() as session:
            return list(session.scalars(sa.select(StopOrShift.text)))


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        company = Company(session)
        lead, stranger = company.person("Tama Reid"), company.person("Sam Stone")
        team = company.team("Growth", lead=lead)
        company.key_result(company.objective(team), company.person("Mere Ngata"))
        team.next_note_at = notes.note_time(session, team, period(MONDAY))
        team.next_digest_at = WEDNESDAY
        session.flush()
        notes.write_due(session, TUESDAY, 10)
        note = session.scalars(sa.select(Delivery.id).where(Delivery.kind == PostKind.LEAD_NOTE)).one()
    return Story(Desk(database, TUESDAY), lead, stranger, str(note))


def test_the_lead_answers_and_finds_the_answer_in_the_dialog_again(story: Story) -> None:
    dialog = story.begin().fill(What_should_stop="Webinars pause")
    assert check_view(dict(dialog.view)) == []
    assert story.submit(dialog) == Done()
    assert story.kept() == ["Webinars pause"]
    assert story.begin().value("What should stop") == "Webinars pause"


def test_a_dialog_that_is_submitted_twice_does_not_undo_a_later_word(story: Story) -> None:
    first = story.begin().fill(What_should_stop="Webinars pause")
    story.submit(first)
    story.submit(story.begin().fill(What_should_stop="The blog pauses"))
    assert story.submit(first) == Done()
    assert story.kept() == ["The blog pauses"]


def test_nothing_and_too_much_are_said_under_the_field(story: Story) -> None:
    dialog = story.begin()
    (blank,) = dialog.errors(story.submit(dialog.fill(What_should_stop="  \n ")))
    assert blank == "What should stop or shift this week?"
    (long,) = dialog.errors(story.submit(dialog.fill(What_should_stop="x" * 201))).values()
    assert "201 characters" in long
    assert story.kept() == []


def test_a_stranger_opens_nothing_and_saves_nothing(story: Story) -> None:
    dialog = story.begin().fill(What_should_stop="Everything")
    whispered(story.press(story.stranger))
    assert len(story.desk.gateway.opened) == 1
    story.submit(dialog, story.stranger)
    assert story.kept() == []


def test_after_the_digest_the_button_and_the_open_dialog_say_that_it_is_over(story: Story) -> None:
    dialog = story.begin().fill(What_should_stop="Too late")
    story.desk.now = WEDNESDAY + timedelta(minutes=1)
    with story.desk.runtime.write() as session:
        digests.take_due(session, story.desk.now, 10)
    assert "has been sent" in whispered(story.press())
    (sentence,) = dialog.errors(story.submit(dialog)).values()
    assert "has been sent" in sentence
    assert story.kept() == []


@pytest.mark.parametrize("value", ["", "abc", "0", "4711"])
def test_a_button_that_is_about_nothing_says_so(story: Story, value: str) -> None:
    assert "next note asks again" in whispered(story.press(note=value))
