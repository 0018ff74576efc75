"""A question to another team that nobody answers: it is reminded of, stands on Home, and goes on to the next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, keys, posted, pressable, shown, words
from company import MONDAY
from sqlalchemy.orm import Session
from two_teams import ASK, Between, away, between

from bot.blocks.digest import digest_post
from bot.domain.cadence import period
from bot.domain.dependency import DependencyState
from bot.localslack.blockkit import check_message
from bot.services import agenda, dependency, digest_snapshot, home, looking_again, morning, teams
from bot.services.dependency_ladder import asked_of
from models import AuditEvent, Delivery, DeliveryState, Member, PostKind
from models.database import Database

# Finn, in Berlin, is asked on Monday at 11:12 of his day. Eight working hours later it is Tuesday, 11:12.
REMINDED = datetime(2026, 10, 7, 7, tzinfo=UTC)
GOES_ON = datetime(2026, 10, 7, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def mornings(session: Session, now: datetime) -> list[Delivery]:
    """What this morning asks, as it leaves."""
    while morning.ask_due(session, now, 100) == 100:
        pass
    queued = session.scalars(
        sa.select(Delivery).where(Delivery.kind == PostKind.MORNING, Delivery.state == DeliveryState.QUEUED)
    ).all()
    for one in queued:
        one.state, one.settled_at, one.attempted_at = DeliveryState.SENT, now, now
        one.posted_channel, one.posted_ts = "D1", f"{one.id}.1"
    session.flush()
    return list(queued)


def on_home(session: Session, case: Between, who: Member, now: datetime) -> int:
    return len(home.view(session, case.scene.company.caller(who), now).now.questions)


def all_steps(session: Session, now: datetime, until: datetime) -> None:
    """Look every hour, as a worker that is late would."""
    while now < until:
        now += timedelta(hours=1)
        dependency.step_due(session, now, 10)


def test_after_its_limit_the_next_mornings_message_asks_for_the_answer(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        finn = case.scene.stranger
        assert mornings(session, MORNING) == []
        assert mornings(session, REMINDED - timedelta(days=1)) == []
        reminded = [one for one in mornings(session, REMINDED) if one.member_id == finn.id]
        (one,) = reminded
        post = shown(session, one.key, REMINDED)
        assert post is not None
        assert check_message(post.text, list(post.blocks)) == []
        assert post.text == "Good morning: one team waits for your answer. KR-1 SOC 2 certified by 15 Dec"
        assert (
            "*Can your team help?* *KR-1* SOC 2 certified by 15 Dec · Growth waits for Legal, "
            "not answered since Mon 5 Oct" in words(post)
        )
        assert pressable(post) == ["Accept", "Propose a date", "Refuse"]
        dependency.accept(session, REMINDED, case.finn, 1)
        again = shown(session, one.key, REMINDED)
        assert pressable(again) == []
        assert "No answer is waited for here any more" in words(again)


def test_then_the_next_on_the_other_teams_path_is_asked_and_reads_why(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        assert agenda.next_planned(session) is not None
        assert dependency.step_due(session, GOES_ON - MINUTE, 10) == 0
        assert dependency.step_due(session, GOES_ON, 10) == 1
        assert case.the_one().asked_id == case.boss.id
        told = posted(session, f"{ASK}:ask:{case.boss.id}")
        assert (told.member_id, told.kind) == (case.boss.id, PostKind.DEPENDENCY)
        post = shown(session, told.key, GOES_ON)
        assert post is not None
        assert check_message(post.text, list(post.blocks)) == []
        assert (
            "Asked of you because you lead Company · asked before: Finn Adler, without an answer since Mon 5 Oct"
            in (words(post))
        )
        assert pressable(post) == ["Accept", "Propose a date", "Refuse"]
        # Who was asked before reads that, and may still answer.
        assert "Rosa Lind is asked too by now" in words(shown(session, ASK, GOES_ON))
        assert pressable(shown(session, ASK, GOES_ON)) == ["Accept", "Propose a date", "Refuse"]
        reply = posted(session, f"{ASK}:reply:ask:{case.boss.id}")
        assert reply.follows_id == posted(session, "escalation:1").id
        assert words(shown(session, reply.key, GOES_ON)) == (
            "Legal has not answered since Mon 5 Oct, so Rosa Lind is asked now, who leads Company."
        )
        assert session.scalar(sa.select(sa.func.count()).where(AuditEvent.action == "dependency.asked_next")) == 1


def test_it_stands_on_home_of_who_was_asked_and_of_the_other_lead_until_it_is_answered(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        finn, rosa = case.scene.stranger, case.boss
        assert (on_home(session, case, finn, MORNING), on_home(session, case, rosa, MORNING)) == (1, 0)
        dependency.step_due(session, GOES_ON, 10)
        assert (on_home(session, case, finn, GOES_ON), on_home(session, case, rosa, GOES_ON)) == (1, 1)
        assert on_home(session, case, case.scene.lead, GOES_ON) == 0
        dependency.refuse(session, GOES_ON, case.finn, 1, "no lawyer is free")
        assert (on_home(session, case, finn, GOES_ON), on_home(session, case, rosa, GOES_ON)) == (0, 0)


def test_the_digests_of_both_teams_say_since_when_it_is_not_answered(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        for team in (case.scene.growth, case.legal):
            said = words(digest_post(digest_snapshot.read(session, GOES_ON, team, period(MONDAY))))
            if team is case.scene.growth:
                assert "Growth waits for Legal, not answered since 5 Oct" in said
        (waits,) = digest_snapshot.read(session, GOES_ON, case.legal, period(MONDAY)).waiting
        assert (waits.state, waits.asked_on) == (DependencyState.ASKED, MONDAY)


def test_an_answer_ends_it_and_is_shown_wherever_it_was_asked(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        dependency.step_due(session, GOES_ON, 10)
        dependency.accept(session, GOES_ON, case.scene.company.caller(case.boss), 1)
        for key in (ASK, f"{ASK}:ask:{case.boss.id}"):
            assert "Legal takes it on, says Rosa Lind" in words(shown(session, key, GOES_ON))
        assert case.the_one().next_step_at is None
        before = keys(session)
        assert dependency.step_due(session, GOES_ON + 4 * WEEK, 10) == 0
        assert keys(session) == before


@pytest.mark.parametrize("ends", ["cleared", "answered"])
def test_what_nobody_waits_for_any_more_asks_nobody_else(database: Database, ends: str) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        if ends == "cleared":
            case.says(now=MORNING + timedelta(hours=1), blocked_by=None, same_blocker=False)
        else:
            dependency.accept(session, MORNING, case.finn, 1)
        dependency.step_due(session, GOES_ON + WEEK, 10)
        assert asked_of(session, 1) == [case.scene.stranger.id]


def test_of_a_team_that_was_switched_off_nobody_else_is_asked_until_it_joins_again(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        teams.switch_off(session, MORNING, caller=None, team=case.legal)
        all_steps(session, MORNING, MORNING + WEEK)
        assert asked_of(session, 1) == [case.scene.stranger.id]
        assert case.the_one().next_step_at is None
        # What stands can be answered.
        assert pressable(shown(session, ASK, MORNING + WEEK)) == ["Accept", "Propose a date", "Refuse"]
        teams.switch_on(session, MORNING + WEEK, caller=None, team=case.legal, channel_id="C0LEGAL")
        looking_again.look_due(session, MORNING + WEEK, 20)
        dependency.step_due(session, MORNING + WEEK, 20)
        assert asked_of(session, 1) == [case.scene.stranger.id, case.boss.id]
        dependency.accept(session, MORNING + WEEK, case.finn, 1)


def test_each_is_asked_once_until_the_end_of_the_path_and_who_is_away_is_passed_over(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        sponsor = case.scene.company.person("Ines Costa", zone="Europe/London")
        sponsor.is_sponsor = True
        session.flush()
        case.says()
        away(session, case.boss)
        all_steps(session, MORNING, MORNING + 4 * WEEK)
        assert asked_of(session, 1) == [case.scene.stranger.id, sponsor.id]
        assert case.the_one().next_step_at is None
        passed = posted(session, f"{ASK}:away:{case.boss.id}")
        assert passed.not_before >= datetime(2026, 10, 12, 8, tzinfo=UTC)
        assert "you are on the path of Legal" in words(shown(session, f"{ASK}:ask:{sponsor.id}", GOES_ON))


def test_nobody_is_asked_outside_their_working_hours(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.boss.time_zone = "Pacific/Auckland"
        case.says()
        dependency.step_due(session, GOES_ON, 10)
        assert asked_of(session, 1) == [case.scene.stranger.id]
        at = case.the_one().next_step_at
        assert at is not None
        assert at.astimezone(ZoneInfo("Pacific/Auckland")).hour == 9
        dependency.step_due(session, at, 10)
        assert asked_of(session, 1) == [case.scene.stranger.id, case.boss.id]


def test_what_was_asked_before_there_were_reminders_begins_with_one(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        one = case.the_one()
        # As the migration leaves it.
        one.remind_on, one.next_step_at = None, one.asked_at
        session.flush()
        assert dependency.step_due(session, GOES_ON, 10) == 1
        assert asked_of(session, 1) == [case.scene.stranger.id]
        assert one.remind_on is not None
        assert one.next_step_at is not None
        assert one.next_step_at > GOES_ON + timedelta(days=1)
