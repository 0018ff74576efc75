"""The message of a morning: what waits for its reader's decision, all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.blocks.decision_list import settling
from bot.blocks.dependency import Unanswered, answering, asks_for_an_answer
from bot.blocks.home_now import Asking, OwnDecision, asks_of, asks_whether_done, can_be_pressed, decision_line
from bot.blocks.layout import actions, section
from bot.blocks.post import Block, Post
from bot.blocks.text import said

MOST_OF_EACH = 5
"""More of a kind than this are asked about on the next morning."""
WORDS = 100


@dataclass(frozen=True)
class FollowUp:
    """A decision that the reader makes happen. `is_settled`: done, or dropped for a `reason`; `is_asked_again`: a newer
    message asks about it."""

    decision: OwnDecision
    is_settled: bool = False
    reason: str | None = None
    is_asked_again: bool = False

    @property
    def is_open(self) -> bool:
        return not (self.is_settled or self.is_asked_again)


@dataclass(frozen=True)
class Help:
    """A request for help that the reader was asked earlier. `is_open`: it waits for them, and no newer message asks."""

    asking: Asking
    is_open: bool


@dataclass(frozen=True)
class TeamQuestion:
    """A question to the reader's team. `is_open`: it waits for an answer, and no newer message asks."""

    question: Unanswered
    is_open: bool


@dataclass(frozen=True)
class Morning:
    """`today`: the reader's own day."""

    today: date
    follow_ups: tuple[FollowUp, ...]
    helps: tuple[Help, ...]
    questions: tuple[TeamQuestion, ...] = ()


def morning(view: Morning) -> Post:
    """Each with its buttons while it waits; what is settled keeps its line, and says what became of it."""
    blocks: list[Block] = []
    for one in view.follow_ups[:MOST_OF_EACH]:
        blocks.append(section(_follow_up(one, view.today)))
        if one.is_open:
            gone = bool(one.decision.left)
            blocks.append(actions(*settling(one.decision.decision_id, one.decision.kind, owner_left=gone)))
    for help_wanted in view.helps[:MOST_OF_EACH]:
        can = can_be_pressed(help_wanted.asking) if help_wanted.is_open else ()
        blocks.append(section(f"{'*Can you help?* ' if can else ''}{asks_of(help_wanted.asking, WORDS)}"))
        if can:
            blocks.append(actions(*can))
    for asked in view.questions[:MOST_OF_EACH]:
        head = "*Can your team help?* " if asked.is_open else "_No answer is waited for here any more:_ "
        blocks.append(section(f"{head}{asks_for_an_answer(asked.question)}"))
        if asked.is_open:
            blocks.append(answering(asked.question.dependency_id))
    title = _title(view)
    return Post(f"{title}{_only(view)}", (section(f"*{title}*"), *blocks))


def _title(view: Morning) -> str:
    decisions = sum(one.is_open for one in view.follow_ups[:MOST_OF_EACH])
    helps = sum(one.is_open for one in view.helps[:MOST_OF_EACH])
    parts = []
    if decisions:
        parts.append("one decision is due" if decisions == 1 else f"{decisions} decisions are due")
    if helps:
        parts.append("one request for help waits for you" if helps == 1 else f"{helps} requests for help wait for you")
    questions = sum(one.is_open for one in view.questions[:MOST_OF_EACH])
    if questions:
        parts.append(
            "one team waits for your answer" if questions == 1 else f"{questions} questions wait for your team"
        )
    if parts:
        *some, last = parts
        return f"Good morning: {' and '.join(filter(None, [', '.join(some), last]))}"
    if any(one.is_asked_again and not one.is_settled for one in view.follow_ups):
        return "A newer message asks for what is left of this"
    return "Nothing here waits for you any more. Thank you."


def _only(view: Morning) -> str:
    """Where one thing waits, the notification says which."""
    texts: Sequence[str] = [
        *(one.decision.text for one in view.follow_ups if one.is_open),
        *(f"KR-{one.asking.number} {one.asking.name}" for one in view.helps if one.is_open),
        *(f"KR-{one.question.number} {one.question.name}" for one in view.questions if one.is_open),
    ]
    return f". {said(texts[0], WORDS)}" if len(texts) == 1 else ""


def _follow_up(one: FollowUp, today: date) -> str:
    line = decision_line(one.decision, today, WORDS)
    if one.is_settled:
        became = "done" if one.reason is None else f"dropped:* {said(one.reason, WORDS)}"
        return f"{line} · *{became}" + ("*" if one.reason is None else "")
    if one.is_asked_again:
        return f"{line} · asked again in a newer message"
    return f"{asks_whether_done(one.decision)} {line}"
