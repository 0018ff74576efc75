"""What a request for help brought: one message to the owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.blocks.escalation_path import NAME
from bot.blocks.layout import context, section
from bot.blocks.links import linked
from bot.blocks.moments import named_day
from bot.blocks.post import Post
from bot.blocks.text import said, stopped

MOST = 6
_WORDS = 200


@dataclass(frozen=True)
class Outcome:
    """`need` is what was asked for, empty where nothing was named; `asked_by` is who asked, empty where it was the
    reader. `asked_on` and `on` are days of the organisation. `decided` is what was decided, empty without a decision;
    `is_done`: it was done, else the request was resolved, for a `reason` where no decision was needed. `by` says so.
    """

    number: int
    name: str
    need: str
    asked_by: str
    asked_on: date
    decided: str
    is_done: bool
    by: str
    on: date
    reason: str
    link: str | None


def outcome(brought: Sequence[Outcome]) -> Post:
    """One message for all that came of what was asked for."""
    is_theirs = not any(one.asked_by for one in brought)
    if len(brought) == 1:
        title = f"What {'your' if is_theirs else 'the'} request for help with KR-{brought[0].number} brought"
    else:
        title = f"What {'your ' if is_theirs else ''}{len(brought)} requests for help brought"
    blocks = [section(f"*{title}*"), *(section(_told(one)) for one in brought[:MOST])]
    if len(brought) > MOST:
        blocks.append(context(f"and {len(brought) - MOST} more: `/okr decisions` lists them"))
    return Post(title, tuple(blocks))


def _short(text: str, limit: int) -> str:
    """What somebody typed; shorter where it is mostly characters that grow when they are escaped."""
    inert = said(text, limit)
    return inert if len(inert) <= 2 * limit else said(text, limit // 3)


def _told(one: Outcome) -> str:
    asked = f"“{_short(one.need, _WORDS)}”" if one.need else "help"
    who = _short(one.asked_by, NAME) or "you"
    head = f"*KR-{one.number} {_short(one.name, NAME)}*: on {named_day(one.asked_on)} {who} asked for {asked}."
    return " ".join(filter(None, [head, _came_of_it(one), linked(one.link, "Open the thread") if one.link else ""]))


def _came_of_it(one: Outcome) -> str:
    by, on = _short(one.by, NAME), named_day(one.on)
    if one.is_done:
        return f"Done on {on}, says {by}: {stopped(_short(one.decided, _WORDS))}"
    if one.reason:
        return f"{by} resolved it on {on}, and no decision was needed: {stopped(_short(one.reason, _WORDS))}"
    decided = f" Decided: {stopped(_short(one.decided, _WORDS))}" if one.decided else ""
    return f"{by} resolved it on {on}.{decided}"
