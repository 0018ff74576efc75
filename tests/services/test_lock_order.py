"""Two transactions at once hold rows in one and the same order: requests for help, questions to other teams, people,
messages; within a table by their ids. Else each waits for the other, and one of the two fails.

On SQLite one writes at a time, so there is nothing to see there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from at_once import AtOnce
from calls import MORNING, Scene, posted, set_scene, tell
from company import MONDAY, Company
from sqlalchemy.orm import Session
from two_teams import between

from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.escalation import DecisionKind
from bot.domain.localtime import WORKDAYS
from bot.services import (
    checkin,
    decisions,
    dependency,
    escalation,
    help_wanted,
    looking_again,
    not_asked_yet,
    outbox,
    path_changes,
    planning,
    preferences,
    redefining,
    teams,
)
from bot.services.access import Caller
from bot.services.blocking import BlockedBy
from bot.services.decisions import Draft
from bot.services.planning import prompt_key
from bot.services.refusals import Refused
from bot.slack import Posted
from models import CheckIn, Delivery, DeliveryState, Dependency, Member, Team, Workspace
from models.database import Database
from scheduler import whereabouts
from scheduler.whereabouts import Arrival

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

Act = Callable[[Session], object]
LATER = MORNING + timedelta(minutes=9)


@pytest.fixture
def at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs `first`, and `second` beside it as soon as `first` has come through one of these functions."""

    def both(first: Act, second: Act, *behind: tuple[Any, str]) -> None:
        troubles: list[str] = []

        def other() -> None:
            try:
                with database.write() as session:
                    second(session)
            except Refused:
                pass  # They came second, and are told so.
            except sa.exc.DBAPIError as failure:
                troubles.append(str(failure.orig))

        beside = AtOnce(other)
        for module, name in behind:
            monkeypatch.setattr(module, name, beside.after(getattr(module, name)))
        try:
            with database.write() as session:
                first(session)
        except sa.exc.DBAPIError as failure:
            troubles.append(str(failure.orig))
        beside.ends()
        assert troubles == []

    return both


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, str]:
    """What `arrived` does first to messages."""
    spied = SimpleNamespace(run=whereabouts._SHOWN.run)
    monkeypatch.setattr(whereabouts, "_SHOWN", spied)
    return spied, "run"


def arrive(session: Session, *delivery_ids: int) -> None:
    came = [Arrival(session.get_one(Delivery, one), Posted("C0GROWTH", f"1.{one}"), 1) for one in delivery_ids]
    whereabouts.arrived(session, came, MORNING)


def asked_on_monday(session: Session, scene: Scene) -> None:
    planning.replan(session, scene.company.now, [scene.owner.id])
    planning.open_due(session, MORNING, 100)


def opens_later(session: Session, now: Any, member_ids: Sequence[int]) -> None:
    """An admin has changed the hour at which everybody's week opens."""
    session.scalars(sa.select(Workspace)).one().opens_at = time(11)
    session.flush()
    planning.replan(session, now, member_ids)


def test_a_key_result_stops_while_its_owner_changes_their_hours(
    database: Database, at_once: Callable[..., None]
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        asked_on_monday(session, scene)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        planning.replan(session, MORNING, [scene.owner.id])
        lead, owner = scene.company.caller(scene.lead), scene.company.caller(scene.owner)
        draft = Draft("stop it", scene.lead.id, date(2026, 10, 16), DecisionKind.STOP)
        decision = decisions.decide(session, MORNING, caller=lead, escalation_id=1, draft=draft).id
    hours = preferences.Chosen(hour=time(13), zone=None, starts=time(9), ends=time(18), days=WORKDAYS, country=None)
    at_once(
        lambda session: redefining.stop(session, MORNING, caller=lead, decision_id=decision, learning="too late"),
        lambda session: preferences.choose(session, MORNING, owner, hours),
        (redefining, "_told"),
    )


def test_an_answer_ends_the_waiting_while_the_other_team_accepts(
    database: Database, at_once: Callable[..., None]
) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        finn, number = case.finn, case.scene.key_result.id
        owner = Caller(finn.workspace_id, case.scene.owner.id)
    said = checkin.Said(Confidence.RED, "wait", score=Decimal("0.3"), need="time", plan="ask", working="nothing")
    at_once(
        lambda session: checkin.record(
            session, LATER, caller=owner, key_result_id=number, period=period(MONDAY), said=said
        ),
        lambda session: dependency.accept(session, MORNING, finn, 1),
        (escalation, "redraw"),
    )


def test_somebody_asks_for_help_while_a_tick_looks_again(database: Database, at_once: Callable[..., None]) -> None:
    with database.write() as session:
        case = between(session)
        case.says()
        lead, number = case.scene.company.caller(case.scene.lead), case.scene.key_result.id
        path_changes.of_key_results(session, MORNING, lead.workspace_id, [number])
    at_once(
        lambda session: help_wanted.ask(
            session, LATER, caller=lead, key_result_id=number, stuck="HR", need="time", by=BlockedBy(words="HR")
        ),
        lambda session: looking_again.look_due(session, LATER, 20),
        (help_wanted, "_block"),
    )


@pytest.mark.parametrize("tick_is_first", [True, False])
def test_an_owner_answers_while_a_tick_asks_the_team_that_they_wait_for(
    database: Database, at_once: Callable[..., None], *, tick_is_first: bool
) -> None:
    with database.write() as session:
        case = between(session)
        case.legal.switched_on_at = None
        session.flush()
        case.says()
        teams.switch_on(session, MORNING, caller=None, team=case.legal, channel_id="C0LEGAL")
        owner, number = case.scene.company.caller(case.scene.owner), case.scene.key_result.id
        by = case.by_legal
    said = checkin.Said(
        Confidence.RED, "wait", score=Decimal("0.3"), need="time", plan="ask", working="nothing", blocked_by=by
    )

    def answers(session: Session) -> None:
        checkin.record(session, LATER, caller=owner, key_result_id=number, period=period(MONDAY), said=said)

    def looks(session: Session) -> None:
        looking_again.look_due(session, LATER, 20)

    first, second = (looks, answers) if tick_is_first else (answers, looks)
    at_once(first, second, (not_asked_yet, "hold") if tick_is_first else (escalation, "redraw"))
    with database.read() as session:
        assert session.scalars(sa.select(Dependency.asked_id)).all() == [case.scene.stranger.id]


def test_a_team_gets_another_channel_while_somebody_takes_on_what_failed_in_the_one_before(
    database: Database, at_once: Callable[..., None]
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        asked_on_monday(session, scene)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        growth, lead = scene.growth, scene.company.caller(scene.lead)
        root = posted(session, "escalation:1")
        root.state, root.error, root.settled_at = DeliveryState.FAILED, "is_archived", MORNING
        teams.switch_off(session, MORNING, caller=None, team=growth)

    def gets_another(session: Session) -> None:
        team = session.get_one(Team, growth.id)
        teams.switch_on(session, LATER, caller=None, team=team, channel_id="C0NEW")

    at_once(
        lambda session: escalation.take(session, LATER, caller=lead, escalation_id=1),
        gets_another,
        (escalation, "happened"),
    )
    with database.read() as session:
        said = session.scalars(
            sa.select(Delivery.key).where(Delivery.channel_id == "C0NEW").order_by(Delivery.id)
        ).all()
    assert said == ["escalation:1", "escalation:1:event:2"]


def test_a_first_direct_message_arrives_while_a_week_is_planned_anew(
    database: Database, at_once: Callable[..., None], shown: tuple[Any, str]
) -> None:
    with database.write() as session:
        company = Company(session)
        objective = company.objective(company.team("Growth"))
        people = [company.person(name) for name in ("Ana Silva", "Bo Reid")]
        for one in people:
            company.key_result(objective, one)
        ids = [one.id for one in people]
        planning.replan(session, company.now, ids)
        planning.open_due(session, MORNING, 100)
        prompts = [posted(session, prompt_key(one, MONDAY)).id for one in ids]
    at_once(
        lambda session: arrive(session, *prompts),
        lambda session: opens_later(session, MORNING, ids),
        shown,
    )


def test_a_threads_first_message_arrives_while_somebody_takes_it_on(
    database: Database, at_once: Callable[..., None], shown: tuple[Any, str]
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        asked_on_monday(session, scene)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        lead, root = scene.company.caller(scene.lead), posted(session, "escalation:1").id
    at_once(
        lambda session: arrive(session, root),
        lambda session: escalation.take(session, MORNING, caller=lead, escalation_id=1),
        shown,
    )


def test_two_workers_record_what_leads_to_each_others_threads(
    database: Database, at_once: Callable[..., None], shown: tuple[Any, str]
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        objective = scene.company.objective(scene.growth, "Be found")
        second = scene.company.key_result(objective, scene.company.person("Zoe Hart"), "Visits from 10 to 20")
        for one in (scene.key_result, second):
            tell(session, MORNING, one, by=session.get_one(Member, one.owner_id))
        roots = [posted(session, f"escalation:{one}").id for one in (1, 2)]
        asks = [posted(session, f"escalation:{one}:ask:{scene.lead.id}").id for one in (1, 2)]
    at_once(
        lambda session: arrive(session, roots[0], asks[1]),
        lambda session: arrive(session, roots[1], asks[0]),
        shown,
    )


def test_answering_closes_while_a_week_is_planned_anew(database: Database, at_once: Callable[..., None]) -> None:
    with database.write() as session:
        company = Company(session)
        objective = company.objective(company.team("Growth"))
        # So many that the order of their prompts' keys, as words, is not that of their ids.
        people = [company.person(f"Owner {number}") for number in range(1, 12)]
        for one in people:
            company.key_result(objective, one)
        ids = [one.id for one in people]
        planning.replan(session, company.now, ids)
        planning.open_due(session, MORNING, 100)
        closes = max(session.scalars(sa.select(CheckIn.closes_at)))
    at_once(
        lambda session: planning.close_due(session, closes, 100),
        lambda session: opens_later(session, closes, ids),
        (outbox, "redraw"),
        (outbox, "redraw_all"),
    )
