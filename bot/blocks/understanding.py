"""What Okra understood of a line that somebody wrote to it: shown before anything is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.blocks.checkin_parts import HELP_HINT, OPENS_BY_ITSELF
from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, context, section
from bot.blocks.post import Block, Post
from bot.blocks.prompt import what_follows
from bot.blocks.standing import Standing, colour, score_pair
from bot.blocks.text import quoted, said
from bot.domain.confidence import Confidence
from bot.domain.yellow import Yellow

LINE = 300
MOST_NAMED = 8


class Missing(StrEnum):
    """What a check-in needs and the line did not say."""

    VALUE = "value"
    COLOUR = "colour"
    NEXT_MOVE = "next_move"
    NEED = "need"
    PLAN = "plan"


_MISSING = {
    Missing.VALUE: "the value",
    Missing.COLOUR: "the colour",
    Missing.NEXT_MOVE: "the next move",
    Missing.NEED: "what you need",
    Missing.PLAN: "the plan (“help me plan” is one)",
}


@dataclass(frozen=True)
class Understood:
    """A line that waits for its *Save*. `value` has its unit; `same`: it is the last one. `last`
    is that before it, "" for none.

    `next_move_stays`: nothing was said of it, and the newest goes on. `missing` and `wrong` (a sentence about what
    cannot be taken) keep it from being saved as it is; `odd` is a question about the value. `yellow`: what its colour
    does, where that is yellow.
    """

    understanding_id: int
    standing: Standing
    value: str
    same: bool
    confidence: Confidence | None
    words: str
    blocked_by: str
    next_move: str
    next_move_stays: bool
    need: str
    plan: str
    not_understood: tuple[str, ...]
    missing: tuple[Missing, ...]
    wrong: str
    odd: str
    yellow: Yellow = Yellow.FIRST
    last: str = ""

    @property
    def can_be_saved(self) -> bool:
        return not self.missing and not self.wrong

    @property
    def is_asked_about_help(self) -> bool:
        """One more yellow, which its owner is asked about as in the dialog."""
        return self.can_be_saved and self.confidence is Confidence.YELLOW and self.yellow is Yellow.ASKS


def understood(view: Understood) -> Post:
    """What was understood, and what was not. Nothing is saved yet."""
    stands = view.standing
    heading = f"*{stands.label}* {said(stands.name, 80)}"
    lines = [heading, *_lines(view)]
    if view.can_be_saved:
        ask, buttons = "Is that right?", _buttons(view, "Save", "Edit", "Not this")
        if view.is_asked_about_help:
            ask = "Is that right, and would help change this?"
    else:
        ask, buttons = _what_is_missing(view), _buttons(view, "", "Fill in the rest", "Not this")
    blocks: list[Block] = [section("\n".join(lines)), section(f"*{ask}*")]
    if view.is_asked_about_help:
        blocks.append(context(HELP_HINT))
    elif view.confidence is Confidence.YELLOW and view.yellow is Yellow.OPENS:
        blocks.append(context(OPENS_BY_ITSELF))
    if view.not_understood:
        blocks.append(context(could_not_place(view.not_understood)))
    blocks.append(actions(*buttons))
    named = [said(view.value, 40), colour(view.confidence) if view.confidence is not None else ""]
    short = ", ".join(part for part in named if part)
    return Post(f"{stands.label}: {short}. {ask}" if short else f"{stands.label}: {ask}", tuple(blocks))


def saved(standing: Standing, changes_until: datetime, *, digest_follows: bool) -> Post:
    """The line was saved; the score is told, and what follows."""
    score = score_pair(standing.score, standing.last_score, bold=True) if standing.kind.is_scored else "watched"
    headline = was_saved(standing.label).text
    told = f"{colour(standing.confidence)} *{standing.label}* {said(standing.name, 80)} · {score}"
    follows = what_follows(standing.number, changes_until, digest_follows=digest_follows)
    return Post(headline, (section(f"*{headline}*\n{told}"), context(follows)))


def was_saved(label: str) -> Post:
    """As `saved`, for somebody who can change it no more."""
    text = f"{label} is in. Thank you."
    return Post(text, (section(text),))


def not_saved(label: str) -> Post:
    """*Not this* was pressed, or something newer took its place."""
    text = f"All right: nothing of this was saved for {label}."
    return Post(text, (section(text),))


def too_late(label: str) -> Post:
    """Answering is over, and *Save* was not pressed."""
    text = f"The week's digest is out, and this was not saved for {label}."
    return Post(text, (section(text),))


def not_clear(text: str) -> Post:
    """Nothing of a check-in was in it."""
    words = (
        f"I can't read a check-in in “{said(text, LINE)}”, so nothing is saved. "
        "A line such as `12 45 yellow, next: call the bank` works, with the key result's number at its head. "
        "`/okr` lists yours, and `/okr help` lists what you can type."
    )
    return Post(words, (section(words),))


def not_read(lines: tuple[str, ...]) -> Post:
    """What stood behind as many lines as one message may have."""
    words = (
        f"That is more than I read at once, and I have not read {quoted(lines)}. "
        "Please send the rest in a message of its own."
    )
    return Post(words, (section(words),))


def which_one(text: str, labels: tuple[str, ...]) -> Post:
    """A value or a colour, and no number of a key result."""
    if labels:
        named = ", ".join(said(label, 20) for label in labels[:MOST_NAMED]) + ("…" if len(labels) > MOST_NAMED else "")
        words = f"Which key result do you mean with “{said(text, LINE)}”? Still open are {named}. Put its number first."
    else:
        words = f"Which key result do you mean with “{said(text, LINE)}”? Put its number first. `/okr` lists yours."
    return Post(words, (section(words),))


def cannot(reason: str) -> Post:
    """A sentence of `bot/blocks/refusals.py`, as an answer."""
    return Post(reason, (section(reason),))


def no_such_number(reason: str, number: int) -> Post:
    """A number alone that is no key result's, and may be a value."""
    words = f"{reason} If {number} is the value, put the key result's number before it, as in `12 {number} green`."
    return Post(words, (section(words),))


def answered_since(label: str) -> str:
    return f"{label} was answered after this, and that stands. Nothing was changed."


def measures_something_else() -> str:
    return "It measures something else since you wrote this, so its value is to be said anew."


def could_not_place(parts: tuple[str, ...]) -> str:
    return f"I could not place {quoted(parts)}."


def _lines(view: Understood) -> list[str]:
    value = said(view.value, 80)
    if view.value and view.same:
        value += ", as it was"
    elif view.value and view.last:
        value += f" (last time {said(view.last, 80)})"
    named = [
        ("Value", value),
        ("Colour", colour(view.confidence) if view.confidence is not None else ""),
        ("You say", said(view.words, LINE)),
        ("Blocked by", said(view.blocked_by, 80)),
        ("Next move", f"still “{said(view.next_move, LINE)}”" if view.next_move_stays else said(view.next_move, LINE)),
        ("You need", said(view.need, LINE)),
        ("The plan", said(view.plan, LINE)),
    ]
    lines = [f"• {name}: {words}" for name, words in named if words]
    return [*lines, *([f"⚠ {view.odd}"] if view.odd else [])]


def _what_is_missing(view: Understood) -> str:
    if view.wrong:
        return view.wrong
    names = [_MISSING[one] for one in view.missing]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"One thing is missing: {listed}." if len(names) == 1 else f"Still missing: {listed}."


def _buttons(view: Understood, save: str, edit: str, drop: str) -> list[Block]:
    value = str(view.understanding_id)
    row = [button(save, Act.SAVE_UNDERSTOOD, value=value, style="primary")] if save else []
    if view.is_asked_about_help:
        row.append(button("Save, and ask for help", Act.SAVE_WITH_HELP, value=value))
    row.append(button(edit, Act.EDIT_UNDERSTOOD, value=value, style=None if save else "primary"))
    return [*row, button(drop, Act.DROP_UNDERSTOOD, value=value)]
