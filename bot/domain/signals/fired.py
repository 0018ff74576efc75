"""What a rule says when it fires: which rule, about what, and what it saw."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal


class Rule(enum.StrEnum):
    SUSPICIOUS_GREEN = "suspicious_green"
    QUESTIONABLE_RED = "questionable_red"
    SANDBAG = "sandbag"
    DRIFTING = "drifting"
    STATUS_INFLATION = "status_inflation"
    ORPHAN = "orphan"
    OVERLOAD = "overload"
    CHANGING_PRIORITIES = "changing_priorities"
    CEREMONIAL_REVIEW = "ceremonial_review"
    FRICTION = "friction"


class Subject(enum.StrEnum):
    """What a signal is about. An owner who drives too many is the only person among them, and is not named by it."""

    KEY_RESULT = "key_result"
    OBJECTIVE = "objective"
    TEAM = "team"
    OWNER = "owner"


@dataclass(frozen=True)
class About:
    """`id` is the row's; `other_id` the second team's, where two are meant."""

    subject: Subject
    id: int
    other_id: int | None = None


# What was seen, a shape a way of firing


@dataclass(frozen=True)
class StoodStill:
    """Green for `weeks` answers, with the same value (or score, for a milestone) in each."""

    weeks: int
    value: Decimal


@dataclass(frozen=True)
class BehindPace:
    """Green, at `score` where `expected` is the pace; both 0.00 to 1.00."""

    score: Decimal
    expected: Decimal


@dataclass(frozen=True)
class StayedRed:
    """Red for `weeks` answers; `from_the_start`: there was no other colour."""

    weeks: int
    from_the_start: bool


@dataclass(frozen=True)
class NearlyDone:
    """At `score` when `gone` per cent of the cycle had gone by."""

    score: Decimal
    gone: int


@dataclass(frozen=True)
class NotHeardOf:
    """`weeks` check-ins in a row without an answer, and no movement in the last one before."""

    weeks: int


@dataclass(frozen=True)
class LongTexts:
    """`weeks` answers of `code_points` each on average, without movement."""

    weeks: int
    code_points: int


class Lack(enum.StrEnum):
    PRIORITY = "priority"
    BASELINE = "baseline"
    INITIATIVE = "initiative"
    OWNER = "owner"


@dataclass(frozen=True)
class Lacks:
    """What is missing: an objective's priority; a key result's baseline, initiatives, or an owner who is still here."""

    what: tuple[Lack, ...]


class Load(enum.StrEnum):
    OBJECTIVES = "objectives"
    KEY_RESULTS = "key_results"
    OWNED = "owned"


@dataclass(frozen=True)
class TooMany:
    """`count` of something that `most` are meant of."""

    what: Load
    count: int
    most: int


@dataclass(frozen=True)
class Changed:
    """`count` key results added, reworded or retargeted within `weeks` weeks."""

    count: int
    weeks: int


@dataclass(frozen=True)
class WithoutDecision:
    """Reviews in a row without a decision, reds that ended without one or came back, decisions past their day."""

    reviews: int = 0
    undecided: int = 0
    repeats: int = 0
    overdue: int = 0


@dataclass(frozen=True)
class Waits:
    """With `key_results` key results, the longest for `weeks` weeks."""

    key_results: int
    weeks: int


Evidence = (
    StoodStill
    | BehindPace
    | StayedRed
    | NearlyDone
    | NotHeardOf
    | LongTexts
    | Lacks
    | TooMany
    | Changed
    | WithoutDecision
    | Waits
)


@dataclass(frozen=True)
class Fired:
    """A rule that fired. `severity` grows as it gets worse, from 1; it compares within one rule only."""

    rule: Rule
    about: About
    evidence: Evidence
    severity: int


# The most useful first: what may change a decision this week, then what is about the way of working.
USEFULNESS: tuple[Rule, ...] = (
    Rule.CEREMONIAL_REVIEW,
    Rule.SUSPICIOUS_GREEN,
    Rule.QUESTIONABLE_RED,
    Rule.FRICTION,
    Rule.DRIFTING,
    Rule.CHANGING_PRIORITIES,
    Rule.SANDBAG,
    Rule.OVERLOAD,
    Rule.STATUS_INFLATION,
    Rule.ORPHAN,
)


def most_useful_first(fired: Fired) -> tuple[int, int, str, int, int]:
    """A sort key: by rule, then the worst first; the rest keeps the order the same from run to run."""
    about = fired.about
    return USEFULNESS.index(fired.rule), -fired.severity, about.subject.value, about.id, about.other_id or 0
