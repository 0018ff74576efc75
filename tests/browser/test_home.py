"""Home as its reader sees it: what is due at the head, a check-in from there, and the page as it is after it."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from answers import answered
from playwright.sync_api import expect
from story import Okra
from visitor import Visitor

from bot.domain.confidence import Confidence
from models import KeyResult

MONDAY_NINE = "2026-10-05 08:00"
WEEKS_BEFORE = {date(2026, 9, 14): "0.2", date(2026, 9, 21): "0.3", date(2026, 9, 28): "0.4"}


def test_a_check_in_from_home_and_the_page_after_it(okra: Okra, visitor: Visitor) -> None:
    with okra.company() as company:
        for key_result in company.session.scalars(sa.select(KeyResult).where(KeyResult.number <= 2)):
            colour = Confidence.GREEN if key_result.number == 1 else Confidence.YELLOW
            for week, score in WEEKS_BEFORE.items():
                value = str(20 + 20 * float(score)) if key_result.number == 1 else None
                answered(company.session, key_result, week, value=value, score=score, confidence=colour)
    okra.advance(MONDAY_NINE)
    visitor.open().be("Mere Ngata").home()
    visitor.sees("2 check-ins, open until Tue 17:00").sees("Growth")
    visitor.shot("home")

    visitor.press("Check in").fill("Current value", "30").choose("How confident are you?", "green")
    visitor.fill("What is the next move?", "new sign-up for everybody")
    visitor.submit().sees("2 of 2: KR-2")
    visitor.close()
    okra.settle()
    visitor.sees("One check-in, open until Tue 17:00")
    expect(visitor.main.get_by_text("2 check-ins, open until")).to_have_count(0)
