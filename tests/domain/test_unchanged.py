from __future__ import annotations

import pytest

from bot.domain.confidence import Confidence
from bot.domain.unchanged import may_stay


@pytest.mark.parametrize("colour", [Confidence.GREEN, Confidence.YELLOW])
def test_a_green_or_yellow_with_a_value_may_stay_once(colour: Confidence) -> None:
    assert may_stay(colour, has_value=True, stayed_last_time=False)
    assert not may_stay(colour, has_value=True, stayed_last_time=True)
    assert not may_stay(colour, has_value=False, stayed_last_time=False)


@pytest.mark.parametrize("colour", [Confidence.RED, None])
def test_a_red_and_what_was_never_answered_may_not(colour: Confidence | None) -> None:
    assert not may_stay(colour, has_value=True, stayed_last_time=False)
