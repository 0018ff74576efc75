"""A digest that is shown for one pair of eyes, or posted by hand: nothing follows below it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from calls import words
from samples import CALL, LINE, snapshot

from bot.blocks.digest import Beside, digest_post
from bot.blocks.digest_sharing import Preview, SharedDigest, preview, shared
from bot.blocks.post import Post

HOUR = datetime(2026, 10, 7, 10, tzinfo=UTC)
BELOW = "Every key result stands in the thread."
TOLD = snapshot(LINE, calls=(replace(CALL, link="https://example.test/thread"),))


def previewed(beside: Beside) -> Post:
    return preview(Preview(1, "Growth", TOLD, beside, HOUR, beside.digest_id is not None, True, False, False))


@pytest.mark.parametrize("digest_id", [None, 8])
def test_a_digest_that_has_no_thread_leads_nobody_into_one(digest_id: int | None) -> None:
    beside = Beside(digest_id)
    assert BELOW in words(digest_post(TOLD, beside))
    assert BELOW not in words(previewed(beside))
    assert BELOW not in words(shared(SharedDigest(TOLD, beside, "Tama Reid", "")))


def test_before_its_hour_a_request_has_its_thread_and_nothing_to_press() -> None:
    def pressable(post: Post) -> bool:
        return any(block["type"] == "actions" for block in post.blocks)

    assert pressable(previewed(Beside(8)))
    assert not pressable(previewed(Beside()))
    assert "<https://example.test/thread|thread>" in words(previewed(Beside()))
