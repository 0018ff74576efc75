from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.blocks.checkin_end import finished_dialog
from bot.blocks.checkin_modal import (
    checkin_dialog,
    choices,
    more_is_asked,
    not_understood,
)
from bot.blocks.checkin_parts import Choice, Filled, Finished, LastAnswer, Question, Running, typed_choice
from bot.blocks.checkin_problems import help_needs_a_name, sentence
from bot.blocks.standing import Standing
from bot.domain.cadence import following, period
from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind
from bot.domain.numbers import NotANumber, NumberTrouble
from bot.domain.scoring import hint
from bot.domain.validation import Finding, Problem
from bot.localslack.blockkit import check_view

LOUD = "&<!channel> 🟢 *x* \u202bעברית\u202c " * 200
MONDAY = period(date(2026, 11, 16))

STANDING = Standing(
    key_result_id=7,
    number=12,
    text="Activation from 40 to 60 % by 15 Dec",
    metric="Activation",
    kind=Kind.INCREASE,
    unit="%",
    start=Decimal(40),
    target=Decimal(60),
    value=Decimal(45),
    score=Decimal("0.25"),
    last_score=Decimal("0.2"),
    confidence=Confidence.GREEN,
    scores=(Decimal("0.2"), Decimal("0.25")),
)
QUESTION = Question(
    standing=STANDING,
    objective="Make new customers feel at home",
    period=MONDAY,
    run=True,
    position=2,
    total=3,
    shows_value=True,
    needs_value=True,
    asks_start=False,
    hint=hint(Kind.INCREASE, Decimal(40), Decimal(60), "%"),
    last=LastAnswer("45 %", "a new page", "sign-ups work", "call ten customers", "a lawyer", "ask HR"),
    filled=Filled(value="45"),
)


def hints(question: Question, filled: Filled | None = None) -> dict[str, str]:
    view = checkin_dialog(question, filled)
    return {
        block["label"]["text"]: block.get("hint", {}).get("text", "")
        for block in view["blocks"]
        if block["type"] == "input"
    }


def test_after_a_missed_week_the_dialog_speaks_of_the_time_before() -> None:
    older = replace(QUESTION, standing=replace(STANDING, as_of=following(MONDAY, -2)))
    head = str(checkin_dialog(older)["blocks"])
    assert "(the time before 0.2) · as of 2 Nov" in head
    assert "last week 0.2" not in head


def test_last_answers_stand_beside_the_questions() -> None:
    beside = hints(QUESTION, Filled(confidence=Confidence.RED))
    assert beside["Current value (%)"] == "40 → 60 %: 52 % is 0.6 · Last time: 45 %"
    assert beside["What changed since last week?"] == "Last time: a new page"
    assert beside["What is working, and what is stuck?"] == "Last time: sign-ups work"
    assert beside["What is the next move?"] == "Last time it was: call ten customers"
    assert beside["What do you need to make it happen?"] == "Last time: a lawyer"
    assert beside["What is the plan?"].endswith("Last time: ask HR")


def test_the_title_says_which_one_of_how_many_and_the_button_what_comes() -> None:
    assert checkin_dialog(QUESTION)["title"]["text"] == "2 of 3: KR-12"
    assert checkin_dialog(QUESTION)["submit"]["text"] == "Save and next"
    assert checkin_dialog(replace(QUESTION, position=3))["submit"]["text"] == "Save"
    alone = checkin_dialog(replace(QUESTION, run=False))
    assert (alone["title"]["text"], alone["submit"]["text"]) == ("KR-12", "Save")


@pytest.mark.parametrize(
    ("kind", "label", "beside"),
    [
        (Kind.MILESTONE, "Score now, from 0 to 1", "0 is not begun"),
        (Kind.AT_LEAST, "Current value (%)", "60 % or more holds"),
        (Kind.AT_MOST, "Current value (%)", "60 % or less holds"),
        (Kind.HEALTH, "Current value (%)", "Last time: 45 %"),
    ],
)
def test_each_kind_is_asked_for_what_it_needs(kind: Kind, label: str, beside: str) -> None:
    assert beside in hints(replace(QUESTION, standing=replace(STANDING, kind=kind), hint=None))[label]


def test_a_value_that_is_not_asked_for_this_week_has_no_field() -> None:
    assert "Current value (%)" not in hints(replace(QUESTION, shows_value=False, needs_value=False))


def test_red_costs_one_line_more_than_yellow() -> None:
    yellow, red = (set(hints(QUESTION, Filled(confidence=one))) for one in (Confidence.YELLOW, Confidence.RED))
    assert red - yellow == {"What is the plan?"}
    assert yellow - red == {"Help"}


def test_another_key_result_has_other_block_ids() -> None:
    def ids(question: Question) -> set[str]:
        return {block["block_id"] for block in checkin_dialog(question)["blocks"] if "block_id" in block}

    assert not ids(QUESTION) & ids(replace(QUESTION, standing=replace(STANDING, key_result_id=8)))


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("colour", [None, *Confidence])
def test_whatever_was_typed_slack_takes_the_dialog(kind: Kind, colour: Confidence | None) -> None:
    standing = replace(
        STANDING, number=10**9, text=LOUD, metric=LOUD, unit="x" * 40, kind=kind, value=Decimal("-8999999999999.123456")
    )
    loud = LastAnswer(*[LOUD] * 6)
    filled = Filled(LOUD, LOUD, colour, LOUD, LOUD, LOUD, typed_choice(LOUD, "words:" + "w" * 140), True, LOUD, LOUD)
    question = replace(
        QUESTION, standing=standing, objective=LOUD, last=loud, position=999, total=999, asks_start=True, filled=filled
    )
    assert check_view(dict(checkin_dialog(question, note=not_understood([LOUD] * 3)))) == []
    assert check_view(dict(checkin_dialog(question, replace(filled, keeps_more=True)))) == []


def test_the_last_page_fits_whatever_was_told() -> None:
    told = replace(STANDING, metric=LOUD)
    view = finished_dialog(
        Finished((told,) * 200, datetime(2026, 11, 18, 10, tzinfo=ZoneInfo("UTC")), True, tuple(range(200)), MONDAY)
    )
    assert check_view(dict(view)) == []
    assert "<!channel>" not in str(view)
    assert "and 180 more" in str(view)


def test_the_last_page_says_what_follows() -> None:
    until = datetime(2026, 11, 18, 10, tzinfo=ZoneInfo("UTC"))
    red = str(finished_dialog(Finished((STANDING,), until, digest_follows=True, asks_for_help=(12,), period=MONDAY)))
    assert "Help is being asked for: KR-12." in red
    assert "the digest goes out Wed 10:00. To change an answer until then: `/kr 12`, then *Update*." in red
    both = finished_dialog(Finished((STANDING,) * 2, until, digest_follows=True, asks_for_help=(), period=MONDAY))
    assert both["title"]["text"] == "Checked in"
    assert str(both).count("Thank you") == 1
    assert "*Both are in. Thank you.*" in str(both)
    quiet = str(finished_dialog(Finished((STANDING,), until, digest_follows=False, asks_for_help=(), period=MONDAY)))
    assert "digest" not in quiet
    some = Finished((STANDING,) * 2, until, digest_follows=True, asks_for_help=(), period=MONDAY, still_open=(11,))
    assert "*2 of 3 are in. Thank you.*" in str(finished_dialog(some))


def test_the_last_page_says_where_a_decision_runs_and_nobody_is_asked() -> None:
    until = datetime(2026, 11, 18, 10, tzinfo=ZoneInfo("UTC"))
    one = Finished((STANDING,), until, digest_follows=True, asks_for_help=(), period=MONDAY)
    decided = (Running(12, date(2026, 11, 20)), Running(15, date(2026, 11, 24)))
    said = str(finished_dialog(replace(one, decided=decided[:1])))
    assert "A decision runs for KR-12 until Fri 20 Nov. What is needed now stands in its thread." in said
    both = str(finished_dialog(replace(one, decided=decided)))
    assert "KR-12 until Fri 20 Nov, KR-15 until Tue 24 Nov. What is needed now stands in their threads." in both
    many = finished_dialog(replace(one, decided=decided * 100))
    assert check_view(dict(many)) == []
    assert "and 180 more" in str(many)


def test_menus_take_long_words() -> None:
    (entry,) = choices([Choice("x" * 500, "words:y")])
    assert len(entry["text"]["text"]) == 75
    assert typed_choice("legal", "words:legal").text == "“legal”"


@pytest.mark.parametrize("problem", list(Problem))
def test_every_problem_has_a_sentence_that_says_what_to_do(problem: Problem) -> None:
    finding = Finding(
        problem,
        number=NotANumber(NumberTrouble.NO_NUMBER),
        typed="days",
        expected="%",
        length=3001,
        limit=3000,
        target=Decimal(60),
    )
    assert sentence(finding)[-1] in ".?"
    assert "None" not in sentence(finding)


def test_kind_words_stand_above_what_is_still_asked() -> None:
    assert "help me plan" in more_is_asked(Confidence.RED)
    assert "Yellow" in more_is_asked(Confidence.YELLOW)
    assert help_needs_a_name().startswith("Please")
