"""Waiting for another team: its lead is asked once, and what they say is told on both sides."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, keys, posted, pressable, shown, words
from two_teams import ASK, Between, away, between

from bot.domain.confidence import Confidence
from bot.domain.cycles import CycleState
from bot.domain.dependency import DependencyState
from bot.domain.organisation import Visibility
from bot.services import dependency, escalation_more, outbox
from bot.services.access import Caller
from bot.services.blocking import BlockedBy
from bot.services.refusals import Reason, Refused
from models import AuditEvent, Cycle, Delivery, DeliveryState, Dependency, KeyResultState, Message
from models.database import Database

FRIDAY = date(2026, 10, 16)


def refused(act: Callable[[], None]) -> Reason:
    with pytest.raises(Refused) as found:
        act()
    return found.value.reason


def test_the_other_teams_lead_is_asked_and_reads_all_that_is_needed(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        asked = case.the_one()
        assert (asked.asked_id, asked.team_id, asked.state) == (
            case.scene.stranger.id,
            case.legal.id,
            DependencyState.ASKED,
        )
        delivery = posted(session, ASK)
        assert (delivery.member_id, delivery.not_before) == (case.scene.stranger.id, MORNING)
        post = shown(session, ASK)
        assert post is not None
        assert post.text == "Growth waits for Legal: KR-1 SOC 2 certified by 15 Dec"
        said = words(post)
        assert "🔴 red *Growth waits for Legal: KR-1 SOC 2 certified by 15 Dec*" in said
        assert "*Stuck:* the auditor has had nothing from HR" in said
        assert "*The owner needs:* someone to free two HR days" in said
        assert "Mere Ngata names Legal as what blocks it, since Mon 5 Oct. Can Legal do something about it?" in said
        assert "Asked of you because you lead Legal · Your answer stands in both teams' digests" in said
        assert pressable(post) == ["Accept", "Propose a date", "Refuse"]
        actions = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.action.like("dependency.%"))).all()
        assert actions == ["dependency.asked"]


def test_a_need_that_is_not_the_owners_is_not_called_theirs(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says(by=case.scene.head)
        assert "*Needed:* someone to free two HR days" in words(shown(session, ASK))
        case.says(need="a lawyer")
        assert "*The owner needs:* a lawyer" in words(shown(session, ASK))


def test_a_yellow_that_wants_no_thread_asks_the_other_team_all_the_same(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says(confidence=Confidence.YELLOW)
        assert keys(session) == [ASK]
        assert "*Stuck:* the auditor" in words(shown(session, ASK))


def test_it_is_asked_once_for_a_blocker_and_again_for_another(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        case.says(now=MORNING + timedelta(minutes=5), need="anything")
        case.says(1)
        assert len(case.all()) == 1
        case.says(2, same_blocker=False)
        assert len(case.all()) == 2


def test_a_refusal_stands_in_the_thread_with_the_owner_and_under_the_question(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        dependency.refuse(session, MORNING, case.finn, 1, "no lawyer is free before January")
        answer = "Legal can't, says Finn Adler: “no lawyer is free before January”"
        assert words(shown(session, f"{ASK}:reply:1")) == f"{answer}."
        reply = posted(session, f"{ASK}:reply:1")
        assert (reply.channel_id, reply.follows_id) == ("C0GROWTH", posted(session, "escalation:1").id)
        news = posted(session, f"{ASK}:to:{case.scene.owner.id}:1")
        assert news.member_id == case.scene.owner.id
        said = words(shown(session, news.key))
        assert said.startswith(f"About your KR-1 SOC 2 certified by 15 Dec: {answer}.")
        assert f"*The other team:* {answer}" in words(shown(session, "escalation:1"))
        asked = shown(session, ASK)
        assert f"*{answer}.* You can still change it." in words(asked)
        assert pressable(asked) == ["Accept", "Propose a date"]


@pytest.mark.parametrize("answer", ["accept", "propose"])
def test_an_acceptance_and_a_date_are_told_the_same_way(database: Database, answer: str) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        if answer == "accept":
            dependency.accept(session, MORNING, case.finn, 1)
            expected, buttons = "Legal takes it on, says Finn Adler", ["Propose a date", "Refuse"]
        else:
            dependency.propose(session, MORNING, case.finn, 1, FRIDAY)
            expected = "Legal can do it by Fri 16 Oct, says Finn Adler"
            buttons = ["Accept", "Another date", "Refuse"]
        assert words(shown(session, f"{ASK}:reply:1")) == f"{expected}."
        assert expected in words(shown(session, f"{ASK}:to:{case.scene.owner.id}:1"))
        assert pressable(shown(session, ASK)) == buttons


def test_the_same_answer_twice_is_one_and_another_one_is_told_anew(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        dependency.accept(session, MORNING, case.finn, 1)
        dependency.accept(session, MORNING, case.finn, 1)
        assert case.the_one().revision == 1
        dependency.refuse(session, MORNING, case.finn, 1, "the lawyer is ill")
        assert case.the_one().revision == 2
        # What was overtaken before it was sent says nothing any more.
        assert shown(session, f"{ASK}:reply:1") is None
        assert shown(session, f"{ASK}:to:{case.scene.owner.id}:1") is None
        assert "the lawyer is ill" in words(shown(session, f"{ASK}:reply:2"))
        actions = session.scalars(
            sa.select(AuditEvent.action).where(AuditEvent.action.like("dependency.%")).order_by(AuditEvent.id)
        ).all()
        assert actions == ["dependency.asked", "dependency.accepted", "dependency.refused"]


def test_without_a_thread_the_answer_reaches_the_owner(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says(confidence=Confidence.YELLOW)
        dependency.accept(session, MORNING, case.finn, 1)
        assert keys(session) == [ASK, f"{ASK}:to:{case.scene.owner.id}:1"]


def test_a_lead_who_is_away_is_passed_over_for_the_next_and_told_afterwards(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        away(session, case.scene.stranger)
        case.says()
        assert case.the_one().asked_id == case.boss.id
        assert "Asked of you because you lead Company · Finn Adler is away" in words(shown(session, ASK))
        news = posted(session, f"{ASK}:away:{case.scene.stranger.id}")
        assert news.not_before == datetime(2026, 10, 12, 7, tzinfo=UTC)
        said = words(shown(session, news.key))
        assert said.startswith(
            "While you were away, Rosa Lind was asked whether Legal can help Growth with "
            "KR-1 SOC 2 certified by 15 Dec. "
            "Now: Legal was asked (Rosa Lind) and has not answered yet."
        )
        # Back, the lead may speak for their team all the same.
        dependency.accept(session, MORNING + WEEK, case.finn, 1)
        assert "Legal takes it on, says Finn Adler" in words(shown(session, news.key))


def test_nobody_is_asked_at_night(database: Database) -> None:
    evening = datetime(2026, 10, 5, 20, 0, tzinfo=UTC)
    with database.write() as session:
        case = between(session)
        case.says(now=evening)
        assert posted(session, ASK).not_before == datetime(2026, 10, 6, 7, tzinfo=UTC)


def test_once_it_does_not_wait_any_more_the_question_says_so_and_takes_no_answer(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        posted(session, ASK).posted_ts = "1790000000.000100"
        case.says(1, confidence=Confidence.GREEN, blocked_by=None)
        post = shown(session, ASK, MORNING + WEEK)
        assert words(post) == "Growth does not wait for Legal any more: KR-1 SOC 2 certified by 15 Dec. Nothing to do."
        assert refused(lambda: dependency.accept(session, MORNING, case.finn, 1)) is Reason.WAITS_NO_MORE
        assert "The other team" not in words(shown(session, "escalation:1", MORNING + WEEK))


def test_a_question_that_has_not_left_when_nobody_waits_any_more_does_not_leave(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        case.says(now=MORNING + timedelta(minutes=5), blocked_by=None)
        assert shown(session, ASK) is None


def is_closed(case: Between) -> None:
    key_result = case.scene.key_result
    key_result.state, key_result.closed_at = KeyResultState.CLOSED, MORNING


def is_over(case: Between) -> None:
    case.session.scalars(sa.select(Cycle)).one().state = CycleState.CLOSING


def is_taken_out(case: Between) -> None:
    case.scene.key_result.archived_at = MORNING


@pytest.mark.parametrize("ends", [is_closed, is_over, is_taken_out])
def test_what_is_not_asked_about_any_more_asks_no_other_team(
    database: Database, ends: Callable[[Between], None]
) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        assert pressable(shown(session, ASK)) == ["Accept", "Propose a date", "Refuse"]
        ends(case)
        session.flush()
        # It does not leave; where it stands already, it says so.
        assert shown(session, ASK) is None
        posted(session, ASK).posted_ts = "1790000000.000100"
        assert words(shown(session, ASK)).startswith("Growth does not wait for Legal any more: KR-1 SOC 2")
        assert pressable(shown(session, ASK)) == []
        assert refused(lambda: dependency.accept(session, MORNING, case.finn, 1)) is Reason.WAITS_NO_MORE
        assert refused(lambda: dependency.question(session, MORNING, case.finn, 1)) is Reason.WAITS_NO_MORE


def test_only_who_was_asked_and_the_leads_of_the_other_team_may_answer(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        for somebody in (case.scene.owner, case.scene.lead, case.scene.head):
            caller = case.scene.company.caller(somebody)
            assert refused(lambda who=caller: dependency.accept(session, MORNING, who, 1)) is Reason.NOT_ASKED_OF_YOU
        assert refused(lambda: dependency.accept(session, MORNING, case.finn, 99)) is Reason.NOT_ASKED_OF_YOU
        dependency.accept(session, MORNING, case.scene.company.caller(case.boss), 1)
        assert "says Rosa Lind" in words(shown(session, ASK))


@pytest.mark.parametrize("visibility", [Visibility.TEAM, Visibility.NAMED])
def test_nobody_is_asked_about_a_key_result_that_they_may_not_see(database: Database, visibility: Visibility) -> None:
    with database.write() as session:
        case = between(session)
        case.scene.key_result.visibility = visibility
        session.flush()
        case.says()
        # The lead of all leads may see it, and can speak for the other team.
        assert case.the_one().asked_id == case.boss.id


def test_a_key_result_that_was_limited_since_is_taken_back_and_takes_no_answer(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        posted(session, ASK).posted_ts = "1790000000.000100"
        case.scene.key_result.visibility = Visibility.NAMED
        session.flush()
        assert "for fewer people now" in words(shown(session, ASK))
        assert refused(lambda: dependency.accept(session, MORNING, case.finn, 1)) is Reason.NOT_ASKED_OF_YOU


def test_an_answer_about_what_was_limited_since_leaves_for_nobody_who_may_not_see_it(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        dependency.accept(session, MORNING, case.finn, 1)
        reply, news = f"{ASK}:reply:1", f"{ASK}:to:{case.scene.owner.id}:1"
        assert shown(session, reply) is not None
        assert shown(session, news) is not None
        case.scene.key_result.visibility, case.scene.key_result.owner_id = Visibility.NAMED, case.scene.lead.id
        session.flush()
        assert shown(session, reply) is None
        assert shown(session, news) is None


def test_what_was_made_private_since_leaves_the_question_that_the_other_team_was_asked(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        asked = posted(session, ASK)
        asked.state, asked.posted_channel, asked.posted_ts = DeliveryState.SENT, "D0FINN", "1790000000.000100"
        session.execute(sa.update(Message).values(shown=Message.wanted))
        assert "two HR days" in words(shown(session, ASK))
        owner = case.scene.company.caller(case.scene.owner)
        escalation_more.make_private(session, MORNING, caller=owner, escalation_id=1)
        said = words(shown(session, ASK))
        assert "HR" not in said
        # Which team waits for which is for everybody; and it can still be answered.
        assert "Growth waits for Legal: KR-1 SOC 2 certified by 15 Dec" in said
        assert pressable(shown(session, ASK)) == ["Accept", "Propose a date", "Refuse"]
        message = session.scalars(sa.select(Message).where(Message.delivery_id == asked.id)).one()
        assert message.wanted > message.shown


def test_what_the_other_team_said_is_taken_back_with_all_of_a_thread_whose_reader_may_not_read_it_any_more(
    database: Database,
) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        owner = case.scene.company.caller(case.scene.owner)
        escalation_more.make_private(session, MORNING, caller=owner, escalation_id=1)
        dependency.refuse(session, MORNING, case.finn, 1, "everybody is at the fair")
        for at, row in enumerate(session.scalars(sa.select(Delivery).where(Delivery.conversation_id.is_not(None)))):
            row.state, row.posted_channel, row.posted_ts = DeliveryState.SENT, "G0", f"1790000000.00010{at}"
        session.execute(sa.update(Message).values(shown=Message.wanted))
        assert "everybody is at the fair" in words(shown(session, f"{ASK}:reply:1"))
        # The owner gave it away, and the lead, who is in the group message with them, was gone for a while.
        case.scene.key_result.owner_id = case.boss.id
        session.flush()
        lead = case.scene.lead.id
        outbox.redraw_for(session, MORNING, workspace_id=owner.workspace_id, member_ids=[lead], since=MORNING - WEEK)
        stale = sa.select(Delivery.key).join(Message).where(Message.wanted > Message.shown)
        assert {"escalation:1:private", f"{ASK}:reply:1"} <= {*session.scalars(stale)}
        assert words(shown(session, f"{ASK}:reply:1")).startswith("🔒")


def test_that_a_question_has_gone_on_names_only_who_is_asked_now(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        case.the_one().asked_id = case.boss.id
        session.flush()
        dependency._reply(session, MORNING, case.the_one(), f"ask:{case.boss.id}")
        assert "Rosa Lind" in words(shown(session, f"{ASK}:reply:ask:{case.boss.id}"))
        case.the_one().asked_id = case.scene.lead.id
        session.flush()
        assert shown(session, f"{ASK}:reply:ask:{case.boss.id}") is None


def test_neither_the_own_team_nor_one_that_has_not_joined_is_asked(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says(blocked_by=BlockedBy(team_id=case.scene.growth.id))
        case.legal.switched_on_at = None
        session.flush()
        case.says(1)
        assert case.all() == []
        # Once it has joined, it is asked when it is named again.
        case.legal.switched_on_at = MORNING + WEEK
        session.flush()
        case.says(2)
        assert len(case.all()) == 1


def test_an_owner_who_leads_the_other_team_is_not_asked_about_their_own(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.legal.lead_id = case.scene.owner.id
        session.flush()
        case.says()
        assert case.the_one().asked_id == case.boss.id


def test_two_who_answer_at_once_are_told_one_after_the_other(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        finn, boss = case.finn, case.scene.company.caller(case.boss)
    start = Barrier(2)

    def says(caller: Caller) -> None:
        start.wait()
        with database.write() as session:
            if caller == finn:
                dependency.accept(session, MORNING, caller, 1)
            else:
                dependency.refuse(session, MORNING, caller, 1, "not this year")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(says, (finn, boss)))
    with database.read() as session:
        assert session.scalars(sa.select(Dependency.revision)).all() == [2]
        replies = session.scalars(sa.select(Delivery.key).where(Delivery.key.like("%:reply:%"))).all()
        assert sorted(replies) == [f"{ASK}:reply:1", f"{ASK}:reply:2"]
