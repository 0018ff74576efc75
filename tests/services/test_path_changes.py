"""Whoever comes onto a path, leaves it, or is at work at other hours: what waits on it is looked at anew."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, Scene, away, posted, set_scene, shown, tell, the_escalation, words
from company import MONDAY, as_slack_tells
from office import Office, row, sheet
from queries import counted
from sqlalchemy.orm import Session
from two_teams import ASK, Between, between

from bot.domain.absence import Days
from bot.domain.cycles import CycleState
from bot.domain.escalation import EscalationState
from bot.domain.localtime import WORKDAYS
from bot.domain.organisation import Visibility
from bot.services import (
    absences,
    dependency,
    escalation,
    escalation_more,
    escalation_news,
    limiting,
    looking_again,
    not_asked_yet,
    outbox,
    path_changes,
    paths,
    people,
    teams,
)
from bot.services import hand_over as handing
from bot.services import preferences as hours
from bot.services.agenda import next_planned
from bot.services.conversations import people_in
from bot.services.dependency import step_due as dependency_due
from bot.services.escalation_ladder import step_due
from bot.services.limiting import Limit
from bot.services.planning import prompt_key
from models import (
    Blocker,
    Cycle,
    Delivery,
    Dependency,
    Escalation,
    EscalationStep,
    KeyResult,
    KeyResultState,
    Member,
    Message,
    PathChange,
    PostKind,
    Team,
)
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


def test_who_owned_it_is_asked_by_the_other_team_once_it_is_somebody_elses(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        finn, key_result = case.scene.stranger, case.scene.key_result
        key_result.owner_id = finn.id
        session.flush()
        case.says(by=finn)
        one = case.the_one()
        assert one.next_step_at is not None
        at = one.next_step_at
        dependency_due(session, at, 20)
        assert (one.asked_id, one.next_step_at) == (case.boss.id, None)
        offered = handing.ask(session, at, case.finn, key_result.id, case.scene.owner.id)
        handing.accept(session, at, case.scene.company.caller(case.scene.owner), offered.hand_over_id)
        look(session, at)
        assert one.next_step_at is not None


def test_who_may_see_it_now_is_asked_by_the_other_team(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        company, key_result = case.scene.company, case.scene.key_result
        admin = company.person("Ada Admin", admin=True)
        here = company.team("Ops", lead=company.person("Xan Ops"))
        here.parent_id, case.legal.parent_id = case.legal.parent_id, here.id
        session.flush()
        few = Limit(Visibility.NAMED, frozenset({case.scene.stranger.id, admin.id}))
        limiting.limit(session, MORNING, company.caller(admin), key_result.id, few)
        case.says()
        one, at = case.the_one(), MORNING
        while one.next_step_at is not None:
            at = one.next_step_at
            dependency_due(session, at, 20)
        everybody = Limit(Visibility.WORKSPACE, frozenset())
        limiting.limit(session, at, company.caller(admin), key_result.id, everybody)
        look(session, at)
        assert one.next_step_at is not None or one.asked_id == here.lead_id


def test_what_the_version_before_asked_has_its_time_too(database: Database) -> None:
    """It writes no `waits_until`, or leaves an older one."""
    with database.write() as session:
        scene = red(session)
        one = the_escalation(session)
        until = one.next_step_at
        for left in (None, MORNING, MORNING - timedelta(days=3)):
            one.waits_until = left
            path_changes.of_everybody(session, MORNING, one.workspace_id)
            look(session, MORNING)
            assert asked(session) == [scene.lead.id]
            assert one.next_step_at == until


def test_who_presses_while_a_tick_looks_is_not_in_its_way(database: Database) -> None:
    """One has a thread in a channel and one in a group message, and both stand in the owner's prompt."""
    if database.is_sqlite:
        pytest.skip("on SQLite they come one after the other")
    with database.write() as session:
        scene = set_scene(session)
        workspace_id = scene.owner.workspace_id
        prompt = outbox.NewPost(
            workspace_id=workspace_id,
            key=prompt_key(scene.owner.id, MONDAY),
            kind=PostKind.PROMPT,
            member_id=scene.owner.id,
            period=MONDAY,
        )
        outbox.post(session, MORNING, prompt)
        limited = scene.company.key_result(
            scene.company.objective(scene.growth, "Another"), scene.owner, "A second one"
        )
        limited.visibility = Visibility.TEAM
        session.flush()
        tell(session, MORNING, scene.key_result, by=scene.owner)
        tell(session, MORNING, limited, by=scene.owner)
        path_changes.of_members(session, MORNING, workspace_id, [scene.lead.id])
    is_held, is_waited_for = threading.Event(), threading.Event()

    def presses() -> None:
        with database.write() as session:
            first = session.get_one(Escalation, 1, with_for_update={"key_share": True})
            is_held.set()
            is_waited_for.wait(5)
            escalation_news.redraw(session, MORNING, first)

    def looks() -> int:
        is_held.wait(5)
        with database.write() as session:
            threading.Timer(0.5, is_waited_for.set).start()
            return looking_again.look_due(session, MORNING, 20)

    with ThreadPoolExecutor(2) as pool:
        pressed, looked = pool.submit(presses), pool.submit(looks)
        pressed.result(30)
        assert looked.result(30) == 1


@pytest.mark.parametrize(
    "moved",
    [
        # Its team is part of another one by now, and then it is of another team.
        row("k1", owner="Ana Lima", lead="Bo Dahl", **{"parent team": "Dock"}),
        row("k1", owner="Ana Lima", team="Dock", lead="Cy Ek", objective="Swim"),
    ],
)
def test_an_import_that_makes_the_path_longer_has_the_new_lead_asked(database: Database, moved: dict[str, str]) -> None:
    office = Office(database)
    for name in ("Ana Lima", "Bo Dahl", "Cy Ek", "Di Fox"):
        office.hire(name)
    others = [row("k2", owner="Di Fox", lead="Bo Dahl"), row("k3", owner="Di Fox", team="Dock", lead="Cy Ek")]
    office.imports(sheet(row("k1", owner="Ana Lima", lead="Bo Dahl"), *others))
    with database.write() as session:
        session.execute(sa.update(Team).values(switched_on_at=MORNING, channel_id="C0X"))
        key_result = session.scalars(sa.select(KeyResult).where(KeyResult.import_key == "k1")).one()
        tell(session, MORNING, key_result, by=session.get_one(Member, key_result.owner_id))
        one = the_escalation(session)
        while one.next_step_at is not None:
            step_due(session, one.next_step_at, 20)
        assert len(asked(session)) == 1
    later = MORNING + 2 * WEEK
    office.imports(sheet(moved, *others), reason="moved", stops="nothing", now=later)
    with database.write() as session:
        look(session, later)
        assert len(asked(session)) == 2


def test_a_guest_who_is_back_reads_no_more_than_they_may(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        request = posted(session, f"escalation:1:ask:{scene.lead.id}")
        request.posted_channel, request.posted_ts = "D1", "1790000000.000100"
        scene.growth.lead_id = scene.head.id
        leaves(session, MORNING, scene.lead)
        look(session, MORNING)
        message = session.scalars(sa.select(Message).where(Message.delivery_id == request.id)).one()
        message.shown = message.wanted
        session.flush()
        guest = replace(as_slack_tells(scene.lead, deleted=False), is_guest=True)
        people.learn(session, MORNING, scene.lead.workspace_id, guest, admins=())
        session.refresh(message)
        assert message.shown < message.wanted
        assert "HR" not in repr(shown(session, request.key))


def test_an_owner_who_is_back_reads_what_was_made_private_meanwhile(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        leaves(session, MORNING, scene.owner)
        lead = scene.company.caller(scene.lead)
        escalation_more.make_private(session, MORNING, caller=lead, escalation_id=1)
        assert posted(session, "escalation:1:private").member_id == scene.lead.id, "there was nobody else to read it"
        leaves(session, TUESDAY, scene.owner, comes_back=True)
        look(session, TUESDAY)
        goes_on = posted(session, "escalation:1:private:1")
        assert goes_on.conversation_id is not None
        assert {scene.owner.id, scene.lead.id} <= set(people_in(session, goes_on.conversation_id))


def test_what_was_made_private_goes_on_once_its_only_reader_has_left(database: Database) -> None:
    with database.write() as session:
        scene = red(session)
        leaves(session, MORNING, scene.owner)
        lead = scene.company.caller(scene.lead)
        escalation_more.make_private(session, MORNING, caller=lead, escalation_id=1)
        leaves(session, TUESDAY, scene.owner, comes_back=True)
        leaves(session, TUESDAY, scene.lead)
        look(session, TUESDAY)
        goes_on = posted(session, "escalation:1:private:1")
        assert goes_on.conversation_id is not None
        readers = set(people_in(session, goes_on.conversation_id))
        assert scene.owner.id in readers
        assert scene.lead.id not in readers


def joins(case: Between, now: datetime) -> None:
    teams.switch_on(case.session, now, caller=None, team=case.legal, channel_id="C0LEGAL")


def not_joined(session: Session) -> Between:
    """Growth waits for Legal, which nobody could ask: it has not joined."""
    case = between(session)
    case.legal.switched_on_at = None
    session.flush()
    case.says()
    looking_again.look_due(session, MORNING, 20)
    assert case.all() == []
    return case


def test_a_team_that_joins_is_asked_by_who_waits_for_it(database: Database) -> None:
    with database.write() as session:
        case = not_joined(session)
        assert "Legal was asked" not in words(shown(session, "escalation:1"))
        wanted = posted_wanted(session)
        joins(case, TUESDAY)
        look(session, TUESDAY)
        one = case.the_one()
        assert (one.asked_id, one.team_id, one.asked_at) == (case.scene.stranger.id, case.legal.id, TUESDAY)
        assert "Growth waits for Legal" in words(shown(session, ASK, TUESDAY))
        assert posted(session, ASK).member_id == case.scene.stranger.id
        # The thread says so.
        assert posted_wanted(session) > wanted
        assert "Legal was asked (Finn Adler)" in words(shown(session, "escalation:1", TUESDAY))
        # Once, whoever joins or names it again.
        case.says(1)
        path_changes.of_everybody(session, TUESDAY + WEEK, case.legal.workspace_id)
        look(session, TUESDAY + WEEK)
        assert len(case.all()) == 1


def test_a_team_whose_lead_is_back_is_asked_by_who_began_to_wait_meanwhile(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        case.legal.parent_id = None
        session.flush()
        leaves(session, MORNING, case.scene.stranger)
        case.says()
        look(session, MORNING)
        assert case.all() == []
        leaves(session, TUESDAY, case.scene.stranger, comes_back=True)
        look(session, TUESDAY)
        assert case.the_one().asked_id == case.scene.stranger.id


def test_a_team_that_may_see_it_now_is_asked_by_who_waits_for_it(database: Database) -> None:
    with database.write() as session:
        case = between(session)
        admin = case.scene.company.caller(case.scene.company.person("Ada Admin", admin=True))
        case.legal.parent_id = None
        case.scene.key_result.visibility = Visibility.TEAM
        session.flush()
        case.says()
        look(session, MORNING)
        assert case.all() == []
        everybody = Limit(Visibility.WORKSPACE, frozenset())
        limiting.limit(session, TUESDAY, admin, case.scene.key_result.id, everybody)
        look(session, TUESDAY)
        assert case.the_one().asked_id == case.scene.stranger.id


def is_cleared(case: Between) -> None:
    case.session.scalars(sa.select(Blocker)).one().cleared_at = MORNING


def is_closed(case: Between) -> None:
    key_result = case.scene.key_result
    key_result.state, key_result.closed_at = KeyResultState.CLOSED, MORNING


def is_over(case: Between) -> None:
    case.session.scalars(sa.select(Cycle)).one().state = CycleState.CLOSING


def is_off_itself(case: Between) -> None:
    case.scene.growth.switched_on_at = None


def is_the_other_teams_by_now(case: Between) -> None:
    case.session.scalars(sa.select(Blocker)).one().by_team_id = case.scene.growth.id


@pytest.mark.parametrize("ends", [is_cleared, is_closed, is_over, is_off_itself, is_the_other_teams_by_now])
def test_a_team_that_joins_is_not_asked_about_what_waits_for_it_no_more(
    database: Database, ends: Callable[[Between], None]
) -> None:
    with database.write() as session:
        case = not_joined(session)
        ends(case)
        session.flush()
        joins(case, TUESDAY)
        path_changes.of_key_results(session, TUESDAY, case.legal.workspace_id, [case.scene.key_result.id])
        look(session, TUESDAY)
        assert case.all() == []


def test_a_look_asks_a_team_about_a_few_and_about_the_rest_a_moment_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(not_asked_yet, "AT_ONCE", 1)
    with database.write() as session:
        case = not_joined(session)
        scene = case.scene
        another = scene.company.key_result(scene.company.objective(scene.growth, "Another"), scene.owner, "A second")
        tell(session, MORNING, another, by=scene.owner, blocked_by=case.by_legal)
        joins(case, TUESDAY)
        looking_again.look_due(session, TUESDAY, 20)
        assert [one.key_result_id for one in case.all()] == [scene.key_result.id]
        a_moment_later = TUESDAY + not_asked_yet.A_MOMENT
        assert session.scalars(sa.select(PathChange.at)).all() == [a_moment_later]
        look(session, a_moment_later)
        assert [one.key_result_id for one in case.all()] == [scene.key_result.id, another.id]


def test_a_look_that_asks_no_team_takes_as_many_statements_however_many_wait(database: Database) -> None:
    spent = []
    with database.write() as session:
        case = between(session)
        scene = case.scene
        case.says()
        for more in (0, 9):
            objective = scene.company.objective(scene.growth, f"{more} more")
            for _ in range(more):
                key_result = scene.company.key_result(objective, scene.owner)
                tell(session, MORNING, key_result, by=scene.owner, blocked_by=case.by_legal)
                blocker = session.scalars(sa.select(Blocker).where(Blocker.key_result_id == key_result.id)).one()
                dependency.follow(session, MORNING, key_result, blocker)
            looking_again.look_due(session, MORNING, 20)
            path_changes.of_team(session, MORNING, case.legal)
            session.flush()
            with counted(database) as statements:
                looking_again.look_due(session, MORNING, 20)
            spent.append(sum(not one.startswith("UPDATE dependency") for one in statements))
    assert spent[0] == spent[1] <= 12


@pytest.mark.parametrize("who_asks", ["the check-in", "the look"])
def test_a_check_in_and_a_look_at_once_ask_a_team_once(database: Database, who_asks: str) -> None:
    with database.write() as session:
        case = not_joined(session)
        joins(case, TUESDAY)
        ids = case.scene.key_result.id, session.scalars(sa.select(Blocker.id)).one()
    is_held, is_done = threading.Event(), threading.Event()

    def checks_in() -> None:
        """As `checkin.save`, which holds the key result first."""
        if who_asks == "the look":
            is_held.wait(5)
        with database.write() as session:
            key_result = session.get_one(KeyResult, ids[0], with_for_update={"key_share": True})
            if who_asks == "the check-in":
                is_held.set()
                # On SQLite the look waits until this is over.
                is_done.wait(0.5)
            dependency.follow(session, TUESDAY, key_result, session.get_one(Blocker, ids[1]))

    def looks() -> None:
        if who_asks == "the check-in":
            is_held.wait(5)
        with database.write() as session:
            looking_again.look_due(session, TUESDAY, 20)
            session.flush()
            if who_asks == "the look":
                is_held.set()
                is_done.wait(0.5)
        is_done.set()

    with ThreadPoolExecutor(2) as pool:
        for one in (pool.submit(checks_in), pool.submit(looks)):
            one.result(30)
    with database.write() as session:
        looking_again.look_due(session, TUESDAY + not_asked_yet.A_MOMENT, 20)
        assert session.scalars(sa.select(PathChange)).all() == []
        assert len(session.scalars(sa.select(Dependency)).all()) == 1
        asks = session.scalars(sa.select(Delivery.key).where(Delivery.kind == PostKind.DEPENDENCY)).all()
        assert asks == [ASK]
