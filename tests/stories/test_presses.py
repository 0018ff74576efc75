"""What a normal week costs its owner, counted: docs/check-in.md says so, and what it says is held here."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa
from story import Okra

from bot.localslack.driver import DrivenPerson
from models import Answer, Objective

DOCS = Path(__file__).parent.parent.parent / "docs" / "check-in.md"
MOST_PRESSES = 8


class Counted:
    """Somebody whose presses and filled fields are counted. A choice of a colour is a press."""

    def __init__(self, person: DrivenPerson) -> None:
        self._person = person
        self.presses = 0
        self.fields = 0

    def press(self, label: str) -> None:
        self.presses += 1
        self._person.press(label)

    def choose(self, label: str, option: str) -> None:
        self.presses += 1
        self._person.choose(label, option)

    def fill(self, label: str, text: str) -> None:
        self.fields += 1
        self._person.fill(label, text)


def test_a_week_of_three_green_key_results_takes_eight_presses(okra: Okra) -> None:
    with okra.company() as company:
        objective = company.session.scalars(sa.select(Objective)).one()
        company.key_result(objective, company.member("Mere Ngata"), "Sign-ups from 20 to 40 by 15 Dec", unit="")
    okra.advance("2026-10-05 08:00")
    mere = okra.person("Mere Ngata")
    owner = Counted(mere)
    owner.press("Check in")
    for label, value in (("Current value", "30"), ("Score now", "0.3"), ("Current value", "25")):
        owner.fill(label, value)
        owner.choose("How confident are you?", "🟢 green")
        owner.fill("What is the next move?", "go on")
        assert mere.modal is not None
        assert mere.modal.submit_label is not None
        owner.press(mere.modal.submit_label)
    owner.press("Close")
    with okra.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 3
    assert owner.presses <= MOST_PRESSES
    found = re.search(r"\| Okra \| \*\*(\d+)\*\* \| (\d+) \|", DOCS.read_text())
    assert found is not None
    assert (int(found[1]), int(found[2])) == (owner.presses, owner.fields)
