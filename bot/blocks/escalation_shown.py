"""An escalation as its messages show it: values, and the few words that say where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.blocks.decision_kinds import beside
from bot.blocks.dependency import Waits
from bot.blocks.escalation_path import NAME, Asked, Expected, back, review
from bot.blocks.standing import Standing
from bot.blocks.text import said
from bot.domain.confidence import Confidence
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.numbers import format_value
from bot.domain.scoring import show

TITLE = 200


@dataclass(frozen=True)
class Person:
    name: str
    slack_id: str


@dataclass(frozen=True)
class Words:
    """What was said when help was asked for; empty where nothing was. By the owner, unless `by` names somebody else:
    in a check-in, as a co-owner or in the owner's place, or without one, where `in_check_in` is not set.

    `link` leads to a message that says it.
    """

    stuck: str = ""
    blocked_by: str = ""
    plan: str = ""
    need: str = ""
    by: str = ""
    link: str | None = None
    in_check_in: bool = True


@dataclass(frozen=True)
class Settled:
    """What became of a decision: done, or dropped for a `reason`; `by` is who said so."""

    by: str
    reason: str | None = None


@dataclass(frozen=True)
class Decided:
    """`settled` is null while the follow-up is to be done."""

    decision_id: int
    text: str
    by: str
    owner: Person
    due_on: date
    settled: Settled | None = None
    kind: DecisionKind = DecisionKind.UNBLOCK

    @property
    def head(self) -> str:
        """ "Decided by Tama Reid", with its kind where that says more."""
        return f"Decided by {said(self.by, NAME)}{beside(self.kind)}"


@dataclass(frozen=True)
class Case:
    """An escalation as its messages show it.

    `asked` is who is asked to act, null where the owner has no lead above, and until they are at work; `steps` are all
    whom the path has met so far, `expected` is who comes next. `deciders` are the names of those who may act. `zone` is
    for readers whose own zone Slack cannot apply. `taken_by` is who took it, or took it to a review, on `review_on`;
    `back_from` is that day once the review has passed and nothing is decided.
    `decisions` are those since it was opened, or opened again, the newest first.
    """

    escalation_id: int
    standing: Standing
    owner: Person
    team: str
    words: Words
    state: EscalationState
    opened_at: datetime
    zone: ZoneInfo
    asked: Person | None = None
    steps: tuple[Asked, ...] = ()
    expected: Expected | None = None
    review_on: date | None = None
    back_from: date | None = None
    deciders: tuple[str, ...] = ()
    taken_by: str | None = None
    decisions: tuple[Decided, ...] = ()
    resolved_by: str | None = None
    no_decision_reason: str | None = None
    # What the team says that is waited for, where one was asked.
    waits: Waits | None = None
    # The address of the thread, once its first message stands.
    link: str | None = None
    is_private: bool = False

    @property
    def title(self) -> str:
        """`KR-15 SOC 2 certified by 15 Dec`, inert."""
        return title_of(self.standing)


@dataclass(frozen=True)
class Change:
    """What a further call for help says beside the one before: only lines that differ, and both colours. `week`: the
    Monday of its week, where it is told in a later one."""

    confidence: Confidence
    score: str
    lines: Words = field(default_factory=Words)
    is_new_week: bool = True
    week: date | None = None


def title_of(about: Standing) -> str:
    """`KR-15 SOC 2 certified by 15 Dec`, inert."""
    return f"{about.label} {said(about.text, TITLE)}"


def score(standing: Standing) -> str:
    """The score and last week's: "0.3, as last week", "0.3, was 0.4"."""
    if standing.score is None:
        now = "no score yet" if standing.kind.is_scored else "not scored"
        return now if standing.value is None else f"now {said(format_value(standing.value, standing.unit))}, {now}"
    if standing.last_score is None:
        return f"{show(standing.score)}, the first score"
    now, before = show(standing.score), show(standing.last_score)
    return f"{now}, as last week" if now == before else f"{now}, was {before}"


def stage(case: Case) -> str:
    """Where it is, in a few words."""
    match case.state:
        case EscalationState.OPEN:
            return "help wanted"
        case EscalationState.ACKNOWLEDGED:
            return f"{said(case.taken_by or 'someone', NAME)} is on it"
        case EscalationState.IN_REVIEW:
            return back(case.back_from) if case.back_from is not None else f"goes to {review(case.review_on)}"
        case EscalationState.DECIDED:
            return "decided"
        case EscalationState.RESOLVED:
            return "resolved"
