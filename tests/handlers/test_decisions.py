"""A decision's buttons and its dialog, through the boundary, with payloads as Slack sends them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from calls import MORNING, Scene, decide, set_scene, tell
from desk import Desk, whispered

from bot.blocks.ids import Act, Command
from bot.blocks.text import escape
from bot.localslack.blockkit import check_message, check_view
from bot.services.once import Delivered
from bot.slack_failures import Permanent
from handlers import commands, decisions, escalation
from handlers.boundary import Handler
from handlers.reply import Done, Reply, Whisper
from handlers.request import Request
from models import Decision, DecisionState, Delivery, Member, Team
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
        ("x" * 3001, "This is 3,001 characters long and 3,000 fit."),
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


@pytest.fixture
def calm(database: Database) -> Story:
    """Nobody asks for help."""
    with database.write() as session:
        scene = set_scene(session)
    return Story(Desk(database, NOON), scene)


def okr(story: Story, who: Member, text: str) -> Reply:
    return story.desk.command(who, commands.okr, Command.OKR, text)


def test_a_command_opens_the_dialog_with_its_words_and_confirms(calm: Story) -> None:
    assert okr(calm, calm.scene.lead, "decide KR-1: two days of HR, <b>now</b>") == Done()
    dialog = calm.desk.opened()
    assert check_view(dict(dialog.view)) == []
    assert dialog.value("What is decided?") == "two days of HR, <b>now</b>"
    dialog.fill(Who_makes_it_happen="U0HANAMORI", What_kind_of_decision="move")
    said = calm.desk.submit(calm.scene.lead, escalation.decide, dialog)
    assert isinstance(said, Whisper)
    assert said.post.text == "Recorded for KR-1 SOC 2 certified by 15 Dec (people or money)"
    assert (calm.decision.owner_id, calm.decision.escalation_id) == (calm.scene.head.id, None)
    # Sent twice it is one decision.
    assert calm.desk.submit(calm.scene.lead, escalation.decide, dialog) == Done()
    assert calm.decision.text == "two days of HR, <b>now</b>"


def test_where_help_is_asked_for_the_command_decides_in_the_thread(story: Story) -> None:
    assert okr(story, story.scene.lead, "decide 1 the auditor comes in December") == Done()
    dialog = story.desk.opened()
    assert dialog.value("What is decided?") == "the auditor comes in December"
    assert "someone to free two HR days" in str(dialog.view["blocks"][0])
    dialog.fill(Who_makes_it_happen="U0HANAMORI")
    said = story.desk.submit(story.scene.lead, escalation.decide, dialog)
    assert isinstance(said, Whisper)
    assert "It stands in the thread." in str(said.post.blocks)
    assert story.replies() == 2


def test_the_owner_is_offered_what_the_owner_may_decide(calm: Story) -> None:
    okr(calm, calm.scene.owner, "decide 1")
    dialog = calm.desk.opened()
    menu = dialog.block("What kind of decision?")["element"]
    assert [one["value"] for one in menu["options"]] == ["unblock", "move", "accept_risk"]
    # A dialog that was opened as a lead and is sent when they are none any more.
    okr(calm, calm.scene.lead, "decide 1 stop it")
    theirs = calm.desk.opened().fill(Who_makes_it_happen="U0HANAMORI", What_kind_of_decision="stop")
    reply = calm.desk.submit(calm.scene.owner, escalation.decide, theirs)
    assert theirs.errors(reply) == {
        "What kind of decision?": "Changing the target or the measure, and stopping, is for a lead above. "
        "Please choose another kind."
    }


@pytest.mark.parametrize(
    ("who", "typed", "sentence"),
    [
        ("lead", "decide two days of HR", "Which key result? Its number comes first"),
        ("lead", "decide 12th of May is too late", "Which key result? Its number comes first"),
        ("lead", "decide 99 two days of HR", "There is no KR-99 that you can see."),
        ("stranger", "decide 1 two days of HR", "Mere Ngata, Tama Reid or Hana Mori can decide about KR-1."),
        ("lead", "decide 1 " + "two days of HR " * 250, "This is 3,749 characters long and 3,000 fit."),
    ],
)
def test_nothing_that_was_typed_is_lost(calm: Story, who: str, typed: str, sentence: str) -> None:
    reply = okr(calm, getattr(calm.scene, who), typed)
    assert isinstance(reply, Whisper)
    assert reply.post.text.startswith(sentence)
    whole = reply.post.text + "".join(block["text"]["text"] for block in reply.post.blocks)
    assert typed.split(" ", 2 if sentence.startswith(("There", "This", "Mere")) else 1)[-1].strip() in whole
    assert calm.desk.gateway.opened == []


@pytest.mark.parametrize("typed", ["two days of HR, <b>now</b>", "two days of HR “at once” " * 120, ""])
def test_where_slack_opens_no_dialog_the_words_come_back_with_a_button_that_opens_it_again(
    calm: Story, typed: str
) -> None:
    calm.desk.gateway.failure = Permanent("expired_trigger_id")
    reply = okr(calm, calm.scene.lead, f"decide 1 {typed}".strip())
    assert isinstance(reply, Whisper)
    assert check_message(reply.post.text, list(reply.post.blocks)) == []
    assert reply.post.text == "Slack did not open the dialog in time, so nothing is recorded about KR-1 yet."
    *said, buttons = reply.post.blocks
    assert escape(typed.strip()) in "".join(block["text"]["text"] for block in said)
    (again,) = buttons["elements"]
    assert again["text"]["text"] == "Open it again"
    assert calm.press(calm.scene.lead, escalation.decide_after_all, Act.DECIDE_AFTER_ALL, again["value"]) == Done()
    dialog = calm.desk.opened()
    # Words that a button cannot carry stand above it.
    fits = len(typed) < 1900
    assert dialog.value("What is decided?") == ((typed.strip() or None) if fits else None)
    dialog.fill(What_is_decided="two days of HR", Who_makes_it_happen="U0HANAMORI", What_kind_of_decision="move")
    assert isinstance(calm.desk.submit(calm.scene.lead, escalation.decide, dialog), Whisper)
    assert calm.decision.text == "two days of HR"


@pytest.mark.parametrize("value", ["", "x", "{}", '{"number": "a", "typed": ""}', '{"number": 99, "typed": "x"}'])
def test_a_button_that_opens_nothing_says_so(calm: Story, value: str) -> None:
    reply = calm.press(calm.scene.lead, escalation.decide_after_all, Act.DECIDE_AFTER_ALL, value)
    assert "key result" in whispered(reply) or "KR-99" in whispered(reply)


def test_decisions_are_listed_with_buttons_for_those_who_may(story: Story) -> None:
    reply = okr(story, story.scene.head, "decisions mine")
    assert isinstance(reply, Whisper)
    assert reply.post.text == "1 open decision that you make happen"
    assert [block["type"] for block in reply.post.blocks] == ["section", "section", "actions", "context"]
    looking = okr(story, story.scene.stranger, "decisions Growth")
    assert isinstance(looking, Whisper)
    assert looking.post.text == "1 open decision of Growth"
    assert [block["type"] for block in looking.post.blocks] == ["section", "section", "context"]
    nothing = okr(story, story.scene.head, "decisions overdue KR-1")
    assert whispered(nothing).startswith("No overdue decisions about KR-1. `/okr decide 12 …` records one;")
    assert "There is no team “Grwth” here" in whispered(okr(story, story.scene.head, "decisions Grwth"))


def test_a_team_may_end_in_a_number(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.get_one(Team, story.scene.growth.id).name = "Team 2"
    assert whispered(okr(story, story.scene.head, "decisions team 2")) == "1 open decision of Team 2"


def test_done_in_a_list_is_answered_for_the_list_stays_as_it_is(story: Story) -> None:
    head = story.scene.head
    pressed = Request(
        caller=story.scene.company.caller(head),
        slack_user_id=head.slack_user_id,
        delivered=Delivered("once"),
        value="1",
        body={"container": {"is_ephemeral": True}},
    )
    assert whispered(decisions.done(story.desk.runtime, pressed)) == ("Noted as done. Those whom it concerns are told.")
