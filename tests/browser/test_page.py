"""The page by itself, with an app that uses all that it can draw."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kitchen import Kitchen, open_kitchen
from playwright.sync_api import BrowserContext, expect
from visitor import PHONE, Visitor


@pytest.fixture
def kitchen() -> Iterator[Kitchen]:
    with open_kitchen() as opened:
        yield opened


@pytest.fixture
def visitor(kitchen: Kitchen, windows: Callable[..., BrowserContext], pictures: Path) -> Visitor:
    return Visitor(windows().new_page(), kitchen.server.base_url, pictures)


@pytest.fixture
def room(kitchen: Kitchen) -> str:
    """#kitchen, with a message of all kinds of blocks in it."""
    channels = kitchen.slack.person("Ann Ale").channel("kitchen").messages
    assert channels == []
    room = next(one for one in kitchen.server.core.workspace.channels.values() if one.name == "kitchen").id
    kitchen.serve_menu(room, kitchen.person("Ann Ale").id)
    return room


@pytest.mark.usefixtures("room")
def test_people_are_switched_and_each_has_their_own_unread_marks(visitor: Visitor) -> None:
    visitor.open().be("Ann Ale")
    sidebar = visitor.page.get_by_role("navigation", name="Conversations")
    # Ann was mentioned, Bo was not.
    expect(sidebar.get_by_role("button", name="kitchen")).to_contain_text("1 new for you")
    visitor.go("kitchen").sees("bread is ready")
    expect(sidebar.get_by_role("button", name="kitchen")).not_to_contain_text("new")
    visitor.be("Bo Barley")
    expect(sidebar.get_by_role("button", name="kitchen")).to_contain_text("unread")
    expect(sidebar.get_by_role("button", name="pantry")).to_be_visible()
    visitor.be("Cy Corn")
    expect(sidebar.get_by_role("button", name="pantry")).to_have_count(0)


@pytest.mark.usefixtures("room")
def test_a_message_reads_as_a_person_would_read_it(visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen")
    menu = visitor.message("Soup for")
    for words in (
        "Today's *menu* 🎉",
        "Plain *stars* stay",
        "@Ann Ale",
        "#kitchen",
        "small print 🥄 <escaped> & whole, 10:01:30",
    ):
        expect(menu).to_contain_text(words)
    expect(menu.get_by_role("link", name="the recipe")).to_be_visible()
    # 9:00 UTC is ten in London, whatever zone the browser is in.
    expect(menu).to_contain_text("since 10:00")
    expect(menu.get_by_role("img", name=re.compile("Line chart"))).to_be_visible()
    expect(menu.get_by_role("table")).to_contain_text("Bread")
    visitor.has_no_markup()


@pytest.mark.usefixtures("room")
def test_a_link_to_a_message_leads_to_it_on_the_page(visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen")
    visitor.message("Soup for").get_by_role("link", name="the recipe").click()
    expect(visitor.page.locator(".marked")).to_contain_text("bread is ready")


@pytest.mark.usefixtures("room")
def test_a_button_reports_and_its_thread_opens(kitchen: Kitchen, visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen").press("Eat")
    expect(visitor.message("Soup for").get_by_role("button", name=re.compile("1 reply"))).to_be_visible()
    thread = visitor.thread("Soup for")
    expect(thread).to_contain_text("@Ann Ale eats")
    thread.get_by_role("combobox", name="Reply").fill("so do I")
    thread.get_by_role("button", name="Send").click()
    expect(thread).to_contain_text("so do I")
    thread.get_by_role("combobox", name="Reply").fill("/cook")
    thread.get_by_role("combobox", name="Reply").press("Enter")
    expect(thread.get_by_role("alert")).to_contain_text("do not work in threads")
    assert kitchen.told("eat")[0]["value"] == "1"


@pytest.mark.usefixtures("room")
def test_what_asks_first_is_reported_only_after_a_yes(kitchen: Kitchen, visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen").press("Spill")
    visitor.sees("It is gone then.").press("Keep")
    assert kitchen.told("spill") == []
    visitor.press("Spill").press("Spill")
    expect(visitor.dialog).to_have_count(0)
    kitchen.slack.wait_for(lambda: kitchen.told("spill"))


@pytest.mark.usefixtures("room")
def test_menus_of_a_message_choose(kitchen: Kitchen, visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen")
    menu = visitor.message("Soup for")
    menu.get_by_role("button", name="More actions").click()
    visitor.page.get_by_role("menuitem", name="Throw it away").click()
    menu.get_by_role("combobox", name="A size").click()
    visitor.page.get_by_role("option", name="Large").click()
    expect(menu.get_by_role("combobox", name="A size")).to_have_value("Large")
    kitchen.slack.wait_for(lambda: kitchen.told("size"))
    assert kitchen.told("choose")[0]["selected_option"]["text"]["text"] == "Throw it away"
    assert kitchen.told("size")[0]["selected_option"]["value"] == "large"


def test_every_kind_of_field_is_filled_in_and_arrives(kitchen: Kitchen, visitor: Visitor) -> None:
    visitor.open().be("Cy Corn").go("kitchen").write("/cook soup")
    for label, text in {
        "Dish": "Soup & <bread>", "Steps": "boil\neat", "Minutes": "40", "Mail": "cy@example.test",
        "Link": "https://example.test/soup", "Day": "2026-10-07", "Hour": "18:30", "Served at": "2026-10-07T19:00",
    }.items():  # fmt: skip
        visitor.fill(label, text)
    visitor.choose("Course", "Main").choose("Tastes", "Sour", "Salty").choose("Heat", "Hot").choose("Extras", "Rice")
    visitor.choose("Cook", "Bo Barley").choose("Guests", "Ann Ale", "Cy Corn").choose("Kitchen", "#kitchen")
    visitor.choose("Table", "#kitchen").choose("Supplier", "Harbour").choose("Suppliers", "Mill", "Market")
    visitor.submit()
    expect(visitor.dialog).to_have_count(0)
    state = {name: next(iter(block.values())) for name, block in kitchen.submitted().items()}
    assert state["dish"]["value"] == "Soup & <bread>"
    assert state["steps"]["value"] == "boil\neat"
    assert state["minutes"]["value"] == "40"
    assert state["course"]["selected_option"]["value"] == "main"
    assert [one["value"] for one in state["tastes"]["selected_options"]] == ["sour", "salty"]
    assert state["heat"]["selected_option"]["value"] == "hot"
    assert [one["value"] for one in state["extras"]["selected_options"]] == ["rice"]
    assert (state["day"]["selected_date"], state["hour"]["selected_time"]) == ("2026-10-07", "18:30")
    # Seven in the evening where Cy is, in New York.
    assert state["served_at"]["selected_date_time"] == 1791414000
    ids = {name: kitchen.person(name).id for name in ("Ann Ale", "Bo Barley", "Cy Corn")}
    assert state["cook"]["selected_user"] == ids["Bo Barley"]
    assert state["guests"]["selected_users"] == [ids["Ann Ale"], ids["Cy Corn"]]
    assert state["kitchen"]["selected_channel"] == state["table"]["selected_conversation"]
    assert state["supplier"]["selected_option"]["text"]["text"] == "Harbour"
    assert [one["text"]["text"] for one in state["suppliers"]["selected_options"]] == ["Mill Lane", "Market Hall"]


def test_errors_stand_below_their_fields_and_nothing_typed_is_lost(visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen").write("/cook")
    visitor.fill("Steps", "stir").submit().sees("Please complete this required field.")
    assert len(visitor.errors()) == 1
    visitor.fill("Dish", "nothing").submit()
    visitor.sees("Nothing is no dish.")
    expect(visitor.dialog.get_by_label("Dish")).to_be_focused()
    expect(visitor.dialog.get_by_label("Steps")).to_have_value("stir")


def test_dialogs_stack_and_the_one_below_comes_back_as_it_was(visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen").write("/cook")
    visitor.fill("Dish", "pie").press("One more").sees("On top")
    visitor.press("Back to it")
    expect(visitor.dialog.get_by_label("Dish")).to_have_value("pie")
    visitor.page.keyboard.press("Escape")
    expect(visitor.dialog).to_have_count(0)


def test_commands_are_offered_with_their_hints_and_answers_are_for_one_alone(visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen")
    box = visitor.main.get_by_role("combobox", name="Message #kitchen")
    box.fill("/c")
    expect(visitor.page.get_by_role("option")).to_have_count(2)
    box.press("Enter")
    expect(box).to_have_value("/cook ")
    expect(visitor.main.get_by_text("[dish]")).to_be_visible()
    visitor.write("/clean")
    expect(visitor.message("Clean as ✨")).to_contain_text("Only visible to you")
    visitor.be("Bo Barley").go("kitchen")
    expect(visitor.page.get_by_text("Clean as")).to_have_count(0)


def test_a_method_that_this_slack_lacks_is_named_on_the_page(visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen").write("/burn").sees("stoves.burn")
    expect(visitor.page.get_by_role("alert")).to_contain_text("unknown_method")


@pytest.mark.usefixtures("room")
def test_a_message_shortcut_opens_its_dialog(kitchen: Kitchen, visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen").message_shortcut("bread is ready", "Keep this recipe")
    expect(visitor.dialog.get_by_role("heading", name="Recipe")).to_be_visible()
    assert kitchen.heard[-1]["message"]["text"] == "bread is ready"


def test_home_is_opened_pressed_and_typed_into(kitchen: Kitchen, visitor: Visitor) -> None:
    visitor.open().be("Ann Ale")
    visitor.home().sees("Your kitchen").press("Stir")
    kitchen.slack.wait_for(lambda: kitchen.told("stir"))
    note = visitor.main.get_by_role("textbox", name="Note")
    note.fill("salt")
    note.press("Enter")
    kitchen.slack.wait_for(lambda: kitchen.told("v"))
    assert kitchen.told("v")[-1]["value"] == "salt"


def test_what_others_write_appears_by_itself(kitchen: Kitchen, visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen")
    kitchen.person("Bo Barley").says("the oven is *hot* @Ann Ale", to="kitchen")
    visitor.sees("the oven is *hot*")
    expect(visitor.message("the oven")).to_contain_text("@Ann Ale")
    kitchen.person("Bo Barley").says("between us", to="Ann Ale")
    sidebar = visitor.page.get_by_role("navigation", name="Conversations")
    expect(sidebar.get_by_role("button", name=re.compile("Bo Barley"))).to_contain_text("1 new for you")


def test_somebody_with_a_keyboard_alone_gets_through_a_dialog(kitchen: Kitchen, visitor: Visitor) -> None:
    visitor.open().be("Ann Ale").go("kitchen")
    keys = visitor.page.keyboard
    visitor.main.get_by_role("combobox", name="Message #kitchen").focus()
    keys.type("/co")
    keys.press("Tab")
    keys.press("Enter")
    expect(visitor.dialog.get_by_label("Dish")).to_be_focused()
    keys.type("stew")
    visitor.dialog.get_by_role("combobox", name="Course").focus()
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(visitor.dialog.get_by_role("combobox", name="Course")).to_have_value("Main")
    visitor.dialog.get_by_label("Dish").focus()
    keys.press("Enter")
    expect(visitor.dialog).to_have_count(0)
    assert kitchen.submitted()["dish"]["v"]["value"] == "stew"


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("wide", [True, False], ids=["desk", "phone"])
def test_the_page_is_fit_for_everybody(
    kitchen: Kitchen, windows: Callable[..., BrowserContext], pictures: Path, scheme: str, wide: bool
) -> None:
    """No serious finding of axe-core, and nothing wider than the window, on each kind of screen."""
    window = windows(color_scheme=scheme, **({} if wide else {"viewport": PHONE}))
    visitor = Visitor(window.new_page(), kitchen.server.base_url, pictures)
    look = f"{'desk' if wide else 'phone'}-{scheme}"
    visitor.open().be("Ann Ale").go("kitchen").sees("Soup for")
    _fit(visitor, f"page-blocks-{look}")
    visitor.press("Eat")
    expect(visitor.thread("Soup for")).to_contain_text("@Ann Ale eats")
    _fit(visitor, f"page-thread-{look}")
    visitor.page.get_by_role("button", name="Close the thread").click()
    visitor.write("/clean").sees("Only visible to you")
    visitor.main.get_by_role("combobox", name="Message #kitchen").fill("/")
    _fit(visitor, f"page-commands-{look}")
    visitor.write("/cook")
    visitor.fill("Dish", "nothing").choose("Tastes", "Sweet").submit().sees("Nothing is no dish.")
    _fit(visitor, f"page-dialog-{look}")
    visitor.close()
    visitor.home().sees("Your kitchen")
    _fit(visitor, f"page-home-{look}")
    if not wide:
        visitor.page.get_by_role("button", name="Conversations", exact=True).first.click()
        _fit(visitor, f"page-conversations-{look}")


def _fit(visitor: Visitor, name: str) -> None:
    visitor.shot(name)
    visitor.is_fit_for_everybody()


def test_two_thousand_messages_are_read_without_waiting_for_them(kitchen: Kitchen, visitor: Visitor) -> None:
    room = next(one for one in kitchen.server.core.workspace.channels.values() if one.name == "pantry").id
    for number in range(2000):
        kitchen.server.core.call(
            "chat.postMessage", channel=room, text=f"message {number}",
            blocks=[{"type": "section", "text": mrkdwn_line(number)}],
        )  # fmt: skip
    visitor.open().be("Ann Ale").go("pantry").sees("number 1999")
    # Only the newest are drawn; older ones come when one scrolls there.
    assert visitor.page.get_by_role("article").count() <= 60
    visitor.page.get_by_role("log").evaluate("list => list.scrollTop = 0")
    visitor.sees("number 1900")
    kitchen.person("Bo Barley").says("still quick?", to="pantry")
    visitor.page.get_by_role("log").evaluate("list => list.scrollTop = list.scrollHeight")
    visitor.sees("still quick?")


def mrkdwn_line(number: int) -> dict[str, str]:
    return {"type": "mrkdwn", "text": f"*number {number}* with some words and a <https://example.test/{number}|link>"}
