"""What stands behind the three dots of an escalation, and the dialog that makes it private."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum

from bot.blocks.ids import Act, Dialog
from bot.blocks.layout import dialog, overflow, section
from bot.blocks.post import Block, View
from bot.blocks.text import said

NAME = 80


class Entry(StrEnum):
    """The entries of the menu."""

    ASK_OWNER = "ask_owner"
    MAKE_PRIVATE = "make_private"
    RESOLVE = "resolve"


def menu(escalation_id: int, *, is_private: bool, ends: bool) -> Block:
    """The three dots. `ends`: *Resolve* is among them, where no button beside says it."""
    entries = [("Ask the owner", Entry.ASK_OWNER)]
    if not is_private:
        entries.append(("Make private", Entry.MAKE_PRIVATE))
    if ends:
        entries.append(("Resolve", Entry.RESOLVE))
    return overflow(Act.ESCALATION_MORE, [(words, f"{entry.value}:{escalation_id}") for words, entry in entries])


def make_private(escalation_id: int, label: str, names: Sequence[str], *, leaves: str | None) -> View:
    """What it means, before it is done: there is no way back. `names` are those who go on seeing it; `leaves` is the
    channel that the thread is in, null where it stays where it is."""
    lines = [f"*From now on these people see it, and nobody else:* {', '.join(said(one, NAME) for one in names)}"]
    if leaves is not None:
        lines.append(
            f"It goes on in a group message. What Okra wrote in <#{leaves}> is replaced by a line without words; "
            "what others wrote there stays theirs."
        )
    lines.append("Who is asked next sees it too, and so does who makes a decision happen. There is no way back.")
    return dialog(
        f"Make {label} private",
        [section("\n".join(lines))],
        callback_id=Dialog.MAKE_PRIVATE,
        metadata=_metadata(escalation_id),
        submit="Make private",
        close="Cancel",
    )


def _metadata(escalation_id: int) -> str:
    return json.dumps({"escalation": escalation_id})
