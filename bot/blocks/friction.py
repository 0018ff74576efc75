"""`/okr friction`: which team waits for which, how long and how often, in lines that can be pasted elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.blocks.layout import context, section
from bot.blocks.paging import pages, paragraphs
from bot.blocks.post import Post
from bot.blocks.text import said
from bot.domain.friction import Pair

NAME = 60
MOST = 20


def friction(cycles: Sequence[str], pairs: Sequence[Pair]) -> Post:
    """One line for each two teams, those first that have waited longest. `cycles`: the names of those that run."""
    title = "Which team waits for which"
    if cycles:
        title += f", {', '.join(said(name, NAME) for name in cycles[:3])}"
    if not pairs:
        text = f"{title}: nobody has named another team as what blocks them."
        return Post(text, (section(text),))
    lines = [_line(pair) for pair in pairs[:MOST]]
    if len(pairs) > MOST:
        lines.append(f"and {len(pairs) - MOST} more")
    (shown, *_) = pages(paragraphs(f"*{title}*", lines))
    return Post(
        title,
        (
            *shown,
            context(
                "In calendar days, over what this cycle's check-ins name as blocking. The median is the middle one."
            ),
        ),
    )


def _line(pair: Pair) -> str:
    now = f"{pair.open} now, {_oldest(pair)}" if pair.oldest is not None else "not now"
    often = "once" if pair.times == 1 else f"{pair.times} times"
    return f"• {said(pair.waiting, NAME)} → {said(pair.other, NAME)}: {now} · median {_days(pair.median)} · {often}"


def _oldest(pair: Pair) -> str:
    days = _days(Decimal(pair.oldest or 0))
    return f"for {days}" if pair.open == 1 else f"the oldest for {days}"


def _days(days: Decimal) -> str:
    return "less than a day" if days == 0 else "1 day" if days == 1 else f"{days} days"
