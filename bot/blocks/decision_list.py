"""`/okr decisions`: what was decided and what became of it, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.blocks.dates import day
from bot.blocks.decision_kinds import beside
from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, context, section
from bot.blocks.links import linked
from bot.blocks.moments import named_day
from bot.blocks.post import Block, Post
from bot.blocks.text import said
from bot.domain.decision_filter import DecisionFilter, Which
from bot.domain.escalation import DecisionKind

PER_PAGE = 6

_TEXT = 200
_NAME = 60


@dataclass(frozen=True)
class Listed:
    """A decision in a list. `may_settle`: it is open, and the reader may say what became of it. `owner_left`: and its
    owner is not here any more."""

    decision_id: int
    number: int
    name: str
    text: str
    kind: DecisionKind
    owner: str
    decided_by: str
    due_on: date
    is_overdue: bool
    is_done: bool
    is_dropped: bool
    settled_by: str
    reason: str
    link: str | None
    may_settle: bool
    owner_left: bool = False


@dataclass(frozen=True)
class Page:
    """`count` is how many there are on all `pages`; `number` is this one's, from 1. `team`: empty without one."""

    filter: DecisionFilter
    team: str
    count: int
    number: int
    pages: int
    decisions: tuple[Listed, ...]


def decisions(page: Page) -> Post:
    """One page, each with the buttons that its reader may press."""
    title = _title(page)
    if not page.decisions:
        return Post(f"{title}. `/okr decide 12 …` records one; `/okr decisions all` lists every one that you can see.")
    blocks: list[Block] = [section(f"*{title}*")]
    for one in page.decisions[:PER_PAGE]:
        blocks.append(section(_line(one)))
        if one.may_settle:
            blocks.append(actions(*settling(one.decision_id, one.kind, owner_left=one.owner_left)))
    blocks.append(context(_foot(page)))
    return Post(title, tuple(blocks))


def settling(decision_id: int, kind: DecisionKind, *, owner_left: bool = False) -> Sequence[Block]:
    """The buttons that say what became of a decision, and the one that carries it out where Okra can. Where its owner
    has left, one gives it to somebody."""
    about = str(decision_id)
    carries_out: list[Block] = []
    if kind.redefines:
        carries_out.append(button("Change it…", Act.CHANGE_KEY_RESULT, value=about))
    if kind is DecisionKind.STOP:
        carries_out.append(button("Stop it…", Act.STOP_KEY_RESULT, value=about))
    gives = [button("Give to…", Act.GIVE_DECISION, value=about)] if owner_left else []
    return (
        *carries_out,
        button("Done", Act.DECISION_DONE, value=about, style="primary"),
        button("Drop", Act.DROP_DECISION, value=about),
        *gives,
    )


def _title(page: Page) -> str:
    which = page.filter.which
    what = "decision" if page.count == 1 else "decisions"
    state = "" if which is Which.ALL else f"{which.value} "
    of = [
        "that you make happen" if page.filter.is_mine else "",
        f"about KR-{page.filter.number}" if page.filter.number is not None else "",
        f"of {said(page.team, _NAME)}" if page.team else "",
    ]
    return " ".join(filter(None, [f"{page.count or 'No'} {state}{what}", *of]))


def _short(text: str, limit: int) -> str:
    """What somebody typed; shorter where it is mostly characters that grow when they are escaped."""
    inert = said(text, limit)
    return inert if len(inert) <= 2 * limit else said(text, limit // 3)


def _line(one: Listed) -> str:
    head = f"*KR-{one.number}* {_short(one.name, _NAME)}: {_short(one.text, _TEXT)}{beside(one.kind)}"
    parts = [
        _stands(one),
        f"decided by {_short(one.decided_by, _NAME)}",
        linked(one.link, "thread") if one.link else "",
    ]
    lines = [head, " · ".join(filter(None, parts))]
    if one.is_dropped and one.reason:
        lines.append(f"_Why:_ {_short(one.reason, _TEXT)}")
    return "\n".join(lines)


def _stands(one: Listed) -> str:
    owner = _short(one.owner, _NAME)
    if one.is_done or one.is_dropped:
        says = f", says {_short(one.settled_by, _NAME)}" if one.settled_by else ""
        return f"{owner} · *{'done' if one.is_done else 'dropped'}*{says}"
    if one.owner_left:
        owner += " (has left)"
    if one.is_overdue:
        return f"{owner}, was to be done by {day(one.due_on)}"
    return f"{owner}, by {named_day(one.due_on)}"


def _foot(page: Page) -> str:
    if page.pages > 1:
        words = _short(page.filter.words, 2 * _NAME)
        command = f"/okr decisions {words}".strip()
        more = f" · `{command} {page.number + 1}` shows the next" if page.number < page.pages else ""
        return f"Page {page.number} of {page.pages}{more}"
    return "Also: `open`, `overdue`, `done`, `dropped`, `all`, `mine`, a team's name, `KR-12`"
