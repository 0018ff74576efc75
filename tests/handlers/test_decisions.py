"""A decision's buttons and its dialog, through the boundary, with payloads as Slack sends them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from calls import MORNING, Scene, decide, set_scene, tell
from desk import Desk, whispered

from bot.blocks.ids import Act
from bot.localslack.blockkit import check_view
from handlers import decisions
from handlers.boundary import Handler
from handlers.reply import Done, Reply
from models import Decision, DecisionState, Delivery, Member
from models.database import Database

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


@dataclass
class Story:
    desk: Desk
    scene: Scene

    def press(self, who: Member, handler: Handler, act: Act, value: str = "1") -> Reply:
        return self.desk.press(who, handler, act, value)

    @property
    def decision(self) -> Decision:
        with self.desk.runtime.read() as session:
            return session.scalars(sa.select(Decision)).one()

    def replies(self) -> int:
        with self.desk.runtime.read() as session:
            return session.scalar(sa.select(sa.func.count()).where(Delivery.follows_id.is_not(None))) or 0


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.lead)
    return Story(Desk(database, NOON), scene)


def test_done_needs_no_answer_and_the_next_one_reads_who_said_so(story: Story) -> None:
    for _ in range(2):
        assert story.press(story.scene.head, decisions.done, Act.DECISION_DONE) == Done()
    assert story.decision.state is DecisionState.DONE
    assert story.replies() == 2
    already = "Hana Mori has said that this is done already."
    assert whispered(story.press(story.scene.lead, decisions.done, Act.DECISION_DONE)) == already
    assert whispered(story.press(story.scene.lead, decisions.open_drop, Act.DROP_DECISION)) == already


def test_a_stranger_reads_who_can(story: Story) -> None:
    for handler, act in ((decisions.done, Act.DECISION_DONE), (decisions.open_drop, Act.DROP_DECISION)):
        reply = story.press(story.scene.stranger, handler, act)
        assert whispered(reply) == "Hana Mori or Tama Reid can say what became of this. Thank you for looking."
    assert story.decision.state is DecisionState.OPEN


def test_dropping_asks_why_and_keeps_it(story: Story) -> None:
    assert story.press(story.scene.head, decisions.open_drop, Act.DROP_DECISION) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    assert dialog.labels == ["Why is it dropped?"]
    for missing, sentence in (
        ("", "Please say why it is dropped."),
        ("x" * 3001, "That is 3001 characters; 3000 fit."),
    ):
        dialog.fill(Why_is_it_dropped=missing)
        reply = story.desk.submit(story.scene.head, decisions.drop, dialog)
        assert dialog.errors(reply)["Why is it dropped?"].startswith(sentence)
    assert story.decision.state is DecisionState.OPEN
    dialog.fill(Why_is_it_dropped="HR has sent it")
    for _ in range(2):
        assert story.desk.submit(story.scene.head, decisions.drop, dialog) == Done()
    assert (story.decision.state, story.decision.reason) == (DecisionState.DROPPED, "HR has sent it")
    assert story.replies() == 2


def test_a_dialog_that_came_too_late_keeps_its_words_and_says_why(story: Story) -> None:
    story.press(story.scene.head, decisions.open_drop, Act.DROP_DECISION)
    dialog = story.desk.opened().fill(Why_is_it_dropped="HR has sent it")
    story.press(story.scene.lead, decisions.done, Act.DECISION_DONE)
    reply = story.desk.submit(story.scene.head, decisions.drop, dialog)
    assert dialog.errors(reply) == {"Why is it dropped?": "Tama Reid has said that this is done already."}


@pytest.mark.parametrize("value", ["", "99", "-1", "one", "²", "1" * 40])
def test_a_button_about_nothing_is_answered_with_a_sentence(story: Story, value: str) -> None:
    reply = story.press(story.scene.head, decisions.done, Act.DECISION_DONE, value)
    assert whispered(reply) == "I can't find that decision any more."
