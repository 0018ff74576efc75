"""Who is offered a key result: from when on the rehearsal takes it for theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from bot.rehearsal import leave

NOW = datetime(2026, 11, 9, 15, 9, tzinfo=UTC)


class _Hands:
    """They press, and nothing comes of it for a while."""

    def press(self, offer: Any, label: str) -> bool:
        return True

    def sees(self, offer: Any, label: str) -> bool:
        return "asks you" in offer.text


def test_an_offer_is_believed_as_soon_as_it_says_so_however_late_that_is() -> None:
    given: list[tuple[int, str]] = []
    crowd: Any = SimpleNamespace(
        hands=lambda person: _Hands(),
        roster=SimpleNamespace(give=lambda number, to, at: given.append((number, to))),
        time=SimpleNamespace(now=lambda: NOW),
    )
    offer: Any = SimpleNamespace(ts="1794227950.046493", text="Quentin asks you to own KR-25")
    person: Any = "Ines"
    story = leave.answer_offer(crowd, person, offer)
    for _ in range(300):
        next(story)
    assert not given
    offer.text = "KR-25 _Signed_ is yours. Thank you."
    assert list(story) == []
    assert given == [(25, "Ines")]
