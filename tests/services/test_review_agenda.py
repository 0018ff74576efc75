"""What is open for a meeting: in its teams, on its day, and only what the reader may see."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from calls import MORNING, decide, set_scene, tell
from company import MONDAY, Company
from queries import counted

from bot.domain.escalation import EscalationState
from bot.domain.organisation import Visibility
from bot.domain.review_agenda import Agenda, Call, Due
from bot.services import dependency, escalation
from bot.services.blocking import BlockedBy
from bot.services.refusals import Reason, Refused
from bot.services.review_agenda import agenda
from models import Blocker, MemberKind, Team
from models.database import Database

THURSDAY = MORNING + timedelta(days=3)


def read(company: Company, viewer: object, *teams: Team, now: datetime = MORNING) -> Agenda:
    return agenda(company.session, company.caller(viewer), now, teams)  # type: ignore[arg-type]


def test_a_red_stands_in_it_for_its_team_and_for_the_one_above(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        for team in (scene.growth, scene.product):
            found = read(scene.company, scene.stranger, team)
            assert (found.teams, found.today) == ((team.name,), MONDAY)
            (call,) = found.items
            assert isinstance(call, Call)
            assert (call.number, call.state, call.asked, call.score) == (
                1,
                EscalationState.OPEN,
                "Tama Reid",
                "0.3, the first score",
            )
        other = scene.company.team("Ports")
        assert read(scene.company, scene.stranger, other).items == ()


def test_on_the_reviews_day_what_was_taken_to_it_is_first(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        second = scene.company.key_result(scene.company.objective(scene.growth, "Another"), scene.owner)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        tell(session, MORNING + timedelta(minutes=5), second, by=scene.owner, score=None)
        escalation.take_to_review(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=2)
        found = read(scene.company, scene.lead, scene.growth, now=THURSDAY)
        assert [item.number for item in found.items] == [2, 1]
        first = found.items[0]
        assert isinstance(first, Call)
        assert first.review_on == found.today


def test_what_is_decided_gives_way_to_its_decision(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.lead)
        (due,) = read(scene.company, scene.lead, scene.growth).items
        assert isinstance(due, Due)
        assert (due.text, due.owner) == ("HR frees Ana for two days", "Hana Mori")


def test_what_another_team_was_asked_is_on_both_agendas_until_it_takes_it_on(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        legal = scene.company.team("Legal", lead=scene.stranger)
        tell(session, MORNING, scene.key_result, by=scene.owner, blocked_by=BlockedBy(team_id=legal.id))
        dependency.follow(session, MORNING, scene.key_result, session.get_one(Blocker, 1))
        assert [type(item).__name__ for item in read(scene.company, scene.lead, scene.growth).items] == [
            "Call",
            "Waiting",
        ]
        assert [type(item).__name__ for item in read(scene.company, scene.lead, legal).items] == ["Waiting"]
        dependency.accept(session, MORNING, scene.company.caller(scene.stranger), 1)
        assert read(scene.company, scene.lead, legal).items == ()


@pytest.mark.parametrize("visibility", [Visibility.TEAM, Visibility.NAMED])
def test_what_is_limited_is_there_only_for_those_who_may_see_it(database: Database, visibility: Visibility) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        scene.key_result.visibility = visibility
        session.flush()
        assert read(scene.company, scene.stranger, scene.growth).items == ()
        assert len(read(scene.company, scene.head, scene.growth).items) == 1


def test_a_guest_reads_nothing(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        guest = scene.company.person("Gus Guest", kind=MemberKind.GUEST)
        with pytest.raises(Refused) as refused:
            read(scene.company, guest, scene.growth)
        assert refused.value.reason is Reason.NOT_A_FULL_MEMBER


def test_it_takes_as_many_queries_for_ten_as_for_one(database: Database) -> None:
    counts = []
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        for more in (0, 9):
            objective = scene.company.objective(scene.growth, f"{more} more")
            for _ in range(more):
                tell(session, MORNING, scene.company.key_result(objective, scene.owner), by=scene.owner, score=None)
            session.expire_all()
            with counted(database) as statements:
                read(scene.company, scene.lead, scene.growth, scene.product)
            counts.append(len(statements))
    assert counts[0] == counts[1] <= 20
