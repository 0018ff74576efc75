"""Slack's notation in what people typed, turned back into what they saw: `<@U024BE7LH|ana>` is @ana, `&amp;` is &.

A slash command arrives in it (`should_escape` in the manifest); the fields of a dialog do not. What is kept is plain
words: they are made inert again wherever they are shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SIGNS = {"amp": "&", "lt": "<", "gt": ">"}
_ENTITY = re.compile(r"&(amp|lt|gt);")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
# All of it in one pass: the `&amp;lt;` of somebody who typed `&lt;` is decoded once.
_NOTATION = re.compile(
    r"<(?P<to>[@#!][^<>|\s]+|(?:https?|ftps?|mailto|tel|slack):[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>|&(?P<sign>amp|lt|gt);"
)
_EVERYBODY = ("!channel", "!here", "!everyone", "!subteam")


def mentioned(text: str) -> frozenset[str]:
    """The Slack ids of the people whom a text mentions."""
    return frozenset(_MENTION.findall(text))


def as_seen(text: str, names: Mapping[str, str]) -> str:
    """The text as the person who typed it saw it. `names`: what people are called, by Slack id, as far as known."""

    def seen(found: re.Match[str]) -> str:
        if found["sign"]:
            return _SIGNS[found["sign"]]
        to, label = found["to"], without_entities(found["label"] or "")
        if to.startswith("@"):
            return "@" + (names.get(to[1:]) or label or to[1:])
        if to.startswith("#"):
            return "#" + (label or to[1:])
        if to.startswith(_EVERYBODY):
            return "@" + (label or to[1:].partition("^")[0]).removeprefix("@")
        return label or without_entities(to)

    return _NOTATION.sub(seen, text)


def without_entities(text: str) -> str:
    """The three signs that Slack writes as `&amp;`, `&lt;` and `&gt;`, as themselves."""
    return _ENTITY.sub(lambda found: _SIGNS[found[1]], text)
