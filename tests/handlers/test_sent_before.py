"""A dialog is pressed again after something was changed in it: the first press was taken, and its answer was lost."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from calls import MORNING, Scene, set_scene, tell
from desk import Desk, Dialog

from bot.blocks.ids import Act
from bot.blocks.ids import Dialog as Dialogs
from bot.blocks.sent_before import NOTE, SENT_ONLY_ONCE
from bot.domain.escalation import EscalationState
from bot.localslack.blockkit import check_view
from handlers import decisions, escalation, escalation_more, question
from handlers.reply import Done
from models import Decision, Escalation, EscalationEvent, EscalationEventKind
from models.database import Database

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


@pytest.fixture
def scene(database: Database) -> Scene:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
    return scene


@pytest.fixture
def desk(database: Database, scene: Scene) -> Desk:
    return Desk(database, NOON)


def decided(desk: Desk) -> list[str]:
    with desk.database.read() as session:
        return list(session.scalars(sa.select(Decision.text).order_by(Decision.id)))


def a_decision(desk: Desk, scene: Scene) -> Dialog:
    desk.press(scene.lead, escalation.open_decide, Act.DECIDE, "1")
    return desk.opened().fill(What_is_decided="HR frees Ana", Who_makes_it_happen="U0HANAMORI", By_when="2026-10-12")


def test_a_decision_with_another_word_is_shown_again_and_recorded_only_if_it_is_meant(desk: Desk, scene: Scene) -> None:
    dialog = a_decision(desk, scene)
    desk.submit(scene.lead, escalation.decide, dialog)
    longer = dialog.fill(What_is_decided="HR frees Ana for two days")
    shown = longer.after(desk.submit(scene.lead, escalation.decide, longer))
    assert decided(desk) == ["HR frees Ana"]
    assert "press *Record* again to send it as well" in shown.view["blocks"][0]["text"]["text"]
    assert shown.value("What is decided") == "HR frees Ana for two days"
    assert check_view(dict(shown.view)) == []
    desk.submit(scene.lead, escalation.decide, shown)
    assert decided(desk) == ["HR frees Ana", "HR frees Ana for two days"]


def test_the_note_stands_there_once_however_often_it_is_pressed(desk: Desk, scene: Scene) -> None:
    dialog = a_decision(desk, scene)
    for words in ("HR frees Ana", "HR frees Ana today", "HR frees Ana now"):
        reply = desk.submit(scene.lead, escalation.decide, dialog.fill(What_is_decided=words))
    shown = dialog.after(reply)
    desk.submit(scene.lead, escalation.decide, shown)
    again = shown.after(desk.submit(scene.lead, escalation.decide, shown.fill(What_is_decided="HR frees both")))
    assert [block.get("block_id") for block in again.view["blocks"]].count(NOTE) == 1
    assert decided(desk) == ["HR frees Ana", "HR frees Ana now"]


def test_the_same_words_are_one_press(desk: Desk, scene: Scene) -> None:
    dialog = a_decision(desk, scene)
    assert desk.submit(scene.lead, escalation.decide, dialog) == desk.submit(scene.lead, escalation.decide, dialog)
    assert decided(desk) == ["HR frees Ana"]


def test_an_older_press_that_comes_late_undoes_nothing(desk: Desk, scene: Scene) -> None:
    dialog = a_decision(desk, scene)
    older = deepcopy(dialog)
    desk.submit(scene.lead, escalation.decide, dialog.fill(What_is_decided="HR frees Ana for two days"))
    desk.submit(scene.lead, escalation.decide, older)
    assert decided(desk) == ["HR frees Ana for two days"]


def test_a_second_question_is_asked_only_if_it_is_meant(desk: Desk, scene: Scene) -> None:
    desk.press(scene.lead, escalation_more.chosen, Act.ESCALATION_MORE, "ask_owner:1")
    dialog = desk.opened().fill(What_would_you_like_to_know="Which two days?")
    desk.submit(scene.lead, question.ask, dialog)
    desk.submit(scene.lead, question.ask, dialog.fill(What_would_you_like_to_know="Which two days? And whose?"))
    with desk.database.read() as session:
        asked = session.scalars(
            sa.select(EscalationEvent.words).where(EscalationEvent.kind == EscalationEventKind.OWNER_ASKED)
        ).all()
    assert asked == ["Which two days?"]


def test_what_can_be_sent_only_once_is_given_back_to_be_copied(desk: Desk, scene: Scene) -> None:
    desk.submit(scene.lead, escalation.decide, a_decision(desk, scene))
    desk.press(scene.head, decisions.open_drop, Act.DROP_DECISION, "1")
    dialog = desk.opened().fill(Why_is_it_dropped="HR")
    assert desk.submit(scene.head, decisions.drop, dialog) == Done()
    longer = dialog.fill(Why_is_it_dropped="HR has <sent> it already")
    told, words = dialog.after(desk.submit(scene.head, decisions.drop, longer)).view["blocks"]
    assert "has arrived*, as it stood here then" in told["text"]["text"]
    assert words["text"]["text"].endswith("\nHR has &lt;sent&gt; it already")
    with desk.database.read() as session:
        assert session.scalars(sa.select(Decision.reason)).all() == ["HR"]


def test_a_reason_that_is_delivered_again_resolves_nothing_that_is_open_anew(desk: Desk, scene: Scene) -> None:
    desk.press(scene.lead, escalation.resolve, Act.RESOLVE_ESCALATION, "1")
    dialog = desk.opened()
    dialog.fill(**{dialog.labels[0].replace(" ", "_"): "HR has sent it"})
    desk.submit(scene.lead, escalation.resolve_with_reason, dialog)
    with desk.database.write() as session:
        tell(session, NOON, scene.key_result, by=scene.owner)
    assert state(desk) is EscalationState.OPEN
    assert desk.again() == Done()
    assert state(desk) is EscalationState.OPEN


def state(desk: Desk) -> EscalationState:
    with desk.database.read() as session:
        return session.scalars(sa.select(Escalation.state)).one()


def test_every_dialog_that_is_sent_only_once_is_one_of_ours() -> None:
    assert set(Dialogs) >= SENT_ONLY_ONCE
