"""Whoever comes onto a path, leaves it, or is at work at other hours: what waits on it is looked at anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, Scene, away, posted, set_scene, shown, tell, the_escalation, words
from company import as_slack_tells
from sqlalchemy.orm import Session
from two_teams import between

from bot.domain.absence import Days
from bot.domain.escalation import EscalationState
from bot.domain.localtime import WORKDAYS
from bot.services import absences, escalation, looking_again, paths, people
from bot.services import hand_over as handing
from bot.services import preferences as hours
from bot.services.agenda import next_planned
from bot.services.dependency import step_due as dependency_due
from bot.services.escalation_ladder import step_due
from models import EscalationStep, Member, Message, PathChange
from models.database import Database

EVENING = datetime(2026, 10, 5, 20, tzinfo=UTC)
TUESDAY = datetime(2026, 10, 6, 8, tzinfo=UTC)
WEDNESDAY = datetime(2026, 10, 7, 9, tzinfo=UTC)


def asked(session: Session) -> list[int]:
    return [
        one.member_id for one in session.scalars(sa.select(EscalationStep).order_by(EscalationStep.id)) if one.until
    ]


def look(session: Session, now: datetime) -> None:
    """A tick, as far as it is about paths."""
    session.flush()
    planned = next_planned(session)
    assert planned is not None
    assert planned <= now
    assert looking_again.look_due(session, now, 20) > 0
    assert session.scalars(sa.select(PathChange)).all() == []
    step_due(session, now, 20)
    dependency_due(session, now, 20)


def leaves(session: Session, now: datetime, member: Member, *, comes_back: bool = False) -> None:
    person = as_slack_tells(member, deleted=not comes_back)
    people.learn(session, now, member.workspace_id, person, admins=())


def red(session: Session, now: datetime = MORNING) -> Scene:
    scene = set_scene(session)
    tell(session, now, scene.key_result, by=scene.owner)
    return scene


def test_whoever_comes_back_is_asked_at_once_where_somebody_further_up_was_waited_for(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        away(session, scene.head)
        leaves(session, MORNING - timedelta(hours=1), scene.lead)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        looking_again.look_due(session, MORNING, 20)
        step_due(session, MORNING, 20)
        assert asked(session) == []
        assert "Hana Mori will be asked" in words(shown(session, "escalation:1"))
        leaves(session, WEDNESDAY, scene.lead, comes_back=True)
        wanted = posted_wanted(session)
        look(session, WEDNESDAY)
        assert asked(session) == [scene.lead.id]
        assert posted_wanted(session) > wanted


def posted_wanted(session: Session) -> int:
    session.expire_all()
    root = posted(session, "escalation:1")
    return session.scalars(sa.select(Message.wanted).where(Message.delivery_id == root.id)).one()


def says_tama_in_the_morning(session: Session) -> bool:
    told = words(shown(session, "escalation:1"))
    return "Tama Reid is asked when their working day begins" in told and "Tue 6 Oct, 08:00" in told


Change = Callable[[Session, Scene], None]


def declares_leave(session: Session, scene: Scene) -> None:
    absences.declare(
        session, EVENING, scene.company.caller(scene.lead), Days(date(2026, 10, 6), date(2026, 10, 9)), None
    )


def works_later(session: Session, scene: Scene) -> None:
    chosen = hours.Chosen(hour=time(13), zone=None, starts=time(12), ends=time(20), days=WORKDAYS, country=None)
    hours.choose(session, EVENING, scene.company.caller(scene.lead), chosen)


def moves_away(session: Session, scene: Scene) -> None:
    person = replace(as_slack_tells(scene.lead, deleted=False), time_zone="America/New_York")
    people.learn(session, EVENING, scene.lead.workspace_id, person, admins=())


def has_left(session: Session, scene: Scene) -> None:
    leaves(session, EVENING, scene.lead)


def another_path(session: Session, scene: Scene) -> None:
    paths.set_own_path(session, EVENING, scene.growth, [scene.stranger])


@pytest.mark.parametrize("change", [declares_leave, works_later, moves_away, has_left, another_path])
def test_the_thread_says_who_is_asked_next_as_it_is_now(database: Database, change: Change) -> None:
    with database.write() as session:
        scene = red(session, EVENING)
        assert says_tama_in_the_morning(session)
        wanted = posted_wanted(session)
        change(session, scene)
        look(session, EVENING)
        assert posted_wanted(session) > wanted
        assert not says_tama_in_the_morning(session)
        assert the_escalation(session).next_step_at is not None


def test_nobodys_time_is_cut_short_by_a_look(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        until = the_escalation(session).next_step_at
        assert "Hana Mori is asked next" in words(shown(session, "escalation:1"))
        scene.stranger.is_sponsor = True
        leaves(session, MORNING, scene.head)
        wanted = posted_wanted(session)
        look(session, MORNING)
        assert asked(session) == [scene.lead.id]
        assert the_escalation(session).next_step_at == until
        assert posted_wanted(session) > wanted
        assert "Finn Adler is asked next" in words(shown(session, "escalation:1"))
        # And where nobody is left nothing is planned, until somebody is.
        leaves(session, MORNING, scene.stranger)
        look(session, MORNING)
        assert the_escalation(session).next_step_at is None
        leaves(session, MORNING, scene.head, comes_back=True)
        look(session, MORNING)
        assert the_escalation(session).next_step_at == until
        assert asked(session) == [scene.lead.id]


def test_what_goes_to_a_review_waits_for_it_whoever_comes_or_goes(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        escalation.take_to_review(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        evening = the_escalation(session).next_step_at
        leaves(session, MORNING, scene.head)
        look(session, MORNING)
        one = the_escalation(session)
        assert (one.state, one.next_step_at) == (EscalationState.IN_REVIEW, evening)


def test_who_owned_it_is_asked_about_it_once_it_is_somebody_elses(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.product.lead_id = None
        scene.key_result.owner_id = scene.lead.id
        session.flush()
        tell(session, MORNING, scene.key_result, by=scene.lead)
        assert the_escalation(session).next_step_at is None
        offered = handing.ask(
            session, MORNING, scene.company.caller(scene.lead), scene.key_result.id, scene.stranger.id
        )
        handing.accept(session, MORNING, scene.company.caller(scene.stranger), offered.hand_over_id)
        look(session, MORNING)
        assert asked(session) == [scene.lead.id]


def test_whoever_could_not_decide_between_two_teams_is_asked_once_no_other_team_blocks(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        step_due(session, TUESDAY + timedelta(hours=2), 20)
        assert asked(session) == [case.scene.lead.id, case.boss.id]
        assert the_escalation(session).next_step_at is None
        looking_again.look_due(session, TUESDAY, 20)
        case.says(1, blocked_by=None)
        look(session, MORNING + WEEK)
        assert asked(session) == [case.scene.lead.id, case.boss.id, case.scene.head.id]


def test_a_question_to_another_team_goes_to_whoever_comes_back_once_its_time_is_over(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        one = case.the_one()
        until = one.next_step_at
        assert until is not None
        assert (one.asked_id, one.waits_until) == (case.scene.stranger.id, until)
        leaves(session, MORNING, case.boss)
        look(session, MORNING)
        assert (one.asked_id, one.next_step_at) == (case.scene.stranger.id, until)
        dependency_due(session, until, 20)
        assert (one.asked_id, one.next_step_at) == (case.scene.stranger.id, None)
        # Back when nobody is at work: they are asked in the morning.
        leaves(session, until + timedelta(hours=9), case.boss, comes_back=True)
        look(session, until + timedelta(hours=9))
        assert one.next_step_at == datetime(2026, 10, 8, 8, tzinfo=UTC)
        dependency_due(session, datetime(2026, 10, 8, 8, tzinfo=UTC), 20)
        assert one.asked_id == case.boss.id


def test_whoever_is_on_no_path_changes_nothing(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        until = the_escalation(session).next_step_at
        wanted = posted_wanted(session)
        leaves(session, MORNING, scene.stranger)
        looking_again.look_due(session, MORNING, 20)
        assert the_escalation(session).next_step_at == until
        assert posted_wanted(session) == wanted
