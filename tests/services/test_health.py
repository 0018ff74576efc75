"""How the programme goes: every number worked out a second time, by hand or by a slow function."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from answers import answered, asked
from calls import decide, set_scene, tell, the_escalation
from company import MONDAY, Company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from queries import counted
from sqlalchemy.orm import Session

from bot.domain.cadence import following, period
from bot.domain.digest_json import from_json
from bot.domain.health import Health, Share, Wait
from bot.domain.organisation import Level, Visibility
from bot.services import decisions, escalation, health, question
from bot.services.digest import take_due
from bot.services.team_tree import teams_of
from models import CheckIn, CheckInState, Digest, KeyResult, Team
from models.database import Database

WEEK = period(MONDAY)
NOW = datetime(2026, 11, 11, 10, tzinfo=UTC)


def of(session: Session, team: Team, now: datetime = NOW) -> Health:
    cycle = health.newest_cycle(session, team.workspace_id)
    assert cycle is not None
    return health.read(session, now, team, teams_of(session, team), cycle, viewer=None)


def test_what_was_due_and_is_over_is_counted_and_what_came_in_time(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = company.team("Growth")
        key_result = company.key_result(company.objective(team), company.person("Mele"))
        for name in ("Ana Lima", "Finn Adler"):
            answered(session, company.key_result(company.objective(team, name), company.person(name)), WEEK)
        late = answered(session, key_result, WEEK)
        late.at += timedelta(days=2)
        answered(session, key_result, following(WEEK, 1))
        # A second word, after the closing, makes the first one no later.
        answered(session, key_result, following(WEEK, 1)).at += timedelta(days=2)
        for week, state in enumerate((CheckInState.MISSED, CheckInState.EXCUSED, CheckInState.DUE), 2):
            asked(session, key_result, following(WEEK, week), state)
        asked(session, key_result, following(WEEK, 6))
        found = of(session, team)
        assert (found.completion, found.on_time) == (Share(4, 6), Share(3, 4))
        assert of(session, team, NOW - timedelta(days=14)).completion == Share(4, 5)


def test_check_ins_of_fewer_than_three_people_are_not_counted_whoever_stood_in_for_them(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = company.team("Growth")
        mele, ana, finn = (company.person(name) for name in ("Mele", "Ana Lima", "Finn Adler"))
        key_result = company.key_result(company.objective(team), mele)
        for week, one in enumerate((mele, ana, finn)):
            answered(session, key_result, following(WEEK, week))
            check_in = session.scalars(sa.select(CheckIn).order_by(CheckIn.id.desc())).first()
            assert check_in is not None
            check_in.owner_id, check_in.covered_for_id = one.id, mele.id if one is not mele else None
        answered(session, company.key_result(company.objective(team, "Another"), ana), WEEK)
        found = of(session, team)
        assert (found.completion, found.on_time, found.is_few, found.is_empty) == (Share(), Share(), True, False)
        assert found.moved == Share(0, 1)
        # Excused from the only week, somebody is not counted either.
        excused = company.key_result(company.objective(team, "A third"), finn)
        asked(session, excused, WEEK, CheckInState.EXCUSED)
        assert of(session, team).is_few
        answered(session, excused, following(WEEK, 1))
        found = of(session, team)
        assert (found.completion, found.on_time, found.is_few) == (Share(5, 5), Share(5, 5), False)


def test_a_call_is_answered_decided_and_what_was_decided_is_done(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        opened = datetime(2026, 10, 5, 9, tzinfo=UTC)
        tell(session, opened, scene.key_result, by=scene.owner)
        found = of(session, scene.growth)
        assert (found.to_answer, found.to_decision, found.decided) == (Wait(), Wait(), Share(0, 0))
        caller = scene.company.caller(scene.lead)
        call_id = the_escalation(session).id
        escalation.take(session, opened + timedelta(hours=5), caller=caller, escalation_id=call_id)
        decision = decide(session, scene, scene.lead, now=opened + timedelta(hours=26))
        found = of(session, scene.growth)
        assert (found.to_answer, found.to_decision) == (Wait(Decimal("5.0"), 1), Wait(Decimal("26.0"), 1))
        assert (found.decided, found.in_time) == (Share(1, 1), Share(0, 1))
        decisions.done(
            session, opened + timedelta(days=7), caller=scene.company.caller(scene.head), decision_id=decision.id
        )
        assert of(session, scene.growth).in_time == Share(1, 1)
        assert of(session, scene.product).in_time == Share(1, 1)


def test_a_red_again_by_its_owner_is_no_answer_and_a_call_that_ends_without_a_decision_is_counted(
    database: Database,
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        opened = datetime(2026, 10, 5, 9, tzinfo=UTC)
        tell(session, opened, scene.key_result, by=scene.owner)
        tell(session, opened + timedelta(weeks=1), scene.key_result, by=scene.owner, period=following(WEEK, 1))
        assert of(session, scene.growth).to_answer == Wait()
        escalation.resolve(
            session,
            opened + timedelta(days=9),
            caller=scene.company.caller(scene.lead),
            escalation_id=the_escalation(session).id,
            reason="It went away",
        )
        found = of(session, scene.growth)
        assert (found.decided, found.to_answer) == (Share(0, 1), Wait(Decimal("216.0"), 1))


def test_a_question_is_an_answer_and_what_the_owner_does_about_their_own_call_is_none(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        opened = datetime(2026, 10, 5, 9, tzinfo=UTC)
        another = scene.company.key_result(scene.company.objective(scene.growth, "Another"), scene.owner)
        for key_result in (scene.key_result, another):
            tell(session, opened, key_result, by=scene.owner)
        owner, lead = (scene.company.caller(one) for one in (scene.owner, scene.lead))
        escalation.resolve(
            session, opened + timedelta(hours=1), caller=owner, escalation_id=1, reason="It was a slip of mine"
        )
        assert of(session, scene.growth).to_answer == Wait()
        question.ask(session, opened + timedelta(hours=3), caller=lead, escalation_id=2, question="Which two days?")
        assert of(session, scene.growth).to_answer == Wait(Decimal("3.0"), 1)


def test_a_review_before_which_something_was_open_is_counted_with_what_came_of_it(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        opened = datetime(2026, 10, 5, 9, tzinfo=UTC)
        tell(session, opened, scene.key_result, by=scene.owner)
        assert of(session, scene.growth, datetime(2026, 10, 14, tzinfo=UTC)).reviews == Share(0, 1)
        decide(session, scene, scene.lead, now=opened + timedelta(days=5))
        assert of(session, scene.growth).reviews == Share(1, 1)
        assert of(session, scene.product).reviews == Share(1, 1)


def test_what_is_limited_is_not_counted_for_those_who_may_not_see_it(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead, stranger = company.person("Ana Lima"), company.person("Finn Adler")
        team = company.team("Growth", lead=lead)
        key_result = company.key_result(company.objective(team), company.person("Mele"))
        key_result.visibility = Visibility.NAMED
        answered(session, key_result, WEEK)
        for name in ("Ana Silva", "Sam Stone"):
            own = company.key_result(company.objective(team, name), company.person(name))
            own.visibility = Visibility.NAMED
            answered(session, own, WEEK)
        assert of(session, team).is_empty
        assert health.of_team(session, NOW, company.caller(stranger), team).is_empty
        assert health.of_team(session, NOW, company.caller(lead), team).completion == Share(3, 3)


def test_the_company_reads_it_in_the_first_digest_of_a_month_and_no_team_does(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        top = company.team("Longfetch", level=Level.COMPANY)
        growth = company.team("Growth", parent=top)
        key_result = company.key_result(company.objective(growth), company.person("Mele"))
        answered(session, key_result, WEEK)
        told = []
        for week in range(5):
            for team in (top, growth):
                team.next_digest_at = datetime(2026, 10, 7, 10, tzinfo=UTC) + timedelta(weeks=week)
            session.flush()
            take_due(session, datetime(2026, 10, 7, 10, tzinfo=UTC) + timedelta(weeks=week), 10)
        for kept in session.scalars(sa.select(Digest).order_by(Digest.period, Digest.team_id)):
            told.append((kept.period, kept.team_id, from_json(kept.snapshot).health is not None))
        assert [one[:2] for one in told if one[2]] == [(date(2026, 10, 5), top.id), (date(2026, 11, 2), top.id)]


def test_the_number_of_queries_does_not_depend_on_key_results_weeks_or_teams(database: Database) -> None:
    counts = []
    with database.write() as session:
        company = Company(session)
        top, mele = company.team("Longfetch", level=Level.COMPANY), company.person("Mele")
        for more in (1, 5):
            for number in range(more):
                team = company.team(f"Team {more} {number}", parent=top)
                key_result = company.key_result(company.objective(team), mele)
                for week in range(more):
                    answered(session, key_result, following(WEEK, week))
            session.expire_all()
            teams = teams_of(session, top)
            cycle = health.newest_cycle(session, top.workspace_id)
            assert cycle is not None
            with counted(database) as statements:
                health.read(session, NOW, top, teams, cycle, viewer=None)
            counts.append(len(statements))
    assert counts[0] == counts[1] <= 8


scores = st.none() | st.integers(0, 100).map(lambda n: str(Decimal(n) / 100))
weeks = st.lists(st.none() | st.lists(st.tuples(scores, st.booleans()), min_size=1, max_size=2), max_size=4)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(weeks, min_size=1, max_size=4))
def test_the_counts_are_what_a_slow_function_counts(database: Database, histories: Sequence[Sequence[object]]) -> None:
    with database.write() as session:
        company = Company(session)
        team = company.team("Growth")
        objective, people = company.objective(team), [company.person(name) for name in ("Mele", "Ana", "Finn")]
        for number, history in enumerate(histories):
            key_result = company.key_result(objective, people[number % 3])
            for week, words in enumerate(history):
                _live(session, key_result, following(WEEK, week), words)
        found = of(session, team)
        completion, on_time, moved = _slow(histories)
        people_asked = {number % 3 for number, history in enumerate(histories) if history}
        if len(people_asked) < 3:
            completion = on_time = Share()
        assert (found.completion, found.on_time, found.moved) == (completion, on_time, moved)
        session.rollback()


def _live(session: Session, key_result: KeyResult, of_week: date, words: object) -> None:
    if words is None:
        asked(session, key_result, of_week, CheckInState.MISSED)
        return
    assert isinstance(words, list)
    for score, in_time in words:
        answer = answered(session, key_result, of_week, score=score)
        if not in_time:
            answer.at = session.get_one(CheckIn, answer.check_in_id).closes_at + timedelta(seconds=1)


def _slow(histories: Sequence[Sequence[object]]) -> tuple[Share, Share, Share]:
    due = done = in_time = moved = scored_twice = 0
    for history in histories:
        last = []
        for words in history:
            due += 1
            if isinstance(words, list):
                done += 1
                in_time += words[0][1]
                last += [words[-1][0]] if words[-1][0] is not None else []
        if len(last) > 1:
            scored_twice += 1
            moved += len({Decimal(one) for one in last}) > 1
    return Share(done, due), Share(in_time, done), Share(moved, scored_twice)
