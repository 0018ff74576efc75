"""A team's week as the digest tells it: one snapshot, and what follows from it.

A snapshot is taken once a team and period and kept, so that the digest can be shown again as it was. What it says
(how many checked in, what moved, what needs a decision) is worked out from it and never stored beside it.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bot.domain.cadence import Period
from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest_subjects import Subjects, subjects_of
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.health import Health
from bot.domain.pace import Point, projected
from bot.domain.redefinition import Difference
from bot.domain.scoring import show
from bot.domain.signals.signal import Signal

STOP_OR_SHIFT_LENGTH = 200
"""The longest answer to "what should stop or shift?", in code points: the digest shows all of it, always."""

MOST_ASKS = 3
"""A digest asks for no more decisions than this; the others are counted."""

LATE_AFTER = timedelta(minutes=30)
"""A digest that comes so long after its hour says so."""

LARGE = 60
"""A digest of several teams with more key results than this speaks about the teams, and leads into theirs."""


@dataclass(frozen=True)
class KeyResultLine:
    """A key result as it stood when the digest was taken.

    `team` holds its objective. `is_own`: an objective of the digest's own team, held or shared, rather than of a team
    beneath. `is_leaders`: its owner leads one of the teams. `was_asked`: a check-in was due and not excused.
    `answer_id` is the answer that colour and score were read off, of this week where `was_answered`, else an older one.
    Scores are 0.00 to 1.00; `scores` has one entry a week, the oldest first, null where there was no answer.
    """

    key_result_id: int
    number: int
    name: str
    team: str
    is_own: bool
    is_leaders: bool
    owner: str
    is_scored: bool
    was_asked: bool
    was_answered: bool
    confidence: Confidence | None
    score: Decimal | None
    last_score: Decimal | None
    answer_id: int | None
    team_id: int = 0
    scores: tuple[Decimal | None, ...] = ()

    @property
    def move(self) -> Decimal:
        """How far the score went since last week; 0 where people would read the same number twice."""
        if not self.was_answered or self.score is None or self.last_score is None:
            return Decimal(0)
        return self.score - self.last_score if show(self.score) != show(self.last_score) else Decimal(0)


@dataclass(frozen=True)
class Call:
    """An escalation that is not resolved. `since` is the local day on which it was opened; `taken_by` a name.

    `back_from`: the day of the review that it was taken to, once that has passed and nothing is decided.
    """

    escalation_id: int
    key_result_id: int
    number: int
    name: str
    confidence: Confidence | None
    state: EscalationState
    taken_by: str | None
    need: str
    blocked_by: str
    asked_slack_id: str | None
    since: date
    link: str | None
    back_from: date | None = None

    @property
    def wants_help(self) -> bool:
        """Nothing has been decided yet."""
        return self.state not in (EscalationState.DECIDED, EscalationState.RESOLVED)

    @property
    def wants_a_decision(self) -> bool:
        """The owner said what they need, or it was taken to the review: somebody can say yes or no."""
        return self.wants_help and (bool(self.need) or self.state is EscalationState.IN_REVIEW)


@dataclass(frozen=True)
class MadeDecision:
    """What was decided since the digest before, and is neither done nor dropped."""

    decision_id: int
    key_result_id: int
    number: int
    name: str
    confidence: Confidence | None
    text: str
    owner: str
    due_on: date
    link: str | None
    kind: DecisionKind = DecisionKind.UNBLOCK


@dataclass(frozen=True)
class SettledDecision:
    """What became of a decision since the digest before: done, or dropped for a `reason`."""

    decision_id: int
    key_result_id: int
    number: int
    text: str
    is_done: bool
    reason: str | None


@dataclass(frozen=True)
class OverdueDecision:
    """A decision whose day has passed and whose follow-up is not done."""

    decision_id: int
    key_result_id: int
    number: int
    text: str
    owner: str
    due_on: date
    link: str | None


class NotedAs(enum.Enum):
    """What happened to a key result, or to a request for help, that a digest's readers should know."""

    CHANGED = "changed"
    ADDED = "added"
    STOPPED = "stopped"
    NOT_DECIDED = "not_decided"


@dataclass(frozen=True)
class Noted:
    """One thing since the digest before. `words`: why it changed or is new, what was learnt, why nothing was decided.

    `stops`: what stops for what was changed or is new; "" for the others, and for those that were kept before this was.
    `escalation_id`: the request for help that ended without one; null for the others, and for those that were kept
    before this was.
    """

    noted_as: NotedAs
    key_result_id: int
    number: int
    name: str
    words: str
    differences: tuple[Difference, ...] = ()
    escalation_id: int | None = None
    stops: str = ""


@dataclass(frozen=True)
class Waiting:
    """A key result of `team` that waits for another team, which was asked on `asked_on`: what that one says.

    `by` is who said it, null while nobody has; `due_on` the day that it names and `reason` why it refuses, each null
    otherwise.
    """

    key_result_id: int
    number: int
    name: str
    team: str
    other: str
    state: DependencyState
    by: str | None
    due_on: date | None
    reason: str | None
    asked_on: date


@dataclass(frozen=True)
class Mix:
    """How many key results have which colour."""

    green: int = 0
    yellow: int = 0
    red: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.count

    @property
    def count(self) -> int:
        return self.green + self.yellow + self.red


def mix(colours: Iterable[Confidence | None]) -> Mix:
    """The mix of these colours; where there is none yet, nothing is counted."""
    found = Counter(colours)
    return Mix(found[Confidence.GREEN], found[Confidence.YELLOW], found[Confidence.RED])


@dataclass(frozen=True)
class Week:
    """One week of the cycle. `score`: the mean of all scores as they stood after it, two places, null where there was
    none; `expected`: what the pace expects on the day of its digest; `colours`: as they were given in it."""

    period: Period
    score: Decimal | None
    expected: Decimal
    colours: Mix


@dataclass(frozen=True)
class TeamState:
    """Where the key results of one team stand, worked out from the lines of a digest.

    `colours` were given this week, as a digest's own; `reds` and `yellows` stand, this week's or older ones.
    """

    team_id: int
    team: str
    colours: Mix
    reds: int
    yellows: int
    key_results: int
    asked: int
    answered: int
    decide: int
    want_help: int
    moved_up: int
    moved_down: int


@dataclass(frozen=True)
class Snapshot:
    """All that the digest of one team and period says.

    `stop_or_shift` is the lead's answer, null without one; `signal` the one question that the data asks, null where it
    asks none; `health` how the programme goes, once a month for the company. `team_id` is the digest's own team;
    `has_teams`: there are teams beneath it. `weeks` are those of the cycle up to this one, the oldest first, and
    `ends_on` is its last day. `waiting`: what its teams wait for, or are waited for. `settled`: what became of
    decisions. What happened "since the digest before" is counted from the last one that people could read.
    """

    team: str
    period: Period
    taken_on: date
    key_results: tuple[KeyResultLine, ...]
    calls: tuple[Call, ...]
    decided: tuple[MadeDecision, ...]
    overdue: tuple[OverdueDecision, ...]
    stop_or_shift: str | None
    signal: Signal | None = None
    team_id: int = 0
    has_teams: bool = False
    weeks: tuple[Week, ...] = ()
    ends_on: date | None = None
    noted: tuple[Noted, ...] = ()
    health: Health | None = None
    waiting: tuple[Waiting, ...] = ()
    settled: tuple[SettledDecision, ...] = ()

    @property
    def is_empty(self) -> bool:
        """There is no key result to tell of."""
        return not self.key_results

    @property
    def asked(self) -> int:
        """How many check-ins were due; excused ones are not."""
        return sum(line.was_asked for line in self.key_results)

    @property
    def answered(self) -> int:
        return sum(line.was_asked and line.was_answered for line in self.key_results)

    @property
    def leaders(self) -> tuple[KeyResultLine, ...]:
        """The leaders' own key results that were due."""
        return tuple(line for line in self.key_results if line.is_leaders and line.was_asked)

    @property
    def decide(self) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if call.wants_a_decision)

    @property
    def want_help(self) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if call.wants_help)

    @property
    def is_first(self) -> bool:
        """There are scores this week, and none of them has one of last week beside it."""
        scored = [line for line in self.key_results if line.was_answered and line.score is not None]
        return bool(scored) and all(line.last_score is None for line in scored)

    @property
    def moved_up(self) -> tuple[KeyResultLine, ...]:
        return tuple(sorted((line for line in self.key_results if line.move > 0), key=_largest_first))

    @property
    def moved_down(self) -> tuple[KeyResultLine, ...]:
        return tuple(sorted((line for line in self.key_results if line.move < 0), key=_largest_first))

    @property
    def is_large(self) -> bool:
        """Too many key results for one message: it speaks about teams."""
        return self.has_teams and len(self.key_results) > LARGE

    @property
    def projected(self) -> Decimal | None:
        """The mean score on the cycle's last day if it goes on at the pace of these weeks; null while none is known."""
        if self.ends_on is None:
            return None
        points = [
            Point(self.taken_on - timedelta(weeks=back), week.score)
            for back, week in enumerate(reversed(self.weeks))
            if week.score is not None
        ]
        return projected(points, self.ends_on)

    @property
    def teams(self) -> tuple[TeamState, ...]:
        """The teams that hold these key results: those that most need a decision first."""
        lines: dict[tuple[int, str], list[KeyResultLine]] = {}
        for line in self.key_results:
            lines.setdefault((line.team_id, line.team), []).append(line)
        holders = {line.key_result_id: (line.team_id, line.team) for line in self.key_results}
        decide = Counter(holders.get(call.key_result_id) for call in self.decide)
        want_help = Counter(holders.get(call.key_result_id) for call in self.want_help)
        states = [
            TeamState(
                team_id=key[0],
                team=key[1],
                colours=mix(line.confidence for line in own if line.was_answered),
                reds=sum(line.confidence is Confidence.RED for line in own),
                yellows=sum(line.confidence is Confidence.YELLOW for line in own),
                key_results=len(own),
                asked=sum(line.was_asked for line in own),
                answered=sum(line.was_asked and line.was_answered for line in own),
                decide=decide[key],
                want_help=want_help[key],
                moved_up=sum(line.move > 0 for line in own),
                moved_down=sum(line.move < 0 for line in own),
            )
            for key, own in lines.items()
        ]
        return tuple(sorted(states, key=_most_needing_first))

    @property
    def subjects(self) -> Subjects:
        """All that the digest tells of."""
        found = [subjects_of(one) for one in self._said]
        return Subjects(
            frozenset().union(*(one.key_results for one in found)),
            frozenset().union(*(one.escalations for one in found)),
            frozenset().union(*(one.decisions for one in found)),
        )

    def without(self, hidden: Subjects) -> Snapshot:
        """The same without all that is about something hidden.

        It looks at every field, so that a new kind of line cannot be forgotten.
        """
        left: dict[str, Any] = {}
        for field in fields(self):
            said = getattr(self, field.name)
            if isinstance(said, tuple):
                left[field.name] = tuple(one for one in said if not subjects_of(one).touch(hidden))
            elif subjects_of(said).touch(hidden):
                left[field.name] = None
        # What was drawn or counted over all of them would tell of what is hidden.
        if len(left["key_results"]) != len(self.key_results):
            left |= {"weeks": (), "health": None}
        if called := self._key_results_of(Subjects(escalations=hidden.escalations)):
            left["health"] = None
            if self.signal is not None and self.signal.counts_calls and self.signal.key_result_ids & called:
                left["signal"] = None
        return replace(self, **left)

    def _key_results_of(self, these: Subjects) -> frozenset[int]:
        """The key results of all that is about one of these."""
        found = (subjects_of(one) for one in self._said)
        return frozenset().union(*(one.key_results for one in found if one.touch(these)))

    @property
    def _said(self) -> Iterator[object]:
        """All that is said, line by line."""
        for field in fields(self):
            said = getattr(self, field.name)
            yield from said if isinstance(said, tuple) else (said,)


def mean(scores: Sequence[Decimal]) -> Decimal | None:
    """The mean of scores, two places, rounded once, half to even; null for none."""
    if not scores:
        return None
    exact = sum((Fraction(score) for score in scores), Fraction(0)) / len(scores)
    return Decimal(round(exact * 100)).scaleb(-2)


def _largest_first(line: KeyResultLine) -> tuple[bool, Decimal, int]:
    return not line.is_own, -abs(line.move), line.number


def _most_needing_first(state: TeamState) -> tuple[int, int, int, int, str, int]:
    return -state.decide, -state.want_help, -state.reds, -state.yellows, state.team, state.team_id
