"""The work that should move a key result: the dialog in which its owner names it, and how it is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks.ids import Act, Dialog, Typed, block
from bot.blocks.layout import button, dialog, field_input, section, text_element
from bot.blocks.links import linked
from bot.blocks.post import Block, Post, View
from bot.blocks.text import clip, said

MOST = 10
LONGEST = 300
"""Of one line, in code points."""

_NAMED_SINCE = (
    "*Somebody else has changed these meanwhile.* Below is what stands now, with what you changed; nothing of that is "
    "saved yet."
)
_SHOWN = 5
_WORDS = 100
_ADDRESS = re.compile(r"https?://[^\s<>|]+")


@dataclass(frozen=True)
class Initiatives:
    """`lines` as they stand, each a line of words or an address; `ids` are theirs. `typed`: what is to stand in the
    field instead, where somebody else named others while it was typed."""

    key_result_id: int
    number: int
    name: str
    lines: tuple[str, ...]
    ids: tuple[int, ...] = ()
    typed: tuple[str, ...] | None = None


def initiatives_button(key_result_id: int) -> Block:
    """The button beside a key result."""
    return button("Initiatives", Act.INITIATIVES, value=str(key_result_id))


def initiatives_dialog(view: Initiatives) -> View:
    """One field, a line each; what stands there already is in it."""
    lines = view.lines if view.typed is None else view.typed
    return dialog(
        f"KR-{view.number}: initiatives",
        [
            *([section(_NAMED_SINCE)] if view.typed is not None else []),
            section(f"*{said(view.name, 80)}*\nWhich work is to move this number? It is reviewed by its result alone."),
            field_input(
                "Initiatives",
                # Slack keeps what is typed in a field of the same id.
                block(Typed.INITIATIVES, "-".join(map(str, view.ids))),
                text_element(
                    Typed.INITIATIVES,
                    initial="\n".join(lines),
                    placeholder="New sign-up for half of the users",
                    multiline=True,
                    most=3000,
                ),
                optional=True,
                hint="One a line: a few words, or a link to where the work is planned. Empty takes them all away.",
            ),
        ],
        callback_id=Dialog.INITIATIVES,
        metadata=json.dumps({"key_result": view.key_result_id, "shown": view.ids}),
        submit="Save",
        close="Cancel",
    )


def initiatives_saved(view: Initiatives) -> Post:
    """To who saved them."""
    count = len(view.lines)
    if not count:
        return Post(f"KR-{view.number} {said(view.name, 80)} names no initiative now.")
    return Post(f"KR-{view.number} {said(view.name, 80)} names {count} initiative{'s' if count > 1 else ''} now.")


def too_many(count: int) -> str:
    return f"These are {count} lines; {MOST} fit. Few that matter say more."


def line_too_long(line: str, length: int) -> str:
    return f"“{clip(line, 40)}” is {length} characters long; {LONGEST} fit in a line."


def initiatives_shown(lines: Sequence[str]) -> str:
    """Under the key result; the last ones are counted. What is an address, and nothing else, can be followed."""
    shown = [f"• {_line(one)}" for one in lines[:_SHOWN]]
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n".join(["*Initiatives*", *shown, *more])


def _line(text: str) -> str:
    if _ADDRESS.fullmatch(text):
        return linked(text, clip(text.partition("://")[2], _WORDS))
    return said(text, _WORDS)
