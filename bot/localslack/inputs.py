"""What can be typed and chosen: the elements of a view or message, their state values, and the client's own checks."""

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.localslack.errors import ActError
from bot.localslack.ids import Ids

Json = dict[str, Any]
Where = tuple[str, str]  # block_id, action_id

TEXT = {"plain_text_input", "number_input", "email_text_input", "url_text_input"}
ONE_OPTION = {"static_select", "external_select", "radio_buttons"}
SEVERAL_OPTIONS = {"multi_static_select", "multi_external_select", "checkboxes"}
PLAIN_KEYS: dict[str, tuple[str, str, Any]] = {
    # element type: (key of the state value, key of what the app put in, what it is when empty)
    "datepicker": ("selected_date", "initial_date", None),
    "timepicker": ("selected_time", "initial_time", None),
    "datetimepicker": ("selected_date_time", "initial_date_time", None),
    "users_select": ("selected_user", "initial_user", None),
    "multi_users_select": ("selected_users", "initial_users", []),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
    "channels_select": ("selected_channel", "initial_channel", None),
    "multi_channels_select": ("selected_channels", "initial_channels", []),
    "rich_text_input": ("rich_text_value", "initial_value", None),
    "file_input": ("files", "", []),
} | dict.fromkeys(TEXT, ("value", "initial_value", None))
PLAIN_KEYS |= dict.fromkeys(ONE_OPTION, ("selected_option", "initial_option", None))
PLAIN_KEYS |= dict.fromkeys(SEVERAL_OPTIONS, ("selected_options", "initial_options", []))

PRESSED = {"button", "overflow", "icon_button", "feedback_buttons", "workflow_button"}
"""Elements that are pressed and keep nothing."""

REQUIRED = "Please complete this required field."


def prepared(blocks: list[Json], ids: Ids) -> list[Json]:
    """A copy of the app's blocks as Slack keeps them: every block_id and action_id there, text defaults written out."""
    copied = deepcopy(blocks)
    for block in copied:
        if not block.get("block_id"):
            block["block_id"] = ids.secret("block", 5)
        _fill(block, ids)
    return copied


def _fill(node: Any, ids: Ids) -> None:
    if isinstance(node, list):
        for child in node:
            _fill(child, ids)
    elif isinstance(node, dict):
        kind = node.get("type")
        if kind == "plain_text" and "text" in node:
            node.setdefault("emoji", True)
        elif kind == "mrkdwn":
            node.setdefault("verbatim", False)
        elif (kind in PLAIN_KEYS or kind in PRESSED) and not node.get("action_id"):
            node["action_id"] = ids.secret("action", 5)
        for child in node.values():
            _fill(child, ids)


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each interactive element with the block it stands in, in reading order."""
    for block in blocks:
        yield from _elements(block, block)


def _elements(node: Any, block: Json) -> Iterator[tuple[Json, Json]]:
    if isinstance(node, list):
        for child in node:
            yield from _elements(child, block)
    elif isinstance(node, dict):
        if node.get("block_id") and node.get("type"):
            block = node
        if node.get("action_id") and isinstance(node.get("type"), str):
            yield block, node
            return
        for child in node.values():
            yield from _elements(child, block)


def find_element(blocks: list[Json], block_id: str, action_id: str) -> tuple[Json, Json] | None:
    return next(
        (
            pair
            for pair in elements(blocks)
            if pair[0].get("block_id") == block_id and pair[1]["action_id"] == action_id
        ),
        None,
    )


def initial(element: Json) -> Json | None:
    """The state value of an element that nobody touched; None for one that keeps no state (a button, a menu of "…")."""
    known = PLAIN_KEYS.get(element["type"])
    if known is None:
        return None
    key, given, empty = known
    value = element.get(given, deepcopy(empty))
    if value == "" and element["type"] in TEXT:
        value = None
    return {"type": element["type"], key: deepcopy(value)}


def carried_over(blocks: list[Json], before: dict[Where, Json]) -> dict[Where, Json]:
    """The values of a new or changed view: what was there stays where block_id, action_id and type are unchanged,
    and then the element's initial value counts for nothing; elsewhere the initial value holds."""
    values: dict[Where, Json] = {}
    for block, element in elements(blocks):
        fresh = initial(element)
        if fresh is None:
            continue
        where = (block["block_id"], element["action_id"])
        kept = before.get(where)
        values[where] = kept if kept is not None and kept["type"] == element["type"] else fresh
    return values


def state_values(body: Json, values: dict[Where, Json]) -> Json:
    """`state.values`: block_id to action_id to value."""
    state: Json = {}
    for block, element in elements(body.get("blocks", [])):
        value = values.get((block["block_id"], element["action_id"]))
        if value is not None:
            state.setdefault(block["block_id"], {})[element["action_id"]] = value
    return state


def options_of(element: Json) -> list[Json]:
    """All options of a menu, those in groups included."""
    found: list[Json] = list(element.get("options", []))
    for group in element.get("option_groups", []):
        found.extend(group.get("options", []))
    return found


def same_option(one: Json, other: Json) -> bool:
    """Whether two options are the same entry of a menu."""
    return one.get("value") == other.get("value") and one["text"]["text"] == other.get("text", {}).get("text")


def pick_option(wanted: str | Json, options: list[Json]) -> Json:
    """The option with this text, or this value, or else the first whose text contains it. Raises ActError.

    A client that drew the options names one whole, as it stands in the menu: two may have the same words."""
    if isinstance(wanted, dict):
        found = next((one for one in options if same_option(one, wanted)), None)
        if found is None:
            raise ActError("that option is not offered any more")
        return found
    for option in options:
        if option["text"]["text"] == wanted:
            return option
    for option in options:
        if option.get("value") == wanted:
            return option
    for option in options:
        if wanted.casefold() in option["text"]["text"].casefold():
            return option
    offered = ", ".join(repr(option["text"]["text"]) for option in options) or "nothing"
    raise ActError(f"no option says {wanted!r}; offered: {offered}")


def entered(element: Json, raw: Any, options: list[Json]) -> Json:
    """The state value after a person typed or chose `raw`.

    `raw`: text for text fields; a text or a whole option, or a list of them, for options; ids for people, channels and
    conversations; ISO date, HH:MM, Unix seconds for pickers; None empties the field. Raises ActError for what the
    client would not take.
    """
    kind: str = element["type"]
    if kind not in PLAIN_KEYS:
        raise ActError(f"nothing can be entered into a {kind}")
    key, _, empty = PLAIN_KEYS[kind]
    if raw is None or raw in ("", []):
        return {"type": kind, key: deepcopy(empty)}
    value: Any
    if kind in ONE_OPTION:
        value = pick_option(named(raw), options)
    elif kind in SEVERAL_OPTIONS:
        value = [pick_option(named(one), options) for one in _several(raw)]
    elif isinstance(empty, list):
        value = [str(one) for one in _several(raw)]
    elif kind == "datetimepicker":
        value = int(raw)
    elif kind == "rich_text_input":
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": str(raw)}]}
        value = {"type": "rich_text", "elements": [section]}
    else:
        value = _checked_text(kind, str(raw))
    most = element.get("max_selected_items")
    if isinstance(most, int) and isinstance(value, list) and len(value) > most:
        raise ActError(f"at most {most} can be chosen")
    return {"type": kind, key: value}


def named(raw: Any) -> str | Json:
    """An option as it was chosen: whole, or by its words."""
    return raw if isinstance(raw, dict) else str(raw)


def _several(raw: Any) -> list[Any]:
    return list(raw) if isinstance(raw, list | tuple) else [raw]


def _checked_text(kind: str, text: str) -> str:
    try:
        if kind == "datepicker":
            date.fromisoformat(text)
        elif kind == "timepicker":
            time.fromisoformat(text)
    except ValueError as problem:
        raise ActError(f"{text!r} cannot be picked: {problem}") from problem
    return text


def client_errors(blocks: list[Json], values: dict[Where, Json]) -> dict[str, str]:
    """What the client itself refuses on submit, by block_id; the app hears nothing of it."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block.get("type") != "input":
            continue
        element = block["element"]
        value = values.get((block["block_id"], element["action_id"]))
        content = None if value is None else value[PLAIN_KEYS[element["type"]][0]]
        if content is None or content in ("", []):
            if not block.get("optional", False):
                errors[block["block_id"]] = REQUIRED
            continue
        problem = _problem(element, content)
        if problem is not None:
            errors[block["block_id"]] = problem
    return errors


def _problem(element: Json, content: Any) -> str | None:
    kind = element["type"]
    if kind == "number_input":
        return _number_problem(element, str(content))
    if kind == "plain_text_input":
        length = len(content)
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        if length < least:
            return f"Please enter at least {least} characters."
        if length > most:
            return f"Please enter at most {most} characters."
    if kind == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", content):
        return "Please enter a valid email address."
    if kind == "url_text_input" and not re.match(r"[a-z][a-z0-9+.-]*://\S+$", content):
        return "Please enter a valid URL."
    return None


def _number_problem(element: Json, content: str) -> str | None:
    try:
        number = Decimal(content)
    except InvalidOperation:
        return "Please enter a valid number."
    if not number.is_finite():
        return "Please enter a valid number."
    if not element.get("is_decimal_allowed", False) and number != number.to_integral_value():
        return "Please enter a whole number."
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and number < Decimal(str(least)):
        return f"Please enter a number no smaller than {least}."
    if most is not None and number > Decimal(str(most)):
        return f"Please enter a number no larger than {most}."
    return None
