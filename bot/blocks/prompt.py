"""The weekly prompt: one direct message with all that is due, which changes as answers come in."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from bot.blocks import ids
from bot.blocks.dates import weekday_time
from bot.blocks.layout import SECTION_LIMIT, actions, button, context, section
from bot.blocks.post import Block, Post
from bot.blocks.standing import Standing, history, standing_line
from bot.blocks.text import said
from bot.domain.cadence import Period

MOVE_LENGTH = 200
# A message takes about 13,000 characters in all; the rest is for the words around the list.
LIST_LENGTH = 9000
_INDENT = "      "


class ItemState(enum.Enum):
    """What became of one key result's check-in."""

    OPEN = "open"
    ANSWERED = "answered"
    EXCUSED = "excused"
    MISSED = "missed"


@dataclass(frozen=True)
class Item:
    """One key result in the prompt; its standing is that of the newest answer."""

    standing: Standing
    state: ItemState


@dataclass(frozen=True)
class Prompt:
    """A person's check-in of one period. Times are in the reader's own zone.

    `changes_until`: until then answers are taken and can be changed. `digest_follows`: a channel reads a digest then.
    `limited`: some of the key results are not for everybody's eyes.
    """

    period: Period
    items: tuple[Item, ...]
    now: datetime
    closes: datetime
    changes_until: datetime
    digest_follows: bool
    limited: bool

    def count(self, state: ItemState) -> int:
        return sum(item.state is state for item in self.items)

    @property
    def asked(self) -> int:
        """How many are owed an answer: those that were not excused."""
        return len(self.items) - self.count(ItemState.EXCUSED)


def prompt(view: Prompt) -> Post:
    """The prompt in its state: open, partly answered, done, or over. Only while something is open has it a button."""
    headline = _headline(view)
    blocks = [section(f"*{headline}*"), *_list(view)]
    footer = _footer(view)
    if footer:
        blocks.append(context(footer))
    if view.count(ItemState.OPEN):
        blocks.append(actions(button("Check in", ids.Act.CHECK_IN, value=view.period.isoformat(), style="primary")))
    return Post(headline, tuple(blocks))


def minutes(key_results: int) -> str:
    """How long it takes: under a minute each."""
    about = max(1, -(-key_results * 2 // 3))
    return f"about {about} minute{'' if about == 1 else 's'}"


def greeting(now: datetime) -> str:
    """By the reader's own clock."""
    if now.hour < 5 or now.hour >= 22:
        return "Hello"
    if now.hour < 12:
        return "Good morning"
    return "Good afternoon" if now.hour < 18 else "Good evening"


def key_results(count: int) -> str:
    return f"{count} key result{'' if count == 1 else 's'}"


def _headline(view: Prompt) -> str:
    answered, still = view.count(ItemState.ANSWERED), view.count(ItemState.OPEN)
    if still and not answered:
        return f"{greeting(view.now)}: {key_results(still)}, {minutes(still)}, open until {weekday_time(view.closes)}"
    if still:
        return f"{answered} of {view.asked} answered, open until {weekday_time(view.closes)}"
    if not view.asked:
        return "Nothing is due from you this week"
    if answered == view.asked:
        return "Thank you: it is in" if view.asked == 1 else f"Thank you: all {view.asked} are in"
    return f"This week's check-in closed {weekday_time(view.closes)}: {answered} of {view.asked} answered"


def _list(view: Prompt) -> list[Block]:
    """The key results, packed into as few paragraphs as Slack allows; those that do not fit are counted."""
    paragraphs: list[str] = []
    length = 0
    for index, item in enumerate(view.items):
        lines = _item(item)
        length += len(lines)
        if length > LIST_LENGTH:
            paragraphs.append(f"…and {len(view.items) - index} more: *Check in* goes through all of them")
            break
        if paragraphs and len(paragraphs[-1]) + len(lines) < SECTION_LIMIT:
            paragraphs[-1] += f"\n{lines}"
        else:
            paragraphs.append(lines)
    return [section(paragraph) for paragraph in paragraphs]


def _item(item: Item) -> str:
    standing = item.standing
    marks = {
        ItemState.OPEN: "",
        ItemState.ANSWERED: " · ✓ answered",
        ItemState.EXCUSED: " · excused this week",
        ItemState.MISSED: " · not answered",
    }
    row = history(standing)
    line = f"{standing_line(standing, spelled=True)}{f' · {row}' if len(standing.scores) > 1 and row else ''}"
    if not standing.next_move:
        return f"{line}{marks[item.state]}"
    whose = "Your next move is" if item.state is ItemState.ANSWERED else "Your next move was"
    return f"{line}{marks[item.state]}\n{_INDENT}_{whose}:_ {said(standing.next_move, MOVE_LENGTH)}"


def _footer(view: Prompt) -> str:
    if view.count(ItemState.OPEN):
        who = "Those who may see a key result" if view.limited else "Everyone here"
        return f"Red means “I could use help”. {who} can see your answers."
    if not view.asked or view.now >= view.changes_until:
        return ""
    number = next(item.standing.number for item in view.items if item.state is not ItemState.EXCUSED)
    missed = [item.standing.number for item in view.items if item.state is ItemState.MISSED]
    until = weekday_time(view.changes_until)
    if missed:
        return f"There is still time to add it until {until}: `/kr {missed[0]}`."
    change = f"`/kr {number}` changes an answer until then."
    if view.digest_follows:
        return f"What follows: the digest goes out {until}. {change}"
    return f"`/kr {number}` changes an answer until {until}."
