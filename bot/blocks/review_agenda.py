"""`/okr agenda`: what is open, as one line an item that can be pasted into the notes of a meeting."""

from __future__ import annotations

import json
from datetime import date
from itertools import accumulate

from bot.blocks.dependency import Waits, answer
from bot.blocks.escalation_path import back
from bot.blocks.layout import context, preformatted, section
from bot.blocks.moments import named_day
from bot.blocks.post import Post
from bot.blocks.standing import colour
from bot.blocks.text import clip, said, unmarked
from bot.domain.dependency import DependencyState
from bot.domain.digest import Waiting
from bot.domain.review_agenda import Agenda, Call, Due, Item

NAME = 60
WORDS = 120
MOST = 20
ROOM = 10_000  # characters of all lines; a message with its title and closing line may have about a thousand more


def agenda(view: Agenda) -> Post:
    """Plain lines in a box of their own, each with its thread's address; nothing in them mentions anybody."""
    title = f"What is open in {_teams(view.teams)}, {named_day(view.today)}"
    if not view.items:
        text = f"{title}: nothing waits for a decision. Enjoy the short meeting."
        return Post(text, (section(text),))
    lines = _fitting([_line(item, view.today) for item in view.items[:MOST]])
    if len(view.items) > len(lines):
        lines.append(f"and {len(view.items) - len(lines)} more")
    return Post(
        title,
        (
            section(f"*{title}*"),
            preformatted("\n".join(lines)),
            context("To copy into your meeting's notes. Only you see this, and only what you may see is in it."),
        ),
    )


def _fitting(lines: list[str]) -> list[str]:
    """As many of the first lines as Slack takes in one message."""
    lengths = accumulate(len(json.dumps(line, ensure_ascii=False)) for line in lines)
    return [line for line, length in zip(lines, lengths, strict=True) if length <= ROOM]


def _line(item: Item, today: date) -> str:
    match item:
        case Call():
            return _call(item, today)
        case Due():
            return _due(item, today)
        case Waiting():
            return _waiting(item)


def _call(call: Call, today: date) -> str:
    state = ", ".join(part for part in (colour(call.confidence), call.score) if part)
    parts = [
        f"{_where(call, today)}: KR-{call.number} {clip(call.name, NAME)} ({state})",
        f"needs {clip(call.need, WORDS)}" if call.need else "",
        f"blocked by {clip(call.blocked_by, NAME)}" if call.blocked_by else "",
        f"open since {named_day(call.since)}",
        _whose(call),
        call.link or "",
    ]
    return " · ".join(part for part in parts if part)


def _where(call: Call, today: date) -> str:
    if call.review_on is None:
        return "Wants help"
    if call.review_on < today:
        words = back(call.review_on)
        return f"{words[:1].upper()}{words[1:]}"
    return "For today's review" if call.review_on == today else f"For the review on {named_day(call.review_on)}"


def _whose(call: Call) -> str:
    if call.taken_by is not None:
        return f"{clip(call.taken_by, NAME)} has it"
    return f"{clip(call.asked, NAME)} is asked" if call.asked is not None else ""


def _due(due: Due, today: date) -> str:
    if due.due_on < today:
        when = f"Decision overdue since {named_day(due.due_on)}"
    else:
        when = "Decision due today" if due.due_on == today else f"Decision due {named_day(due.due_on)}"
    parts = [f"{when}: {clip(due.text, WORDS)}", clip(due.owner, NAME), f"for KR-{due.number}", due.link or ""]
    return " · ".join(part for part in parts if part)


def _waiting(one: Waiting) -> str:
    team, other = clip(one.team, NAME), clip(one.other, NAME)
    what = f"{team} waits for {other}: KR-{one.number} {clip(one.name, NAME)}"
    if one.state is DependencyState.ASKED:
        return f"{what} · asked {named_day(one.asked_on)}, no answer yet"
    waits = Waits(one.other, one.state, "", one.by, one.due_on, one.reason)
    return f"{what} · {unmarked(answer(waits))}"


def _teams(names: tuple[str, ...]) -> str:
    shown = [said(name, NAME) for name in names[:3]]
    if len(names) > len(shown):
        shown.append(f"{len(names) - len(shown)} more")
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else "".join(shown)
