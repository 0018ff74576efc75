"""What Slack says of blocks that it refuses, word for word where people have published what they were told."""

from typing import Any

import pytest

from bot.localslack import wording
from bot.localslack.blockkit import check_message, check_view

Json = dict[str, Any]


def plain(text: str = "Text") -> Json:
    return {"type": "plain_text", "text": text}


def option(**changed: Any) -> Json:
    return {"text": plain("One"), "value": "one"} | changed


def button(**changed: Any) -> Json:
    return {"type": "button", "text": plain("Press")} | changed


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(**changed: Any) -> Json:
    return {"type": "static_select", "options": [option()]} | changed


MESSAGES: dict[str, tuple[Json, list[str]]] = {
    "a section that is too long": (
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
        [
            "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
        ],
    ),
    "a section without words": (
        {"type": "section", "text": plain("")},
        [
            "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
            "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        ],
    ),
    "a header that is too long": (
        {"type": "header", "text": plain("x" * 151)},
        ["must be less than 151 characters [json-pointer:/blocks/0/text/text]"],
    ),
    "too many fields": (
        {"type": "section", "fields": [plain()] * 11},
        ["no more than 10 items allowed [json-pointer:/blocks/0/fields]"],
    ),
    "nothing to choose": (
        actions(select(options=[])),
        ["must provide at least 1 items [json-pointer:/blocks/0/elements/0/options]"],
    ),
    "a divider with text": (
        {"type": "divider", "text": plain()},
        ["invalid additional property: text [json-pointer:/blocks/0]"],
    ),
    "two buttons of one name": (
        actions(button(action_id="a"), button(action_id="a")),
        ['`action_id` "a" already exists [json-pointer:/blocks/0/elements/1/action_id]'],
    ),
    "a choice that is not offered": (
        actions(select(initial_option=option(value="two"))),
        ["must be one of the provided options [json-pointer:/blocks/0/elements/0/initial_option]"],
    ),
    "no choice where one is named": (
        actions(select(initial_option=None)),
        ["must provide an object [json-pointer:/blocks/0/elements/0/initial_option]"],
    ),
    "an image from nowhere": (
        {"type": "section", "text": plain(), "accessory": {"type": "image", "alt_text": "A"}},
        ["missing required field: image_url [json-pointer:/blocks/0/accessory]"],
    ),
    "a block that messages do not have": (
        {"type": "alert", "text": plain()},
        ["unsupported type: alert [json-pointer:/blocks/0/type]"],
    ),
    "a style that is no text": (
        actions(button(style=None)),
        ["must provide a string [json-pointer:/blocks/0/elements/0/style]"],
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_refused_in_slacks_words(name: str) -> None:
    block, lines = MESSAGES[name]
    assert wording.told(check_message("text", [block])) == lines


def test_one_block_too_many_is_refused_in_slacks_words() -> None:
    lines = wording.told(check_message("text", [{"type": "divider"}] * 51))
    assert lines == ["no more than 50 items allowed [json-pointer:/blocks]"]


def test_a_view_is_named_before_what_is_wrong_inside_its_blocks() -> None:
    view = {"type": "modal", "title": plain(), "blocks": [actions(button(style=None))]}
    assert wording.told_of_a_view(check_view(view)) == [
        "failed to match all allowed schemas [json-pointer:/view]",
        "must provide a string [json-pointer:/view/blocks/0/elements/0/style]",
    ]


def test_a_view_is_not_named_for_its_own_fields() -> None:
    view = {"type": "modal", "title": plain("x" * 25), "blocks": [{"type": "divider"}]}
    assert wording.told_of_a_view(check_view(view)) == [
        "must be less than 25 characters [json-pointer:/view/title/text]"
    ]


def test_an_input_that_cannot_be_sent_is_refused_in_slacks_words() -> None:
    asked = {"type": "input", "label": plain(), "element": {"type": "plain_text_input"}}
    view = {"type": "modal", "title": plain(), "blocks": [{"type": "divider"}, asked]}
    assert wording.told_of_a_view(check_view(view)) == [
        "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]"
    ]
