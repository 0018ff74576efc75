"""What the demo says that happened."""

from __future__ import annotations

from bot.demo.happened import OF_THEIR_OWN, TOLD_OTHERWISE, WERE
from models import PostKind


def test_each_kind_of_message_is_told_in_words_of_its_own_and_once() -> None:
    told = [*WERE, *OF_THEIR_OWN, *TOLD_OTHERWISE]
    assert sorted(told, key=str) == sorted(PostKind, key=str)
