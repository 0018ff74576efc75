from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bot.domain.cadence import following, period
from bot.domain.signals.fired import (
    About,
    Evidence,
    Fired,
    NearlyDone,
    Rule,
    StayedRed,
    StoodStill,
    Subject,
    most_useful_first,
)
from bot.domain.signals.silence import Before, speaks

MONDAY = period(date(2026, 11, 2))


def fired(
    severity: int = 1, rule: Rule = Rule.SUSPICIOUS_GREEN, key_result: int = 7, evidence: Evidence | None = None
) -> Fired:
    seen = evidence or StoodStill(4, Decimal(12))
    return Fired(rule, About(Subject.KEY_RESULT, key_result), seen, severity)


@pytest.mark.parametrize(
    ("before", "severity", "weeks_later", "expected"),
    [
        (None, 1, 0, True),
        (Before(MONDAY, 1), 1, 0, True),
        (Before(MONDAY, 1), 1, 1, False),
        (Before(MONDAY, 1), 1, 3, False),
        (Before(MONDAY, 1), 1, 4, True),
        (Before(MONDAY, 1), 2, 1, True),
        (Before(MONDAY, 2), 1, 1, False),
        (Before(MONDAY, 1, dismissed_severity=1), 1, 0, False),
        (Before(MONDAY, 1, dismissed_severity=1), 1, 30, False),
        (Before(MONDAY, 1, dismissed_severity=1), 2, 1, True),
        (Before(dismissed_severity=2), 2, 0, False),
        (Before(dismissed_severity=2), 3, 0, True),
    ],
)
def test_the_same_question_rests_four_weeks_and_a_dismissed_one_until_it_is_worse(
    before: Before | None, severity: int, weeks_later: int, *, expected: bool
) -> None:
    assert speaks(fired(severity), before, following(MONDAY, weeks_later)) is expected


def test_a_digest_asks_the_one_question_that_may_change_a_decision() -> None:
    sandbag = fired(rule=Rule.SANDBAG, evidence=NearlyDone(Decimal(1), 20), severity=9)
    red = fired(rule=Rule.QUESTIONABLE_RED, evidence=StayedRed(4, from_the_start=False), key_result=9)
    worse_red = fired(2, rule=Rule.QUESTIONABLE_RED, evidence=StayedRed(8, from_the_start=False), key_result=12)
    assert sorted([sandbag, red, worse_red], key=most_useful_first) == [worse_red, red, sandbag]
