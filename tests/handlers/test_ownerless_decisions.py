"""A decision whose owner has left: who is asked about it, where they see it, and how they give it to somebody else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from calls import MORNING, Scene, decide, keys, pressable, set_scene, shown, tell, words
from company import as_slack_tells
from desk import Desk, whispered

from bot.blocks.ids import Act, Command
from bot.domain.organisation import Visibility
from bot.localslack.blockkit import check_message, check_view
from bot.services import escalation_more, home, morning, people
from bot.services.access import Caller
from handlers import commands, decisions
from handlers.reply import Errors, Whisper
from models import AuditEvent, Decision, Delivery, DeliveryState, KeyResult, Member, PostKind
from models.database import Database

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
# Nine in London on the day after, in summer time.
NINE = datetime(2026, 10, 6, 8, tzinfo=UTC)


@pytest.fixture
def scene(database: Database) -> Scene:
    """Hana makes something happen by Monday the 12th, which Tama has decided."""
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.lead)
    return scene


@pytest.fixture
def desk(database: Database, scene: Scene) -> Desk:
    return Desk(database, NOON)


def slack_says(desk: Desk, who: Member, *, left: bool, now: datetime = NOON) -> None:
    person = as_slack_tells(who, deleted=left)
    with desk.runtime.write() as session:
        people.learn(session, now, who.workspace_id, person, admins=())


def asked(desk: Desk, now: datetime = NINE) -> list[Delivery]:
    """What this morning asks, as it leaves."""
    with desk.runtime.write() as session:
        while morning.ask_due(session, now, 100) == 100:
            pass
        queued = session.scalars(
            sa.select(Delivery).where(Delivery.kind == PostKind.MORNING, Delivery.state == DeliveryState.QUEUED)
        ).all()
        for one in queued:
            one.state, one.settled_at, one.attempted_at = DeliveryState.SENT, now, now
            one.posted_channel, one.posted_ts = "D1", f"{one.id}.1"
        return list(queued)


def waits_on_home(desk: Desk, who: Member) -> list[str]:
    with desk.runtime.read() as session:
        shown_now = home.view(session, Caller(who.workspace_id, who.id), NINE).now
        return [one.left for one in shown_now.decisions]


def listed(desk: Desk, who: Member, words_typed: str) -> Whisper:
    reply = desk.command(who, commands.okr, Command.OKR, f"decisions {words_typed}".strip())
    assert isinstance(reply, Whisper)
    return reply


def test_who_decided_it_is_asked_on_the_next_morning_and_not_on_its_day(desk: Desk, scene: Scene) -> None:
    slack_says(desk, scene.head, left=True)
    asked(desk, NOON)
    (one,) = asked(desk)
    assert one.member_id == scene.lead.id
    with desk.runtime.read() as session:
        post = shown(session, one.key, NINE)
        assert post is not None
        assert check_message(post.text, list(post.blocks)) == []
        assert "*Hana Mori has left. Is it done, or who does it now?* HR frees Ana for two days" in words(post)
        assert pressable(post) == ["Done", "Drop", "Give to…"]
    assert waits_on_home(desk, scene.lead) == ["Hana Mori"]
    assert waits_on_home(desk, scene.owner) == []
    # Then weekly, as any other.
    assert asked(desk, NINE + timedelta(days=1)) == []
    assert [again.member_id for again in asked(desk, NINE + timedelta(weeks=1))] == [scene.lead.id]


def test_where_they_have_left_too_the_nearest_lead_above_is_asked(desk: Desk, scene: Scene) -> None:
    with desk.runtime.write() as session:
        # Somebody else's: Tama decided it, Finn makes it happen.
        session.scalars(sa.select(Decision)).one().owner_id = scene.stranger.id
    slack_says(desk, scene.stranger, left=True)
    slack_says(desk, scene.lead, left=True)
    asked(desk, NOON)
    assert [one.member_id for one in asked(desk)] == [scene.head.id]
    assert waits_on_home(desk, scene.head) == ["Finn Adler"]


def test_of_a_private_one_only_a_lead_who_is_in_it_is_asked(desk: Desk, scene: Scene) -> None:
    with desk.runtime.write() as session:
        session.scalars(sa.select(Decision)).one().owner_id = scene.stranger.id
        escalation_more.make_private(session, NOON, caller=scene.company.caller(scene.lead), escalation_id=1)
    slack_says(desk, scene.stranger, left=True)
    slack_says(desk, scene.lead, left=True)
    asked(desk, NOON)
    assert asked(desk) == []
    assert waits_on_home(desk, scene.head) == []


def test_it_is_listed_with_a_way_to_give_it_away(desk: Desk, scene: Scene) -> None:
    slack_says(desk, scene.head, left=True)
    for wanted in ("", "mine"):
        post = listed(desk, scene.lead, wanted).post
        assert "Hana Mori (has left), by Mon 12 Oct" in words(post)
        assert pressable(post) == ["Done", "Drop", "Give to…"]
    assert pressable(listed(desk, scene.stranger, "").post) == []
    assert "No open decision" in listed(desk, scene.stranger, "mine").post.text


def test_given_to_somebody_it_is_theirs_and_they_are_told(desk: Desk, scene: Scene) -> None:
    slack_says(desk, scene.head, left=True)
    asked(desk, NOON)
    (before,) = asked(desk)
    desk.press(scene.lead, decisions.open_give, Act.GIVE_DECISION, "1")
    dialog = desk.opened()
    assert check_view(dict(dialog.view)) == []
    assert "Hana Mori, who was to make it happen, has left." in repr(dialog.view)
    assert desk.submit(scene.lead, decisions.give, dialog) == Errors(
        {"decision_owner": "Please choose one person who makes it happen."}
    )
    dialog.fill(Who_makes_it_happen_now=scene.stranger.slack_user_id)
    for _ in range(2):
        assert whispered(desk.submit(scene.lead, decisions.give, dialog)) == (
            "Finn Adler makes it happen from now on, and is told."
        )
    with desk.runtime.read() as session:
        assert session.scalars(sa.select(Decision.owner_id)).one() == scene.stranger.id
        (told,) = [key for key in keys(session) if key.startswith("decision:1:decision_made:")]
        assert "Tama Reid asks you to make this happen by Mon 12 Oct" in words(shown(session, told, NINE))
        (reply,) = [key for key in keys(session) if "<@U0FINNADLER>, can you make this" in _said(session, key)]
        assert reply.startswith("escalation:1:event:")
        assert "*Follow-up:* Finn Adler, by Mon 12 Oct" in words(shown(session, "escalation:1", NINE))
        # What had asked for it asks no more.
        assert pressable(shown(session, before.key, NINE)) == []
        assert session.scalar(sa.select(sa.func.count()).where(AuditEvent.action == "decision.given")) == 1
    assert waits_on_home(desk, scene.lead) == []
    assert [one.member_id for one in asked(desk, datetime(2026, 10, 12, 7, tzinfo=UTC))] == [scene.stranger.id]


def test_it_can_be_given_only_to_somebody_who_sees_it_and_by_who_may_settle_it(desk: Desk, scene: Scene) -> None:
    slack_says(desk, scene.head, left=True)
    assert "can say what became of this" in whispered(
        desk.press(scene.stranger, decisions.open_give, Act.GIVE_DECISION, "1")
    )
    desk.press(scene.lead, decisions.open_give, Act.GIVE_DECISION, "1")
    dialog = desk.opened().fill(Who_makes_it_happen_now=scene.stranger.slack_user_id)
    with desk.runtime.write() as session:
        session.get_one(KeyResult, scene.key_result.id).visibility = Visibility.NAMED
    reply = desk.submit(scene.lead, decisions.give, dialog)
    assert isinstance(reply, Errors)
    assert "Finn Adler" in repr(reply)


def test_a_decision_stays_with_its_owner_who_is_back(desk: Desk, scene: Scene) -> None:
    slack_says(desk, scene.head, left=True)
    desk.press(scene.lead, decisions.open_give, Act.GIVE_DECISION, "1")
    dialog = desk.opened().fill(Who_makes_it_happen_now=scene.stranger.slack_user_id)
    slack_says(desk, scene.head, left=False, now=NOON + timedelta(hours=1))
    (told,) = dialog.errors(desk.submit(scene.lead, decisions.give, dialog)).values()
    assert told == "Hana Mori is here and makes this happen, so it stays theirs."
    assert asked(desk) == []
    assert waits_on_home(desk, scene.lead) == []
    with desk.runtime.read() as session:
        assert session.scalars(sa.select(Decision.due_on)).one() == date(2026, 10, 12)
    assert [one.member_id for one in asked(desk, datetime(2026, 10, 12, 8, tzinfo=UTC))] == [scene.head.id]


def _said(session: sa.orm.Session, key: str) -> str:
    post = shown(session, key, NINE)
    return words(post) if post is not None else ""
