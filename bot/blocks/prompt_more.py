"""What stands behind the three dots under the prompt, and the dialog that asks which key result is meant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import dialog, field_input, option, section
from bot.blocks.post import Block, View
from bot.blocks.text import plain
from bot.domain.cadence import Period

# Nobody looks through more; what is beyond is answered with *Check in* or `/kr`.
MOST_CHOICES = 25


class More(StrEnum):
    """The entries of the menu."""

    UNCHANGED = "unchanged"
    ONLY_ONE = "only_one"
    NOT_MINE = "not_mine"


@dataclass(frozen=True)
class Candidate:
    """A key result that can be chosen."""

    key_result_id: int
    label: str
    name: str


def more_menu(entries: Sequence[More], period: Period) -> Block:
    """The three dots; there is at least one entry."""
    words = {
        More.UNCHANGED: "Nothing changed",
        More.ONLY_ONE: "Only one of them",
        More.NOT_MINE: "Not mine",
    }
    return {
        "type": "overflow",
        "action_id": Act.PROMPT_MORE,
        "options": [option(words[entry], f"{entry}:{period.isoformat()}") for entry in dict.fromkeys(entries)],
    }


def which_one_dialog(candidates: Sequence[Candidate], period: Period) -> View:
    """*Only one of them*: which? There is at least one."""
    return dialog(
        "Only one of them",
        [
            section("Which one do you want to answer now? The others stay open."),
            which_one("Key result", candidates),
        ],
        callback_id=Dialog.WHICH_ONE,
        metadata=json.dumps({"period": period.isoformat()}),
        submit="Go on",
        close="Close",
    )


def which_one(label: str, candidates: Sequence[Candidate]) -> Block:
    """A menu of key results."""
    options = [option(f"{one.label} {one.name}", str(one.key_result_id)) for one in candidates[:MOST_CHOICES]]
    return field_input(
        label,
        Typed.WHICH,
        {
            "type": "static_select",
            "action_id": Typed.WHICH,
            "placeholder": plain("Choose one", 150),
            "options": options,
        },
    )
