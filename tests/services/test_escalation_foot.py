"""The newest reply in a thread shows where it stands, and how to act where the first message is out of reach."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, Scene, decide, keys, posted, pressable, set_scene, shown, tell, words
from company import MONDAY
from sqlalchemy.orm import Session

from bot.domain.confidence import Confidence
from bot.domain.escalation import FAR_AGE, FAR_REPLIES, is_out_of_reach
from bot.localslack.blockkit import check_message
from bot.services import escalation, question
from bot.services.blocking import BlockedBy
from bot.services.escalation_foot import root_is_gone
from bot.services.help_wanted import Message as Turned
from bot.services.help_wanted import turn_into_blocker
from models import Delivery, DeliveryState, Message
from models.database import Database

HOUR = timedelta(hours=1)


def begun(session: Session) -> Scene:
    """A red whose thread stands."""
    scene = set_scene(session)
    tell(session, MORNING, scene.key_result, by=scene.owner)
    leave(session, MORNING)
    return scene


def leave(session: Session, now: datetime) -> None:
    """What waits to be sent is sent."""
    for one in session.scalars(sa.select(Delivery).where(Delivery.state == DeliveryState.QUEUED)):
        one.state, one.settled_at, one.attempted_at = DeliveryState.SENT, now, now
        one.posted_channel, one.posted_ts = one.channel_id or "D1", f"{one.id}.1"
    session.flush()


def ask(session: Session, scene: Scene, now: datetime, text: str = "Which two days?") -> str:
    """A question to the owner; the key of its reply."""
    before = set(keys(session))
    caller = scene.company.caller(scene.lead)
    question.ask(session, now, caller=caller, escalation_id=1, question=text)
    (reply,) = [key for key in keys(session) if key not in before and ":to:" not in key]
    leave(session, now)
    return reply


def wanted(session: Session, key: str) -> int:
    return session.scalars(sa.select(Message.wanted).where(Message.delivery_id == posted(session, key).id)).one()


def test_the_newest_reply_says_where_it_stands_and_the_one_before_it_does_no_more(database: Database) -> None:
    with database.write() as session:
        scene = begun(session)
        first = ask(session, scene, MORNING)
        assert words(shown(session, first)).startswith(
            "*Tama Reid asks Mere Ngata:*\nWhich two days?\nNow: help wanted · Hana Mori is asked next, "
        )
        assert pressable(shown(session, first)) == []
        before = wanted(session, first)
        second = ask(session, scene, MORNING + HOUR, "Or three?")
        assert wanted(session, first) > before
        assert words(shown(session, first)) == "*Tama Reid asks Mere Ngata:*\nWhich two days?"
        assert "Now: help wanted" in words(shown(session, second))


def test_what_says_it_by_itself_says_it_once(database: Database) -> None:
    with database.write() as session:
        scene = begun(session)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        leave(session, MORNING)
        assert "Tama Reid has taken this." in [_words(session, key, MORNING) for key in keys(session)]


def test_a_day_later_the_newest_reply_has_the_buttons_and_only_that_one(database: Database) -> None:
    with database.write() as session:
        scene = begun(session)
        first = ask(session, scene, MORNING)
        later = MORNING + FAR_AGE
        second = ask(session, scene, later, "And now?")
        post = shown(session, second, later)
        assert post is not None
        assert check_message(post.text, list(post.blocks)) == []
        buttons = ["I'll take it", "Decide", "Take to review"]
        assert pressable(post)[:3] == buttons
        assert pressable(shown(session, first, later)) == []
        escalation.take(session, later, caller=scene.company.caller(scene.lead), escalation_id=1)
        leave(session, later)
        (third,) = [key for key in keys(session) if "has taken this" in _words(session, key, later)]
        assert "Now: Tama Reid is on it" in words(shown(session, third, later))
        assert pressable(shown(session, third, later))[:2] == ["Decide", "Take to review"]
        assert pressable(shown(session, second, later)) == []


def test_after_some_replies_the_first_message_is_far_above(database: Database) -> None:
    with database.write() as session:
        scene = begun(session)
        replies = [ask(session, scene, MORNING, f"{n}?") for n in range(FAR_REPLIES)]
        assert [bool(pressable(shown(session, one))) for one in replies] == [False] * (FAR_REPLIES - 1) + [True]


def test_once_the_first_message_cannot_be_edited_the_newest_reply_is_where_to_act(database: Database) -> None:
    with database.write() as session:
        scene = begun(session)
        reply = ask(session, scene, MORNING)
        root = posted(session, "escalation:1")
        session.execute(sa.update(Message).where(Message.delivery_id == root.id).values(gone_at=MORNING))
        before = wanted(session, reply)
        root_is_gone(session, MORNING, root)
        assert wanted(session, reply) == before + 1
        assert pressable(shown(session, reply))[:3] == ["I'll take it", "Decide", "Take to review"]


def test_once_it_is_resolved_nothing_in_the_thread_can_be_pressed(database: Database) -> None:
    with database.write() as session:
        scene = begun(session)
        later = MORNING + FAR_AGE
        ask(session, scene, later)
        lead = scene.company.caller(scene.lead)
        escalation.resolve(session, later, caller=lead, escalation_id=1, reason="HR had sent it")
        leave(session, later)
        standing = [post for key in keys(session) if (post := shown(session, key, later)) is not None]
        # The question to the owner leads to their check-in.
        assert [pressable(post) for post in standing if pressable(post)] == [["Check in"]]
        assert "resolved" in words(shown(session, keys(session)[-1], later)).lower()


def test_what_was_said_stays_as_it_was_said_when_a_reply_is_drawn_again(database: Database) -> None:
    with database.write() as session:
        scene = begun(session)
        tell(session, MORNING + WEEK, scene.key_result, by=scene.owner, period=MONDAY + WEEK, score="0.2")
        (again,) = [key for key in keys(session) if _words(session, key, MORNING + WEEK).startswith("🔴 red again")]
        said = words(shown(session, again, MORNING + WEEK)).splitlines()[0]
        assert said == "🔴 red again this week · 0.2, was 0.3"
        leave(session, MORNING + WEEK)
        tell(
            session,
            MORNING + 2 * WEEK,
            scene.key_result,
            by=scene.owner,
            period=MONDAY + 2 * WEEK,
            score="0.6",
            confidence=Confidence.YELLOW,
        )
        assert words(shown(session, again, MORNING + 2 * WEEK)).splitlines()[0] == said
        asked = ask(session, scene, MORNING + 2 * WEEK)
        scene.key_result.owner_id = scene.stranger.id
        session.flush()
        assert words(shown(session, asked, MORNING + 2 * WEEK)).startswith("*Tama Reid asks Mere Ngata:*")


def test_a_copied_message_is_said_once_and_never_drawn_again(database: Database) -> None:
    with database.write() as session:
        scene = begun(session)
        turn_into_blocker(
            session,
            MORNING,
            caller=scene.company.caller(scene.stranger),
            key_result_id=scene.key_result.id,
            by=BlockedBy(words="the auditor"),
            message=Turned("https://testworks.slack.com/archives/C1/p1", "they wait"),
        )
        (copied,) = [key for key in keys(session) if "they wait" in _words(session, key, MORNING)]
        drawn = sa.select(Message).where(Message.delivery_id == posted(session, copied).id)
        assert session.scalars(drawn).all() == []
        assert pressable(shown(session, copied)) == []


@pytest.mark.parametrize(
    ("replies", "hours", "can_be_edited", "far"),
    [(1, 1, True, False), (4, 1, True, True), (1, 24, True, True), (0, 0, False, True)],
)
def test_a_first_message_is_out_of_reach(replies: int, hours: int, can_be_edited: bool, far: bool) -> None:
    assert is_out_of_reach(replies, timedelta(hours=hours), can_be_edited=can_be_edited) is far


def test_a_decision_that_is_the_newest_reply_can_be_settled_and_decided_again(database: Database) -> None:
    with database.write() as session:
        scene = begun(session)
        later = MORNING + FAR_AGE
        decide(session, scene, scene.lead, now=later)
        leave(session, later)
        (reply,) = [
            key for key in keys(session) if ":to:" not in key and "can you make this" in _words(session, key, later)
        ]
        assert pressable(shown(session, reply, later))[:4] == ["Done", "Drop", "Resolve", "Decide again"]


def _words(session: Session, key: str, now: datetime) -> str:
    post = shown(session, key, now)
    return words(post) if post is not None else ""
