"""The dialogs that change or stop a key result, through the boundary, with payloads as Slack sends them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from calls import Scene, set_scene
from desk import Desk, Dialog, whispered

from bot.blocks.ids import Act, Command, Typed
from bot.domain.cadence import period_on
from bot.domain.confidence import Confidence
from bot.localslack.blockkit import check_view
from bot.services import checkin
from bot.services import redefining as redefinitions
from bot.services.access import Caller
from bot.services.checkin import Said
from bot.services.definitions import definition_of
from handlers import commands, escalation, redefining
from handlers.reply import Done, Show
from models import Decision, DecisionState, HandOver, KeyResult, KeyResultRevision, KeyResultState, Member, MemberKind
from models.database import Database, DatabaseBusy

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


@dataclass
class Story:
    desk: Desk
    scene: Scene

    def decide(self, kind: str) -> Dialog:
        """Tama decides about KR-2; the dialog turns into the one that carries it out."""
        lead = self.scene.lead
        assert self.desk.command(lead, commands.okr, Command.OKR, "decide 2 30 is enough") == Done()
        self.dialog = self.desk.opened().fill(What_kind_of_decision=kind, Who_makes_it_happen="U0MERENGATA")
        reply = self.desk.submit(lead, escalation.decide, self.dialog)
        assert isinstance(reply, Show), reply
        assert check_view(dict(reply.view)) == []
        return Dialog(reply.view)

    @property
    def definition(self) -> KeyResultRevision:
        with self.desk.runtime.read() as session:
            return session.scalars(
                sa.select(KeyResultRevision)
                .join(KeyResult, KeyResult.id == KeyResultRevision.key_result_id)
                .where(KeyResult.number == 2, KeyResultRevision.revision == KeyResult.revision)
            ).one()

    @property
    def decision(self) -> Decision:
        with self.desk.runtime.read() as session:
            return session.scalars(sa.select(Decision)).one()


def of_a_version_before(dialog: Dialog) -> Dialog:
    """As it was before it asked what stops: the ids of its fields had no key, and it named the decision alone."""
    blocks = [
        {**block, "block_id": block["block_id"].split(":", 1)[0]} if block["type"] == "input" else block
        for block in dialog.view["blocks"]
        if block.get("block_id") != Typed.STOPS
    ]
    decision = json.loads(dialog.view["private_metadata"])["decision"]
    return Dialog({**dialog.view, "blocks": blocks, "private_metadata": json.dumps({"decision": decision})})


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        scene = set_scene(session)
        scene.company.key_result(scene.company.objective(scene.growth, "Grow"), scene.owner)
    return Story(Desk(database, NOON), scene)


def test_the_dialog_has_what_defines_the_key_result_and_says_that_the_decision_is_recorded(story: Story) -> None:
    dialog = story.decide("change_target")
    assert dialog.labels == [
        "What it is from now on",
        "Baseline",
        "Target",
        "By when?",
        "Owner",
        "Why?",
        "What stops for it?",
    ]
    assert [dialog.value(label) for label in ("What it is", "Baseline", "Target", "Why?")] == [
        "Activation from 20 to 40 % by 15 Dec",
        "20",
        "40",
        "30 is enough",
    ]
    assert "The decision is recorded." in str(dialog.view["blocks"][0])
    assert story.decision.state is DecisionState.OPEN


def test_a_decision_whose_next_dialog_cannot_be_shown_is_not_saved_and_the_same_dialog_saves_it(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise DatabaseBusy

    with monkeypatch.context() as patch:
        patch.setattr(redefinitions, "change_question", busy)
        with pytest.raises(AssertionError, match="could not save that just now"):
            story.decide("change_target")
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Decision)).all() == []
    reply = story.desk.submit(story.scene.lead, escalation.decide, story.dialog)
    assert isinstance(reply, Show)
    assert story.decision.state is DecisionState.OPEN


def test_what_was_typed_is_saved_once(story: Story) -> None:
    dialog = story.decide("change_target").fill(Target="30 %", What_stops="nothing")
    for _ in range(2):
        assert story.desk.submit(story.scene.lead, redefining.change, dialog) == Done()
    assert (story.definition.revision, story.definition.text) == (2, "Activation from 20 to 30 % by 15 Dec")
    assert story.decision.state is DecisionState.DONE


def test_two_dialogs_about_it_undo_nothing_of_each_other(story: Story) -> None:
    older, newer = story.decide("change_target"), story.decide("change_target")
    lead = story.scene.lead
    newer.fill(What_it_is="Activation from 20 to 50 % by 15 Dec", What_stops="nothing")
    assert story.desk.submit(lead, redefining.change, newer) == Done()
    older.fill(Baseline="10", Why="it began lower", What_stops="the second page")
    again = older.after(story.desk.submit(lead, redefining.change, older))
    assert check_view(dict(again.view)) == []
    assert "*KR-2 was changed meanwhile:* target 40 % → 50 %, date none → 15 Dec." in str(again.view["blocks"][0])
    assert "*Now:* Activation from 20 to 50 % by 15 Dec" in str(again.view["blocks"][1])
    shown = [again.value(label) for label in ("What it is", "Baseline", "Target", "Why?", "What stops")]
    assert shown == ["Activation from 20 to 50 % by 15 Dec", "10", "50", "it began lower", "the second page"]
    wrong = again.fill(Baseline="low")
    assert list(wrong.errors(story.desk.submit(lead, redefining.change, wrong))) == ["Baseline"]
    assert story.desk.submit(lead, redefining.change, again.fill(Baseline="10")) == Done()
    assert (story.definition.revision, story.definition.text) == (3, "Activation from 10 to 50 % by 15 Dec")


def test_a_baseline_that_is_given_while_the_dialog_is_open_stays(story: Story) -> None:
    with story.desk.runtime.write() as session:
        key_result = session.scalars(sa.select(KeyResult).where(KeyResult.number == 2)).one()
        definition_of(session, key_result).start = None
    dialog = story.decide("change_target")
    with story.desk.runtime.write() as session:
        key_result = session.scalars(sa.select(KeyResult).where(KeyResult.number == 2)).one()
        caller = Caller(key_result.workspace_id, key_result.owner_id or 0)
        said = Said(Confidence.GREEN, "go on", value=Decimal(30), start=Decimal(20))
        checkin.record(
            session, NOON, caller=caller, key_result_id=key_result.id, period=period_on(NOON.date()), said=said
        )
    dialog.fill(Target="30", What_stops="nothing")
    again = dialog.after(story.desk.submit(story.scene.lead, redefining.change, dialog))
    assert (again.value("Baseline"), again.value("Target")) == ("20", "30")
    assert story.desk.submit(story.scene.lead, redefining.change, again) == Done()
    assert (story.definition.start, story.definition.target) == (20, 30)


def test_who_owned_it_when_the_dialog_was_opened_is_not_asked_to_take_it_back(story: Story) -> None:
    dialog = story.decide("change_target").fill(Target="30 %", What_stops="nothing")
    with story.desk.runtime.write() as session:
        key_result = session.scalars(sa.select(KeyResult).where(KeyResult.number == 2)).one()
        key_result.owner_id = story.scene.stranger.id
    assert story.desk.submit(story.scene.lead, redefining.change, dialog) == Done()
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(HandOver)).all() == []


def test_nor_where_it_was_changed_meanwhile(story: Story) -> None:
    older, newer = story.decide("change_target"), story.decide("change_target")
    lead = story.scene.lead
    assert story.desk.submit(lead, redefining.change, newer.fill(Target="50", What_stops="nothing")) == Done()
    with story.desk.runtime.write() as session:
        key_result = session.scalars(sa.select(KeyResult).where(KeyResult.number == 2)).one()
        key_result.owner_id = story.scene.stranger.id
    older.fill(Baseline="10", What_stops="nothing")
    again = older.after(story.desk.submit(lead, redefining.change, older))
    assert story.desk.submit(lead, redefining.change, again) == Done()
    assert story.definition.revision == 3
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(HandOver)).all() == []


def test_who_was_chosen_as_owner_stays_where_it_was_changed_meanwhile(story: Story) -> None:
    older, newer = story.decide("change_target"), story.decide("change_target")
    lead, stranger = story.scene.lead, story.scene.stranger
    assert story.desk.submit(lead, redefining.change, newer.fill(Target="50", What_stops="nothing")) == Done()
    older.fill(Baseline="10", What_stops="nothing", Owner=stranger.slack_user_id)
    again = older.after(story.desk.submit(lead, redefining.change, older))
    assert story.desk.submit(lead, redefining.change, again) == Done()
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(HandOver.to_id)).all() == [stranger.id]


def test_who_cannot_own_it_is_said_under_the_owner(story: Story) -> None:
    stranger = story.scene.stranger
    with story.desk.runtime.write() as session:
        session.get_one(Member, stranger.id).kind = MemberKind.GUEST
    dialog = story.decide("change_target").fill(Target="30", What_stops="nothing", Owner=stranger.slack_user_id)
    assert list(dialog.errors(story.desk.submit(story.scene.lead, redefining.change, dialog))) == ["Owner"]


def test_what_is_wrong_stands_under_its_field(story: Story) -> None:
    dialog = story.decide("change_target")

    def errors(**typed: str) -> dict[str, str]:
        return dialog.errors(story.desk.submit(story.scene.lead, redefining.change, dialog.fill(**typed)))

    assert errors(What_stops="nothing") == {
        "What it is from now on": "This is what it is already. Please change the text, a number or the day, "
        "or press Cancel."
    }
    assert list(errors(Target="a lot", Why="", What_stops="")) == ["Target", "Why?", "What stops for it?"]
    assert errors(Target="20", Why="so", What_stops="nothing") == {
        "Target": "That is the baseline too, so nothing would have to move. Please look at the numbers again."
    }
    assert errors(Target="30", Owner="U0FINNADLER", What_it_is="Activation from 20 to 35 % by 15 Dec") == {
        "What it is from now on": "The text and the numbers below say something else. Please let both say the same."
    }
    assert story.definition.revision == 1


def test_later_it_is_carried_out_by_who_was_asked_to_make_it_happen(story: Story) -> None:
    story.decide("wrong_measure")
    mere = story.scene.owner
    assert story.desk.press(mere, redefining.open_change, Act.CHANGE_KEY_RESULT, "1") == Done()
    dialog = story.desk.opened().fill(What_it_is="Onboarding time from 9 to 5 days by 15 Dec", What_stops="nothing")
    assert story.desk.submit(mere, redefining.change, dialog) == Done()
    assert (story.definition.unit, story.definition.metric) == ("days", "Onboarding time")
    again = story.desk.press(story.scene.lead, redefining.open_change, Act.CHANGE_KEY_RESULT, "1")
    assert whispered(again) == "Mere Ngata has said that this is done already."


def test_a_dialog_of_a_version_that_did_not_ask_what_stops_goes_on_with_what_was_typed(story: Story) -> None:
    lead = story.scene.lead
    older = of_a_version_before(story.decide("change_target"))
    assert older.labels[-1] == "Why?"
    older.fill(Target="30 %", By_when="2026-12-01", Why="it began lower", Owner="U0FINNADLER")
    again = older.after(story.desk.submit(lead, redefining.change, older))
    assert check_view(dict(again.view)) == []
    assert "Please say what stops for it." in str(again.view["blocks"][0])
    assert "*Now:* Activation from 20 to 40 % by 15 Dec" in str(again.view["blocks"][1])
    shown = [again.value(label) for label in ("What it is", "Baseline", "Target", "Why?", "What stops")]
    assert shown == ["Activation from 20 to 40 % by 15 Dec", "20", "30 %", "it began lower", None]
    picked = [again.block(label)["element"] for label in ("By when?", "Owner")]
    assert (picked[0]["initial_date"], picked[1]["initial_user"]) == ("2026-12-01", "U0FINNADLER")
    assert story.definition.revision == 1
    again.fill(What_stops="nothing", Owner="U0MERENGATA", By_when="")
    assert story.desk.submit(lead, redefining.change, again) == Done()
    saved = story.definition
    assert (saved.text, saved.reason) == ("Activation from 20 to 30 % by 15 Dec", "it began lower")


def test_a_stop_needs_what_was_learnt(story: Story) -> None:
    dialog = story.decide("stop")
    reply = story.desk.submit(story.scene.lead, redefining.stop, dialog)
    assert dialog.errors(reply) == {
        "What was learnt?": "Please say what was learnt. A line is enough, and it is what remains of it."
    }
    dialog.fill(What_was_learnt="nobody misses it")
    for _ in range(2):
        assert story.desk.submit(story.scene.lead, redefining.stop, dialog) == Done()
    with story.desk.runtime.read() as session:
        key_result = session.scalars(sa.select(KeyResult).where(KeyResult.number == 2)).one()
    assert (key_result.state, key_result.learning) == (KeyResultState.CLOSED, "nobody misses it")


def test_somebody_else_reads_who_can(story: Story) -> None:
    story.decide("stop")
    stranger: Member = story.scene.stranger
    reply = story.desk.press(stranger, redefining.open_stop, Act.STOP_KEY_RESULT, "1")
    assert whispered(reply) == "Mere Ngata, Tama Reid or Hana Mori can say what became of this. Thank you for looking."
    assert "can't find that decision" in whispered(
        story.desk.press(stranger, redefining.open_stop, Act.STOP_KEY_RESULT, "x")
    )
