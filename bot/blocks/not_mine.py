"""*Not mine*: the dialog, what the owner reads next, and what the lead is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import actions, button, context, dialog, field_input, section, text_element
from bot.blocks.post import Block, Post, View
from bot.blocks.prompt_more import Candidate, which_one
from bot.blocks.text import said
from bot.domain.cadence import Period

WHOSE_LENGTH = 300


@dataclass(frozen=True)
class Disowned:
    """What the lead is told. `words`: what the owner wrote beside it."""

    key_result_id: int
    number: int
    name: str
    owner: str
    owner_slack_id: str
    words: str
    team: str


def not_mine_dialog(candidates: Sequence[Candidate], period: Period, told: Sequence[str]) -> View:
    """Which one, and whose it may be. `told`: who will read it, by name. There is at least one candidate."""
    if len(candidates) > 1:
        blocks: list[Block] = [which_one("Which one is not yours?", candidates)]
    else:
        only = candidates[0]
        blocks = [section(f"*{only.label}* {said(only.name, 100)}")]
    blocks += [
        field_input(
            "Whose is it, as far as you know?",
            Typed.WHOSE,
            text_element(Typed.WHOSE, placeholder="Perhaps Ana's, since the reorganisation", most=WHOSE_LENGTH),
            optional=True,
        ),
        context(
            f"{told_by_name(told)} can hand it to somebody else. Until then I ask you nothing more about it this week."
        ),
    ]
    only_id = None if len(candidates) > 1 else candidates[0].key_result_id
    return dialog(
        "Not mine",
        blocks,
        callback_id=Dialog.NOT_MINE,
        metadata=json.dumps({"period": period.isoformat(), "kr": only_id}),
        submit="Tell them",
        close="Not now",
    )


def told_dialog(label: str, told: str) -> View:
    """The last page: what happens next."""
    return dialog(
        "Thank you",
        [
            section(
                f"*{told} has been told that {label} is not yours, and can hand it to somebody else.* "
                "I ask you nothing more about it this week."
            ),
            context(f"Is it yours after all? `/kr {label.removeprefix('KR-')}`, then *Update*, answers it as ever."),
        ],
        callback_id=Dialog.NOTICE,
        metadata="{}",
        close="Close",
    )


def not_mine(view: Disowned) -> Post:
    """To the lead: who says so, and what can be done about it."""
    owner, label = said(view.owner, 80), f"KR-{view.number}"
    headline = f"{owner} says that {label} {said(view.name, 100)} is not theirs"
    words = f"\n> {said(view.words, WHOSE_LENGTH)}" if view.words else ""
    return Post(
        headline,
        (
            section(f"*{headline}* · only you see this{words}"),
            section(
                "It stays with them until it is handed over, and nobody is asked about it this week. "
                f"If it is theirs, a word to <@{view.owner_slack_id}> helps most; "
                f"or answer for them: `/kr {view.number}`, then *Update*."
            ),
            actions(button("Hand over", Act.HAND_OVER, value=str(view.key_result_id))),
        ),
    )


def which_is_missing() -> str:
    return "Please choose the one that is meant."


def told_by_name(told: Sequence[str]) -> str:
    """ "Ana", "Ana or Ben", "Ana, Ben or Cy"; there is at least one."""
    names = [said(name, 80) for name in dict.fromkeys(told)]
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} or {names[-1]}"
