"""The few blocks that nearly every message is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.blocks.post import Block
from bot.blocks.text import mrkdwn, plain

SECTION_LIMIT = 3000


def section(text: str, *, accessory: Block | None = None, block_id: str | None = None) -> Block:
    """A paragraph of mrkdwn; longer than Slack takes, it is cut at a line's end."""
    block: dict[str, Any] = {"type": "section", "text": mrkdwn(_fit(text))}
    if accessory is not None:
        block["accessory"] = accessory
    if block_id is not None:
        block["block_id"] = block_id
    return block


def context(text: str) -> Block:
    """A small grey line."""
    return {"type": "context", "elements": [mrkdwn(_fit(text))]}


def preformatted(text: str) -> Block:
    """A box of plain text to copy: nothing in it is formatted, linked or mentioned, whatever it is."""
    box = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [box]}


def divider() -> Block:
    return {"type": "divider"}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text, 150)}


def button(text: str, action_id: str, *, value: str = "", style: str | None = None) -> Block:
    """A button. `value` names what it is about, never who presses."""
    element: dict[str, Any] = {"type": "button", "text": plain(text, 75), "action_id": action_id}
    if value:
        element["value"] = value
    if style is not None:
        element["style"] = style
    return element


def link_button(text: str, action_id: str, address: str, *, value: str = "") -> Block:
    """A button that leads to an address; Okra hears of the press too."""
    return {**button(text, action_id, value=value), "url": address}


def actions(*elements: Block, block_id: str | None = None) -> Block:
    block: dict[str, Any] = {"type": "actions", "elements": list(elements)}
    if block_id is not None:
        block["block_id"] = block_id
    return block


def overflow(action_id: str, entries: Sequence[tuple[str, str]]) -> Block:
    """A menu behind “…”: one to five entries, each with its words and its value."""
    return {"type": "overflow", "action_id": action_id, "options": [option(words, value) for words, value in entries]}


def option(text: str, value: str) -> Block:
    return {"text": plain(text, 75), "value": value}


def field_input(
    label: str,
    block_id: str,
    element: Block,
    *,
    optional: bool = False,
    hint: str | None = None,
    dispatch: bool = False,
) -> Block:
    """An input with its label; `dispatch`: Okra hears of a choice at once."""
    block: dict[str, Any] = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint, 2000)
    if dispatch:
        block["dispatch_action"] = True
    return block


def text_element(
    action_id: str, *, initial: str = "", placeholder: str = "", multiline: bool = False, most: int = 3000
) -> Block:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": action_id,
        "multiline": multiline,
        "max_length": most,
    }
    if initial:
        element["initial_value"] = initial[:most]
    if placeholder:
        element["placeholder"] = plain(placeholder, 150)
    return element


def dialog(
    title: str, blocks: list[Block], *, callback_id: str, metadata: str, submit: str | None = None, close: str
) -> Block:
    """A modal view. `metadata` is JSON that comes back with every interaction."""
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "close": plain(close, 24),
        "private_metadata": metadata,
        "blocks": blocks,
    }
    if submit is not None:
        view["submit"] = plain(submit, 24)
    return view


def _fit(text: str) -> str:
    if len(text) <= SECTION_LIMIT:
        return text
    cut = text[: SECTION_LIMIT - 2]
    return cut[: cut.rfind("\n")] + "\n…" if "\n" in cut else cut + "…"
