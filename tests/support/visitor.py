"""Somebody at the page: does and sees things by roles and visible words, as a person would."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
AXE = Path(__file__).parent.parent.parent / "page" / "node_modules" / "axe-core" / "axe.min.js"
COLOURS = 256  # of a screenshot: enough for a page, and a third of the size


class Visitor:
    """A browser with the page open.

    visitor.be("Mere Ngata").press("Check in")
    visitor.choose("How confident are you?", "red")
    visitor.fill("What is the next move?", "call the ten who left")
    visitor.submit()
    visitor.sees("Help is being asked for")
    visitor.shot("a-red-is-in")

    Each step waits until it can be done, and fails by saying what it waited for. `visitor.page` is Playwright's own
    page, for what is not here.
    """

    def __init__(self, page: Page, address: str, pictures: Path) -> None:
        self.page = page
        self.address = address
        self._pictures = pictures

    # Going somewhere

    def open(self, where: str = "") -> Visitor:
        """Load the page: "" as somebody, or with a query such as `?as=U…&in=C…`."""
        self.page.goto(f"{self.address}/{where}")
        expect(self.page.locator(".page")).to_be_visible()
        return self

    def be(self, name: str) -> Visitor:
        """Switch to another person; the conversation with the app opens."""
        self._show_conversations()
        field = self.page.get_by_role("combobox", name="You are")
        if field.input_value() != name:
            field.click()
            field.fill(name)
            self.page.get_by_role("option", name=re.compile(re.escape(name))).first.click()
        expect(field).to_have_value(name)
        return self.app()

    def app(self) -> Visitor:
        """The conversation with the app."""
        self._show_conversations()
        self.page.get_by_role("region", name="Apps").get_by_role("button").click()
        expect(self.page.locator("section[aria-label=Apps] [aria-current=page]")).to_have_count(1)
        return self

    def go(self, name: str) -> Visitor:
        """Open a conversation by its name in the sidebar, without the # of a channel."""
        self._show_conversations()
        entry = self.page.get_by_role("navigation", name="Conversations")
        entry.get_by_role("button", name=_begins(name)).first.click()
        expect(self.main.get_by_role("heading", level=2)).to_contain_text(name)
        return self

    def home(self) -> Visitor:
        """The app's Home tab."""
        self.app().main.get_by_role("button", name="Home").click()
        return self

    def thread(self, words: str) -> Locator:
        """Open the thread of the newest message in sight that has these words."""
        message = self.message(words)
        message.hover()
        replies = message.get_by_role("button", name=re.compile(r"repl(y|ies)\b"))
        replies.last.click()
        expect(self.page.get_by_role("complementary", name="Thread")).to_be_visible()
        return self.page.get_by_role("complementary", name="Thread")

    # Doing something

    def press(self, label: str, *, beside: str | None = None) -> Visitor:
        """Press a button by its words: in the dialog that is open, else the last one in sight; `beside`: in the newest
        message with these words."""
        place = self.dialog if self.dialog.count() else self.message(beside) if beside else self.page
        place.get_by_role("button", name=label, exact=True).last.click()
        return self

    def choose(self, label: str, *options: str) -> Visitor:
        """Choose in a field of the dialog: a radio button, boxes to check, or entries of a menu that is typed into."""
        named = _begins(label)
        group = self.dialog.get_by_role("radiogroup", name=named).or_(self.dialog.get_by_role("group", name=named))
        menu = self.dialog.get_by_role("combobox", name=named)
        expect(group.or_(menu).first).to_be_visible()
        for option in options:
            if group.count():
                group.get_by_label(option).check()
            else:
                menu.click()
                menu.press_sequentially(option)
                self.page.get_by_role("option", name=option).first.click()
        return self

    def fill(self, label: str, text: str) -> Visitor:
        """Put text (or an ISO date or time) into a field of the dialog, by its label."""
        self.dialog.get_by_label(_begins(label)).first.fill(text)
        return self

    def submit(self) -> Visitor:
        """Press the dialog's submit button, and wait until the app has answered."""
        button = self.dialog.locator("button[type=submit]")
        with self.page.expect_response(re.compile("/_control/acts$")):
            button.click()
        expect(self.page.locator("button[type=submit][aria-busy=true]")).to_have_count(0)
        return self

    def close(self) -> Visitor:
        """Press the dialog's close button, the one in its foot."""
        self.dialog.locator("footer button[type=button]").first.click()
        return self

    def write(self, text: str) -> Visitor:
        """Write a message or a slash command where one looks, and send it."""
        box = self.main.get_by_role("combobox", name=re.compile("^Message "))
        box.fill(text)
        if text.startswith("/"):
            box.press("Escape")  # the offers, so that Enter sends
        box.press("Enter")
        expect(box).to_have_value("")
        return self

    def message_shortcut(self, words: str, name: str) -> Visitor:
        """Choose a shortcut from the menu of the newest message with these words."""
        message = self.message(words)
        message.hover()
        message.get_by_role("button", name="Message shortcuts").click()
        self.page.get_by_role("menuitem", name=re.compile(re.escape(name))).click()
        return self

    # Seeing something

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def dialog(self) -> Locator:
        """The dialog that is open; its `count()` is 0 when there is none."""
        return self.page.locator("dialog[open]").last

    def message(self, words: str) -> Locator:
        """The newest message in sight that has these words."""
        found = self.page.get_by_role("article").filter(has_text=words).last
        expect(found).to_be_visible()
        return found

    def sees(self, words: str) -> Visitor:
        """Waits until these words stand somewhere on the page."""
        expect(self.page.get_by_text(words).last).to_be_visible()
        return self

    def errors(self) -> Sequence[str]:
        """What stands below the fields of the dialog."""
        return self.dialog.locator(".error").all_inner_texts()

    def shot(self, name: str) -> Path:
        """A picture of the window as it is, without what blinks and turns; fails where it is blank or shows markup."""
        return self.picture(self.page, name)

    def picture(self, of: Page | Locator, name: str) -> Path:
        """As `shot`, of a part of the page."""
        self.page.evaluate("document.fonts.ready")
        self.page.mouse.move(0, 0)
        self.page.wait_for_timeout(150)
        image = Image.open(io.BytesIO(of.screenshot(animations="disabled", caret="hide"))).convert("RGB")
        assert len(image.getcolors(image.width * image.height) or []) > 50, f"{name} is blank"
        self.has_no_markup()
        self._pictures.mkdir(parents=True, exist_ok=True)
        path = self._pictures / f"{name}.png"
        image.quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)
        return path

    def has_no_markup(self) -> None:
        """No mrkdwn, date notation or emoji name stands on the page as it was sent."""
        text = self.page.locator("body").inner_text()
        found = re.findall(r"<[@#!][^>\n]*>|<https?:[^>\n]*>|&(?:lt|gt|amp);|(?<!\w):[a-z][a-z0-9_+-]+:(?!\w)", text)
        assert found == []

    def is_fit_for_everybody(self) -> None:
        """No serious finding of axe-core about what is on the page now, and nothing wider than the window."""
        self.nothing_is_cut()
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run()")
        grave = [
            {"rule": one["id"], "what": one["help"], "where": [node["html"][:200] for node in one["nodes"]]}
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert grave == [], json.dumps(grave, indent=1)

    def nothing_is_cut(self) -> None:
        """The window scrolls sideways nowhere."""
        wider = self.page.evaluate(
            "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1"
            " && getComputedStyle(e).visibility !== 'hidden' && e.getClientRects().length"
            " && !e.closest('.jumps, .hidden, table, .heading, .conversation')).map(e => e.className || e.tagName)"
        )
        assert wider == []

    def _show_conversations(self) -> None:
        """On a phone the conversations stand behind a button."""
        button = self.page.get_by_role("button", name="Conversations", exact=True)
        if button.count() and button.first.is_visible():
            button.first.click()


def _begins(words: str) -> re.Pattern[str]:
    """Names that begin with these words, as whole words."""
    return re.compile(rf"^\W*{re.escape(words)}(?!\w)")
