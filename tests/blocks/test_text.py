from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks.text import clip, escape, plain, said, stopped, unmarked
from bot.domain.reading_order import TURNING, unturned


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("old radios in the next forty hulls", 100, "old radios in the next forty hulls"),
        ("old radios in the next forty hulls", 20, "old radios in the…"),
        ("old radios in the next forty hulls", 18, "old radios in the…"),
        ("old radios, in hulls", 13, "old radios…"),
        ("a Donaudampfschifffahrtsgesellschaft", 12, "a Donaudamp…"),
        ("two\nlines", 100, "two lines"),
    ],
)
def test_a_long_line_is_cut_behind_a_word(text: str, limit: int, shown: str) -> None:
    assert clip(text, limit) == shown


@given(st.text(), st.integers(1, 60))
def test_what_is_cut_is_never_longer_than_the_limit_and_begins_as_it_was_typed(text: str, limit: int) -> None:
    whole = " ".join(unturned(text).split())
    cut = clip(text, limit)
    assert len(cut) <= limit
    assert whole.startswith(cut.removesuffix("…")) or cut == whole


@pytest.mark.parametrize(
    "way", [escape, said, lambda typed: plain(typed, 100)["text"]], ids=["escape", "said", "plain"]
)
def test_what_somebody_typed_turns_nothing_around(way: Callable[[str], str]) -> None:
    assert way("".join(f"4{mark}" for mark in TURNING) + ".0") == "4" * len(TURNING) + ".0"
    kept = "\u200eנגב\u200f 👩\u200d🔧 می\u200cخواهم"
    assert way(kept) == kept


def test_a_sentence_that_was_cut_gets_no_full_stop() -> None:
    assert stopped(clip("old radios in the next forty hulls", 18)) == "old radios in the…"
    assert stopped("KR-1 Churn") == "KR-1 Churn."
    assert stopped("really?") == "really?"


def test_a_sentence_without_its_marks_reads_as_it_was_typed() -> None:
    assert unmarked(f"Press *Decide*, or `/kr 12`. {said('R&D <now>')}") == "Press Decide, or /kr 12. R&D <now>"
    assert unmarked("2 * 3 * 4") == "2 * 3 * 4"
