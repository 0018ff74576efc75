"""A week's check-in as its owner sees it: in one go, with what they may do instead, and with what is kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from answers import answered
from playwright.sync_api import expect
from story import Okra
from visitor import Visitor

from bot.domain.confidence import Confidence
from models import Answer, CheckIn, KeyResult, Objective

MONDAY_NINE = "2026-10-05 08:00"
WEEK_BEFORE = date(2026, 9, 28)


@pytest.fixture
def three(okra: Okra) -> Okra:
    """Mere owns three key results, answered the week before; it is Monday, nine o'clock."""
    with okra.company() as company:
        session = company.session
        objective = session.scalars(sa.select(Objective)).one()
        mere = company.member("Mere Ngata")
        company.key_result(
            objective,
            mere,
            "Trial sign-ups from 200 to 400 by 15 Dec",
            start=Decimal(200),
            target=Decimal(400),
            unit="",
            metric="Trial sign-ups",
        )
        told = {
            1: ("28", "0.4", Confidence.GREEN, "new sign-up to half of the users"),
            2: (None, "0.3", Confidence.YELLOW, "send the evidence"),
            4: ("260", "0.3", Confidence.GREEN, "call the ten who left in September"),
        }
        for key_result in session.scalars(sa.select(KeyResult).where(KeyResult.number.in_(told))):
            value, score, colour, move = told[key_result.number]
            answered(session, key_result, WEEK_BEFORE, value=value, score=score, confidence=colour, next_move=move)
    okra.advance(MONDAY_NINE)
    return okra


def said(okra: Okra) -> list[tuple[int, Confidence, Decimal | None]]:
    """What was saved this week: number, colour, value."""
    with okra.read() as session:
        rows = session.execute(
            sa.select(KeyResult.number, Answer)
            .select_from(Answer)
            .join(CheckIn, CheckIn.id == Answer.check_in_id)
            .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
            .where(CheckIn.period > WEEK_BEFORE)
            .order_by(Answer.id)
        ).all()
    return [(number, answer.confidence, answer.value) for number, answer in rows]


def menu(visitor: Visitor, name: str, entry: str) -> None:
    """Choose an entry of a menu under the newest prompt."""
    prompt = visitor.message("KR-1")
    if name == "More actions":
        prompt.get_by_role("button", name=name).click()
        visitor.page.get_by_role("menuitem", name=entry).click()
        return
    prompt.get_by_role("combobox", name=name).click()
    visitor.page.get_by_role("option", name=entry).first.click()


def test_three_key_results_in_one_go_with_a_red_in_the_middle(three: Okra, visitor: Visitor) -> None:
    visitor.open().be("Mere Ngata").sees("3 key results, about 2 minutes")
    visitor.shot("check-in-prompt")
    visitor.press("Check in").fill("Current value", "30").choose("How confident are you?", "green")
    visitor.fill("What is the next move?", "new sign-up for everybody").shot("check-in-green")
    visitor.submit().sees("2 of 3: KR-2").sees("KR-1")
    visitor.choose("How confident are you?", "red").fill("Score now", "0.3")
    visitor.fill("What is the next move?", "one more call")
    visitor.choose("Blocked by", "Growth")
    visitor.fill("What do you need to make it happen?", "two days of HR")
    visitor.fill("What is the plan?", "I don't know yet, help me plan").shot("check-in-red")
    visitor.submit().sees("3 of 3: KR-4")
    visitor.fill("Current value", "270").choose("How confident are you?", "green")
    visitor.fill("What is the next move?", "call the other ten").submit()
    visitor.sees("All 3 are in. Thank you.").sees("Help is being asked for: KR-2.").shot("check-in-done")
    visitor.close().sees("Thank you: all 3 are in")
    assert said(three) == [
        (1, Confidence.GREEN, Decimal(30)),
        (2, Confidence.RED, None),
        (4, Confidence.GREEN, Decimal(270)),
    ]


def test_nothing_changed_asks_for_colour_and_next_move_only(three: Okra, visitor: Visitor) -> None:
    visitor.open().be("Mere Ngata").sees("3 key results")
    menu(visitor, "More actions", "Nothing changed")
    visitor.sees("Its value stays at")
    visitor.choose("How confident are you?", "green").fill("What is the next move?", "call five more")
    visitor.shot("check-in-nothing-changed")
    visitor.submit().sees("2 of 3: KR-2")
    assert said(three) == [(1, Confidence.GREEN, Decimal(28))]


def test_later_asks_again_once_in_the_afternoon(three: Okra, visitor: Visitor) -> None:
    visitor.open().be("Mere Ngata").sees("3 key results")
    menu(visitor, "Later", "This afternoon, 14:00")
    three.settle()
    visitor.sees("Put off until Mon 14:00, as you asked").shot("check-in-later")
    three.advance("2026-10-05 13:01")
    visitor.sees("As you asked: 3 key results")
    expect(visitor.message("As you asked").get_by_role("combobox", name="Later")).to_have_count(0)


def test_back_leads_to_what_was_said_a_moment_ago(three: Okra, visitor: Visitor) -> None:
    visitor.open().be("Mere Ngata").press("Check in")
    visitor.fill("Current value", "30").choose("How confident are you?", "green")
    visitor.fill("What is the next move?", "new sign-up for everybody").submit().sees("2 of 3: KR-2")
    visitor.fill("What is the next move?", "half a sentence").press("Back").sees("1 of 3: KR-1")
    expect(visitor.dialog.get_by_label("What is the next move?").first).to_have_value("new sign-up for everybody")
    visitor.shot("check-in-back")
    visitor.press("Skip").sees("2 of 3: KR-2")
    expect(visitor.dialog.get_by_label("What is the next move?").first).to_have_value("half a sentence")


def test_who_chooses_a_colour_and_saves_at_once_has_said_both(three: Okra, visitor: Visitor) -> None:
    visitor.open().be("Mere Ngata").press("Check in")
    visitor.fill("Current value", "30").fill("What is the next move?", "new sign-up for everybody")
    green = visitor.dialog.get_by_role("radio", name="green").first.element_handle()
    save = visitor.dialog.get_by_role("button", name="Save and next", exact=True).element_handle()
    # Both before the app has heard of the first.
    visitor.page.evaluate("([green, save]) => { green.click(); save.click(); }", [green, save])
    visitor.sees("2 of 3: KR-2")


def test_what_was_typed_is_there_when_the_dialog_is_opened_again(three: Okra, visitor: Visitor) -> None:
    visitor.open().be("Mere Ngata").press("Check in")
    visitor.fill("What is working, and what is stuck?", "the list is long").choose("How confident are you?", "yellow")
    visitor.sees("What do you need to make it happen?").close()
    three.settle()
    visitor.press("Check in").sees("Welcome back.")
    expect(visitor.dialog.get_by_label("What is working, and what is stuck?").first).to_have_value("the list is long")
    visitor.shot("check-in-draft")
    assert said(three) == []


def test_a_line_in_words_is_shown_and_saved_when_it_is_right(three: Okra, visitor: Visitor) -> None:
    visitor.open().be("Mere Ngata").write("1 at 31 %, yellow, waiting on legal, next: call them")
    visitor.sees("Is that right?").shot("check-in-words")
    assert said(three) == []
    visitor.press("Save", beside="Is that right?").sees("KR-1 is in. Thank you.")
    assert said(three) == [(1, Confidence.YELLOW, Decimal(31))]
