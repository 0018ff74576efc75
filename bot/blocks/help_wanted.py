"""Asking for help without a check-in: a lead's or owner's dialog, and a message that is turned into a blocker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.blocks.checkin_parts import Choice
from bot.blocks.ids import Act, Dialog, Typed, block
from bot.blocks.layout import context, dialog, field_input, option, section, text_element
from bot.blocks.links import linked
from bot.blocks.post import Block, Post, View
from bot.blocks.text import mrkdwn, plain, said

WORDS_LIMIT = 3000
# What a dialog can carry of a message, until somebody says whether it is copied; and what Slack lets it carry in all.
CARRIED = 1200
METADATA = 3000
NAME = 80


@dataclass(frozen=True)
class Destination:
    """Where the thread of a key result is, or will be: in a channel, or in a group message (`channel` is null).

    Whoever reads the name of a channel may be no member of a private request, which goes on elsewhere and of which they
    are not to learn: no words may promise that channel.
    """

    channel: str | None

    @property
    def value(self) -> str:
        return self.channel or "group"


@dataclass(frozen=True)
class Carried:
    """A message that is turned into a blocker, as the dialog carries it: nothing of it is kept elsewhere."""

    link: str
    text: str


def ask_for_help(key_result_id: int, label: str) -> View:
    """What is stuck, by whom, and what is needed. `label` is the key result's (`KR-12`)."""
    return dialog(
        f"Help for {label}",
        [
            field_input(
                "What is stuck?",
                Typed.STUCK,
                text_element(Typed.STUCK, multiline=True, most=WORDS_LIMIT),
                hint="It is posted in the thread, as you write it.",
            ),
            _blocked_by(optional=True),
            field_input("What is needed?", Typed.NEED, text_element(Typed.NEED, multiline=True, most=WORDS_LIMIT)),
        ],
        callback_id=Dialog.ASK_FOR_HELP,
        metadata=json.dumps({"key_result": key_result_id}),
        submit="Ask for help",
        close="Cancel",
    )


def turn_into_blocker(message: Carried, *, chosen: Choice | None = None, to: Destination | None = None) -> View:
    """Which key result, and by whom it is blocked. Once it is chosen, a box names where the text would go."""
    menu: dict[str, object] = {
        "type": "external_select",
        "action_id": Act.WHICH_KEY_RESULT,
        "min_query_length": 0,
        "placeholder": plain("Its number or some of its words", 150),
    }
    if chosen is not None:
        menu["initial_option"] = option(chosen.text, chosen.value)
    blocks: list[Block] = [
        section(f"{linked(message.link, 'This message')} is what is in the way."),
        field_input("Of which key result?", Act.WHICH_KEY_RESULT, menu, dispatch=True),
        _blocked_by(optional=False),
    ]
    if to is not None:
        box = {"text": mrkdwn(f"Copy the text into its thread ({place(to)})"), "value": to.value}
        element = {"type": "checkboxes", "action_id": Typed.COPY_TEXT, "options": [box]}
        blocks.append(field_input("The message's text", block(Typed.COPY_TEXT, to.value), element, optional=True))
    blocks.append(context("Only a link to the message goes there, unless you tick the box."))
    return dialog(
        "Turn into a blocker",
        blocks,
        callback_id=Dialog.TURN_INTO_BLOCKER,
        metadata=_carrying(message),
        submit="Ask for help",
        close="Cancel",
    )


def _carrying(message: Carried) -> str:
    """As JSON, with as much of the text as fits: signs that JSON escapes take more room."""
    text = message.text if len(message.text) <= CARRIED else message.text[: CARRIED - 1].rstrip() + "…"
    while len(whole := json.dumps({"link": message.link, "text": text}, ensure_ascii=False)) > METADATA and text:
        text = text[: len(text) * 3 // 4].rstrip(" …") + "…" if len(text) > 8 else ""
    return whole


def carried(metadata: Mapping[str, object]) -> Carried:
    """The message back from the dialog."""
    return Carried(str(metadata.get("link", "")), str(metadata.get("text", "")))


def place(to: Destination) -> str:
    """Who reads its thread, at most."""
    if to.channel is not None:
        return f"read in <#{to.channel}>, or by fewer"
    # A choice takes 75 characters.
    return "read by owner, lead and whoever was asked"


def noted(label: str, blocked_by: str, *, copied: bool) -> Post:
    """To who turned a message into a blocker: what became of it."""
    what = "the link and the text" if copied else "the link"
    return Post(f"Thank you: {label} is now blocked by {said(blocked_by, NAME)}. I put {what} into its thread.")


def asked(label: str) -> Post:
    """To who asked for help."""
    return Post(f"I have asked for help with {label} in its thread.")


# What is said under a field, in plain text


def stuck_missing() -> str:
    return "Please write what is stuck."


def need_missing() -> str:
    return "Please write what is needed: it is what the lead is asked to get."


def key_result_missing() -> str:
    return "Please choose one key result."


def blocked_by_missing() -> str:
    return "Please name a person, a team, or say it in your own words."


def goes_elsewhere() -> str:
    return "Its thread is somewhere else by now. Please choose the key result again, and look where the text would go."


def _blocked_by(*, optional: bool) -> Block:
    menu = {
        "type": "external_select",
        "action_id": Act.BLOCKED_BY,
        "min_query_length": 1,
        "placeholder": plain("A person, a team, or your own words", 150),
    }
    return field_input("Blocked by", Act.BLOCKED_BY, menu, optional=optional)
