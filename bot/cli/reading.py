"""A message as lines in a terminal: what a person would read, without Slack's marks."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.blocks.post import Post


def lines(post: Post) -> list[str]:
    """The message, line by line; buttons as `[words]`."""
    blocks = list(post.blocks)
    if not blocks:
        return _plain(post.text).splitlines()
    return [line for block in blocks for text in _texts(block) for line in _plain(text).splitlines()]


def _texts(block: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(block.get("text"), Mapping):
        yield str(block["text"]["text"])
    for field in block.get("fields") or ():
        yield str(field["text"])
    if block["type"] == "context":
        yield " ".join(str(element["text"]) for element in block["elements"] if "text" in element)
    if block["type"] == "actions":
        yield " ".join(f"[{element['text']['text']}]" for element in block["elements"] if "text" in element)


def _plain(text: str) -> str:
    text = re.sub(r"<([^<>|]+)\|([^<>]*)>", r"\2", text)
    text = re.sub(r"<([@#!])?([^<>]*)>", r"\2", text)
    text = re.sub(r"(?<!\w)[*_~](\S(?:[^\n]*?\S)?)[*_~](?!\w)", r"\1", text)
    return html.unescape(text).replace("\u2060", "")
