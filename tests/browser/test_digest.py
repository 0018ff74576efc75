"""Digests as they are read: on a phone each fits, and each has its picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import digests
import pytest
from playwright.sync_api import BrowserContext, Locator
from story import Okra
from visitor import Visitor

HIGHEST = 1700
"""Pixels, at the width of a phone."""

TALL_PHONE = {"width": 390, "height": 2400}
TALL_DESK = {"width": 1280, "height": 1900}


@dataclass(frozen=True)
class Told:
    """A digest to look at: what it is of, how it comes to be, and where it stands."""

    name: str
    live: Callable[[Okra], None]
    channel: str
    headline: str


DIGESTS = (
    Told("team", digests.nine_key_results, "growth-leads", "Growth, week of"),
    Told("company", digests.four_teams, "leads", "Company, week of"),
    Told("large", digests.forty_teams, "leads", "Company, week of"),
)


@pytest.mark.parametrize("told", DIGESTS, ids=lambda told: told.name)
def test_a_digest_fits_a_phone(okra: Okra, windows: Callable[..., BrowserContext], pictures: Path, told: Told) -> None:
    told.live(okra)
    rosa = okra.person("Rosa Lind")
    where = rosa.channel(told.channel).messages[-1].channel
    for window, viewport in (("phone", TALL_PHONE), ("desktop", TALL_DESK)):
        reader = Visitor(windows(viewport=viewport).new_page(), okra.server.base_url, pictures)
        reader.open(f"?as={rosa.id}&in={where}")
        digest = reader.message(told.headline)
        reader.nothing_is_cut()
        reader.picture(digest, f"digest-{told.name}-{window}")
        if window == "phone":
            assert height(digest) <= HIGHEST, f"{height(digest)} pixels"


def height(message: Locator) -> float:
    box = message.bounding_box()
    assert box is not None
    return box["height"]
