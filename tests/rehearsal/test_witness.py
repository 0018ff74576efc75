"""What the witness takes for the first message of a request for help, in the product's own words."""

from __future__ import annotations

from datetime import date

from bot.blocks.escalation_path import back, review
from bot.rehearsal.witness import _ROOT

DAY = date(2026, 10, 8)


def test_a_request_that_goes_to_a_review_or_is_back_from_one_is_a_request() -> None:
    for stage in (f"goes to {review(DAY)}", back(DAY)):
        found = _ROOT.search(f"🔴 red KR-144 Accounts in weekly use: {stage} · open since Wed")
        assert found is not None
        assert found.groups() == ("144", stage)
