"""*Ask the owner*: the dialog of who asks, what the owner reads, and what the thread has of it."""

from __future__ import annotations

import json

from bot.blocks.escalation_path import NAME
from bot.blocks.escalation_shown import Case, Person
from bot.blocks.escalation_words import to_thread, whole
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import actions, button, dialog, field_input, section, text_element
from bot.blocks.links import mention
from bot.blocks.post import Post, View
from bot.blocks.text import said

QUESTION_LENGTH = 1000


def ask_dialog(case: Case) -> View:
    """One field: the question. What is needed stands above it."""
    need = f"\n*Needed:* {said(case.words.need, 300)}" if case.words.need else ""
    return dialog(
        f"Ask about {case.standing.label}",
        [
            section(f"*{case.title}* · {said(case.owner.name, NAME)}{need}"),
            field_input(
                "What would you like to know?",
                Typed.QUESTION,
                text_element(Typed.QUESTION, multiline=True, most=QUESTION_LENGTH),
                hint=f"{case.owner.name} gets it as a direct message with your name, and it stands in the thread.",
            ),
        ],
        callback_id=Dialog.ASK_OWNER,
        metadata=json.dumps({"escalation": case.escalation_id}),
        submit="Ask",
        close="Not now",
    )


def in_thread(case: Case, asked: str, by: str, question: str) -> Post:
    """Reply: a question to the owner, who gets it directly too. `asked` is who owned it then."""
    head = f"{said(by, NAME)} asks {said(asked, NAME)}:"
    return Post(f"{case.standing.label}, {head} {said(question, 300)}", tuple(whole(f"*{head}*\n", question)))


def to_owner(case: Case, by: Person, question: str) -> Post:
    """The direct message to the owner: one question, what it is about, and where to answer it. Who asks is mentioned,
    so that a press leads to them."""
    head = f"{said(by.name, NAME)} asks you about {case.title}:"
    thread = ", in the thread" if case.link is not None else ""
    return Post(
        f"{head} {said(question, 300)}",
        (
            *whole(f"*{head}*\n", question),
            section(f"You can answer {mention(by.slack_id)} directly{thread}, or with a check-in."),
            actions(button("Check in", Act.UPDATE_KEY_RESULT, value=str(case.standing.key_result_id))),
            *to_thread(case),
        ),
    )


def on_its_way(owner: str) -> Post:
    return Post(f"{said(owner, NAME)} has your question now, and it stands in the thread.")


def question_missing() -> str:
    return "Please write what you would like to know."
