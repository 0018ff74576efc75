"""docs/messages.md shows every text as the builders make it now."""

from __future__ import annotations

import messages


def test_the_page_of_all_messages_is_up_to_date() -> None:
    assert messages.PAGE.read_text() == messages.page(), "run `make messages`, and read what has changed aloud"


def test_nothing_that_can_be_said_is_left_out() -> None:
    assert messages.untold() == [], "give each a case in tests/support/*_cases.py"
    names = [name for name, _ in messages.builders()]
    assert {"prompt.prompt", "refusals.sentence", "escalation.root", "notices.undelivered"} <= set(names)
