"""The three dots of an escalation, through the boundary, with payloads as Slack sends them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from calls import MORNING, Scene, keys, set_scene, tell
from desk import Desk, whispered

from bot.blocks.ids import Act
from bot.domain.escalation import EscalationState
from bot.localslack.blockkit import check_view
from handlers import escalation, escalation_more
from handlers.reply import Done
from models import Escalation, EscalationEvent, EscalationEventKind, Member
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


def choose(desk: Desk, who: Member, entry: str) -> object:
    return desk.press(who, escalation_more.chosen, Act.ESCALATION_MORE, f"{entry}:1")


def events(desk: Desk, kind: EscalationEventKind) -> list[EscalationEvent]:
    with desk.runtime.read() as session:
        return list(session.scalars(sa.select(EscalationEvent).where(EscalationEvent.kind == kind)))


def test_make_private_says_who_goes_on_seeing_it_and_what_becomes_of_the_channel(desk: Desk, scene: Scene) -> None:
    assert choose(desk, scene.owner, "make_private") == Done()
    dialog = desk.opened()
    assert check_view(dict(dialog.view)) == []
    said = dialog.view["blocks"][0]["text"]["text"]
    assert said.startswith("*From now on these people see it, and nobody else:* Mere Ngata, Tama Reid\n")
    assert "What Okra wrote in <#C0GROWTH> is replaced by a line without words" in said
    assert desk.submit(scene.owner, escalation_more.make_private, dialog) == Done()
    assert desk.submit(scene.owner, escalation_more.make_private, dialog) == Done()
    assert len(events(desk, EscalationEventKind.MADE_PRIVATE)) == 1
    with desk.runtime.read() as session:
        assert "escalation:1:private" in keys(session)
    assert whispered(choose(desk, scene.lead, "make_private")) == (
        "This is private already: only those whom it concerns see it."
    )
    assert (
        whispered(choose(desk, scene.stranger, "make_private"))
        == "I can't find that request for help any more. `/okr agenda` lists what is open."
    )


def test_resolve_stands_behind_the_dots_and_asks_why_where_nothing_is_decided(desk: Desk, scene: Scene) -> None:
    assert choose(desk, scene.lead, "resolve") == Done()
    dialog = desk.opened().fill(Why_was_no_decision_needed="a slip")
    assert desk.submit(scene.lead, escalation.resolve_with_reason, dialog) == Done()
    with desk.runtime.read() as session:
        assert session.scalars(sa.select(Escalation.state)).one() is EscalationState.RESOLVED


@pytest.mark.parametrize("value", ["", "ask_owner", "ask_owner:x", "burn:1", "resolve:99999999999999999999"])
def test_a_value_that_no_menu_has_is_told_kindly(desk: Desk, scene: Scene, value: str) -> None:
    reply = desk.press(scene.lead, escalation_more.chosen, Act.ESCALATION_MORE, value)
    assert whispered(reply) == "I can't find that request for help any more. `/okr agenda` lists what is open."
