"""Block elements: the shape of each, and the blocks in which it may stand."""

import re
from collections.abc import Mapping

from bot.localslack.facts.composition import (
    CONFIRM,
    CONVERSATION_FILTER,
    DISPATCH_ACTION_CONFIG,
    MARKED_UP_OPTION,
    MENU_OPTION,
    ONE_SOURCE_OF_OPTIONS,
    OPTION_GROUP,
    OVERFLOW_OPTION,
    SLACK_FILE,
    WORKFLOW,
    initial_option_is_offered,
    initial_options_are_offered,
)
from bot.localslack.facts.limits import LIMITS, Bound
from bot.localslack.facts.rich_text import RICH_TEXT
from bot.localslack.facts.shapes import (
    Flag,
    Many,
    OneOf,
    Record,
    Shape,
    String,
    Whole,
    between_digits,
    choice,
    needs_exactly_one_of,
    not_above,
    plain,
    records,
    string,
)

_ACTION: Mapping[str, Shape] = {"action_id": string("action_id")}
_CONFIRMED: Mapping[str, Shape] = {**_ACTION, "confirm": CONFIRM}
_CHOSEN: Mapping[str, Shape] = {**_CONFIRMED, "focus_on_load": Flag()}
_TYPED: Mapping[str, Shape] = {**_ACTION, "focus_on_load": Flag(), "dispatch_action_config": DISPATCH_ACTION_CONFIG}

_DATE = String(pattern=re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"))
_TIME = String(pattern=re.compile(r"([01]\d|2[0-3]):[0-5]\d"))
_DECIMAL = String(pattern=re.compile(r"-?\d+(\.\d+)?"))

_BUTTON = Record(
    type="button",
    required={"text": plain("button.text")},
    optional={
        **_CONFIRMED,
        "url": string("button.url"),
        "value": string("button.value"),
        "style": choice("primary", "danger"),
        "accessibility_label": string("button.accessibility_label"),
        "agent_prompt": string("button.agent_prompt"),
        "agent_prompt_display": String(),
        "visible_to_user_ids": Many(String()),
    },
)

_WORKFLOW_BUTTON = Record(
    type="workflow_button",
    required={"text": plain("workflow_button.text"), "workflow": WORKFLOW},
    optional={
        **_ACTION,
        "style": choice("primary", "danger"),
        "accessibility_label": string("workflow_button.accessibility_label"),
    },
)

_ICON_BUTTON = Record(
    type="icon_button",
    required={"icon": choice("trash"), "text": plain()},
    optional={
        **_CONFIRMED,
        "value": string("icon_button.value"),
        "accessibility_label": string("icon_button.accessibility_label"),
        "visible_to_user_ids": Many(String(), LIMITS["icon_button.visible_to_user_ids"]),
    },
)

_FEEDBACK_BUTTON = Record(
    required={"text": plain("feedback_button.text"), "value": string("feedback_button.value")},
    optional={"accessibility_label": string("feedback_button.accessibility_label")},
)

_FEEDBACK_BUTTONS = Record(
    type="feedback_buttons",
    required={"positive_button": _FEEDBACK_BUTTON, "negative_button": _FEEDBACK_BUTTON},
    optional=_ACTION,
)

IMAGE_ELEMENT = Record(
    type="image",
    required={"alt_text": string("image_element.alt_text")},
    optional={"image_url": string("image_element.image_url"), "slack_file": SLACK_FILE},
    rules=(needs_exactly_one_of("image_url", "slack_file"),),
)

_CHECKBOXES = Record(
    type="checkboxes",
    required={"options": Many(MARKED_UP_OPTION, LIMITS["checkboxes.options"])},
    optional={**_CHOSEN, "initial_options": Many(MARKED_UP_OPTION, LIMITS["checkboxes.options"])},
    rules=(initial_options_are_offered,),
)

_RADIO_BUTTONS = Record(
    type="radio_buttons",
    required={"options": Many(MARKED_UP_OPTION, LIMITS["radio_buttons.options"])},
    optional={**_CHOSEN, "initial_option": MARKED_UP_OPTION},
    rules=(initial_option_is_offered,),
)

_OVERFLOW = Record(
    type="overflow",
    required={"options": Many(OVERFLOW_OPTION, LIMITS["overflow.options"])},
    optional=_CONFIRMED,
)


def _menu(kind: str, fields: Mapping[str, Shape]) -> list[Record]:
    """A menu in which one thing is chosen, and its sibling in which several are.

    `fields` are those of the first; in the sibling "initial_option" becomes "initial_options", and so on.
    """
    placeholder = {"placeholder": plain("select.placeholder")}
    several: dict[str, Shape] = {
        (f"{name}s" if name.startswith("initial_") else name): (Many(shape) if name.startswith("initial_") else shape)
        for name, shape in fields.items()
        if name != "response_url_enabled"
    }
    rules = ONE_SOURCE_OF_OPTIONS if kind == "static_select" else ()
    checks = (initial_option_is_offered, initial_options_are_offered) if rules else ()
    return [
        Record(type=kind, optional={**_CHOSEN, **placeholder, **fields}, rules=(*rules, *checks)),
        Record(
            type=f"multi_{kind}",
            optional={
                **_CHOSEN,
                **placeholder,
                **several,
                "max_selected_items": Whole(LIMITS["multi_select.max_selected_items"]),
            },
            rules=(*rules, *checks),
        ),
    ]


_MENUS = [
    *_menu(
        "static_select",
        {
            "options": Many(MENU_OPTION, LIMITS["select.options"]),
            "option_groups": Many(OPTION_GROUP, LIMITS["select.option_groups"]),
            "initial_option": MENU_OPTION,
        },
    ),
    *_menu(
        "external_select",
        {"initial_option": MENU_OPTION, "min_query_length": Whole(LIMITS["select.min_query_length"])},
    ),
    *_menu("users_select", {"initial_user": String()}),
    *_menu(
        "conversations_select",
        {
            "initial_conversation": String(),
            "default_to_current_conversation": Flag(),
            "response_url_enabled": Flag(),
            "filter": CONVERSATION_FILTER,
        },
    ),
    *_menu("channels_select", {"initial_channel": String(), "response_url_enabled": Flag()}),
]

_DATE_PICKER = Record(
    type="datepicker",
    optional={**_CHOSEN, "initial_date": _DATE, "placeholder": plain("date_picker.placeholder")},
)

_TIME_PICKER = Record(
    type="timepicker",
    optional={
        **_CHOSEN,
        "initial_time": _TIME,
        "placeholder": plain("time_picker.placeholder"),
        "timezone": String(),
    },
)

_DATE_TIME_PICKER = Record(
    type="datetimepicker",
    optional={**_CHOSEN, "initial_date_time": Whole(between_digits(10))},
)

_PLAIN_TEXT_INPUT = Record(
    type="plain_text_input",
    optional={
        **_TYPED,
        "initial_value": String(Bound(most=LIMITS["plain_text_input.max_length"].most)),
        "multiline": Flag(),
        "min_length": Whole(LIMITS["plain_text_input.min_length"]),
        "max_length": Whole(LIMITS["plain_text_input.max_length"]),
        "placeholder": plain("plain_text_input.placeholder"),
    },
    rules=(not_above("min_length", "max_length"),),
)

_RICH_TEXT_INPUT = Record(
    type="rich_text_input",
    optional={
        **_TYPED,
        "initial_value": RICH_TEXT,
        "placeholder": plain("rich_text_input.placeholder"),
        "min_lines": Whole(LIMITS["rich_text_input.min_lines"]),
        "max_lines": Whole(LIMITS["rich_text_input.max_lines"]),
    },
    rules=(not_above("min_lines", "max_lines"),),
)

_NUMBER_INPUT = Record(
    type="number_input",
    required={"is_decimal_allowed": Flag()},
    optional={
        **_TYPED,
        "initial_value": _DECIMAL,
        "min_value": _DECIMAL,
        "max_value": _DECIMAL,
        "placeholder": plain("number_input.placeholder"),
    },
    rules=(
        not_above("min_value", "max_value"),
        not_above("min_value", "initial_value"),
        not_above("initial_value", "max_value"),
    ),
)

_EMAIL_INPUT = Record(
    type="email_text_input",
    optional={**_TYPED, "initial_value": String(), "placeholder": plain("email_input.placeholder")},
)

_URL_INPUT = Record(
    type="url_text_input",
    optional={**_TYPED, "initial_value": String(), "placeholder": plain("url_input.placeholder")},
)

_FILE_INPUT = Record(
    type="file_input",
    optional={**_ACTION, "filetypes": Many(String()), "max_files": Whole(LIMITS["file_input.max_files"])},
)

URL_SOURCE = Record(type="url", required={"url": String(), "text": String()})
"""A source that a task card names."""

ELEMENTS: dict[str, Record] = records(
    _BUTTON,
    _WORKFLOW_BUTTON,
    _ICON_BUTTON,
    _FEEDBACK_BUTTONS,
    IMAGE_ELEMENT,
    _CHECKBOXES,
    _RADIO_BUTTONS,
    _OVERFLOW,
    *_MENUS,
    _DATE_PICKER,
    _TIME_PICKER,
    _DATE_TIME_PICKER,
    _PLAIN_TEXT_INPUT,
    _RICH_TEXT_INPUT,
    _NUMBER_INPUT,
    _EMAIL_INPUT,
    _URL_INPUT,
    _FILE_INPUT,
)
"""Every element, by its type."""

_MENU_TYPES = frozenset(str(menu.type) for menu in _MENUS)
_CHOICES = _MENU_TYPES | {"checkboxes", "radio_buttons", "datepicker", "timepicker"}

ACCESSORIES = _CHOICES | {"button", "workflow_button", "overflow", "image"}
IN_ACTIONS = _CHOICES | {"button", "workflow_button", "overflow", "datetimepicker"}
IN_INPUT = _CHOICES | {
    "datetimepicker",
    "plain_text_input",
    "rich_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "file_input",
}
IN_CONTEXT_ACTIONS = frozenset({"feedback_buttons", "icon_button"})


def any_of(types: frozenset[str]) -> OneOf:
    """An element of one of the types."""
    return OneOf({kind: ELEMENTS[kind] for kind in sorted(types)})


BUTTON = any_of(frozenset({"button"}))
