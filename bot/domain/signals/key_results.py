"""The rules about one key result. Each gives what fired, or None.

A threshold is to stay where it is and a health number has no score, so standing still and being behind say nothing
about them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

from bot.domain.confidence import Confidence
from bot.domain.signals.fired import (
    About,
    BehindPace,
    Evidence,
    Fired,
    Lack,
    Lacks,
    LongTexts,
    NearlyDone,
    NotHeardOf,
    Rule,
    StayedRed,
    StoodStill,
    Subject,
)
from bot.domain.signals.history import History, Told
from bot.domain.signals.thresholds import DEFAULT, Thresholds

KeyResultRule = Callable[[History, Thresholds], Fired | None]


def suspicious_green(history: History, limits: Thresholds = DEFAULT) -> Fired | None:
    """Green while behind the pace, or green for weeks without movement: too easy, or measuring the wrong thing?

    What has arrived (`near_one`) stands still for a good reason.
    """
    if not _moves(history) or _colour(history) is not Confidence.GREEN:
        return None
    score = history.score
    if score is not None and score >= limits.near_one:
        return None
    green = _newest_of_colour(history, Confidence.GREEN)
    still = history.still_for([one for one in green if history.measure(one) is not None])
    if len(still) >= limits.still_weeks:
        measure = history.measure(still[-1])
        assert measure is not None  # noqa: S101 - only measured answers are counted
        return _fired(history, Rule.SUSPICIOUS_GREEN, StoodStill(len(still), measure), len(still) // limits.still_weeks)
    if score is None or len(green) < limits.behind_weeks or history.pace.gone(history.today) < limits.behind_from:
        return None
    expected = history.pace.expected(history.today)
    gap = expected - score
    if gap < limits.behind_gap:
        return None
    return _fired(history, Rule.SUSPICIOUS_GREEN, BehindPace(score, expected), int(gap / limits.behind_gap))


def questionable_red(history: History, limits: Thresholds = DEFAULT) -> Fired | None:
    """Red since the start, or for weeks whatever is done: out of reach, or measuring the wrong thing?"""
    red = _newest_of_colour(history, Confidence.RED)
    from_the_start = bool(red) and len(red) == len(history.answers)
    least = limits.red_from_start_weeks if from_the_start else limits.red_weeks
    if len(red) < least:
        return None
    evidence = StayedRed(len(red), from_the_start)
    return _fired(history, Rule.QUESTIONABLE_RED, evidence, 1 + (len(red) - least) // limits.red_weeks)


def sandbag(history: History, limits: Thresholds = DEFAULT) -> Fired | None:
    """At or near 1.0 before half of the cycle is over: was the aim too low?"""
    score, gone = history.score, history.pace.gone(history.today)
    if not _moves(history) or score is None or score < limits.near_one or gone >= limits.sandbag_before:
        return None
    return _fired(history, Rule.SANDBAG, NearlyDone(score, int(gone * 100)), 1)


def drifting(history: History, limits: Thresholds = DEFAULT) -> Fired | None:
    """No movement and no answer for two periods: does it still fit? What has arrived needs no more words."""
    if history.score is not None and history.score >= limits.near_one:
        return None
    silent = len(list(takewhile(lambda one: not one.is_answered, reversed(history.told))))
    if silent < limits.drifting_weeks:
        return None
    before = history.measured[-2:]
    if len(before) == 2 and history.measure(before[0]) != history.measure(before[1]):
        return None
    return _fired(history, Rule.DRIFTING, NotHeardOf(silent), silent // limits.drifting_weeks)


def status_inflation(history: History, limits: Thresholds = DEFAULT) -> Fired | None:
    """Long texts, no movement: what would have to happen for the number to move?"""
    if not _moves(history):
        return None
    still = history.still_for(history.measured)
    wordy = list(takewhile(lambda one: one.code_points >= limits.long_text, reversed(still)))
    if len(wordy) < limits.inflation_weeks:
        return None
    average = sum(one.code_points for one in wordy) // len(wordy)
    evidence = LongTexts(len(wordy), average)
    return _fired(history, Rule.STATUS_INFLATION, evidence, len(wordy) // limits.inflation_weeks)


RULES: tuple[KeyResultRule, ...] = (suspicious_green, questionable_red, sandbag, drifting, status_inflation)


def about_key_result(history: History, limits: Thresholds = DEFAULT) -> list[Fired]:
    """All that fires about one key result."""
    return [fired for rule in RULES if (fired := rule(history, limits)) is not None]


@dataclass(frozen=True)
class Roots:
    """What a key result stands on. `has_baseline` is true where its kind needs none; `initiatives` is null where nobody
    names any for the key results beside it."""

    key_result_id: int
    has_baseline: bool
    initiatives: int | None
    owner_is_here: bool


def orphan(roots: Roots) -> Fired | None:
    """A key result without baseline, without any initiative, or whose owner has left."""
    lacks = [
        (Lack.OWNER, not roots.owner_is_here),
        (Lack.BASELINE, not roots.has_baseline),
        (Lack.INITIATIVE, roots.initiatives == 0),
    ]
    missing = tuple(lack for lack, is_missing in lacks if is_missing)
    if not missing:
        return None
    return Fired(Rule.ORPHAN, About(Subject.KEY_RESULT, roots.key_result_id), Lacks(missing), len(missing))


def _moves(history: History) -> bool:
    return history.kind.is_scored and not history.kind.is_threshold


def _colour(history: History) -> Confidence | None:
    """The colour that stands; null where the newest check-in has no answer: nothing is claimed then."""
    return history.told[-1].confidence if history.told else None


def _newest_of_colour(history: History, colour: Confidence) -> Sequence[Told]:
    """The newest answers that have this colour, back to the first that has another; a missed week says nothing."""
    return list(takewhile(lambda one: one.confidence is colour, reversed(history.answers)))[::-1]


def _fired(history: History, rule: Rule, evidence: Evidence, severity: int | Decimal) -> Fired:
    return Fired(rule, About(Subject.KEY_RESULT, history.key_result_id), evidence, max(1, int(severity)))
