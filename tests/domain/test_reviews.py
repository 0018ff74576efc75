from __future__ import annotations

from datetime import date

import pytest

from bot.domain.localtime import Weekday
from bot.domain.reviews import Call, held, repeats, review_days
from bot.domain.signals.programme import Review

THURSDAYS = [date(2026, 10, 8), date(2026, 10, 15), date(2026, 10, 22)]


@pytest.mark.parametrize(
    ("today", "count"),
    [(date(2026, 10, 9), 0), (date(2026, 10, 10), 1), (date(2026, 10, 23), 2), (date(2026, 10, 24), 3)],
)
def test_a_review_counts_once_people_have_had_two_days_to_write_it_down(today: date, count: int) -> None:
    assert review_days(date(2026, 10, 5), today, Weekday.THURSDAY) == THURSDAYS[:count]


def test_a_cycle_that_begins_on_the_day_begins_with_a_review() -> None:
    assert review_days(THURSDAYS[0], date(2026, 10, 12), Weekday.THURSDAY) == THURSDAYS[:1]


@pytest.mark.parametrize(
    ("call", "open_before", "decisions"),
    [
        (Call(1, date(2026, 10, 5)), [1, 1, 1], [0, 0, 0]),
        (Call(1, date(2026, 10, 8)), [1, 1, 1], [0, 0, 0]),
        (Call(1, date(2026, 10, 9)), [0, 1, 1], [0, 0, 0]),
        (Call(1, date(2026, 10, 5), decided_on=(date(2026, 10, 6),)), [0, 0, 0], [0, 0, 0]),
        (Call(1, date(2026, 10, 5), decided_on=(date(2026, 10, 8),)), [1, 0, 0], [1, 0, 0]),
        (Call(1, date(2026, 10, 5), decided_on=(date(2026, 10, 21),)), [1, 1, 0], [0, 1, 0]),
        (
            Call(1, date(2026, 10, 5), decided_on=(date(2026, 10, 6),), red_again_on=(date(2026, 10, 12),)),
            [0, 1, 1],
            [0, 0, 0],
        ),
        (Call(1, date(2026, 10, 5), resolved_on=date(2026, 10, 9), was_needed=False), [1, 0, 0], [0, 0, 0]),
    ],
)
def test_what_was_open_before_a_review_and_what_came_of_it(
    call: Call, open_before: list[int], decisions: list[int]
) -> None:
    assert held(THURSDAYS, [call]) == [Review(*one) for one in zip(open_before, decisions, strict=True)]


def test_a_red_comes_back_in_a_further_thread_or_after_its_decision() -> None:
    first = Call(1, date(2026, 10, 5), resolved_on=date(2026, 10, 6))
    assert repeats([first]) == 0
    assert repeats([first, Call(1, date(2026, 10, 12)), Call(2, date(2026, 10, 12))]) == 1
    red = (date(2026, 10, 6), date(2026, 10, 19))
    assert repeats([Call(1, date(2026, 10, 5), red_again_on=red)]) == 0
    assert repeats([Call(1, date(2026, 10, 5), decided_on=(date(2026, 10, 7),), red_again_on=red)]) == 1
