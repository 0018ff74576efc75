from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from answers import answered
from company import Company
from queries import counted

from bot.domain.cadence import following, period
from bot.domain.confidence import Confidence
from bot.services.standing import WEEKS, standing_now, standings
from models.database import Database

THIS = period(date(2026, 11, 16))
LAST = following(THIS, -1)


def test_a_standing_shows_this_week_beside_the_last(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result = company.key_result(company.objective(company.team("Growth")), company.person("Mele Fonua"))
        answered(session, key_result, LAST, score="0.4", value="28", confidence=Confidence.YELLOW)
        answered(session, key_result, THIS, score="0.5", value="30", next_move="Show it to ten people")
        stands = standings(session, [key_result.id], THIS)[key_result.id]
    assert (stands.score, stands.last_score) == (Decimal("0.5"), Decimal("0.4"))
    assert stands.confidence is Confidence.GREEN
    assert (stands.value, stands.next_move, stands.owner_name) == (
        Decimal(30),
        "Show it to ten people",
        "Mele Fonua",
    )
    assert stands.scores == (Decimal("0.4"), Decimal("0.5"))


def test_of_two_answers_in_one_week_the_newest_counts(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result = company.key_result(company.objective(company.team("Growth")), company.person("Mele"))
        answered(session, key_result, THIS, score="0.9")
        newest = answered(session, key_result, THIS, score="0.3")
        stands = standings(session, [key_result.id], THIS)[key_result.id]
    assert (stands.score, stands.answer_id, stands.scores) == (Decimal("0.3"), newest.id, (Decimal("0.3"),))


def test_before_this_weeks_answer_the_last_two_weeks_stand(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result = company.key_result(company.objective(company.team("Growth")), company.person("Mele"))
        answered(session, key_result, following(LAST, -1), score="0.4")
        answered(session, key_result, LAST, score="0.5")
        stands = standings(session, [key_result.id], THIS)[key_result.id]
    assert (stands.score, stands.last_score, stands.as_of) == (Decimal("0.5"), Decimal("0.4"), LAST)
    assert stands.scores == (Decimal("0.4"), Decimal("0.5"), None)


def test_a_value_that_was_not_asked_for_stands_as_it_was(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result = company.key_result(company.objective(company.team("Growth")), company.person("Mele"))
        answered(session, key_result, LAST, score="0.4", value="28")
        answered(session, key_result, THIS, score=None, value=None, confidence=Confidence.RED)
        stands = standings(session, [key_result.id], THIS)[key_result.id]
    assert (stands.value, stands.score, stands.last_score) == (Decimal(28), Decimal("0.4"), Decimal("0.4"))
    assert stands.confidence is Confidence.RED


def test_an_answer_of_a_later_week_is_not_known_yet(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result = company.key_result(company.objective(company.team("Growth")), company.person("Mele"))
        answered(session, key_result, THIS, score="0.5")
        stands = standings(session, [key_result.id], LAST)[key_result.id]
    assert (stands.score, stands.confidence, stands.scores) == (None, None, ())


def test_the_row_of_scores_is_a_quarter_long_at_most(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result = company.key_result(company.objective(company.team("Growth")), company.person("Mele"))
        for week in range(WEEKS + 3):
            answered(session, key_result, THIS - timedelta(weeks=week))
        stands = standings(session, [key_result.id], THIS)[key_result.id]
    assert len(stands.scores) == WEEKS


def test_fifty_key_results_take_as_many_queries_as_five(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        objective = company.objective(company.team("Growth"))
        owner = company.person("Mele")
        ids = []
        for _ in range(50):
            key_result = company.key_result(objective, owner)
            answered(session, key_result, THIS)
            ids.append(key_result.id)
    with database.read() as session, counted(database) as few:
        standings(session, ids[:5], THIS)
    with database.read() as session, counted(database) as many:
        assert len(standings(session, ids, THIS)) == 50
    assert len(many) == len(few)


def test_no_ids_are_no_query(database: Database) -> None:
    with database.read() as session, counted(database) as queries:
        assert standings(session, [], THIS) == {}
    assert queries == []


def test_what_stands_says_the_same_however_much_later_it_is_drawn(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result = company.key_result(company.objective(company.team("Growth")), company.person("Mele"))
        assert standing_now(session, company.now, key_result).confidence is None
        answered(session, key_result, LAST, score="0.5")
        answered(session, key_result, THIS, score="0.3", confidence=Confidence.RED)
        drawn = [
            standing_now(session, datetime(2026, 11, 16, 12, tzinfo=UTC) + timedelta(weeks=later), key_result)
            for later in (-1, 0, WEEKS - 1, WEEKS, 2 * WEEKS)
        ]
    # The first is of a week before: in the far east this one has begun by then.
    assert {(one.score, one.last_score, one.confidence) for one in drawn} == {
        (Decimal("0.3"), Decimal("0.5"), Confidence.RED)
    }
