"""A red or a blocker opens one thread, and a later one goes on in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from answers import asked
from calls import (
    IN_A_WEEK,
    MORNING,
    WEEK,
    away,
    decide,
    group,
    keys,
    posted,
    pressable,
    replied,
    set_scene,
    shown,
    tell,
    the_escalation,
    words,
)
from company import MONDAY

from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.domain.organisation import Visibility
from bot.localslack.blockkit import check_message
from bot.services import decisions, escalation, escalation_asking, help_wanted, outbox
from bot.services.blocking import BlockedBy
from bot.services.decisions import Draft
from bot.services.escalation_case import case_of
from bot.services.planning import prompt_key
from bot.services.still_open import open_escalations
from models import (
    Conversation,
    DeliveryState,
    EscalationEvent,
    EscalationEventKind,
    MemberKind,
    Message,
    PostKind,
)
from models.database import Database

# What can be pressed while nobody has taken it.
OPEN_TO_ALL = ["I'll take it", "Decide", "Take to review", "Ask the owner", "Make private", "Resolve"]


def test_a_red_opens_a_thread_in_the_teams_channel_and_asks_the_lead(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner, blocked_by=BlockedBy(words="People team"))
        opened = the_escalation(session)
        assert opened.state is EscalationState.OPEN
        assert opened.asked_id == scene.lead.id
        assert keys(session) == ["escalation:1", f"escalation:1:ask:{scene.lead.id}"]
        root = posted(session, "escalation:1")
        assert (root.channel_id, root.member_id) == ("C0GROWTH", None)
        post = shown(session, "escalation:1")
        assert post is not None
        said = words(post)
        assert said.startswith("🔴 red *KR-1 SOC 2 certified by 15 Dec: help wanted* · 0.3, the first score")
        assert "*Stuck:* the auditor has had nothing from HR\n*Blocked by:* People team\n*Plan:* our own" in said
        assert "*The owner needs:* someone to free two HR days" in said
        assert "<@U0TAMAREID>, can you get this, decide otherwise, or take it to the team's next review?" in said
        assert "Mon 5 Oct, 09:12" in said
        assert pressable(post) == OPEN_TO_ALL
        assert check_message(post.text, list(map(dict, post.blocks))) == []
        assert post.text == (
            "🔴 red KR-1 SOC 2 certified by 15 Dec: help wanted · 0.3, the first score. "
            "Mere Ngata needs: someone to free two HR days"
        )


@pytest.mark.parametrize("covers", [False, True])
def test_what_a_co_owner_or_who_covers_asks_for_stands_in_their_name(database: Database, covers: bool) -> None:
    with database.write() as session:
        scene = set_scene(session)
        check_in = asked(session, scene.key_result, MONDAY)
        if covers:
            check_in.owner_id, check_in.covered_for_id = scene.stranger.id, scene.owner.id
        tell(session, MORNING, scene.key_result, by=scene.stranger)
        root, ask = shown(session, "escalation:1"), shown(session, f"escalation:1:ask:{scene.lead.id}")
        assert root is not None
        assert ask is not None
        for post in (root, ask):
            assert post.text.endswith(". Finn Adler asks for: someone to free two HR days")
            assert "*Needed:* someone to free two HR days\n*Asked for by* Finn Adler" in words(post)
            assert "The owner needs" not in words(post)
        now = MORNING + timedelta(minutes=5)
        tell(session, now, scene.key_result, by=scene.stranger, need="a lawyer")
        said = replied(session, keys(session)[-1], now)
        assert said == "🔴 red with news · 0.3, the first score\n*Needed:* a lawyer\n*Asked for by* Finn Adler"
        tell(session, now, scene.key_result, by=scene.stranger, need="a lawyer", score="0.4")
        assert replied(session, keys(session)[-1], now).endswith(
            "\nNothing else has changed since the last time.\n*Asked for by* Finn Adler"
        )
        # The owner's own word is the owner's.
        tell(session, now, scene.key_result, by=scene.owner, need="two lawyers")
        assert replied(session, keys(session)[-1], now).endswith("*The owner needs:* two lawyers")
        assert "Mere Ngata needs: two lawyers" in (shown(session, "escalation:1", now) or root).text


def test_a_green_after_somebody_elses_red_proposes_to_resolve_all_the_same(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.stranger)
        tell(session, MORNING, scene.key_result, by=scene.owner, confidence=Confidence.GREEN, need="", plan="")
        said = words(shown(session, "escalation:1"))
        assert "The newest check-in is green. If the help has come, this can be resolved." in said
        assert "*Asked for by* Finn Adler" in said


def test_the_direct_message_to_the_lead_is_complete_and_links_to_the_thread(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        root = posted(session, "escalation:1")
        root.posted_channel, root.posted_ts = "C0GROWTH", "1790000000.000100"
        scene.company.workspace.url = "https://testworks.slack.com/"
        ask = shown(session, f"escalation:1:ask:{scene.lead.id}")
        assert "<https://testworks.slack.com/archives/C0GROWTH/p1790000000000100|Open the thread>" in words(ask)
        assert "Asked of you because you lead Growth · <" in words(ask)
        scene.growth.lead_id = None
        scene.product.lead_id = scene.lead.id
        session.flush()
        assert "because you lead Product" in words(shown(session, f"escalation:1:ask:{scene.lead.id}"))
        assert "*The owner needs:* someone to free two HR days" in words(ask)
        assert pressable(ask) == OPEN_TO_ALL


def test_a_yellow_opens_a_thread_only_when_its_blocker_wants_help(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        quiet = scene.company.key_result(scene.company.objective(scene.growth, "Another"), scene.owner)
        blocked = BlockedBy(team_id=scene.product.id)
        tell(session, MORNING, quiet, by=scene.owner, confidence=Confidence.YELLOW, blocked_by=blocked)
        assert keys(session) == []
        tell(
            session,
            MORNING,
            scene.key_result,
            by=scene.owner,
            confidence=Confidence.YELLOW,
            blocked_by=blocked,
            wants_help=True,
        )
        assert "🟡 yellow *KR-1" in words(shown(session, "escalation:1"))
        assert "*Blocked by:* Product" in words(shown(session, "escalation:1"))


def test_a_second_red_goes_on_in_the_open_thread_and_says_what_has_changed(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        later = MORNING + WEEK
        tell(
            session,
            later,
            scene.key_result,
            by=scene.owner,
            period=MONDAY + WEEK,
            score="0.2",
            need="a decision on the auditor's date",
        )
        event = session.scalars(
            sa.select(EscalationEvent).where(EscalationEvent.kind == EscalationEventKind.RED_AGAIN)
        ).one()
        reply = posted(session, f"escalation:1:event:{event.id}")
        assert reply.follows_id == posted(session, "escalation:1").id
        said = replied(session, reply.key, later)
        assert said == "🔴 red again this week · 0.2, was 0.3\n*The owner needs:* a decision on the auditor's date"
        assert "a decision on the auditor's date" in words(shown(session, "escalation:1", later))
        assert "0.2, was 0.3" in words(shown(session, "escalation:1", later))


def test_the_same_answer_sent_again_in_the_same_week_adds_no_reply(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        tell(session, MORNING + timedelta(minutes=1), scene.key_result, by=scene.owner)
        assert len(keys(session)) == 2
        tell(session, MORNING + timedelta(minutes=2), scene.key_result, by=scene.owner, plan="we wait for HR")
        assert len(keys(session)) == 3
        assert replied(session, keys(session)[-1]) == "🔴 red with news · 0.3, the first score\n*Plan:* we wait for HR"


def test_a_reply_keeps_what_its_answer_said_whatever_is_answered_later_in_the_week(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING - WEEK, scene.key_result, by=scene.owner, period=MONDAY - WEEK, score="0.2")
        tell(session, MORNING, scene.key_result, by=scene.owner)
        # One that is not asked for its value leaves it as it was before.
        tell(session, MORNING, scene.key_result, by=scene.owner, score=None, plan="we wait for HR")
        again, news = keys(session)[-2:]
        tell(session, MORNING, scene.key_result, by=scene.owner, confidence=Confidence.GREEN, score="0.8")
        assert replied(session, again).startswith("🔴 red again this week · 0.3, was 0.2")
        assert replied(session, news).startswith("🔴 red with news · 0.2, as last week")
        assert "🟢 green" in words(shown(session, "escalation:1"))
        assert "0.8, was 0.2" in words(shown(session, "escalation:1"))


def test_another_blocker_in_the_same_week_is_news(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner, blocked_by=BlockedBy(words="HR"))
        tell(
            session,
            MORNING + timedelta(minutes=5),
            scene.key_result,
            by=scene.owner,
            blocked_by=BlockedBy(member_id=scene.stranger.id),
        )
        assert replied(session, keys(session)[-1]).endswith("*Blocked by:* Finn Adler")


def test_a_green_while_open_proposes_to_resolve_and_redraws_what_shows_the_state(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        later = MORNING + WEEK
        before = session.scalars(sa.select(Message.wanted)).all()
        tell(
            session,
            later,
            scene.key_result,
            by=scene.owner,
            period=MONDAY + WEEK,
            confidence=Confidence.GREEN,
            score="0.6",
            working="",
            need="",
            plan="",
        )
        # Beside that it proposes to resolve, in the thread.
        assert len(keys(session)) == 3
        session.expire_all()
        assert session.scalars(sa.select(Message.wanted).order_by(Message.id)).all() == [
            *(wanted + 1 for wanted in before),
            1,
        ]
        said = words(shown(session, "escalation:1", later))
        assert said.startswith("🟢 green *KR-1 SOC 2 certified by 15 Dec: help wanted* · 0.6, was 0.3")
        assert "If the help has come, this can be resolved." in said
        assert "*The owner needs:* someone to free two HR days" in said


def test_the_thread_is_in_the_escalation_channel_or_else_in_that_of_the_nearest_team_above(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = None
        tell(session, MORNING, scene.key_result, by=scene.owner)
        assert posted(session, "escalation:1").channel_id == "C0PRODUCT"
        assert the_escalation(session).team_id == scene.product.id
        other = scene.company.key_result(scene.company.objective(scene.growth, "Another"), scene.owner)
        scene.growth.escalation_channel_id = "C0HELP"
        tell(session, MORNING, other, by=scene.owner)
        assert posted(session, "escalation:2").channel_id == "C0HELP"


def test_without_any_channel_the_thread_is_a_group_message_of_owner_and_lead(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        tell(session, MORNING, scene.key_result, by=scene.owner)
        # The first message asks the lead by name, so it is all that they get.
        assert keys(session) == ["escalation:1"]
        root = posted(session, "escalation:1")
        assert group(session, root) == {scene.owner.id, scene.lead.id}
        assert "<@U0TAMAREID>, can you get this" in words(shown(session, "escalation:1"))
        assert pressable(shown(session, "escalation:1"))[0] == "I'll take it"
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        # The owner reads the reply there, and is told nothing beside.
        assert len(keys(session)) == 2
        reply = posted(session, keys(session)[-1])
        assert (reply.conversation_id, reply.follows_id) == (root.conversation_id, root.id)
        decide(session, scene, scene.lead)
        # Who is to make it happen is not in it, and cannot be added.
        assert keys(session)[-1] == f"escalation:1:event:3:to:{scene.head.id}"


def test_two_calls_for_help_of_the_same_people_are_two_threads_of_one_group_message(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        other = scene.company.key_result(scene.company.objective(scene.growth, "Another"), scene.owner)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        tell(session, MORNING, other, by=scene.owner)
        one, two = posted(session, "escalation:1"), posted(session, "escalation:2")
        assert one.conversation_id == two.conversation_id
        assert session.scalars(sa.select(Conversation.people)).all() == [f"{scene.owner.id},{scene.lead.id}"]


def test_a_lead_who_is_away_is_in_the_group_message_with_who_is_asked_in_their_place(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        away(session, scene.lead)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        root = posted(session, "escalation:1")
        assert group(session, root) == {scene.owner.id, scene.lead.id, scene.head.id}
        assert f"escalation:1:ask:{scene.head.id}" not in keys(session)


def test_the_link_to_a_group_message_is_for_those_who_are_in_it(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        tell(session, MORNING, scene.key_result, by=scene.owner)
        root = posted(session, "escalation:1")
        root.posted_channel, root.posted_ts = "G0GROUP", "1790000000.000100"
        session.flush()
        growth = [scene.growth.id]
        links = {
            reader.name: [one.link is not None for one in open_escalations(session, caller, growth)]
            for reader in (scene.owner, scene.lead, scene.head)
            for caller in [scene.company.caller(reader)]
        }
        assert links == {"Mere Ngata": [True], "Tama Reid": [True], "Hana Mori": [False]}
        assert [one.link for one in open_escalations(session, None, growth)] == [None]
        asked = case_of(session, the_escalation(session), MORNING, reader_id=scene.head.id)
        assert asked.link is None


def test_a_group_message_that_could_not_be_posted_asks_its_lead_directly(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        tell(session, MORNING, scene.key_result, by=scene.owner)
        root = posted(session, "escalation:1")
        root.state = DeliveryState.FAILED
        escalation_asking.ask_directly(session, MORNING, root)
        assert keys(session) == ["escalation:1", f"escalation:1:ask:{scene.lead.id}"]
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        news = keys(session)[-1]
        assert posted(session, news).member_id == scene.owner.id
        assert words(shown(session, news)) == (
            "You asked for help with KR-1 SOC 2 certified by 15 Dec: Tama Reid has taken it."
        )
        escalation.resolve(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1, reason="a slip")
        assert "no decision was needed: a slip" in words(shown(session, keys(session)[-1]))


def test_the_owner_hears_who_asked_for_the_help_that_somebody_has_taken(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        help_wanted.ask(
            session,
            MORNING,
            caller=scene.company.caller(scene.head),
            key_result_id=scene.key_result.id,
            stuck="HR",
            need="two days of HR",
            by=None,
        )
        root = posted(session, "escalation:1")
        root.state = DeliveryState.FAILED
        escalation_asking.ask_directly(session, MORNING, root)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        news = keys(session)[-1]
        assert posted(session, news).member_id == scene.owner.id
        assert words(shown(session, news)) == (
            "Hana Mori asked for help with your KR-1 SOC 2 certified by 15 Dec: Tama Reid has taken it."
        )


def test_the_owners_prompt_says_that_somebody_has_asked_for_help(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner, confidence=Confidence.GREEN)
        prompt = outbox.NewPost(
            workspace_id=scene.key_result.workspace_id,
            key=prompt_key(scene.owner.id, MONDAY),
            kind=PostKind.PROMPT,
            member_id=scene.owner.id,
            period=MONDAY,
            shows_state=True,
        )
        outbox.post(session, MORNING, prompt)
        help_wanted.ask(
            session,
            MORNING,
            caller=scene.company.caller(scene.lead),
            key_result_id=scene.key_result.id,
            stuck="HR",
            need="two days of HR",
            by=None,
        )
        session.expire_all()
        of_prompt = sa.select(Message.wanted).where(Message.delivery_id == posted(session, prompt.key).id)
        assert session.scalar(of_prompt) == 2


def test_a_key_result_that_not_everybody_may_see_is_never_in_a_channel(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.key_result.visibility = Visibility.TEAM
        tell(session, MORNING, scene.key_result, by=scene.owner)
        assert group(session, posted(session, "escalation:1")) == {scene.owner.id, scene.lead.id}
        assert pressable(shown(session, "escalation:1")) != []
        other = scene.company.key_result(scene.company.objective(scene.growth, "Another"), scene.owner)
        tell(session, MORNING, other, by=scene.owner)
        assert posted(session, "escalation:2").channel_id == "C0GROWTH"
        other.visibility = Visibility.NAMED
        session.flush()
        assert shown(session, "escalation:2") is None


def test_a_group_message_in_which_somebody_may_not_see_it_any_more_says_nothing(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        tell(session, MORNING, scene.key_result, by=scene.owner)
        scene.key_result.owner_id, scene.key_result.visibility = scene.lead.id, Visibility.NAMED
        session.flush()
        assert shown(session, "escalation:1") is None
        scene.owner.deactivated_at = MORNING
        session.flush()
        assert pressable(shown(session, "escalation:1")) != []


def test_a_key_result_that_was_limited_after_its_thread_began_is_told_of_no_more(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        root, ask = posted(session, "escalation:1"), posted(session, f"escalation:1:ask:{scene.lead.id}")
        reply = "escalation:1:event:2"
        assert shown(session, reply) is not None
        scene.key_result.visibility = Visibility.NAMED
        session.flush()
        assert shown(session, root.key) is None
        assert shown(session, reply) is None
        # What stands already is taken back; the lead, who may see it, goes on seeing it.
        for message in (root, ask):
            message.state, message.posted_channel, message.posted_ts = DeliveryState.SENT, "C1", "1.1"
        session.flush()
        post = shown(session, root.key)
        assert pressable(post) == []
        assert words(post) == "This request for help is for fewer people now, so it is not shown here any more."
        assert "KR-1" not in repr(post)
        assert pressable(shown(session, ask.key)) == OPEN_TO_ALL[1:]
        # What happens from now on is told to the owner directly.
        escalation.resolve(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1, reason="a slip")
        assert posted(session, keys(session)[-1]).member_id == scene.owner.id
        assert "a slip" in words(shown(session, keys(session)[-1]))


def test_who_was_asked_and_leads_no_more_reads_no_more_of_what_is_limited(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        ask = posted(session, f"escalation:1:ask:{scene.lead.id}")
        ask.state, ask.posted_channel, ask.posted_ts = DeliveryState.SENT, "D1", "1.1"
        the_escalation(session).asked_id = scene.head.id
        scene.growth.lead_id, scene.key_result.visibility = scene.head.id, Visibility.NAMED
        session.flush()
        assert pressable(shown(session, ask.key)) == []


def test_a_former_owner_is_not_told_who_has_taken_what_they_may_not_see_any_more(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        posted(session, "escalation:1").state = DeliveryState.FAILED
        session.flush()
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        news = f"escalation:1:event:2:to:{scene.owner.id}"
        assert shown(session, news) is not None
        scene.key_result.visibility, scene.key_result.owner_id = Visibility.NAMED, scene.lead.id
        session.flush()
        assert shown(session, news) is None


def test_who_is_to_make_a_decision_happen_is_told_of_it_though_the_rest_is_limited(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decisions.decide(
            session,
            MORNING,
            caller=scene.company.caller(scene.lead),
            escalation_id=1,
            draft=Draft("HR frees Ana for two days", scene.stranger.id, IN_A_WEEK),
        )
        scene.key_result.visibility = Visibility.NAMED
        session.flush()
        news = f"escalation:1:event:2:to:{scene.stranger.id}"
        assert "HR frees Ana for two days" in words(shown(session, news))


def test_the_owner_is_never_asked_so_a_lead_who_owns_it_asks_the_lead_above(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        own = scene.company.key_result(scene.company.objective(scene.growth, "Another"), scene.lead)
        tell(session, MORNING, own, by=scene.lead)
        assert the_escalation(session).asked_id == scene.head.id


def test_where_nobody_is_above_the_root_says_who_can_decide(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        own = scene.company.key_result(scene.company.objective(scene.product, "Another"), scene.head)
        tell(session, MORNING, own, by=scene.head)
        assert keys(session) == ["escalation:1"]
        assert "Nobody was asked: Product has no lead above the owner. Hana Mori can decide." in words(
            shown(session, "escalation:1")
        )


def test_a_lead_who_has_left_is_passed_over(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.lead.deactivated_at = MORNING
        tell(session, MORNING, scene.key_result, by=scene.owner)
        assert the_escalation(session).asked_id == scene.head.id


def test_a_lead_who_leaves_before_the_request_is_sent_does_not_get_it(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        scene.lead.kind = MemberKind.GUEST
        session.flush()
        assert shown(session, f"escalation:1:ask:{scene.lead.id}") is None


def test_a_team_with_neither_lead_nor_channel_tells_the_owner_so(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = scene.growth.lead_id = scene.product.lead_id = None
        tell(session, MORNING, scene.key_result, by=scene.owner)
        assert posted(session, "escalation:1").member_id == scene.owner.id
        assert "An admin can name one." in words(shown(session, "escalation:1"))
