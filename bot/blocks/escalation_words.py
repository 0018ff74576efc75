"""What people typed, as paragraphs of a message: inert, cut where it must be, whole where it can be."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.blocks.escalation_path import NAME
from bot.blocks.escalation_shown import Case, Decided, Words
from bot.blocks.layout import context, section
from bot.blocks.links import linked
from bot.blocks.moments import named_day
from bot.blocks.post import Block, Post
from bot.blocks.text import escape, said

# A line of the first message; `/kr` shows the whole of it.
LINE = 500

# As much of a copied message as a dialog carries.
QUOTE = 1200

# What Slack takes in one section.
SECTION = 2900

# What a decision may take of one message, as it is sent: three thousand code points and their escapes.
WHOLE = 9000


def follow_up_line(decision: Decided) -> str:
    """Who makes it happen and by when, or what became of it."""
    line = f"*Follow-up:* {said(decision.owner.name, NAME)}, by {named_day(decision.due_on)}"
    return line + _became(decision)


def _became(decision: Decided) -> str:
    if decision.settled is None:
        return ""
    became = "done" if decision.settled.reason is None else "dropped"
    return f" · *{became}*, says {said(decision.settled.by, NAME)}"


def listed(names: Sequence[str]) -> str:
    """ "Ana", "Ana or Ben", "Ana, Ben or Cleo"; at most six by name."""
    inert = [said(name, NAME // 2) for name in names[:6]]
    if len(names) > len(inert):
        inert.append("others")
    return inert[0] if len(inert) == 1 else f"{', '.join(inert[:-1])} or {inert[-1]}"


def only_these_may(names: Sequence[str]) -> str:
    """To somebody else who presses: who can."""
    if not names:
        return "Only a lead above this key result can do that, and none is named yet. An admin can name one."
    return f"{listed(names)} can take this, decide or resolve it. Thank you for looking."


def lines_of(words: Words) -> list[str]:
    labelled = (
        ("Stuck", words.stuck),
        ("Blocked by", words.blocked_by),
        ("Plan", words.plan),
        (who_needs(words), words.need),
    )
    lines = [f"*{label}:* {line_of(text)}" for label, text in labelled if text]
    if not words.by:
        return lines
    by = said(words.by, NAME // 2)
    if words.link is not None:
        return [f"*In the way:* {linked(words.link, 'this message')}, says {by}", *lines]
    return [*lines, f"*Asked for by* {by}"]


def who_needs(words: Words) -> str:
    """What stands before the need: nobody's words are put in the owner's mouth."""
    return "Needed" if words.by else "The owner needs"


def line_of(text: str) -> str:
    """One line of what somebody typed; shorter where it is mostly characters that grow when they are escaped."""
    inert = said(text, LINE)
    return inert if len(inert) <= LINE + LINE // 2 else said(text, LINE // 7)


def copied(quote: str) -> list[Block]:
    """A message that somebody has copied into the thread."""
    return whole("*The message:*\n", quote[:QUOTE]) if quote else []


def sections_of(lines: Sequence[str]) -> list[Block]:
    """One paragraph; where the lines are too long for one, a paragraph each."""
    if not lines:
        return []
    whole = "\n".join(lines)
    return [section(whole)] if len(whole) <= SECTION else [section(line) for line in lines]


def whole(head: str, text: str) -> list[Block]:
    """What somebody typed, whole and with its line breaks, in as many paragraphs as it needs."""
    blocks: list[Block] = []
    piece, length, sent = "", len(head), 0
    for word in re.findall(r"\s+|\S{1,400}", text):
        grown = len(escape(word))
        if length + grown > SECTION:
            blocks.append(section(head + escape(piece)))
            sent += length
            head, piece, length = "", "", 0
            if sent > WHOLE:
                # Only a text of nothing but characters that must be escaped is as long as this.
                return [*blocks, section("…")]
        piece += word
        length += grown
    return [*blocks, section(head + escape(piece))] if head or escape(piece).strip() else blocks


def to_thread(case: Case) -> list[Block]:
    """A link to the thread, where there is one that others can open."""
    return [context(linked(case.link, "Open the thread"))] if case.link is not None else []


def one_sentence(text: str) -> Post:
    return Post(text, (section(text),))
