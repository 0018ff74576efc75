"""A private escalation: its members see it, and nobody else does, on no surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from calls import (
    MORNING,
    Scene,
    decide,
    group,
    keys,
    posted,
    pressable,
    set_scene,
    shown,
    tell,
    the_escalation,
    words,
)
from company import as_slack_tells
from sqlalchemy.orm import Session

from bot.blocks import digest_sharing as digest_sharing_blocks
from bot.blocks.home import home
from bot.blocks.key_result import key_result as key_result_message
from bot.domain.cadence import following, period_on
from bot.domain.confidence import Confidence
from bot.domain.export import Format
from bot.services import (
    checkin,
    decision_posts,
    decisions,
    digest,
    digest_sharing,
    digest_snapshot,
    escalation,
    escalation_more,
    export,
    hand_over,
    health,
    help_wanted,
    key_result_view,
    listing,
    looking_again,
    people,
    question,
)
from bot.services import home as homes
from bot.services.access import Caller, key_result_facts
from bot.services.blocking import BlockedBy
from bot.services.checkin import Said
from bot.services.decisions import Draft
from bot.services.digest import take_due
from bot.services.digest_noted import noted_since
from bot.services.escalation_case import root_of
from bot.services.escalation_keys import is_root_key, root_key
from bot.services.escalation_ladder import step_due
from bot.services.escalation_members import may_see, open_to
from bot.services.prompt import prompt_view
from bot.services.refusals import Reason, Refused
from bot.services.still_open import decisions_since, open_decisions, open_escalations, open_escalations_of
from models import (
    Answer,
    Delivery,
    DeliveryState,
    Digest,
    Escalation,
    KeyResult,
    KeyResultCoOwner,
    Member,
    MemberKind,
    Message,
    Objective,
    PostKind,
)
from models.base import table_of
from models.database import Database

WEEK = period_on(MORNING.date())
NEXT_MONDAY = following(WEEK)
WEDNESDAY = datetime(2026, 10, 7, 10, tzinfo=UTC)
CHANGED_HANDS = "🔒 This key result has changed hands: its request for help goes on with the new owner."
MADE = "🔒 Made private: this request for help goes on with those whom it concerns."


def sent(session: Session, *some: str) -> None:
    """Everything that is queued stands in Slack (or only these keys)."""
    for number, row in enumerate(session.scalars(sa.select(Delivery).order_by(Delivery.id)).all()):
        if not some or row.key in some:
            row.state = DeliveryState.SENT
            row.posted_channel = row.channel_id or f"D{row.id}"
            row.posted_ts = f"179000000{number}.000100"
    session.flush()


def make_private(session: Session, scene: Scene, by: Member) -> None:
    escalation_more.make_private(session, MORNING, caller=scene.company.caller(by), escalation_id=1)


def private(session: Session, by: str = "owner") -> Scene:
    """A red in Growth's channel, all of it sent, then made private."""
    scene = set_scene(session)
    tell(session, MORNING, scene.key_result, by=scene.owner)
    sent(session)
    make_private(session, scene, getattr(scene, by))
    return scene


def everybody(scene: Scene) -> Sequence[Member]:
    return (scene.owner, scene.lead, scene.head, scene.stranger)


def test_what_stood_in_the_channel_says_no_more_than_that_it_was_made_private(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        tell(session, MORNING + timedelta(hours=1), scene.key_result, by=scene.owner, plan="we wait for HR")
        sent(session)
        make_private(session, scene, scene.owner)
        there = session.scalars(sa.select(Delivery).where(Delivery.channel_id == "C0GROWTH")).all()
        assert len(there) == 3
        for row in there:
            assert words(shown(session, row.key)) == MADE
            assert pressable(shown(session, row.key)) == []
            assert "HR" not in repr(shown(session, row.key))
            message = session.scalars(sa.select(Message).where(Message.delivery_id == row.id)).one()
            assert message.shown < message.wanted
            assert (message.channel, message.ts) in ((row.posted_channel, row.posted_ts), (None, None))


def test_the_thread_goes_on_in_a_group_message_of_owner_and_lead(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        root = posted(session, "escalation:1:private")
        assert group(session, root) == {scene.owner.id, scene.lead.id}
        assert "*Stuck:* the auditor has had nothing from HR" in words(shown(session, root.key))
        assert "🔒 only those whom it concerns see this" in words(shown(session, root.key))
        assert pressable(shown(session, root.key)) == [
            *("I'll take it", "Decide", "Take to review", "Ask the owner", "Resolve")
        ]
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        reply = posted(session, keys(session)[-1])
        assert (reply.follows_id, reply.conversation_id) == (root.id, root.conversation_id)
        # A later red goes on there too.
        tell(session, MORNING + timedelta(hours=1), scene.key_result, by=scene.owner, plan="we wait for HR")
        assert posted(session, keys(session)[-1]).follows_id == root.id


def test_where_somebody_in_the_group_became_a_guest_nothing_more_is_said_and_what_stands_is_taken_back(
    database: Database,
) -> None:
    with database.write() as session:
        scene = private(session)
        sent(session)
        root = posted(session, "escalation:1:private")
        scene.lead.kind = MemberKind.GUEST
        session.flush()
        tell(session, MORNING + timedelta(hours=1), scene.key_result, by=scene.owner, plan="we wait for HR")
        new = session.scalars(sa.select(Delivery).where(Delivery.posted_ts.is_(None))).all()
        assert [row.key for row in new if row.conversation_id is not None] == []
        assert words(shown(session, root.key)) == MADE
        assert "HR" not in repr(shown(session, root.key))


def leaves(session: Session, member: Member, *, comes_back: bool = False) -> None:
    told = as_slack_tells(member, deleted=not comes_back)
    people.learn(session, MORNING, member.workspace_id, told, admins=())
    assert looking_again.look_due(session, MORNING, 20) == 1


def test_without_somebody_who_became_a_guest_it_goes_on_at_once(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        sent(session)
        root = posted(session, "escalation:1:private")
        guest = replace(as_slack_tells(scene.lead, deleted=False), is_guest=True)
        people.learn(session, MORNING, scene.lead.workspace_id, guest, admins=())
        wanted = session.scalars(sa.select(Message.wanted).where(Message.delivery_id == root.id)).one()
        assert looking_again.look_due(session, MORNING, 20) == 1
        session.expire_all()
        assert session.scalars(sa.select(Message.wanted).where(Message.delivery_id == root.id)).one() > wanted
        assert "HR" not in repr(shown(session, root.key))
        on = root_of(session, session.get_one(Escalation, 1))
        assert on is not None
        assert group(session, on) == {scene.owner.id, scene.head.id}
        assert "*Stuck:* the auditor has had nothing from HR" in words(shown(session, on.key))


def test_whose_readers_have_all_left_it_stays_as_it_is_until_one_is_back_or_somebody_else_is_in_on_it(
    database: Database,
) -> None:
    with database.write() as session:
        scene = private(session)
        sent(session)
        root = posted(session, "escalation:1:private")
        leaves(session, scene.head)
        leaves(session, scene.lead)
        assert "*Stuck:* the auditor has had nothing from HR" in words(shown(session, root.key))
        leaves(session, scene.owner)
        assert shown(session, root.key) is None
        assert root_of(session, session.get_one(Escalation, 1)) == root
        leaves(session, scene.lead, comes_back=True)
        wanted = session.scalars(sa.select(Message.wanted).where(Message.delivery_id == root.id)).one()
        assert wanted > session.scalars(sa.select(Message.shown).where(Message.delivery_id == root.id)).one()
        assert "*Stuck:* the auditor has had nothing from HR" in words(shown(session, root.key))
        assert root_of(session, session.get_one(Escalation, 1)) == root


def test_what_had_not_left_for_the_channel_does_not_leave(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        make_private(session, scene, scene.lead)
        rows = session.scalars(sa.select(Delivery).where(Delivery.channel_id == "C0GROWTH")).all()
        assert rows
        for row in rows:
            assert shown(session, row.key) is None


@pytest.mark.parametrize("by", ["owner", "lead", "head"])
def test_its_owner_and_any_lead_above_can_make_it_private_and_go_on_seeing_it(database: Database, by: str) -> None:
    with database.write() as session:
        scene = private(session, by)
        who: Member = getattr(scene, by)
        assert may_see(session, the_escalation(session), who.id)
        assert who.id in group(session, posted(session, "escalation:1:private"))


def test_nobody_else_can_make_it_private(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        with pytest.raises(Refused) as refused:
            make_private(session, scene, scene.stranger)
        assert refused.value.reason is Reason.NOT_YOUR_ESCALATION


def test_made_private_twice_is_once(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        before = keys(session)
        make_private(session, scene, scene.lead)
        assert keys(session) == before


def test_a_thread_that_is_a_group_message_already_stays_where_it_is(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        tell(session, MORNING, scene.key_result, by=scene.owner)
        sent(session)
        make_private(session, scene, scene.lead)
        assert keys(session) == ["escalation:1"]
        assert "🔒 only those whom it concerns see this" in words(shown(session, "escalation:1"))
        assert not may_see(session, the_escalation(session), scene.head.id)


def test_a_group_message_without_the_one_who_makes_it_private_is_left_for_one_with_them(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        tell(session, MORNING, scene.key_result, by=scene.owner)
        sent(session)
        make_private(session, scene, scene.head)
        assert group(session, posted(session, "escalation:1:private")) == {
            *(scene.owner.id, scene.lead.id, scene.head.id)
        }
        assert words(shown(session, "escalation:1")) == MADE


def test_who_is_asked_next_becomes_a_member_and_until_then_is_none(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        assert not may_see(session, the_escalation(session), scene.head.id)
        step_due(session, datetime.combine(date(2026, 10, 9), MORNING.timetz()), 10)
        assert may_see(session, the_escalation(session), scene.head.id)
        ask = shown(session, f"escalation:1:ask:{scene.head.id}")
        assert "*Stuck:* the auditor has had nothing from HR" in words(ask)
        assert "Open the thread" not in words(ask)


def test_for_all_others_there_is_no_such_escalation_any_more(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        for who in (scene.head, scene.stranger):
            with pytest.raises(Refused) as refused:
                escalation.take(session, MORNING, caller=scene.company.caller(who), escalation_id=1)
            assert refused.value.reason is Reason.NO_SUCH_ESCALATION
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)


def test_the_condition_of_a_query_says_the_same_as_the_rule(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        helper = scene.company.person("Ana Silva")
        session.add(
            KeyResultCoOwner(workspace_id=helper.workspace_id, key_result_id=scene.key_result.id, member_id=helper.id)
        )
        tell(session, MORNING, scene.key_result, by=scene.owner)
        people = (*everybody(scene), helper)

        def rule() -> list[bool]:
            return [may_see(session, the_escalation(session), one.id) for one in people]

        def query() -> list[bool]:
            return [_found(session, scene.company.caller(one)) for one in people]

        assert rule() == query() == [True] * 5
        make_private(session, scene, scene.owner)
        assert rule() == query() == [True, True, False, False, True]
        assert not _found(session, None)
        step_due(session, datetime.combine(date(2026, 10, 9), MORNING.timetz()), 10)
        assert rule() == query() == [True, True, True, False, True]
        # Who was in the group message, and neither owns nor leads any more, sees no more.
        scene.key_result.owner_id, scene.growth.lead_id = helper.id, None
        session.flush()
        assert rule() == query() == [False, True, True, False, True]


def _found(session: Session, viewer: Caller | None) -> bool:
    wanted = (
        sa.select(Escalation.id)
        .join(KeyResult, KeyResult.id == Escalation.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(open_to(viewer))
    )
    return session.scalar(wanted) is not None


# Every surface


def test_on_home_it_is_there_for_its_members_and_counted_for_nobody_else(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        seen = {
            one.name: repr(home(homes.view(session, scene.company.caller(one), MORNING))) for one in everybody(scene)
        }
        assert "someone to free two HR days" in seen["Mere Ngata"]
        assert "*Can you help?* *KR-1*" in seen["Tama Reid"]
        for name in ("Hana Mori", "Finn Adler"):
            assert "free two HR days" not in seen[name]
            assert "Can you help" not in seen[name]
        states = {
            one.name: [team.want_help for team in homes.view(session, scene.company.caller(one), MORNING).teams]
            for one in (scene.lead, scene.head)
        }
        assert states == {"Tama Reid": [1], "Hana Mori": [0]}


def test_a_listing_and_a_key_results_own_page_name_it_for_its_members_only(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        for who in everybody(scene):
            caller = scene.company.caller(who)
            is_member = who in (scene.owner, scene.lead)
            listed = listing.of_teams(session, caller, MORNING, [scene.growth]).objectives
            assert (listed[0].key_results[0].standing.escalation is not None) == is_member
            page = key_result_message(key_result_view.view(session, caller, MORNING, 1))
            assert ("Help is wanted" in words(page)) == is_member
            found = open_escalations(session, caller, [scene.growth.id])
            assert bool(found) == is_member
            assert bool(open_escalations_of(session, caller)) == is_member


def test_what_was_named_in_it_as_blocking_is_brought_to_the_check_in_of_its_members_only(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        named = BlockedBy(words="the board's secret talks")
        help_wanted.ask(
            session,
            MORNING,
            caller=scene.company.caller(scene.owner),
            key_result_id=scene.key_result.id,
            stuck="the talks",
            need="a word",
            by=named,
        )

        def brought(who: Member) -> tuple[str | None, bool]:
            caller = scene.company.caller(who)
            page = checkin.question(session, MORNING, caller, scene.key_result.id, WEEK, run=False)
            chosen = page.filled.blocked_by
            return (chosen.value if chosen is not None else None), page.filled.wants_help

        assert [brought(one) for one in (scene.owner, scene.lead)] == [(named.value, True)] * 2
        # Hana leads above, so she may answer; she is no member of it.
        assert brought(scene.head) == (None, False)
        yellow = Said(Confidence.YELLOW, "write to HR", score=Decimal("0.3"), working="we wait")
        for _ in range(2):
            checkin.record(
                session,
                MORNING,
                caller=scene.company.caller(scene.head),
                key_result_id=scene.key_result.id,
                period=WEEK,
                said=yellow,
            )
        # She named nothing, which does not say that it is over; twice the same is once.
        assert brought(scene.owner)[0] == named.value
        assert len(session.scalars(sa.select(Answer)).all()) == 2
        # The end of it clears no blocker, and tells nobody else of one.
        lead = scene.company.caller(scene.lead)
        escalation.resolve(session, MORNING, caller=lead, escalation_id=1, reason="a word was enough")
        assert [brought(one)[0] for one in (scene.owner, scene.lead, scene.head)] == [named.value, named.value, None]


def test_the_digest_says_nothing_of_it_nor_of_what_was_decided_in_it(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        decide(session, scene, scene.lead)
        growth = [scene.growth.id]
        today = MORNING.date()
        assert open_escalations(session, None, growth) == []
        assert open_decisions(session, growth, today) == []
        assert decisions_since(session, growth, MORNING - timedelta(days=1), MORNING + timedelta(days=30), today) == []
        taken = digest_snapshot.read(session, MORNING, scene.growth, WEEK)
        assert (taken.calls, taken.decided, taken.overdue) == ((), (), ())


def test_how_it_ended_and_what_came_of_it_is_counted_and_told_to_no_channel(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        decide(session, scene, scene.lead)
        other = scene.company.key_result(session.scalars(sa.select(Objective)).one(), scene.owner)
        tell(session, MORNING, other, by=scene.owner)
        lead = scene.company.caller(scene.lead)
        escalation_more.make_private(session, MORNING, caller=scene.company.caller(scene.owner), escalation_id=2)
        escalation.resolve(session, MORNING, caller=lead, escalation_id=2, reason="we spoke about it")
        assert noted_since(session, [scene.growth.id], MORNING - timedelta(days=1), MORNING + timedelta(days=30)) == ()
        cycle = health.newest_cycle(session, scene.growth.workspace_id)
        assert cycle is not None
        later = MORNING + timedelta(days=30)
        found = health.read(session, later, scene.growth, [scene.growth], cycle, viewer=None)
        assert (found.to_answer.count, found.decided.of, found.in_time.of) == (0, 0, 0)


def test_the_owners_prompt_shows_where_it_stands_and_nobody_elses_does(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        own = prompt_view(session, MORNING, scene.owner, WEEK)
        assert own is not None
        assert own.items[0].standing.escalation is not None


def test_a_decision_of_it_is_seen_by_its_members_and_by_who_makes_it_happen(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        made = decide(session, scene, scene.lead)
        # Hana makes it happen: she is told of the decision, and sees no more of the rest than that.
        assert keys(session)[-1] == f"escalation:1:event:3:to:{scene.head.id}"
        assert "HR frees Ana for two days" in words(shown(session, keys(session)[-1]))
        found = {
            one.name: bool(open_decisions(session, [scene.growth.id], MORNING.date(), viewer=scene.company.caller(one)))
            for one in everybody(scene)
        }
        assert found == {"Mere Ngata": True, "Tama Reid": True, "Hana Mori": True, "Finn Adler": False}
        assert not may_see(session, the_escalation(session), scene.head.id)
        with pytest.raises(Refused) as refused:
            decisions.done(session, MORNING, caller=scene.company.caller(scene.stranger), decision_id=made.id)
        assert refused.value.facts["names"] == ("Hana Mori", "Tama Reid")
        decisions.done(session, MORNING, caller=scene.company.caller(scene.head), decision_id=made.id)


def test_given_to_somebody_else_again_a_decision_of_it_is_shown_no_more_to_who_had_it_meanwhile(
    database: Database,
) -> None:
    with database.write() as session:
        scene = private(session)
        made = decide(session, scene, scene.lead)
        made.owner_id = scene.stranger.id
        decision_posts.tell_new_owner(session, MORNING, made, scene.lead.id)
        told = f"decision:{made.id}:{PostKind.DECISION_MADE.value}:{scene.stranger.id}"
        assert "HR frees Ana for two days" in words(shown(session, told))
        made.owner_id = scene.head.id
        session.flush()
        assert shown(session, told) is None


def test_once_the_key_result_is_somebody_elses_nobody_reads_new_words_where_its_first_owner_does(
    database: Database,
) -> None:
    with database.write() as session:
        scene = private(session)
        scene.key_result.owner_id = scene.stranger.id
        session.flush()
        assert shown(session, "escalation:1:private") is None
        assert scene.owner.id not in key_result_facts(session, scene.key_result).co_owner_ids
        # Whoever changes the owner without handing over leaves it at that: the new owner is told directly.
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        assert keys(session)[-1].endswith(f"to:{scene.stranger.id}")


def test_handed_over_the_thread_goes_on_in_a_group_message_with_the_new_owner(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        escalation.take(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        sent(session)
        hand_to(session, scene, scene.stranger)
        root = posted(session, "escalation:1:private:1")
        assert group(session, root) == {scene.stranger.id, scene.lead.id}
        assert "*Stuck:* the auditor has had nothing from HR" in words(shown(session, root.key))
        sent(session, root.key)
        # Where the first owner reads nothing is left of it, and nothing new is said.
        left = session.scalars(
            sa.select(Delivery).where(
                Delivery.conversation_id.is_not(None), Delivery.conversation_id != root.conversation_id
            )
        ).all()
        assert len(left) == 2
        assert {words(shown(session, row.key)) for row in left} == {CHANGED_HANDS}
        decide(session, scene, scene.lead)
        (reply,) = session.scalars(sa.select(Delivery).where(Delivery.follows_id == root.id))
        assert (reply.kind, reply.conversation_id) == (PostKind.ESCALATION_REPLY, root.conversation_id)
        for one in everybody(scene):
            assert may_see(session, the_escalation(session), one.id) is (one in (scene.stranger, scene.lead))
        here = sa.select(Delivery.key).join(
            Escalation, is_root_key(table_of(Delivery).c.key, Escalation, now_only=True)
        )
        assert session.scalars(here).all() == [root.key] == [root_key(the_escalation(session))]
        assert [one.escalation_id for one in open_escalations_of(session, scene.company.caller(scene.stranger))]
        # And on to somebody else again.
        hand_to(session, scene, scene.head)
        assert group(session, posted(session, "escalation:1:private:2")) >= {scene.head.id, scene.lead.id}
        assert words(shown(session, root.key)) == CHANGED_HANDS


def test_who_may_still_read_it_is_taken_along_and_sees_it_on_every_surface(database: Database) -> None:
    with database.write() as session:
        scene = private(session, by="head")
        assert group(session, posted(session, "escalation:1:private")) == {scene.owner.id, scene.lead.id, scene.head.id}
        sent(session)
        hand_to(session, scene, scene.stranger)
        root = posted(session, "escalation:1:private:1")
        assert group(session, root) == {scene.stranger.id, scene.lead.id, scene.head.id}
        for one in everybody(scene):
            viewer = scene.company.caller(one)
            seen = bool(open_escalations(session, viewer, [scene.growth.id]))
            assert seen is may_see(session, the_escalation(session), one.id) is (one is not scene.owner)


def test_who_has_left_or_still_leads_and_who_owns_it_now_do_not_share_a_thread_by_chance(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        sent(session)
        # The lead who takes it on is in the group already, and gives it on: nobody in it may not read it, and yet.
        hand_to(session, scene, scene.lead)
        sent(session)
        scene.lead.deactivated_at = MORNING
        session.flush()
        asked = hand_over.ask(
            session, MORNING, scene.company.caller(scene.head), scene.key_result.id, scene.stranger.id
        )
        hand_over.accept(session, MORNING, scene.company.caller(scene.stranger), asked.hand_over_id)
        root = root_of(session, the_escalation(session))
        assert root is not None
        assert scene.stranger.id in group(session, root)
        assert scene.lead.id not in group(session, root)


def test_what_changed_hands_while_it_was_resolved_is_reopened_where_its_owner_reads_it(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        sent(session)
        caller = scene.company.caller(scene.lead)
        escalation.resolve(session, MORNING, caller=caller, escalation_id=1, reason="it is over")
        hand_to(session, scene, scene.stranger)
        assert the_escalation(session).regrouped == 0
        tell(session, MORNING + timedelta(days=1), scene.key_result, by=scene.stranger, period=NEXT_MONDAY)
        assert the_escalation(session).id == 1
        root = posted(session, "escalation:1:private:1")
        assert group(session, root) == {scene.stranger.id, scene.lead.id}
        (reply,) = session.scalars(sa.select(Delivery).where(Delivery.follows_id == root.id))
        assert reply.kind is PostKind.ESCALATION_REPLY


def test_what_changed_hands_while_resolved_is_taken_back_whole_once_something_happens(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        made = decide(session, scene, scene.lead, text="HR frees Ana")
        escalation.resolve(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        sent(session)
        hand_to(session, scene, scene.stranger)
        decisions.done(session, MORNING, caller=scene.company.caller(scene.head), decision_id=made.id)
        root = posted(session, "escalation:1:private")
        there = sa.select(Delivery).where(Delivery.follows_id == root.id, Delivery.posted_ts.is_not(None))
        replies = session.scalars(there).all()
        assert len(replies) == 2
        redrawn = sa.select(Message.delivery_id).where(Message.wanted > Message.shown)
        assert {root.id, *(one.id for one in replies)} <= set(session.scalars(redrawn))
        assert {words(shown(session, one.key)) for one in (root, *replies)} == {MADE}


def test_a_thread_that_waits_for_working_hours_goes_on_waiting(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        session.flush()
        evening = MORNING.replace(hour=21)
        tell(session, evening, scene.key_result, by=scene.owner)
        waits = posted(session, "escalation:1").not_before
        assert waits > evening
        hand_to(session, scene, scene.stranger, now=evening + timedelta(hours=1))
        assert posted(session, "escalation:1:1").not_before == waits


def test_handed_over_at_night_it_goes_on_when_the_first_of_its_readers_is_at_work(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        sent(session)
        hand_to(session, scene, scene.stranger, now=MORNING.replace(hour=22))
        # Berlin begins an hour before London.
        assert posted(session, "escalation:1:private:1").not_before == datetime(2026, 10, 6, 7, tzinfo=UTC)


def test_in_a_channel_the_thread_stays_where_it_is_and_private_it_goes_on_without_who_gave_it_away(
    database: Database,
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        sent(session)
        hand_to(session, scene, scene.stranger)
        assert the_escalation(session).regrouped == 0
        make_private(session, scene, scene.stranger)
        sent(session)
        hand_to(session, scene, scene.lead)
        root = posted(session, "escalation:1:private:1")
        assert group(session, root) == {scene.lead.id, scene.head.id}


def test_a_thread_in_a_channel_names_its_new_owner_at_once(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        sent(session)
        wanted = sa.select(Message.wanted).join(Delivery, Delivery.id == Message.delivery_id)
        root = wanted.where(Delivery.key == "escalation:1")
        before = session.scalars(root).one()
        hand_to(session, scene, scene.stranger)
        assert session.scalars(root).one() > before
        post = shown(session, "escalation:1")
        assert post is not None
        assert f"{scene.stranger.name} needs" in post.text


def hand_to(session: Session, scene: Scene, to: Member, now: datetime = MORNING) -> None:
    """The key result changes hands, with their consent."""
    asked = hand_over.ask(session, now, scene.company.caller(scene.lead), scene.key_result.id, to.id)
    if to is not scene.lead:
        hand_over.accept(session, now, scene.company.caller(to), asked.hand_over_id)


# One question to the owner


def test_the_owner_is_asked_directly_also_where_they_read_the_thread(database: Database) -> None:
    with database.write() as session:
        scene = private(session)
        sent(session)
        caller = scene.company.caller(scene.lead)
        question.ask(session, MORNING, caller=caller, escalation_id=1, question="When?")
        assert posted(session, keys(session)[-1]).member_id == scene.owner.id


def test_what_is_resolved_is_neither_asked_about_nor_made_private(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        caller = scene.company.caller(scene.lead)
        escalation.resolve(session, MORNING, caller=caller, escalation_id=1, reason="a slip")
        with pytest.raises(Refused):
            question.ask(session, MORNING, caller=caller, escalation_id=1, question="When?")
        with pytest.raises(Refused):
            escalation_more.make_private(session, MORNING, caller=caller, escalation_id=1)


def test_what_is_decided_in_private_is_in_no_digest_that_had_told_of_the_request(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        scene.growth.next_digest_at = WEDNESDAY
        session.flush()
        take_due(session, WEDNESDAY, 10)
        key = session.scalars(sa.select(Delivery.key).where(Delivery.kind == PostKind.DIGEST)).one()
        decide(session, scene, scene.lead, text="HR frees Ana", now=WEDNESDAY + timedelta(hours=1))
        assert "HR frees Ana" in words(shown(session, key, WEDNESDAY))
        make_private(session, scene, scene.lead)
        decide(session, scene, scene.lead, text="HR frees Ben", now=WEDNESDAY + timedelta(hours=2))
        read = words(shown(session, key, WEDNESDAY))
        assert "HR frees" not in read


def told_of(session: Session) -> Scene:
    """A red that the digests of Growth and of Product have told of, which was posted again by hand; all of it sent."""
    scene = set_scene(session)
    for team in (scene.growth, scene.product):
        team.switched_on_at = team.switched_on_at or MORNING - timedelta(days=7)
        team.next_digest_at = WEDNESDAY
    objective = session.scalars(sa.select(Objective)).one()
    decided = scene.company.key_result(objective, scene.owner, metric="Decided")
    plain = scene.company.key_result(objective, scene.owner, metric="Plain")
    tell(session, MORNING, scene.key_result, by=scene.owner, need="two days of HR")
    tell(session, MORNING, decided, by=scene.owner)
    tell(session, MORNING, plain, by=scene.owner, need="something else")
    lead = scene.company.caller(scene.lead)
    for name in ("Ana", "Ben"):
        draft = Draft(f"HR frees {name}", scene.head.id, date(2026, 10, 20))
        made = decisions.decide(session, MORNING, caller=lead, escalation_id=2, draft=draft)
    decisions.drop(session, MORNING, caller=lead, decision_id=made.id, reason="HR has nobody")
    session.flush()
    take_due(session, WEDNESDAY, 10)
    digest_sharing.post_now(session, WEDNESDAY, lead, scene.growth.id, "have a look")
    sent(session)
    return scene


SAID_BY_DIGESTS = (PostKind.DIGEST, PostKind.DIGEST_DETAILS, PostKind.DIGEST_SHARED)


def digests(session: Session) -> dict[str, str]:
    rows = session.scalars(sa.select(Delivery).where(Delivery.kind.in_(SAID_BY_DIGESTS)).order_by(Delivery.id)).all()
    return {row.key: words(shown(session, row.key, WEDNESDAY)) for row in rows}


def test_made_private_after_the_digest_its_words_leave_all_that_was_posted_of_it(database: Database) -> None:
    with database.write() as session:
        scene = told_of(session)
        before = digests(session)
        assert {key.split(":")[1] for key in before} == {str(scene.growth.id), str(scene.product.id)}
        assert sum("HR" in text for text in before.values()) >= 3
        session.execute(sa.update(Message).values(shown=Message.wanted))
        for one in (1, 2):
            escalation_more.make_private(
                session, WEDNESDAY, caller=scene.company.caller(scene.owner), escalation_id=one
            )
        after = digests(session)
        assert {key for key, text in after.items() if "HR" in text} == set()
        growth = next(text for key, text in after.items() if "week of" in text)
        assert "1 wants help" in growth
        assert "something else" in growth
        # And all of it is drawn anew, also what is only said once otherwise.
        drawn = session.scalars(
            sa.select(Delivery.key)
            .join(Message, Message.delivery_id == Delivery.id)
            .where(Delivery.kind.in_(SAID_BY_DIGESTS), Message.wanted > Message.shown)
        )
        assert set(drawn) == set(before)


def test_made_private_after_the_digest_nobody_reads_it_by_asking_nor_posts_it_again(database: Database) -> None:
    with database.write() as session:
        scene = told_of(session)
        lead, later = scene.company.caller(scene.lead), WEDNESDAY + timedelta(hours=1)

        def read() -> list[str]:
            kept = session.scalars(sa.select(Digest.id).where(Digest.team_id == scene.growth.id)).one()
            return [
                repr(digest_sharing_blocks.preview(digest_sharing.preview(session, later, lead, "Growth"))),
                repr(digest_sharing.elsewhere(session, later, lead, scene.growth.id, "")),
                repr(digest.shown_whole(session, lead, kept)),
                *(export.export(session, scene.growth, form).content.decode() for form in Format),
            ]

        assert ["HR" in one for one in read()] == [True, True, False, True, True]
        for one in (1, 2):
            escalation_more.make_private(session, later, caller=lead, escalation_id=one)
        assert ["HR" in one for one in read()] == [False] * 5


def test_a_digest_from_before_it_was_asked_for_is_not_drawn_anew(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.next_digest_at = WEDNESDAY
        session.flush()
        take_due(session, WEDNESDAY, 10)
        sent(session)
        tell(session, WEDNESDAY + timedelta(hours=1), scene.key_result, by=scene.owner)
        session.execute(sa.update(Message).values(shown=Message.wanted))
        escalation_more.make_private(
            session, WEDNESDAY + timedelta(hours=2), caller=scene.company.caller(scene.owner), escalation_id=1
        )
        drawn = session.scalars(
            sa.select(Delivery.kind)
            .join(Message, Message.delivery_id == Delivery.id)
            .where(Message.wanted > Message.shown)
        ).all()
        assert not {*drawn} & {*SAID_BY_DIGESTS}
        assert drawn
