"""Composition objects: options, option groups, confirmation dialogs, filters and what else elements are made of."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.localslack.facts.limits import LIMITS, Bound
from bot.localslack.facts.shapes import (
    Anything,
    Flag,
    Many,
    Problem,
    Record,
    Rule,
    String,
    allows_one_of,
    choice,
    needs_exactly_one_of,
    needs_one_of,
    plain,
    string,
    text,
)

CONFIRM = Record(
    required={
        "title": plain("confirmation.title"),
        "text": text("confirmation.text"),
        "confirm": plain("confirmation.confirm"),
        "deny": plain("confirmation.deny"),
    },
    optional={"style": choice("primary", "danger")},
)

MENU_OPTION = Record(
    required={"text": plain("option.text"), "value": string("option.value")},
    optional={"description": plain("option.description")},
)

MARKED_UP_OPTION = Record(
    required={"text": text("option.text"), "value": string("option.value")},
    optional={"description": text("option.description")},
)
"""An option of checkboxes or radio buttons, the only ones that may use mrkdwn."""

OVERFLOW_OPTION = Record(
    required={"text": plain("option.text"), "value": string("option.value")},
    optional={"description": plain("option.description"), "url": string("option.url")},
)
"""An option of an overflow menu, the only one that may have a link."""

OPTION_GROUP = Record(
    required={
        "label": plain("option_group.label"),
        "options": Many(MENU_OPTION, LIMITS["option_group.options"]),
    },
)

SUGGESTIONS = Record(
    optional={
        "options": Many(MENU_OPTION, Bound(most=LIMITS["select.options"].most)),
        "option_groups": Many(OPTION_GROUP, Bound(most=LIMITS["select.option_groups"].most)),
    },
    rules=(needs_exactly_one_of("options", "option_groups"),),
)
"""An app's answer to what was typed into an external menu; there may be nothing to offer."""

CONVERSATION_FILTER = Record(
    optional={
        "include": Many(choice("im", "mpim", "private", "public"), LIMITS["conversation_filter.include"]),
        "exclude_external_shared_channels": Flag(),
        "exclude_bot_users": Flag(),
    },
    rules=(needs_one_of("include", "exclude_external_shared_channels", "exclude_bot_users"),),
)

DISPATCH_ACTION_CONFIG = Record(
    optional={
        "trigger_actions_on": Many(
            choice("on_enter_pressed", "on_character_entered"),
            LIMITS["dispatch_action_configuration.trigger_actions_on"],
        ),
    },
)

SLACK_FILE = Record(
    optional={"id": String(), "url": String()},
    rules=(needs_exactly_one_of("id", "url"),),
)

SLACK_ICON = Record(
    type="icon",
    required={
        "name": choice(
            "archive", "book", "bookmark", "bot", "bug", "calendar", "call", "caret-left", "caret-right", "check",
            "clipboard", "code", "comment", "compass", "copy", "cube", "download", "edit", "email", "eye-closed",
            "eye-open", "file", "flag", "folder", "gear", "globe", "heart", "help", "image", "info", "key", "lightbulb",
            "link", "map", "mobile", "new-window", "pin", "plus", "refine", "refresh", "rocket", "save", "screen",
            "share", "sparkle", "star", "star-filled", "tag", "thumbs-down", "thumbs-up", "trash", "upload", "user",
            "warning",
        )
    },
)  # fmt: skip
"""One of Slack's own pictures, on a card."""

WORKFLOW = Record(
    required={
        "trigger": Record(
            required={"url": String()},
            optional={"customizable_input_parameters": Many(Record(required={"name": String(), "value": Anything()}))},
        ),
    },
)

ONE_SOURCE_OF_OPTIONS: tuple[Rule, ...] = (
    needs_one_of("options", "option_groups"),
    allows_one_of("options", "option_groups"),
)


def offered(value: Mapping[str, Any]) -> list[Any]:
    """Every option that an element of options or option groups offers."""
    groups = value.get("option_groups", [])
    return [*value.get("options", []), *(option for group in groups for option in group["options"])]


def initial_option_is_offered(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    """What is chosen at first must be one of the options, with every field alike."""
    if "initial_option" in value and value["initial_option"] not in offered(value):
        yield Problem(f"{pointer}/initial_option", "must be one of the provided options")


def initial_options_are_offered(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    for index, option in enumerate(value.get("initial_options", [])):
        if option not in offered(value):
            yield Problem(f"{pointer}/initial_options/{index}", "must be one of the provided options")
