"""Which block stands on which surface, and which element in which block."""

from typing import Any

import pytest

from bot.localslack.blockkit import check_message, check_view
from bot.localslack.facts.elements import ELEMENTS
from bot.localslack.facts.surfaces import BLOCK_SURFACES, Surface

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


OPTIONS: Json = {"options": [{"text": plain("One"), "value": "1"}]}
FEEDBACK: Json = {"text": plain("Good"), "value": "good"}

LEAST: dict[str, Json] = {
    "button": {"text": plain("Press")},
    "workflow_button": {"text": plain("Start"), "workflow": {"trigger": {"url": "https://example.com"}}},
    "icon_button": {"icon": "trash", "text": plain("Delete")},
    "feedback_buttons": {"positive_button": FEEDBACK, "negative_button": FEEDBACK},
    "image": {"image_url": "https://example.com/a.png", "alt_text": "A"},
    "checkboxes": OPTIONS,
    "radio_buttons": OPTIONS,
    "overflow": OPTIONS,
    "static_select": OPTIONS,
    "multi_static_select": OPTIONS,
    "number_input": {"is_decimal_allowed": False},
}
"""The fields without which an element is refused; elements that are not named here need none."""

CHOICES = {
    "checkboxes",
    "radio_buttons",
    "datepicker",
    "timepicker",
    *(
        f"{several}{kind}_select"
        for several in ("", "multi_")
        for kind in ("static", "external", "users", "conversations", "channels")
    ),
}
PRESSED = {"button", "workflow_button", "overflow"}
TYPED = {
    "plain_text_input",
    "rich_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "file_input",
}

PLACES = {
    "section": CHOICES | PRESSED | {"image"},
    "actions": CHOICES | PRESSED | {"datetimepicker"},
    "input": CHOICES | TYPED | {"datetimepicker"},
    "context": {"image"},
    "context_actions": {"icon_button", "feedback_buttons"},
}


def element(kind: str) -> Json:
    return {"type": kind} | LEAST.get(kind, {})


def block_with(place: str, inside: Json) -> Json:
    match place:
        case "section":
            return {"type": "section", "text": plain("Text"), "accessory": inside}
        case "input":
            return {"type": "input", "label": plain("Label"), "element": inside}
        case _:
            return {"type": place, "elements": [inside]}


BLOCKS: dict[str, Json] = {
    "actions": {"elements": [element("button")]},
    "alert": {"text": plain("Careful"), "level": "warning"},
    "card": {"title": plain("Card")},
    "carousel": {"elements": [{"type": "card", "body": plain("Card")}]},
    "container": {"title": plain("Box"), "child_blocks": [{"type": "divider"}]},
    "context": {"elements": [plain("small")]},
    "context_actions": {"elements": [element("icon_button")]},
    "data_table": {"caption": "C", "rows": [[{"type": "raw_text", "text": "h"}], [{"type": "raw_text", "text": "c"}]]},
    "data_visualization": {"title": "C", "chart": {"type": "pie", "segments": [{"label": "a", "value": 1}]}},
    "divider": {},
    "file": {"external_id": "F1", "source": "remote"},
    "header": {"text": plain("Head")},
    "image": LEAST["image"],
    "input": {"label": plain("Label"), "element": element("plain_text_input")},
    "markdown": {"text": "**bold**"},
    "plan": {"title": "Plan"},
    "rich_text": {"elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]},
    "section": {"text": plain("Text")},
    "table": {"rows": [[{"type": "raw_text", "text": "c"}]]},
    "task_card": {"task_id": "1", "title": "Task"},
    "video": {
        "alt_text": "A film",
        "title": plain("Film"),
        "thumbnail_url": "https://example.com/film.png",
        "video_url": "https://example.com/film",
    },
}


def refused(surface: Surface, block: Json) -> list[str]:
    """The pointers to what is refused, from the block on."""
    if surface is Surface.MESSAGE:
        problems = check_message("text", [block])
    elif surface is Surface.MODAL:
        problems = check_view({"type": "modal", "title": plain("T"), "submit": plain("Send"), "blocks": [block]})
    else:
        problems = check_view({"type": "home", "blocks": [block]})
    return [problem.pointer.removeprefix("/blocks/0") for problem in problems]


def test_every_block_and_element_is_tried_here() -> None:
    assert set(BLOCKS) == set(BLOCK_SURFACES)
    assert set.union(*PLACES.values()) == set(ELEMENTS)


@pytest.mark.parametrize("surface", Surface)
@pytest.mark.parametrize("kind", BLOCKS)
def test_a_block_is_accepted_on_its_surfaces_and_refused_by_its_type_elsewhere(kind: str, surface: Surface) -> None:
    expected = [] if surface in BLOCK_SURFACES[kind] else ["/type"]
    assert refused(surface, {"type": kind} | BLOCKS[kind]) == expected


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ELEMENTS)
def test_an_element_is_accepted_in_its_blocks_and_refused_by_its_type_elsewhere(kind: str, place: str) -> None:
    # A file can be asked for in a modal only; everything else stands in messages too.
    surface = Surface.MODAL if kind == "file_input" and place == "input" else Surface.MESSAGE
    at = {"section": "/accessory/type", "input": "/element/type"}.get(place, "/elements/0/type")
    assert refused(surface, block_with(place, element(kind))) == ([] if kind in PLACES[place] else [at])


@pytest.mark.parametrize("surface", [Surface.MESSAGE, Surface.HOME])
def test_a_file_cannot_be_asked_for_outside_a_modal(surface: Surface) -> None:
    assert refused(surface, block_with("input", element("file_input"))) == ["/element/type"]


@pytest.mark.parametrize("surface", [Surface.MODAL, Surface.HOME])
def test_a_workflow_button_stands_in_messages_only(surface: Surface) -> None:
    assert refused(surface, block_with("actions", element("workflow_button"))) == ["/elements/0/type"]


@pytest.mark.parametrize("child", ["container", "carousel", "card", "markdown", "data_visualization"])
def test_a_container_refuses_what_may_not_be_its_child(child: str) -> None:
    block = {"type": "container", "title": plain("Box"), "child_blocks": [{"type": child} | BLOCKS[child]]}
    assert refused(Surface.MESSAGE, block) == ["/child_blocks/0/type"]


def test_a_container_on_a_home_tab_refuses_a_file_as_the_home_tab_does() -> None:
    block = {"type": "container", "title": plain("Box"), "child_blocks": [{"type": "file"} | BLOCKS["file"]]}
    assert refused(Surface.MESSAGE, block) == []
    assert refused(Surface.HOME, block) == ["/child_blocks/0/type"]
