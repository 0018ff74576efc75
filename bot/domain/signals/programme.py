"""The rules about objectives, teams and the way they work together. Each gives what fired, or None."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.organisation import Level
from bot.domain.signals.fired import (
    About,
    Changed,
    Fired,
    Lack,
    Lacks,
    Load,
    Rule,
    Subject,
    TooMany,
    Waits,
    WithoutDecision,
)
from bot.domain.signals.thresholds import DEFAULT, Thresholds


def orphan_objective(objective_id: int, *, serves_a_priority: bool, has_priorities: bool) -> Fired | None:
    """An objective that serves no priority; says nothing where the organisation has named none."""
    if serves_a_priority or not has_priorities:
        return None
    return Fired(Rule.ORPHAN, About(Subject.OBJECTIVE, objective_id), Lacks((Lack.PRIORITY,)), 1)


def too_many_objectives(team_id: int, level: Level, objectives: int, limits: Thresholds = DEFAULT) -> Fired | None:
    """More objectives than are meant for the team's level."""
    return _too_many(About(Subject.TEAM, team_id), Load.OBJECTIVES, objectives, limits.objectives[level].most)


def too_many_key_results(objective_id: int, key_results: int, limits: Thresholds = DEFAULT) -> Fired | None:
    """More key results than an objective is meant to have."""
    about = About(Subject.OBJECTIVE, objective_id)
    return _too_many(about, Load.KEY_RESULTS, key_results, limits.key_results_an_objective)


def overloaded_owner(member_id: int, key_results: int, limits: Thresholds = DEFAULT) -> Fired | None:
    """One owner on too many key results."""
    return _too_many(About(Subject.OWNER, member_id), Load.OWNED, key_results, limits.key_results_an_owner)


def changing_priorities(
    team_id: int, changes: Sequence[date], *, began: date, today: date, limits: Thresholds = DEFAULT
) -> Fired | None:
    """Key results added, reworded or retargeted in mid-cycle: `changes` has a day for each.

    `began`: the cycle's first day. Changes of its first weeks are the end of planning.
    """
    settled = began + timedelta(weeks=limits.settling_weeks)
    since = max(settled, today - timedelta(weeks=limits.changes_weeks) + timedelta(days=1))
    count = sum(since <= day <= today for day in changes)
    if count < limits.changes:
        return None
    evidence = Changed(count, limits.changes_weeks)
    return Fired(Rule.CHANGING_PRIORITIES, About(Subject.TEAM, team_id), evidence, count // limits.changes)


@dataclass(frozen=True)
class Review:
    """One review that was held: how much was open before it, and how many decisions came of it."""

    open_before: int
    decisions: int


def ceremonial_review(
    team_id: int,
    reviews: Sequence[Review],
    *,
    undecided: int = 0,
    repeats: int = 0,
    overdue: int = 0,
    limits: Thresholds = DEFAULT,
) -> Fired | None:
    """Reds and reviews that end without a decision, reds that come back, decisions that are overdue.

    `reviews` are the oldest first. A review before which nothing was open is no sign of anything.
    """
    empty = 0
    for review in reversed([one for one in reviews if one.open_before]):
        if review.decisions:
            break
        empty += 1
    counted = (
        (empty, limits.empty_reviews),
        (undecided, limits.undecided),
        (repeats, limits.repeats),
        (overdue, limits.overdue),
    )
    severity = max(count // least for count, least in counted)
    if severity < 1:
        return None
    evidence = WithoutDecision(*(count if count >= least else 0 for count, least in counted))
    return Fired(Rule.CEREMONIAL_REVIEW, About(Subject.TEAM, team_id), evidence, severity)


def friction(
    waiting_team_id: int,
    awaited_team_id: int,
    waits_since: Sequence[date],
    *,
    today: date,
    limits: Thresholds = DEFAULT,
) -> Fired | None:
    """One team is blocked by another: `waits_since` has a day for each key result that waits."""
    if not waits_since:
        return None
    weeks = (today - min(waits_since)).days // 7
    severity = max(len(waits_since) // limits.waiting, weeks // limits.waiting_weeks)
    if severity < 1:
        return None
    about = About(Subject.TEAM, waiting_team_id, awaited_team_id)
    return Fired(Rule.FRICTION, about, Waits(len(waits_since), weeks), severity)


def _too_many(about: About, what: Load, count: int, most: int) -> Fired | None:
    return Fired(Rule.OVERLOAD, about, TooMany(what, count, most), count - most) if count > most else None
