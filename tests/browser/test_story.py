"""The story of `make demo`, walked in the browser from station to station, each with its picture."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, expect
from visitor import PHONE, Visitor

ROOT = Path(__file__).parent.parent.parent
LONG_MILLISECONDS = 300_000  # a jump over days; on a busy machine


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """`okra demo`, as a newcomer starts it: the address that it prints. OKRA_DEMO names one that runs already."""
    if running := os.environ.get("OKRA_DEMO"):
        yield running
        return
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OKRA_")}
    command = [sys.executable, "-m", "bot", "demo", "--stay"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                break
        else:
            raise AssertionError("the demo ended before it named its address")
        # What else it prints is read, or it would wait for a reader.
        reader = threading.Thread(target=process.stdout.read, daemon=True)
        reader.start()
        yield found.group()
    finally:
        process.terminate()
        process.wait(30)
        reader.join(5)
        process.stdout.close()


@pytest.fixture
def visitor(demo: str, windows: Callable[..., BrowserContext], pictures: Path) -> Visitor:
    return Visitor(windows().new_page(), demo, pictures)


def guide(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("complementary", name="Story")


def test_the_story_is_walked_from_monday_to_the_digest(
    demo: str, visitor: Visitor, windows: Callable[..., BrowserContext], pictures: Path
) -> None:
    visitor.page.goto(demo)
    story = guide(visitor)
    expect(story).to_be_visible(timeout=LONG_MILLISECONDS)
    expect(visitor.page.get_by_role("combobox", name="You are")).to_have_value("Hollie Farquhar")
    visitor.is_fit_for_everybody()
    _monday_comes(visitor, story)
    _hollie_checks_in(visitor)
    _mere_decides(visitor, story)
    _rosalind_reads(visitor, story)

    # The same, in a pocket at night.
    window = windows(viewport=PHONE, color_scheme="dark")
    phone = Visitor(window.new_page(), demo, pictures).open(visitor.page.url.removeprefix(demo).lstrip("/"))
    _from_its_head(phone)
    phone.is_fit_for_everybody()
    phone.shot("story-digest-phone-dark")
    phone.thread("Decided")
    phone.shot("story-thread-phone-dark")


def _from_its_head(visitor: Visitor) -> None:
    """The digest is longer than the screen: it is read from its first line on."""
    visitor.message("Decided").evaluate("message => message.scrollIntoView({block: 'start'})")


def _monday_comes(visitor: Visitor, story: Locator) -> None:
    visitor.shot("story-1-monday")
    if "nine o'clock" in story.inner_text():  # it comes by itself to who looks on for two minutes
        story.locator(".primary").click()
    expect(story).to_contain_text("A check-in", timeout=LONG_MILLISECONDS)
    expect(visitor.page.get_by_text("Time passes")).to_have_count(0, timeout=LONG_MILLISECONDS)
    expect(visitor.page.locator(".pointed")).to_have_text("Check in")
    visitor.shot("story-2-prompt")


def _hollie_checks_in(visitor: Visitor) -> None:
    visitor.press("Check in").sees("How confident are you?")
    visitor.choose("How confident are you?", "green")
    visitor.fill("What is the next move?", "new moorings for the two that drifted")
    visitor.dialog.locator(".dialog-body").evaluate("body => body.scrollTop = 0")
    visitor.shot("story-3-check-in")
    visitor.submit().sees("2 of")

    visitor.fill("Current value", "6").choose("How confident are you?", "red").sees("What is the plan?")
    visitor.fill("What is working, and what is stuck?", "three more buoys have been adopted by seals")
    visitor.fill("What is the next move?", "move the six that are left further out")
    visitor.fill("What do you need", "a boat for two days")
    visitor.fill("What is the plan?", "I don't know yet, help me plan")
    visitor.shot("story-4-red")
    visitor.submit().sees("Help is being asked for")
    visitor.shot("story-5-all-told")
    visitor.close()


def _mere_decides(visitor: Visitor, story: Locator) -> None:
    expect(story).to_contain_text("A lead decides", timeout=LONG_MILLISECONDS)
    story.get_by_role("button", name=re.compile("^Be ")).click()
    expect(visitor.page.get_by_role("complementary", name="Thread")).to_contain_text("help wanted")
    visitor.shot("story-6-help-wanted")
    visitor.press("Decide").sees("What is decided?")
    visitor.fill("What is decided?", "Tāne's boat goes out on Thursday and Friday")
    visitor.choose("Who makes it happen?", "Hollie Farquhar")
    visitor.shot("story-7-decide")
    visitor.submit()


def _rosalind_reads(visitor: Visitor, story: Locator) -> None:
    expect(story).to_contain_text("the digest", timeout=LONG_MILLISECONDS)
    visitor.shot("story-8-decided")
    story.get_by_role("button", name=re.compile("^Be ")).click()
    expect(visitor.page.get_by_role("combobox", name="You are")).to_have_value("Rosalind Achebe")
    story.locator(".button").first.click()
    expect(story).to_have_count(0, timeout=LONG_MILLISECONDS)
    _from_its_head(visitor)
    visitor.shot("story-9-digest")
    visitor.page.get_by_role("button", name="What happened").click()
    visitor.shot("story-10-what-happened")
