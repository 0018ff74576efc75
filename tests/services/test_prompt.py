"""A prompt that stands is drawn anew when what it says has changed: at the digest, and with a call for help in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from answers import asked
from calls import MORNING, WEEK, Scene, set_scene, tell, words
from company import MONDAY
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.organisation import Visibility
from bot.services import departures, digest, escalation, outbox, planning, prompt
from bot.services.planning import prompt_key
from models import CheckInState, Delivery, Member, Message, PostKind
from models.database import Database

DIGEST = datetime(2026, 10, 7, 10, tzinfo=UTC)


def prompted(session: Session, scene: Scene, owner: Member) -> str:
    """A prompt of the week that stands; its key."""
    key = prompt_key(owner.id, period(MONDAY))
    outbox.post(
        session,
        MORNING,
        outbox.NewPost(
            workspace_id=scene.company.workspace.id,
            key=key,
            kind=PostKind.PROMPT,
            member_id=owner.id,
            period=MONDAY,
        ),
    )
    delivery = session.scalars(sa.select(Delivery).where(Delivery.key == key)).one()
    delivery.posted_channel, delivery.posted_ts = "D1", "1790000000.000100"
    session.flush()
    return key


def wanted(session: Session, key: str) -> int:
    session.expire_all()
    return session.scalars(
        sa.select(Message.wanted).join(Delivery, Delivery.id == Message.delivery_id).where(Delivery.key == key)
    ).one()


def reads(session: Session, key: str, now: datetime) -> Post:
    delivery = session.scalars(sa.select(Delivery).where(Delivery.key == key)).one()
    post = prompt.post(session, delivery, now)
    assert post is not None
    return post


def test_when_the_digest_is_taken_the_prompts_of_its_week_are_over(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.next_digest_at = DIGEST
        other = scene.company.key_result(scene.company.objective(scene.product), scene.head)
        asked(session, scene.key_result, MONDAY, CheckInState.MISSED)
        asked(session, other, MONDAY)
        ours, others = prompted(session, scene, scene.owner), prompted(session, scene, scene.head)
        before = reads(session, ours, DIGEST - timedelta(minutes=1))
        # The digest's hour, by the owner's clock.
        assert before.text == "1 check-in is still open, until Wed 23:00"
        assert wanted(session, ours) == 1
        digest.take_due(session, DIGEST, 10)
        assert (wanted(session, ours), wanted(session, others)) == (2, 1)
        after = reads(session, ours, DIGEST)
        assert after.text == "Week of 5 Oct: 0 of 1 answered"
        assert "actions" not in {block["type"] for block in after.blocks}


def test_it_says_when_the_next_one_comes_and_only_that(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        asked(session, scene.key_result, MONDAY, CheckInState.MISSED)
        key = prompted(session, scene, scene.owner)
        scene.owner.next_period, scene.owner.next_opening_at = MONDAY + WEEK, datetime(2026, 10, 11, 20, tzinfo=UTC)
        assert reads(session, key, DIGEST).text.endswith("answered. The next one comes Mon 09:00.")
        scene.owner.next_period = MONDAY + 2 * WEEK
        assert reads(session, key, DIGEST).text.endswith("answered")


def test_a_call_for_help_in_a_prompt_is_shown_as_it_stands(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        key = prompted(session, scene, scene.owner)
        assert "· help wanted" in words(reads(session, key, MORNING))
        caller = scene.company.caller(scene.lead)
        escalation.take(session, MORNING, caller=caller, escalation_id=1)
        assert wanted(session, key) == 2
        assert "· Tama Reid is on it" in words(reads(session, key, MORNING))
        escalation.resolve(session, MORNING, caller=caller, escalation_id=1, reason="HR has sent it")
        assert wanted(session, key) == 3
        assert "on it" not in words(reads(session, key, MORNING))


def test_a_next_move_that_somebody_else_named_is_not_called_the_readers(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        key = prompted(session, scene, scene.owner)
        tell(session, MORNING, scene.key_result, by=scene.stranger)
        assert "_The next move is:_ write to HR" in words(reads(session, key, MORNING))
        tell(session, MORNING, scene.key_result, by=scene.owner)
        assert "_Your next move is:_ write to HR" in words(reads(session, key, MORNING))


def test_handed_over_a_limited_key_result_leaves_the_prompt_of_who_owned_it(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.key_result.visibility = Visibility.NAMED
        other = scene.company.key_result(scene.company.objective(scene.growth, "Another"), scene.owner)
        for one in (scene.key_result, other):
            tell(session, MORNING, one, by=scene.owner, confidence=Confidence.GREEN)
        key = prompted(session, scene, scene.owner)
        assert "SOC 2" in words(reads(session, key, MORNING))
        for one in (scene.key_result, other):
            one.owner_id = scene.stranger.id
        session.flush()
        said = tell(session, MORNING, scene.key_result, by=scene.stranger, confidence=Confidence.GREEN, score="0.9")
        said.next_move = "the board is told on Friday"
        session.flush()
        after = words(reads(session, key, MORNING))
        assert "SOC 2" not in after
        assert "0.9" not in after
        assert "the board" not in after
        # What everybody may see stays.
        assert "Activation" in after
        scene.growth.lead_id = scene.owner.id
        session.flush()
        assert "the board is told on Friday" in words(reads(session, key, MORNING))
        scene.growth.lead_id, other.visibility = None, Visibility.TEAM
        scene.product.lead_id = None
        session.flush()
        assert "nothing is due" in words(reads(session, key, MORNING)).lower()


def test_who_covers_reads_what_they_said_of_a_limited_key_result_and_not_what_its_owner_says_later(
    database: Database,
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.key_result.visibility = Visibility.NAMED
        check_in = asked(session, scene.key_result, MONDAY)
        check_in.owner_id, check_in.covered_for_id = scene.stranger.id, scene.owner.id
        key = prompted(session, scene, scene.stranger)
        assert "SOC 2" in words(reads(session, key, MORNING))
        tell(session, MORNING, scene.key_result, by=scene.stranger, confidence=Confidence.GREEN)
        assert "write to HR" in words(reads(session, key, MORNING))
        tell(session, MORNING, scene.key_result, by=scene.owner, confidence=Confidence.GREEN, score="0.9")
        assert "SOC 2" not in words(reads(session, key, MORNING))


def test_who_is_asked_in_anothers_place_reads_whether_they_are_away_or_have_left(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        check_in = asked(session, scene.key_result, MONDAY)
        check_in.owner_id, check_in.covered_for_id = scene.stranger.id, scene.owner.id
        key = prompted(session, scene, scene.stranger)
        assert "for Mere Ngata, who is away" in words(reads(session, key, MORNING))
        scene.owner.deactivated_at = MORNING
        session.flush()
        stood = wanted(session, key)
        departures.left(session, MORNING, [scene.owner])
        assert wanted(session, key) == stood + 1
        said = words(reads(session, key, MORNING))
        assert "for Mere Ngata, who has left" in said
        assert "away" not in said
        # They may be back by the time that somebody reads what was answered.
        check_in.state = CheckInState.ANSWERED
        session.flush()
        said = words(reads(session, key, MORNING))
        assert "for Mere Ngata · ✓ answered" in said


def test_whoever_is_asked_no_more_or_at_another_hour_reads_so_in_the_week_that_is_over(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        asked(session, scene.key_result, MONDAY, CheckInState.MISSED)
        key = prompted(session, scene, scene.owner)
        scene.owner.next_period, scene.owner.next_opening_at = MONDAY + WEEK, datetime(2026, 10, 11, 20, tzinfo=UTC)
        planning.replan(session, DIGEST, [scene.owner.id])
        assert wanted(session, key) == 1
        scene.owner.time_zone = "Europe/London"
        planning.replan(session, DIGEST, [scene.owner.id])
        assert wanted(session, key) == 2
        assert reads(session, key, DIGEST).text.endswith("answered. The next one comes Mon 09:00.")
        scene.key_result.owner_id = scene.head.id
        planning.replan(session, DIGEST, [scene.owner.id])
        assert wanted(session, key) == 3
        assert reads(session, key, DIGEST).text == "Week of 5 Oct: 0 of 1 answered"


def test_who_waits_in_vain_for_a_week_reads_no_hour_of_it_in_the_one_before(database: Database) -> None:
    """A cycle has ended, which makes everybody due at once."""
    with database.write() as session:
        scene = set_scene(session)
        asked(session, scene.key_result, MONDAY, CheckInState.MISSED)
        key = prompted(session, scene, scene.owner)
        scene.owner.next_period, scene.owner.next_opening_at = MONDAY + WEEK, DIGEST
        scene.key_result.owner_id = scene.head.id
        session.flush()
        planning.open_due(session, DIGEST, 10)
        session.refresh(scene.owner)
        assert scene.owner.next_period is None
        assert wanted(session, key) == 2
