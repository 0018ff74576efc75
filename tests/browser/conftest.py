"""A browser at the local Slack's page. README.md beside this file says how to write a walk.

    def test_…(okra: Okra, visitor: Visitor) -> None:
        okra.advance("2026-10-05 09:00")
        visitor.open().be("Mere Ngata").press("Check in")

`make browser` runs these; the machine's own Chromium is used (OKRA_CHROMIUM names another).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from living import living
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from story import Okra
from visitor import DESK, Visitor

ROOT = Path(__file__).parent.parent.parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]
PATIENCE_MILLISECONDS = int(os.environ.get("OKRA_BROWSER_PATIENCE", "45")) * 1000
expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.fixture
def okra(sqlite_template: Path, tmp_path: Path) -> Iterator[Okra]:
    """The small company of `living.py`, with Okra and a Slack, on Thursday, 1 October 2026."""
    path = tmp_path / "okra.db"
    shutil.copy(sqlite_template, path)
    with living(f"sqlite:///{path}", ack_seconds=PATIENCE_MILLISECONDS / 1000) as running:
        yield running


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The machine's Chromium, with a profile of its own."""
    chromium = os.environ.get("OKRA_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "These tests need Chromium: apt install chromium fonts-noto-color-emoji"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def windows(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes windows: `windows(viewport=PHONE, color_scheme="dark")`. The test fails when a page asks for anything from
    elsewhere, or has an error of its own or on its console."""
    opened: list[BrowserContext] = []
    trouble: list[str] = []

    def window(**options: object) -> BrowserContext:
        context = browser.new_context(
            **{"viewport": DESK, "locale": "en-GB", "timezone_id": "America/New_York", "reduced_motion": "reduce"}
            | options
        )
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.on("weberror", lambda error: trouble.append(str(error.error)))
        context.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
        context.on("request", lambda asked: None if _is_ours(asked.url) else trouble.append(f"asked for {asked.url}"))
        opened.append(context)
        return context

    yield window
    for context in opened:
        context.close()
    # What a refusal looks like on the console is no trouble of the page.
    assert [one for one in trouble if "Failed to load resource" not in one] == []


def _is_ours(address: str) -> bool:
    return address.startswith(("http://127.0.0.1", "data:", "blob:"))


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots go: build/pictures, or what OKRA_PICTURES names."""
    return ROOT / os.environ.get("OKRA_PICTURES", "build/pictures")


@pytest.fixture
def visitor(okra: Okra, windows: Callable[..., BrowserContext], pictures: Path) -> Visitor:
    """Somebody at the page, in a window of a desk's size; `open()` loads it."""
    return Visitor(windows().new_page(), okra.server.base_url, pictures)
