"""*Ask the owner*, through the boundary: one dialog, pressed in a thread or in a digest by whoever sees it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from calls import MORNING, Scene, keys, posted, pressable, replied, set_scene, shown, tell, words
from desk import Desk, whispered

from bot.blocks.ids import Act
from bot.domain.organisation import Visibility
from bot.localslack.blockkit import check_message, check_view
from bot.services import escalation
from bot.services.access import Caller
from handlers import escalation_more, question
from handlers.reply import Done, Errors, Reply
from models import EscalationEvent, EscalationEventKind, KeyResult, Member, PostKind
from models.database import Database

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
ENTRY = "ask_owner:1"


@pytest.fixture
def scene(database: Database) -> Scene:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
    return scene


@pytest.fixture
def desk(database: Database, scene: Scene) -> Desk:
    return Desk(database, NOON)


def choose(desk: Desk, who: Member) -> Reply:
    """*Ask the owner* behind the three dots of the thread."""
    return desk.press(who, escalation_more.chosen, Act.ESCALATION_MORE, ENTRY)


def asked(desk: Desk) -> list[EscalationEvent]:
    with desk.runtime.read() as session:
        kind = EscalationEventKind.OWNER_ASKED
        return list(session.scalars(sa.select(EscalationEvent).where(EscalationEvent.kind == kind)))


@pytest.mark.parametrize("who", ["lead", "stranger"])
def test_whoever_sees_it_asks_the_owner_directly_and_the_thread_has_it(desk: Desk, scene: Scene, who: str) -> None:
    asker = getattr(scene, who)
    assert choose(desk, asker) == Done()
    dialog = desk.opened()
    assert check_view(dict(dialog.view)) == []
    assert "*Needed:* someone to free two HR days" in repr(dialog.view)
    assert "Mere Ngata gets it as a direct message with your name, and it stands in the thread." in repr(dialog.view)
    dialog.fill(What_would_you_like_to_know=" Which two days? ")
    assert whispered(desk.submit(asker, question.ask, dialog)) == (
        "Mere Ngata has your question now, and it stands in the thread."
    )
    assert desk.submit(asker, question.ask, dialog) == Done()
    (event,) = asked(desk)
    assert event.words == "Which two days?"
    with desk.runtime.read() as session:
        reply, news = keys(session)[-2:]
        assert replied(session, reply) == f"*{asker.name} asks Mere Ngata:*\nWhich two days?"
        assert (posted(session, news).member_id, posted(session, news).kind) == (
            scene.owner.id,
            PostKind.ESCALATION_NEWS,
        )
        direct = shown(session, news)
        assert direct is not None
        assert check_message(direct.text, list(direct.blocks)) == []
        assert words(direct).startswith(
            f"*{asker.name} asks you about KR-1 SOC 2 certified by 15 Dec:*\nWhich two days?\n"
            f"You can answer <@{asker.slack_user_id}> directly, or with a check-in."
        )
        assert pressable(direct) == ["Check in"]


def test_what_is_missing_or_too_long_is_said_in_the_dialog(desk: Desk, scene: Scene) -> None:
    choose(desk, scene.lead)
    dialog = desk.opened()
    assert desk.submit(scene.lead, question.ask, dialog) == Errors(
        {"question": "Please write what you would like to know."}
    )
    dialog.fill(What_would_you_like_to_know="x" * 1001)
    (too_long,) = dialog.errors(desk.submit(scene.lead, question.ask, dialog)).values()
    assert too_long == "This is 1,001 characters long and 1,000 fit. Please shorten it a little."


def test_the_owner_is_told_that_it_is_theirs_and_nobody_is_asked_where_nobody_owns_it(desk: Desk, scene: Scene) -> None:
    assert "KR-1 is yours" in whispered(choose(desk, scene.owner))
    with desk.runtime.write() as session:
        session.get_one(Member, scene.owner.id).deactivated_at = MORNING
    assert "KR-1" in whispered(choose(desk, scene.lead))
    assert desk.gateway.opened == []


def test_nobody_asks_about_what_is_over_or_what_they_may_not_see(desk: Desk, scene: Scene) -> None:
    choose(desk, scene.stranger)
    dialog = desk.opened().fill(What_would_you_like_to_know="When?")
    with desk.runtime.write() as session:
        session.get_one(KeyResult, scene.key_result.id).visibility = Visibility.NAMED
    desk.submit(scene.stranger, question.ask, dialog)
    assert asked(desk) == []
    choose(desk, scene.lead)
    dialog = desk.opened().fill(What_would_you_like_to_know="When?")
    with desk.runtime.write() as session:
        lead = Caller(scene.lead.workspace_id, scene.lead.id)
        escalation.resolve(session, MORNING, caller=lead, escalation_id=1, reason="a slip")
    desk.submit(scene.lead, question.ask, dialog)
    assert asked(desk) == []


def test_what_was_handed_over_before_it_was_sent_is_asked_of_nobody(desk: Desk, scene: Scene) -> None:
    choose(desk, scene.stranger)
    desk.submit(scene.stranger, question.ask, desk.opened().fill(What_would_you_like_to_know="When?"))
    with desk.runtime.write() as session:
        session.get_one(KeyResult, scene.key_result.id).owner_id = scene.stranger.id
        session.flush()
        assert shown(session, keys(session)[-1]) is None
