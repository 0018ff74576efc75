"""What is open for a meeting that exists already, in the order in which it is talked about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import Waiting
from bot.domain.escalation import EscalationState

SOON = timedelta(days=7)
"""Decisions that are due within a week of the day are talked about."""


@dataclass(frozen=True)
class Call:
    """A request for help about which nothing is decided yet.

    `review_on` is the day of the review that it was taken to; null where it was not. `score` is in words, with last
    week's; empty where there is none.
    """

    escalation_id: int
    number: int
    name: str
    confidence: Confidence | None
    score: str
    state: EscalationState
    since: date
    review_on: date | None
    need: str
    blocked_by: str
    asked: str | None
    taken_by: str | None
    link: str | None


@dataclass(frozen=True)
class Due:
    """A decision whose follow-up is due soon, or overdue."""

    decision_id: int
    number: int
    text: str
    owner: str
    due_on: date
    link: str | None


Item = Call | Due | Waiting


@dataclass(frozen=True)
class Agenda:
    """What is open in these teams (by name) on a day, in its order."""

    teams: tuple[str, ...]
    today: date
    items: tuple[Item, ...]


def in_order(items: Iterable[Item], today: date) -> tuple[Item, ...]:
    """What was taken to this day's review first, then to another's; then other calls for help, the oldest first; then
    decisions, the most overdue first; then what one team waits for from another."""
    return tuple(sorted((one for one in items if is_open(one, today)), key=lambda one: _place(one, today)))


def is_open(item: Item, today: date) -> bool:
    """Whether it is to be talked about: nothing is decided, the day is near, or the other team has not taken it on."""
    match item:
        case Call():
            return item.state not in (EscalationState.DECIDED, EscalationState.RESOLVED)
        case Due():
            return item.due_on <= today + SOON
        case Waiting():
            return item.state is not DependencyState.ACCEPTED


def _place(item: Item, today: date) -> tuple[int, date, int]:
    match item:
        case Call() if item.review_on == today:
            return 0, item.since, item.number
        case Call() if item.review_on is not None:
            return 1, item.review_on, item.number
        case Call():
            return 2, item.since, item.number
        case Due():
            return 3, item.due_on, item.number
        case Waiting():
            return 4, item.asked_on, item.number
