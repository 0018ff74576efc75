"""The owner is told what their red brought: once, in one message, as a note."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from calls import IN_A_WEEK, MORNING, WEEK, Scene, decide, posted, set_scene, shown, tell, the_escalation, words
from company import MONDAY
from sqlalchemy.orm import Session

from bot.domain.attention import Attention
from bot.domain.kinds import Kind
from bot.domain.organisation import Visibility
from bot.services import decisions, escalation, escalation_more, hand_over, help_wanted
from bot.services.attention import ATTENTION_OF
from bot.services.blocking import BlockedBy
from bot.services.decisions import Draft
from bot.services.help_wanted import Message
from bot.services.outcome import GATHERS_FOR
from models import Decision, Delivery, DeliveryState, Outcome, PostKind
from models.database import Database

TUESDAY = MORNING + timedelta(days=1)


def outcomes(session: Session) -> list[Delivery]:
    wanted = sa.select(Delivery).where(Delivery.kind == PostKind.OUTCOME).order_by(Delivery.id)
    return list(session.scalars(wanted))


def red_and_decided(session: Session) -> Scene:
    scene = set_scene(session)
    tell(session, MORNING, scene.key_result, by=scene.owner)
    decide(session, scene, scene.lead)
    return scene


def test_when_what_was_decided_is_done_the_owner_is_told_what_they_asked_for_and_what_came(database: Database) -> None:
    with database.write() as session:
        scene = red_and_decided(session)
        (decision,) = session.scalars(sa.select(Decision)).all()
        decisions.done(session, TUESDAY, caller=scene.company.caller(scene.head), decision_id=decision.id)
        (delivery,) = outcomes(session)
        assert (delivery.member_id, delivery.not_before) == (scene.owner.id, TUESDAY + GATHERS_FOR)
        assert words(shown(session, delivery.key)) == (
            "*What your request for help with KR-1 brought*\n"
            "*KR-1 SOC 2 certified by 15 Dec*: on Mon 5 Oct you asked for “someone to free two HR days”. "
            "Done on Tue 6 Oct, says Hana Mori: HR frees Ana for two days."
        )
        # One direct message, not two.
        told = session.scalars(sa.select(Delivery.key).where(Delivery.member_id == scene.owner.id)).all()
        assert len(told) == 2  # that it was decided, and this
        # Resolving it then tells nothing new.
        escalation.resolve(session, TUESDAY, caller=scene.company.caller(scene.lead), escalation_id=1)
        assert len(outcomes(session)) == 1
        assert len(session.scalars(sa.select(Outcome)).all()) == 1


def test_where_nothing_was_done_it_is_told_when_it_is_resolved(database: Database) -> None:
    with database.write() as session:
        scene = red_and_decided(session)
        escalation.resolve(session, TUESDAY, caller=scene.company.caller(scene.lead), escalation_id=1)
        (delivery,) = outcomes(session)
        assert "Tama Reid resolved it on Tue 6 Oct. Decided: HR frees Ana for two days." in words(
            shown(session, delivery.key)
        )


def test_without_a_decision_the_reason_is_told(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner, need="")
        escalation.resolve(
            session, TUESDAY, caller=scene.company.caller(scene.lead), escalation_id=1, reason="HR had sent it"
        )
        (delivery,) = outcomes(session)
        assert words(shown(session, delivery.key)).endswith(
            "on Mon 5 Oct you asked for help. Tama Reid resolved it on Tue 6 Oct, and no decision was needed: "
            "HR had sent it."
        )


def test_help_that_its_owner_asked_for_without_a_check_in_is_theirs(database: Database) -> None:
    assert brought(database, "owner") == (
        "*What your request for help with KR-1 brought*\n"
        "*KR-1 SOC 2 certified by 15 Dec*: on Mon 5 Oct you asked for “two days of HR”. "
        "Tama Reid resolved it on Tue 6 Oct, and no decision was needed: it came."
    )


@pytest.mark.parametrize(
    ("called_by", "asked"),
    [
        ("lead", "Tama Reid asked for “two days of HR”"),
        ("stranger", "Finn Adler asked for help"),
        ("former owner", "Mere Ngata asked for “someone to free two HR days”"),
    ],
)
def test_what_somebody_else_asked_for_is_not_said_to_be_asked_by_the_owner(
    database: Database, called_by: str, asked: str
) -> None:
    told = brought(database, called_by)
    assert told.startswith("*What the request for help with KR-1 brought*\n")
    assert f": on Mon 5 Oct {asked}. Tama Reid resolved it on Tue 6 Oct" in told
    assert "you " not in told


def brought(database: Database, called_by: str) -> str:
    """What the owner reads of help that somebody called for, and that came by itself."""
    with database.write() as session:
        scene = set_scene(session)
        kr, caller = scene.key_result.id, scene.company.caller
        match called_by:
            case "owner" | "lead":
                by = caller(scene.owner if called_by == "owner" else scene.lead)
                help_wanted.ask(
                    session, MORNING, caller=by, key_result_id=kr, stuck="HR", need="two days of HR", by=None
                )
            case "stranger":
                by, message = BlockedBy(words="HR"), Message("https://example.slack.com/archives/C1/p1")
                help_wanted.turn_into_blocker(
                    session, MORNING, caller=caller(scene.stranger), key_result_id=kr, by=by, message=message
                )
            case _:
                tell(session, MORNING, scene.key_result, by=scene.owner)
                asked = hand_over.ask(session, MORNING, caller(scene.owner), kr, scene.stranger.id)
                hand_over.accept(session, MORNING, caller(scene.stranger), asked.hand_over_id)
        escalation.resolve(session, TUESDAY, caller=caller(scene.lead), escalation_id=1, reason="it came")
        (delivery,) = outcomes(session)
        assert delivery.member_id == scene.key_result.owner_id
        return words(shown(session, delivery.key))


def test_several_that_wait_are_one_message_and_what_comes_later_is_another(database: Database) -> None:
    with database.write() as session:
        scene = red_and_decided(session)
        other = scene.company.key_result(
            scene.company.objective(scene.growth, "Price"),
            scene.owner,
            "Pricing test",
            kind=Kind.MILESTONE,
            metric=None,
        )
        tell(session, MORNING, other, by=scene.owner, need="a yes to the price")
        escalation.resolve(
            session, TUESDAY, caller=scene.company.caller(scene.lead), escalation_id=2, reason="yes was said"
        )
        decisions.done(session, TUESDAY, caller=scene.company.caller(scene.head), decision_id=1)
        (delivery,) = outcomes(session)
        text = words(shown(session, delivery.key))
        assert text.startswith("*What your 2 requests for help brought*")
        assert "a yes to the price" in text
        assert "HR frees Ana for two days" in text
        delivery.state = DeliveryState.OBSOLETE
        decision = decisions.decide(
            session,
            TUESDAY,
            caller=scene.company.caller(scene.lead),
            escalation_id=1,
            draft=Draft("and a day more", scene.head.id, IN_A_WEEK),
        )
        decisions.done(session, TUESDAY, caller=scene.company.caller(scene.head), decision_id=decision.id)
        assert len(outcomes(session)) == 2


def test_nobody_is_told_what_they_did_themselves_or_may_not_see(database: Database) -> None:
    with database.write() as session:
        scene = red_and_decided(session)
        escalation.resolve(session, TUESDAY, caller=scene.company.caller(scene.owner), escalation_id=1)
        assert outcomes(session) == []
        decisions.done(session, TUESDAY, caller=scene.company.caller(scene.head), decision_id=1)
        (delivery,) = outcomes(session)
        assert posted(session, delivery.key).member_id == scene.owner.id
        scene.key_result.owner_id, scene.key_result.visibility = scene.head.id, Visibility.NAMED
        session.flush()
        assert shown(session, delivery.key) is None


def test_what_a_private_request_brought_is_not_told_to_who_owned_the_key_result_before(database: Database) -> None:
    with database.write() as session:
        scene = red_and_decided(session)
        owner = scene.company.caller(scene.owner)
        escalation_more.make_private(session, MORNING, caller=owner, escalation_id=1)
        decisions.done(session, TUESDAY, caller=scene.company.caller(scene.head), decision_id=1)
        (delivery,) = outcomes(session)
        assert "two HR days" in words(shown(session, delivery.key))
        # Before it leaves, the key result is handed over: everybody sees it, and the request is for its members.
        asked = hand_over.ask(session, TUESDAY, owner, scene.key_result.id, scene.stranger.id)
        hand_over.accept(session, TUESDAY, scene.company.caller(scene.stranger), asked.hand_over_id)
        tell(session, TUESDAY, scene.key_result, by=scene.stranger, need="the board knows nothing of this")
        assert shown(session, delivery.key) is None


def test_it_is_a_note_within_the_budget() -> None:
    assert ATTENTION_OF[PostKind.OUTCOME] is Attention.UNASKED


def test_what_is_opened_again_is_told_again(database: Database) -> None:
    with database.write() as session:
        scene = red_and_decided(session)
        escalation.resolve(session, TUESDAY, caller=scene.company.caller(scene.lead), escalation_id=1)
        tell(session, MORNING + WEEK, scene.key_result, by=scene.owner, period=MONDAY + WEEK)
        assert the_escalation(session).round == 2
        escalation.resolve(
            session, MORNING + WEEK, caller=scene.company.caller(scene.lead), escalation_id=1, reason="it came"
        )
        assert [one.round for one in session.scalars(sa.select(Outcome).order_by(Outcome.id))] == [1, 2]
