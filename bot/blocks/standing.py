"""Where a key result stands, in one line: the same line in the prompt, the digest, `/okr` and `/kr`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.blocks.dates import day
from bot.blocks.links import linked, thread_link
from bot.blocks.moments import named_day
from bot.blocks.text import clip, said
from bot.domain.cadence import Period, following
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.domain.kinds import Kind
from bot.domain.numbers import format_value
from bot.domain.scoring import show
from bot.domain.sparkline import sparkline
from bot.domain.units import currency_of

NAME_LENGTH = 100
VALUE_LENGTH = 60
# As many weeks make a row that shows a way.
ROW_SINCE = 3
WATCHED = "watched, not scored"

_COLOURS = {
    Confidence.GREEN: "🟢 green",
    Confidence.YELLOW: "🟡 yellow",
    Confidence.RED: "🔴 red",
}
_ESCALATIONS = {
    EscalationState.OPEN: "help wanted",
    EscalationState.ACKNOWLEDGED: "someone is on it",
    EscalationState.IN_REVIEW: "taken to the review",
    EscalationState.DECIDED: "decided",
    EscalationState.RESOLVED: "resolved",
}


@dataclass(frozen=True)
class EscalationLink:
    """The open escalation; `channel` and `ts` place the root of its thread, both null until it was posted.

    `base` is the workspace's own address, where it is known; `taken_by` the name of who has taken it; `review_on` the
    day of the review that it was taken to.
    """

    state: EscalationState
    channel: str | None
    ts: str | None
    base: str | None = None
    taken_by: str | None = None
    review_on: date | None = None


@dataclass(frozen=True)
class Standing:
    """A key result as its answers up to one period left it.

    `value`, `score` and `confidence` are as they stood after the newest answer, which was in the period `as_of` (null:
    never answered). The `last_…` are as they stood in the week before `as_of`. Scores are 0.00 to 1.00; null where the
    kind has none or the start is unknown. `scores` has one entry a period up to the asked one, the oldest first, null
    where there was no answer. `author_id`: who gave the newest answer.
    """

    key_result_id: int
    number: int
    text: str
    metric: str | None
    kind: Kind
    unit: str
    start: Decimal | None
    target: Decimal | None
    value: Decimal | None = None
    score: Decimal | None = None
    last_score: Decimal | None = None
    confidence: Confidence | None = None
    next_move: str = ""
    scores: tuple[Decimal | None, ...] = ()
    as_of: Period | None = None
    answer_id: int | None = None
    author_id: int | None = None
    escalation: EscalationLink | None = None
    owner_name: str | None = None
    # The newest answer kept the value as it was, by *Nothing changed*.
    stayed: bool = False

    @property
    def label(self) -> str:
        """`KR-12`, as people say it."""
        return f"KR-{self.number}"

    @property
    def name(self) -> str:
        """The short name of what is measured, or else the whole text."""
        return self.metric or self.text


def standing_line(
    standing: Standing, *, period: Period | None = None, spelled: bool = False, owner: bool = False
) -> str:
    """One line of mrkdwn: colour with its word, number, what is measured, where it is, score and last week's.

    `spelled` writes "last week 0.4" in full, for the first line of a message; `owner` adds the name, plain. With
    `period`, the week that is being looked at, an answer older than last week is dated, and its score is compared with
    "the time before".
    """
    parts = [
        f"{colour(standing.confidence)} *{standing.label}* {measure(standing)}",
        _now(standing),
        score_pair(standing.score, standing.last_score, bold=True, before=before(standing, period) if spelled else "")
        if standing.kind.is_scored
        else WATCHED,
        said(standing.owner_name, 80) if owner and standing.owner_name else "",
        escalation_words(standing.escalation),
        _dated(standing, period),
    ]
    return " · ".join(part for part in parts if part)


def colour(confidence: Confidence | None) -> str:
    """A colour never stands without its word."""
    return _COLOURS[confidence] if confidence is not None else "⚪ no colour yet"


def measure(standing: Standing) -> str:
    """What is measured and the way it is to go: "Activation 22 → 35 %"; the whole text where no metric was named."""
    name = said(standing.name, NAME_LENGTH)
    if standing.metric is None:
        return name
    way = _way(standing, shown_unit(standing))
    return f"{name} {way}" if way else name


def shown_unit(standing: Standing) -> str:
    """The unit beside a value; "" where the name says it already ("months of cash", counted in months)."""
    if standing.metric is None:
        return standing.unit
    words, named = _words(standing.unit), _words(standing.metric)
    return "" if words and words <= named else standing.unit


def score_pair(
    score: Decimal | None,
    last: Decimal | None,
    *,
    bold: bool = False,
    before: str = "",
    first: str = "first score",
) -> str:
    """A score and last week's beside it: "0.5 (0.4)"; `before` says when that was ("last week").

    One that did not exist before says so, in `first`'s words.
    """
    if score is None:
        return "no score yet"
    shown = f"*{show(score)}*" if bold else show(score)
    if last is None:
        return f"{shown} ({first})"
    return f"{shown} ({before} {show(last)})" if before else f"{shown} ({show(last)})"


def before(standing: Standing, period: Period | None) -> str:
    """When the score was what it is compared with: an answer older than last week speaks of no "last week"."""
    return "the time before" if is_older(standing, period) else "last week"


def is_older(standing: Standing, period: Period | None) -> bool:
    """Whether the newest answer is older than last week, seen from `period`."""
    return period is not None and standing.as_of is not None and standing.as_of < following(period, -1)


def escalation_words(escalation: EscalationLink | None) -> str:
    """The state of the open escalation in a few words, linked to its thread once that is posted; "" without one."""
    if escalation is None:
        return ""
    words = _ESCALATIONS[escalation.state]
    if escalation.state is EscalationState.ACKNOWLEDGED and escalation.taken_by:
        words = f"{clip(escalation.taken_by, 80)} is on it"
    if escalation.state is EscalationState.IN_REVIEW and escalation.review_on is not None:
        # True before the review and after it: a line is read on other days than it was written.
        words = f"taken to the review of {named_day(escalation.review_on)}"
    if escalation.channel is None or escalation.ts is None:
        return said(words)
    return linked(thread_link(escalation.channel, escalation.ts, escalation.base), words)


def history(standing: Standing) -> str:
    """The scores of the last weeks as a row of characters, from 0.0 to 1.0; "" before the third week."""
    if len(standing.scores) < ROW_SINCE or all(score is None for score in standing.scores):
        return ""
    return sparkline(standing.scores, Decimal(0), Decimal(1))


def _words(text: str) -> set[str]:
    """The words of letters only, whatever their case and number: "Months" and "month" are one."""
    return {word.removesuffix("s") for word in re.findall(r"[^\W\d_]+", text.casefold())}


def _way(standing: Standing, unit: str) -> str:
    if standing.target is None:
        return ""
    target = said(format_value(standing.target, unit), VALUE_LENGTH)
    if standing.kind is Kind.AT_LEAST:
        return f"at least {target}"
    if standing.kind is Kind.AT_MOST:
        return f"at most {target}"
    if not standing.kind.is_metric:
        return ""
    if standing.start is None:
        return f"to {target}"
    money, _ = currency_of(unit)
    start = format_value(standing.start, unit if money else "")
    return f"{said(start, VALUE_LENGTH)} → {target}"


def _now(standing: Standing) -> str:
    if standing.value is None:
        return ""
    return f"now {said(format_value(standing.value, shown_unit(standing)), VALUE_LENGTH)}"


def _dated(standing: Standing, period: Period | None) -> str:
    return f"as of {day(standing.as_of)}" if standing.as_of is not None and is_older(standing, period) else ""
