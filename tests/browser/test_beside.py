"""The bar with the clock, and the guide through a story: whatever stands behind them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kitchen import MONDAY, Kitchen, open_kitchen
from playwright.sync_api import BrowserContext, expect
from visitor import PHONE, Visitor

from bot.localslack.errors import ActError
from bot.localslack.side import Handler
from bot.localslack.state import Workspace

Json = dict[str, Any]


class Tale:
    """A side with two jumps and a story of two steps; it counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Json]] = []
        self.kitchen: Kitchen
        self.happened: list[Json] = []
        self.step = 0
        self.done = False
        self.lands = threading.Event()

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/_demo/state", self._state),
            *[("POST", f"/_demo/{what}", self._on(what)) for what in ("jump", "autoplay", "visitor", "story")],
        ]

    def _on(self, what: str) -> Handler:
        async def handle(given: Json, request: object) -> Json:
            self.asked.append((what, given))
            if what == "jump":
                await self._jump(given["to"])
            if what == "story":
                self.done = bool(given.get("skip"))
            return await self._state({}, request)

        return handle

    async def _jump(self, to: str) -> None:
        if to == "never":
            raise ActError("There is nothing ahead.")
        await asyncio.to_thread(self.lands.wait, 60)
        self.step = 1
        at = (MONDAY + timedelta(days=2)).isoformat()
        ann, room = self._ann(), self.room()
        self.happened = [
            {"at": at, "text": "The bread was put into the oven", "person": None, "channel": None, "ts": None},
            {"at": at, "text": "Chef told #pantry", "person": ann, "channel": room, "ts": None},
        ]

    # On the server's loop nothing may ask the server: its state is read here.

    def _ann(self) -> str:
        return next(one.id for one in self._workspace.people.values() if one.real_name == "Ann Ale")

    def room(self) -> str:
        return self._workspace.channels_by_name["pantry"]

    @property
    def _workspace(self) -> Workspace:
        return self.kitchen.server.core.workspace

    async def _state(self, given: Json, request: object) -> Json:
        del given, request
        people = {one.real_name: one.id for one in self._workspace.people.values()}
        states = ["done", "current"] if self.step else ["current", "ahead"]
        steps = [
            {"id": "bake", "title": "Monday", "text": "Let the *bread* rise.", "person": None, "place": None,
             "press": None, "jump": "oven"},
            {"id": "eat", "title": "Wednesday", "text": "Ann reads in #pantry what became of it. Press *Eat*.",
             "person": people["Ann Ale"], "place": {"kind": "channel", "channel": self.room(), "ts": None},
             "press": "Eat", "jump": None},
        ]  # fmt: skip
        at = (MONDAY + timedelta(days=2)).isoformat()
        return {
            "company": "Test kitchen",
            "clock": {
                "now": MONDAY.isoformat(),
                "jumping": None,
                "jumps": [
                    {"name": "oven", "label": "Next bread", "at": at},
                    {"name": "reminder", "label": "Next reminder", "at": at},
                    {"name": "digest", "label": "Next digest", "at": at},
                    {"name": "never", "label": "End of cycle", "at": None, "why": "No cycle runs"},
                ],
            },
            "happened": self.happened,
            "autoplay": {"on": True, "label": "Others answer by themselves"},
            "visitor": people["Bo Barley"],
            "story": {
                "title": "Bread",
                "done": self.done,
                "steps": [step | {"state": state} for step, state in zip(steps, states, strict=True)],
            },
        }


@pytest.fixture
def tale() -> Tale:
    return Tale()


@pytest.fixture
def kitchen(tale: Tale) -> Iterator[Kitchen]:
    with open_kitchen(tale) as opened:
        tale.kitchen = opened
        opened.client.chat_postMessage(
            channel=tale.room(),
            text="Bread",
            blocks=[{"type": "actions", "elements": [
                {"type": "button", "action_id": "eat", "text": {"type": "plain_text", "text": "Eat"}}]}],
        )  # fmt: skip
        yield opened


@pytest.mark.parametrize("look", ["desk-light", "desk-dark", "phone-light"])
def test_a_story_is_followed_from_step_to_step(
    kitchen: Kitchen, tale: Tale, windows: Callable[..., BrowserContext], pictures: Path, look: str
) -> None:
    window = windows(color_scheme=look.split("-")[1], **({"viewport": PHONE} if "phone" in look else {}))
    visitor = Visitor(window.new_page(), kitchen.server.base_url, pictures)
    visitor.open()
    # The page opens as whom the story begins with.
    expect(visitor.page.locator(".me input")).to_have_value("Bo Barley")
    bar = visitor.page.get_by_role("region", name="Clock")
    expect(bar.locator("time").first).to_have_text("Mon 5 Oct, 22:00")
    guide = visitor.page.get_by_role("complementary", name="Story")
    expect(guide).to_contain_text("Let the bread rise.")
    visitor.shot(f"beside-start-{look}")
    guide.get_by_role("button", name="Next bread").click()
    expect(bar.get_by_role("status")).to_contain_text("Time passes: Next bread")
    visitor.shot(f"beside-jump-{look}")
    tale.lands.set()
    expect(guide).to_contain_text("Ann reads in #pantry")
    bar.get_by_role("button", name="What happened").click()
    expect(visitor.page.get_by_role("list", name="What happened")).to_contain_text("put into the oven")
    visitor.shot(f"beside-happened-{look}")
    visitor.nothing_is_cut()
    visitor.page.keyboard.press("Escape")
    guide.get_by_role("button", name="Be Ann Ale").click()
    expect(visitor.main.get_by_role("heading", level=2)).to_have_text("#pantry")
    expect(visitor.page.locator(".pointed")).to_have_text("Eat")
    visitor.shot(f"beside-pointed-{look}")
    guide.get_by_role("button", name="Skip the story").click()
    expect(guide).to_have_count(0)
    assert [what for what, _ in tale.asked] == ["jump", "visitor", "story"]


@pytest.fixture
def visitor(kitchen: Kitchen, windows: Callable[..., BrowserContext], pictures: Path) -> Visitor:
    return Visitor(windows().new_page(), kitchen.server.base_url, pictures)


def test_what_happened_leads_to_where_it_stands(visitor: Visitor, tale: Tale) -> None:
    visitor.open()
    tale.lands.set()
    bar = visitor.page.get_by_role("region", name="Clock")
    expect(bar.get_by_role("button", name="End of cycle")).to_be_disabled()
    bar.get_by_role("button", name="Next bread").click()
    # The list opens by itself after a jump from the bar.
    visitor.page.get_by_role("button", name="Chef told #pantry").click()
    expect(visitor.main.get_by_role("heading", level=2)).to_have_text("#pantry")
    expect(visitor.page.get_by_role("combobox", name="You are")).to_have_value("Ann Ale")
    with visitor.page.expect_response("**/_demo/autoplay"):
        bar.get_by_role("switch").click()
    assert ("autoplay", {"on": False}) in tale.asked
