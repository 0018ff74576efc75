"""A dialog that was pressed again after something had changed in it, where the first press was taken already.

Its answer was lost on the way, so whoever pressed was told that it did not work. What they sent then stands; what they
changed since is lost in no case, and is never sent without their saying so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.ids import Dialog
from bot.blocks.layout import dialog, section
from bot.blocks.post import View
from bot.blocks.text import said

NOTE = "sent_before"

# What is settled by being sent, or is a list that somebody may have changed since: to be opened anew for a change.
SENT_ONLY_ONCE = frozenset(
    {
        Dialog.AWAY,
        Dialog.CHANGE_KEY_RESULT,
        Dialog.CORRECT,
        Dialog.DISMISS_SIGNAL,
        Dialog.DROP_DECISION,
        Dialog.INITIATIVES,
        Dialog.NOT_MINE,
        Dialog.RESOLVE,
        Dialog.STOP_KEY_RESULT,
    }
)
# Of a view, as Slack sends it, what makes another one of it.
_OF_A_VIEW = ("type", "callback_id", "title", "submit", "close", "private_metadata")
_LONGEST = 2900
_ARRIVED = "*What you sent a moment ago has arrived*, as it stood here then."


def shown_again(view: Mapping[str, Any]) -> View:
    """The same dialog with a note above. Slack keeps what stands in the fields, because these are the same."""
    pressed = said(view["submit"]["text"])
    note = section(
        f"{_ARRIVED} What you have changed since has not: press *{pressed}* again to send it as well.",
        block_id=NOTE,
    )
    rest = [block for block in view["blocks"] if block.get("block_id") != NOTE]
    return {**{name: view[name] for name in _OF_A_VIEW if view.get(name)}, "blocks": [note, *rest]}


def has_arrived(view: Mapping[str, Any]) -> View:
    """For what is sent only once: what stands now in the fields for words is given back, to be copied from."""
    words = [(block["label"]["text"], typed) for block in view["blocks"] if (typed := _typed(block, view))]
    text = f"{_ARRIVED} What you have changed since is not in it: open it again to change it."
    blocks = [section(f"{text} This is what you typed:" if words else text)]
    blocks += [section(f"*{said(label)}*\n{said(typed, _LONGEST)}") for label, typed in words]
    return dialog("Okra", blocks, callback_id=Dialog.NOTICE, metadata="{}", close="Close")


def _typed(block: Mapping[str, Any], view: Mapping[str, Any]) -> str:
    if block.get("type") != "input" or block["element"]["type"] != "plain_text_input":
        return ""
    fields = view["state"]["values"].get(block["block_id"], {})
    return str((fields.get(block["element"]["action_id"]) or {}).get("value") or "").strip()
