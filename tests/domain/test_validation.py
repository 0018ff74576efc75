from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind
from bot.domain.numbers import LIMIT, NumberTrouble, format_value
from bot.domain.validation import (
    BLOCKED_BY_LIMIT,
    TEXT_LIMIT,
    CheckInInput,
    Field,
    Finding,
    Invalid,
    KeyResultFacts,
    Problem,
    Valid,
    validate,
)

METRIC = KeyResultFacts(Kind.INCREASE, "%", Decimal(22), Decimal(35), last_value=Decimal("28.5"))
MILESTONE = KeyResultFacts(Kind.MILESTONE)
GREEN = CheckInInput("30 %", confidence=Confidence.GREEN, next_move="Second wave of invitations")
RED = replace(GREEN, confidence=Confidence.RED, need="Two days of legal", plan="I don't know yet, help me plan")


def problems(submitted: CheckInInput, facts: KeyResultFacts = METRIC) -> dict[Field, Problem]:
    result = validate(submitted, facts)
    return {field: finding.problem for field, finding in result.problems.items()} if isinstance(result, Invalid) else {}


def test_a_green_needs_value_colour_and_next_move_only() -> None:
    result = validate(GREEN, METRIC)
    assert isinstance(result, Valid)
    assert (result.value, result.score, result.confidence) == (Decimal(30), None, Confidence.GREEN)
    assert result.next_move == "Second wave of invitations"
    assert (result.changed, result.working, result.need, result.plan, result.blocked_by) == ("", "", "", "", "")


def test_everything_that_is_missing_is_said_at_once() -> None:
    assert problems(CheckInInput()) == {
        Field.VALUE: Problem.VALUE_MISSING,
        Field.CONFIDENCE: Problem.COLOUR_MISSING,
        Field.NEXT_MOVE: Problem.NEXT_MOVE_MISSING,
    }


@pytest.mark.parametrize("blank", ["", "  ", "\n", "\u00a0", "\u200b", "\u2060 "])
def test_what_cannot_be_seen_is_no_answer(blank: str) -> None:
    assert problems(replace(GREEN, next_move=blank)) == {Field.NEXT_MOVE: Problem.NEXT_MOVE_MISSING}
    assert problems(replace(GREEN, value_text=blank)) == {Field.VALUE: Problem.VALUE_MISSING}


def test_a_red_brings_a_plan_and_a_need() -> None:
    assert problems(RED) == {}
    assert problems(replace(RED, need="", plan=" ")) == {
        Field.NEED: Problem.NEED_MISSING,
        Field.PLAN: Problem.PLAN_MISSING,
    }


def test_a_yellow_may_leave_blocker_need_and_plan_out() -> None:
    assert problems(replace(GREEN, confidence=Confidence.YELLOW)) == {}


def test_a_value_that_is_not_due_may_be_left_out_or_given() -> None:
    quarterly = replace(METRIC, asks_value=False)
    left_out = validate(replace(GREEN, value_text=""), quarterly)
    given_anyway = validate(GREEN, quarterly)
    assert isinstance(left_out, Valid)
    assert isinstance(given_anyway, Valid)
    assert (left_out.value, given_anyway.value) == (None, Decimal(30))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.takes_value])
def test_every_measured_kind_needs_its_value(kind: Kind) -> None:
    assert problems(replace(GREEN, value_text=""), replace(METRIC, kind=kind)) == {Field.VALUE: Problem.VALUE_MISSING}


@pytest.mark.parametrize(
    ("typed", "score"),
    [
        ("0", "0.00"),
        ("1", "1.00"),
        ("0.4", "0.40"),
        ("0,35", "0.35"),
        (".7", "0.70"),
        ("40 %", "0.40"),
        ("1.000", "1.00"),
    ],
)
def test_a_milestone_takes_its_score_instead_of_a_value(typed: str, score: str) -> None:
    result = validate(replace(GREEN, value_text=typed), MILESTONE)
    assert isinstance(result, Valid)
    assert (str(result.score), result.value) == (score, None)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", Problem.SCORE_MISSING),
        ("1.1", Problem.NOT_A_SCORE),
        ("-0.1", Problem.NOT_A_SCORE),
        ("4", Problem.NOT_A_SCORE),
        ("140 %", Problem.NOT_A_SCORE),
        ("3 days", Problem.NOT_A_SCORE),
        ("nearly", Problem.NOT_A_NUMBER),
    ],
)
def test_a_milestone_score_lies_between_nothing_and_one(typed: str, problem: Problem) -> None:
    assert problems(replace(GREEN, value_text=typed), MILESTONE) == {Field.VALUE: problem}


def test_a_value_that_is_no_number_says_why() -> None:
    result = validate(replace(GREEN, value_text="12 of 15"), METRIC)
    assert isinstance(result, Invalid)
    number = result.problems[Field.VALUE].number
    assert number is not None
    assert number.trouble is NumberTrouble.SEVERAL


@pytest.mark.parametrize(("typed", "unit"), [("30 days", "%"), ("30 %", "days"), ("30 users", "%"), ("€30", "$")])
def test_another_unit_is_not_taken_for_the_key_results_own(typed: str, unit: str) -> None:
    result = validate(replace(GREEN, value_text=typed), replace(METRIC, unit=unit))
    assert isinstance(result, Invalid)
    finding = result.problems[Field.VALUE]
    assert (finding.problem, finding.expected) == (Problem.OTHER_UNIT, unit)
    assert finding.typed


@pytest.mark.parametrize(
    ("typed", "unit"), [("30", "%"), ("30 percent", "%"), ("30 %", ""), ("30 days", "business days")]
)
def test_no_unit_or_the_same_in_other_words_is_welcome(typed: str, unit: str) -> None:
    assert problems(replace(GREEN, value_text=typed), replace(METRIC, unit=unit)) == {}


def test_values_beside_the_field_settle_what_a_point_means() -> None:
    small = validate(replace(GREEN, value_text="1.234"), KeyResultFacts(Kind.INCREASE, last_value=Decimal("1.1")))
    large = validate(replace(GREEN, value_text="1.234"), KeyResultFacts(Kind.INCREASE, target=Decimal(2000)))
    assert isinstance(small, Valid)
    assert isinstance(large, Valid)
    assert (small.value, large.value) == (Decimal("1.234"), Decimal(1234))
    assert problems(replace(GREEN, value_text="1.234"), KeyResultFacts(Kind.INCREASE)) == {
        Field.VALUE: Problem.NOT_A_NUMBER
    }


@pytest.mark.parametrize(
    ("kind", "typed", "start"),
    [
        (Kind.INCREASE, "20", Decimal(20)),
        (Kind.DECREASE, "50 %", Decimal(50)),
        (Kind.INCREASE, "", None),
        (Kind.AT_LEAST, "20", None),
        (Kind.MILESTONE, "20", None),
    ],
)
def test_a_baseline_can_be_given_with_the_answer(kind: Kind, typed: str, start: Decimal | None) -> None:
    facts = KeyResultFacts(kind, "%", target=Decimal(35))
    result = validate(replace(GREEN, value_text="1 %", start_text=typed), facts)
    assert isinstance(result, Valid)
    assert result.start == start


@pytest.mark.parametrize(("kind", "typed"), [(Kind.INCREASE, "35"), (Kind.INCREASE, "40"), (Kind.DECREASE, "30")])
def test_a_baseline_past_the_target_is_asked_about(kind: Kind, typed: str) -> None:
    facts = KeyResultFacts(kind, "%", target=Decimal(35))
    result = validate(replace(GREEN, start_text=typed), facts)
    assert result == Invalid({Field.START: Finding(Problem.START_PAST_TARGET, target=Decimal(35))})


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("changed", TEXT_LIMIT),
        ("working", TEXT_LIMIT),
        ("next_move", TEXT_LIMIT),
        ("need", TEXT_LIMIT),
        ("plan", TEXT_LIMIT),
        ("blocked_by", BLOCKED_BY_LIMIT),
    ],
)
def test_texts_are_limited_in_code_points(name: str, limit: int) -> None:
    at_the_limit: dict[str, Any] = {name: "🎯" * limit}
    one_over: dict[str, Any] = {name: "🎯" * (limit + 1)}
    assert problems(replace(RED, **at_the_limit)) == {}
    result = validate(replace(RED, **one_over), METRIC)
    assert result == Invalid({Field(name): Finding(Problem.TOO_LONG, length=limit + 1, limit=limit)})


@given(
    st.decimals(min_value=-LIMIT + 1, max_value=LIMIT - 1, places=6, allow_nan=False)
    | st.decimals(min_value=-2000, max_value=2000, places=3, allow_nan=False),
    st.sampled_from(["", "%", "$", "days", "active users", "€/month", "x"]),
)
def test_the_last_value_as_it_is_prefilled_is_always_accepted(value: Decimal, unit: str) -> None:
    facts = KeyResultFacts(Kind.HEALTH, unit, last_value=value)
    result = validate(replace(GREEN, value_text=format_value(value, unit)), facts)
    assert isinstance(result, Valid)
    assert result.value == value


some_text = st.text(max_size=30)
colours = st.none() | st.sampled_from(Confidence)


@given(
    st.builds(
        CheckInInput, some_text, some_text, colours, some_text, some_text, some_text, some_text, some_text, some_text
    ),
    st.builds(KeyResultFacts, st.sampled_from(Kind), st.sampled_from(["", "%", "days"]), asks_value=st.booleans()),
)
def test_whatever_is_submitted_is_either_complete_or_has_its_problems_named(
    submitted: CheckInInput, facts: KeyResultFacts
) -> None:
    result = validate(submitted, facts)
    if isinstance(result, Invalid):
        assert result.problems
        return
    assert result.next_move
    assert result.confidence is not Confidence.RED or (result.need and result.plan)
    assert facts.kind.takes_value or result.value is None
    assert not facts.asks_value or (result.value is not None) is facts.kind.takes_value
    assert result.score is None or 0 <= result.score <= 1
