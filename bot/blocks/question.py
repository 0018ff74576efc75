"""*Ask the owner*: the dialog of who asks, and what the owner reads."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.blocks.ids import Dialog, Typed, block
from bot.blocks.layout import context, dialog, field_input, section, text_element
from bot.blocks.links import linked, mention
from bot.blocks.post import Post, View
from bot.blocks.text import said

QUESTION_LENGTH = 1000


@dataclass(frozen=True)
class Asked:
    """A question about a key result whose owner wants help. `slack_id` is the asker's; `link` leads to the thread."""

    escalation_id: int
    number: int
    name: str
    owner: str
    asker: str
    slack_id: str
    need: str
    text: str
    link: str | None


def ask_dialog(about: Asked) -> View:
    """One field: the question."""
    need = f"\n*Needed:* {said(about.need, 300)}" if about.need else ""
    return dialog(
        f"About KR-{about.number}",
        [
            section(f"*KR-{about.number} {said(about.name, 100)}* · {said(about.owner, 60)}{need}"),
            field_input(
                f"What do you want to ask {about.owner}?",
                block(Typed.QUESTION, about.escalation_id),
                text_element(Typed.QUESTION, multiline=True, most=QUESTION_LENGTH),
                hint="They read it in a direct message, with your name, and answer you.",
            ),
        ],
        callback_id=Dialog.ASK_OWNER,
        metadata=json.dumps({"escalation": about.escalation_id}),
        submit="Ask",
        close="Not now",
    )


def asked(about: Asked) -> Post:
    """What the owner reads. The asker is mentioned, so that a press leads to them."""
    title = f"{said(about.asker, 60)} asks about KR-{about.number} {said(about.name, 80)}"
    thread = f", or in the {linked(about.link, 'thread')}" if about.link else ""
    return Post(
        title,
        (
            section(f"*{title}*\n{said(about.text, QUESTION_LENGTH)}"),
            context(f"They read the digest. Answer {mention(about.slack_id)} directly{thread}."),
        ),
    )


def on_its_way(owner: str) -> Post:
    return Post(f"{said(owner, 60)} has your question now, and answers you directly.")


def ask_in_a_line() -> str:
    return "Please ask in a line or two, or close this with “Not now”."


def question_too_long(length: int) -> str:
    return f"This is {length} characters long; {QUESTION_LENGTH} fit. One question at a time is easier to answer."
