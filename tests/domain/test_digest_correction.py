from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import samples
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.confidence import Confidence
from bot.domain.digest import MadeDecision, Mix, Week, mean
from bot.domain.digest_correction import AnswerPutRight, DecidedSince, Shown, corrected

WEEK = samples.MONDAY
AT = datetime(2026, 11, 18, 10, 12, tzinfo=UTC)
LINE = replace(samples.LINE, score=Decimal("0.4"))
OTHER = replace(LINE, key_result_id=2, number=13, score=Decimal("0.2"), answer_id=8)
CALL = replace(
    samples.CALL, escalation_id=5, key_result_id=2, number=13, name="Churn", need="two days of HR", blocked_by=""
)
TAKEN = samples.snapshot(LINE, OTHER, calls=(CALL,), weeks=(Week(WEEK, Decimal("0.3"), Decimal("0.4"), Mix(green=2)),))


def test_an_answer_that_was_put_right_stands_in_its_line_and_in_the_newest_week() -> None:
    right = AnswerPutRight(AT, 1, 9, Decimal("0.6"), Confidence.RED, Decimal(69), Decimal(68), "mA")
    now, shown = corrected(TAKEN, [right])
    assert now.key_results[0] == replace(LINE, score=Decimal("0.6"), confidence=Confidence.RED, answer_id=9)
    assert now.weeks == (Week(WEEK, Decimal("0.40"), Decimal("0.4"), Mix(green=1, red=1)),)
    told = Shown(AT, 12, False, Decimal("0.6"), Decimal("0.4"), Confidence.RED, Confidence.GREEN)
    assert shown == (replace(told, value=Decimal(69), was_value=Decimal(68), unit="mA"),)


def test_an_answer_without_a_value_leaves_the_score_as_it_was() -> None:
    now, _ = corrected(TAKEN, [AnswerPutRight(AT, 1, 9, None, Confidence.YELLOW)])
    assert now.key_results[0].score == Decimal("0.4")


def test_a_late_decision_takes_what_waited_for_it_from_the_list_and_stands_among_the_decided() -> None:
    made = MadeDecision(3, 2, 13, "Churn", Confidence.RED, "Ask HR", "Ana", WEEK, None)
    now, shown = corrected(TAKEN, [DecidedSince(AT, 5, made)])
    assert (now.decide, now.want_help, now.decided) == ((), (), (made,))
    assert shown == (Shown(AT, 13, is_decided=True),)


def test_what_the_snapshot_does_not_tell_of_changes_nothing() -> None:
    made = MadeDecision(3, 9, 19, "Else", None, "Ask HR", "Ana", WEEK, None)
    assert corrected(TAKEN, [AnswerPutRight(AT, 99, 9, None, Confidence.RED), DecidedSince(AT, 77, made)]) == (
        TAKEN,
        (),
    )


@given(st.lists(st.integers(0, 100).map(lambda n: Decimal(n) / 100), min_size=1, max_size=40))
def test_a_mean_lies_between_its_scores_and_is_off_by_half_a_hundredth_at_most(scores: list[Decimal]) -> None:
    found = mean(scores)
    assert found is not None
    assert min(scores) <= found <= max(scores)
    assert abs(found * len(scores) - sum(scores)) <= Decimal("0.005") * len(scores)
