"""An escalation's buttons and dialogs, through the boundary, with payloads as Slack sends them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from calls import MORNING, Scene, set_scene, tell
from desk import Desk, Dialog, ViewGateway, whispered

from bot.blocks.ids import Act
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.person import Person
from bot.localslack.blockkit import check_view
from handlers import escalation
from handlers.boundary import Handler
from handlers.reply import Done, Errors, Reply
from models import Decision, Delivery, Escalation, EscalationEvent, Member, MemberKind
from models.database import Database

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


class Directory(ViewGateway):
    """Knows people whom Okra has not met."""

    newcomer = Person("U0NEW", "Nia New", "Nia", None, "Europe/Paris", False, False, False, False, "T0TEST")

    def person(self, workspace_id: int, *, slack_user_id: str) -> Person:
        return replace(self.newcomer, slack_user_id=slack_user_id)


@dataclass
class Story:
    desk: Desk
    scene: Scene

    def press(self, who: Member, handler: Handler, act: Act, value: str = "1") -> Reply:
        return self.desk.press(who, handler, act, value)

    def decide(self, who: Member | None = None) -> Dialog:
        """Open the dialog and fill it in."""
        assert self.press(who or self.scene.lead, escalation.open_decide, Act.DECIDE) == Done()
        return self.desk.opened().fill(
            What_is_decided="HR frees Ana for two days",
            Who_makes_it_happen="U0HANAMORI",
            By_when="2026-10-12",
        )

    def record(self, dialog: Dialog, who: Member | None = None) -> Reply:
        return self.desk.submit(who or self.scene.lead, escalation.decide, dialog)

    @property
    def escalation(self) -> Escalation:
        with self.desk.runtime.read() as session:
            return session.scalars(sa.select(Escalation)).one()

    @property
    def decisions(self) -> list[Decision]:
        with self.desk.runtime.read() as session:
            return list(session.scalars(sa.select(Decision)))

    def lead_moves_to(self, zone: str) -> None:
        with self.desk.runtime.write() as session:
            session.get_one(Member, self.scene.lead.id).time_zone = zone

    def replies(self) -> int:
        with self.desk.runtime.read() as session:
            count = sa.select(sa.func.count()).where(Delivery.follows_id.is_not(None))
            return session.scalar(count) or 0


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
    return Story(Desk(database, NOON, gateway=Directory()), scene)


def test_ill_take_it_needs_no_answer_and_the_next_one_reads_who_has(story: Story) -> None:
    assert story.press(story.scene.lead, escalation.take, Act.TAKE_ESCALATION) == Done()
    assert story.escalation.taken_by_id == story.scene.lead.id
    reply = story.press(story.scene.head, escalation.take, Act.TAKE_ESCALATION)
    assert whispered(reply) == "Tama Reid has taken this already. You can still decide."
    assert story.press(story.scene.lead, escalation.take, Act.TAKE_ESCALATION) == Done()
    assert story.replies() == 1


def test_a_strangers_press_says_who_can(story: Story) -> None:
    sentence = "Tama Reid or Hana Mori can take this, decide or resolve it. Thank you for looking."
    for handler, act in (
        (escalation.take, Act.TAKE_ESCALATION),
        (escalation.take_to_review, Act.TAKE_TO_REVIEW),
        (escalation.open_decide, Act.DECIDE),
        (escalation.resolve, Act.RESOLVE_ESCALATION),
    ):
        assert whispered(story.press(story.scene.stranger, handler, act)) == sentence
    assert story.desk.gateway.opened == []
    assert story.escalation.state is EscalationState.OPEN


def test_one_lead_takes_it_to_the_review_and_the_next_one_reads_who_did(story: Story) -> None:
    assert story.press(story.scene.head, escalation.take_to_review, Act.TAKE_TO_REVIEW) == Done()
    assert story.escalation.state is EscalationState.IN_REVIEW
    reply = story.press(story.scene.lead, escalation.take_to_review, Act.TAKE_TO_REVIEW)
    assert whispered(reply) == "Hana Mori is taking this to the team's next review already. You can still decide."


def test_the_decisions_dialog_proposes_a_week_in_the_deciders_zone(story: Story) -> None:
    story.lead_moves_to("Pacific/Auckland")
    story.press(story.scene.lead, escalation.open_decide, Act.DECIDE)
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    assert dialog.labels == ["What is decided?", "What kind of decision?", "Who makes it happen?", "By when?"]
    assert dialog.value("What kind of decision?") == "unblock"
    # It is the sixth already where the lead is.
    assert dialog.block("By when")["element"]["initial_date"] == "2026-10-13"
    assert "someone to free two HR days" in str(dialog.view["blocks"][0])


def test_a_decision_is_recorded_once_however_often_it_is_sent(story: Story) -> None:
    dialog = story.decide()
    assert [story.record(dialog), story.record(dialog)] == [Done(), Done()]
    (decision,) = story.decisions
    assert (decision.text, decision.owner_id) == ("HR frees Ana for two days", story.scene.head.id)
    assert decision.due_on.isoformat() == "2026-10-12"
    assert story.escalation.state is EscalationState.DECIDED
    assert story.replies() == 1


def test_what_kind_of_decision_it_is_stands_beside_it(story: Story) -> None:
    assert story.record(story.decide().fill(What_kind_of_decision="accept_risk")) == Done()
    (decision,) = story.decisions
    assert decision.kind is DecisionKind.ACCEPT_RISK


def test_what_is_wrong_with_a_decision_stands_under_its_field_and_can_be_mended(story: Story) -> None:
    story.lead_moves_to("Pacific/Auckland")
    dialog = story.decide().fill(What_is_decided="  ", Who_makes_it_happen="", By_when="2026-10-05")
    assert dialog.errors(story.record(dialog)) == {
        "What is decided?": "Please write down what is decided.",
        "Who makes it happen?": "Please choose one person who makes it happen.",
        "By when?": "That day is over. Please choose today (Tue 6 Oct) or a later one.",
    }
    dialog.fill(What_is_decided="x" * 3001, Who_makes_it_happen="U0HANAMORI", By_when="")
    assert dialog.errors(story.record(dialog)) == {
        "What is decided?": "This is 3,001 characters long and 3,000 fit. Please shorten it a little.",
        "By when?": "Please choose a day.",
    }
    dialog.fill(What_is_decided="yes", By_when="2026-10-06")
    assert story.record(dialog) == Done()
    assert len(story.decisions) == 1


def test_somebody_okra_has_not_met_can_own_a_decision(story: Story) -> None:
    dialog = story.decide().fill(Who_makes_it_happen="U0NEW")
    assert story.record(dialog) == Done()
    with story.desk.runtime.read() as session:
        owner = session.get_one(Member, story.decisions[0].owner_id)
    assert (owner.name, owner.time_zone) == ("Nia New", "Europe/Paris")


def test_a_guest_cannot_own_a_decision(story: Story) -> None:
    with story.desk.runtime.write() as session:
        guest = session.scalars(sa.select(Member).where(Member.id == story.scene.stranger.id)).one()
        guest.kind = MemberKind.GUEST
        guest.name = "Finn & <Adler>"
    dialog = story.decide().fill(Who_makes_it_happen="U0FINNADLER")
    assert dialog.errors(story.record(dialog)) == {
        "Who makes it happen?": "Finn & <Adler> is not a full member of this workspace. Please choose somebody who is."
    }


def test_resolving_without_a_decision_asks_for_the_reason_and_keeps_it(story: Story) -> None:
    assert story.press(story.scene.owner, escalation.resolve, Act.RESOLVE_ESCALATION) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    assert dialog.labels == ["Why was no decision needed?"]
    for missing, sentence in (("", "Please say why no decision was needed."), ("x" * 3001, "This is 3,001 characters")):
        dialog.fill(Why_was_no_decision_needed=missing)
        reply = story.desk.submit(story.scene.owner, escalation.resolve_with_reason, dialog)
        assert dialog.errors(reply)["Why was no decision needed?"].startswith(sentence)
    assert story.escalation.state is EscalationState.OPEN
    dialog.fill(Why_was_no_decision_needed="HR has sent it")
    for _ in range(2):
        assert story.desk.submit(story.scene.owner, escalation.resolve_with_reason, dialog) == Done()
    assert story.escalation.no_decision_reason == "HR has sent it"
    assert story.replies() == 1


def test_with_a_decision_resolve_is_one_press(story: Story) -> None:
    story.record(story.decide())
    story.desk.gateway.opened.clear()
    assert story.press(story.scene.lead, escalation.resolve, Act.RESOLVE_ESCALATION) == Done()
    assert story.desk.gateway.opened == []
    assert story.escalation.state is EscalationState.RESOLVED


def test_an_old_copys_buttons_say_that_it_is_over(story: Story) -> None:
    dialog = story.decide()
    story.record(story.decide())
    story.press(story.scene.lead, escalation.resolve, Act.RESOLVE_ESCALATION)
    over = "This request for help is resolved already. A new red asks for help again."
    for handler, act in (
        (escalation.take, Act.TAKE_ESCALATION),
        (escalation.take_to_review, Act.TAKE_TO_REVIEW),
        (escalation.open_decide, Act.DECIDE),
        (escalation.resolve, Act.RESOLVE_ESCALATION),
    ):
        assert whispered(story.press(story.scene.head, handler, act)) == over
    late = story.record(dialog, story.scene.head)
    assert isinstance(late, Errors)
    assert list(late.by_block.values()) == [over]


def test_a_button_taken_after_a_decision_says_who_decided(story: Story) -> None:
    story.record(story.decide())
    reply = story.press(story.scene.head, escalation.take, Act.TAKE_ESCALATION)
    assert whispered(reply) == "Tama Reid has decided about this already: the decision is in the thread."


@pytest.mark.parametrize("value", ["", "99", "-1", "one", "²", "1" * 40])
def test_a_button_about_nothing_is_answered_with_a_sentence(story: Story, value: str) -> None:
    reply = story.press(story.scene.lead, escalation.take, Act.TAKE_ESCALATION, value)
    assert whispered(reply) == "I can't find that request for help any more. `/okr agenda` lists what is open."


def test_each_event_is_one_reply(story: Story) -> None:
    story.press(story.scene.lead, escalation.take, Act.TAKE_ESCALATION)
    story.press(story.scene.lead, escalation.take_to_review, Act.TAKE_TO_REVIEW)
    story.record(story.decide())
    story.press(story.scene.owner, escalation.resolve, Act.RESOLVE_ESCALATION)
    with story.desk.runtime.read() as session:
        events = session.scalar(sa.select(sa.func.count()).select_from(EscalationEvent))
    assert events == 1 + story.replies() == 5
