from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.domain.organisation import Level
from bot.domain.signals.fired import Changed, Lack, Lacks, Load, TooMany, Waits, WithoutDecision
from bot.domain.signals.programme import (
    Review,
    ceremonial_review,
    changing_priorities,
    friction,
    orphan_objective,
    overloaded_owner,
    too_many_key_results,
    too_many_objectives,
)
from bot.domain.signals.thresholds import DEFAULT, Thresholds

BEGAN = date(2026, 10, 5)
TODAY = date(2026, 11, 16)


def seen(fired: object) -> object:
    return getattr(fired, "evidence", None)


@pytest.mark.parametrize(
    ("serves", "has_priorities", "fires"),
    [(False, True, True), (True, True, False), (False, False, False), (True, False, False)],
)
def test_an_objective_serves_a_priority_where_there_are_any(*, serves: bool, has_priorities: bool, fires: bool) -> None:
    expected = Lacks((Lack.PRIORITY,)) if fires else None
    assert seen(orphan_objective(1, serves_a_priority=serves, has_priorities=has_priorities)) == expected


@pytest.mark.parametrize(
    ("level", "objectives", "most"),
    [
        (Level.COMPANY, 4, 3),
        (Level.COMPANY, 9, 3),
        (Level.DEPARTMENT, 6, 5),
        (Level.TEAM, 4, 3),
        (Level.COMPANY, 3, None),
        (Level.DEPARTMENT, 5, None),
        (Level.DEPARTMENT, 4, None),
        (Level.TEAM, 3, None),
        (Level.TEAM, 1, None),
        (Level.TEAM, 0, None),
    ],
)
def test_each_level_has_its_limit_of_objectives(level: Level, objectives: int, most: int | None) -> None:
    expected = TooMany(Load.OBJECTIVES, objectives, most) if most is not None else None
    assert seen(too_many_objectives(1, level, objectives)) == expected


SIX = Thresholds(key_results_an_objective=6, key_results_an_owner=8)


@pytest.mark.parametrize(
    ("count", "limits", "most"),
    [
        (4, DEFAULT, 3),
        (5, DEFAULT, 3),
        (12, DEFAULT, 3),
        (7, SIX, 6),
        # Nearly: as many as are meant, by default and by what the organisation has said.
        (3, DEFAULT, None),
        (6, SIX, None),
        (4, SIX, None),
        # Must not: few, one, and an objective that has none yet.
        (2, DEFAULT, None),
        (1, DEFAULT, None),
        (0, DEFAULT, None),
    ],
)
def test_an_objective_has_few_key_results(count: int, limits: Thresholds, most: int | None) -> None:
    expected = TooMany(Load.KEY_RESULTS, count, most) if most is not None else None
    assert seen(too_many_key_results(1, count, limits)) == expected


@pytest.mark.parametrize(
    ("count", "limits", "most"),
    [
        (6, DEFAULT, 5),
        (7, DEFAULT, 5),
        (20, DEFAULT, 5),
        (9, SIX, 8),
        (5, DEFAULT, None),
        (8, SIX, None),
        (6, SIX, None),
        (3, DEFAULT, None),
        (1, DEFAULT, None),
        (0, DEFAULT, None),
    ],
)
def test_one_owner_drives_few_key_results(count: int, limits: Thresholds, most: int | None) -> None:
    expected = TooMany(Load.OWNED, count, most) if most is not None else None
    assert seen(overloaded_owner(1, count, limits)) == expected


@pytest.mark.parametrize(
    ("days_ago", "count"),
    [
        ([0, 1, 2], 3),
        ([0, 0, 0], 3),
        ([0, 7, 14, 21], 4),
        ([27, 27, 27], 3),
        ([0, 5, 27, 28, 40], 3),
        ([0, 1], None),
        ([27, 27, 28], None),
        ([28, 29, 30], None),
        ([42, 41, 40, 35], None),
        ([], None),
    ],
)
def test_three_changes_within_four_weeks_are_asked_about(days_ago: list[int], count: int | None) -> None:
    changes = [TODAY - timedelta(days=back) for back in days_ago]
    expected = Changed(count, 4) if count is not None else None
    assert seen(changing_priorities(1, changes, began=BEGAN, today=TODAY)) == expected


def test_the_first_two_weeks_of_a_cycle_are_still_planning() -> None:
    early = [BEGAN + timedelta(days=day) for day in (0, 3, 8, 13)]
    assert changing_priorities(1, early, began=BEGAN, today=BEGAN + timedelta(days=14)) is None
    late = [*early, *[BEGAN + timedelta(days=14)] * 3]
    assert seen(changing_priorities(1, late, began=BEGAN, today=BEGAN + timedelta(days=14))) == Changed(3, 4)


FULL, EMPTY, IDLE = Review(3, 1), Review(3, 0), Review(0, 0)


@pytest.mark.parametrize(
    ("reviews", "undecided", "repeats", "overdue", "expected"),
    [
        ([EMPTY, EMPTY], 0, 0, 0, WithoutDecision(reviews=2)),
        ([FULL, EMPTY, IDLE, EMPTY], 0, 0, 0, WithoutDecision(reviews=2)),
        ([EMPTY, EMPTY, EMPTY], 1, 1, 1, WithoutDecision(reviews=3)),
        ([], 2, 0, 0, WithoutDecision(undecided=2)),
        ([], 0, 2, 0, WithoutDecision(repeats=2)),
        ([FULL], 0, 0, 3, WithoutDecision(overdue=3)),
        ([EMPTY, EMPTY], 2, 2, 2, WithoutDecision(2, 2, 2, 2)),
        ([EMPTY], 1, 1, 1, None),
        ([EMPTY, EMPTY, FULL], 0, 0, 0, None),
        ([IDLE, IDLE, IDLE], 0, 0, 0, None),
        ([FULL, FULL], 0, 0, 1, None),
        ([], 0, 0, 0, None),
    ],
)
def test_a_review_that_decides_nothing_is_asked_about(
    reviews: list[Review], undecided: int, repeats: int, overdue: int, expected: WithoutDecision | None
) -> None:
    fired = ceremonial_review(1, reviews, undecided=undecided, repeats=repeats, overdue=overdue)
    assert seen(fired) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([0, 0], Waits(2, 0)),
        ([3, 9], Waits(2, 1)),
        ([21], Waits(1, 3)),
        ([50], Waits(1, 7)),
        ([1, 2, 30], Waits(3, 4)),
        ([0], None),
        ([6], None),
        ([13], None),
        ([20], None),
        ([], None),
    ],
)
def test_a_team_that_waits_for_another_with_much_or_for_long_is_asked_about(
    days: list[int], expected: Waits | None
) -> None:
    since = [TODAY - timedelta(days=back) for back in days]
    assert seen(friction(1, 2, since, today=TODAY)) == expected
