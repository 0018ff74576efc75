"""What was told about one key result, week by week: what the rules read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.domain.cadence import Period
from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind
from bot.domain.pace import Pace


@dataclass(frozen=True)
class Told:
    """One check-in that was due and not excused. `confidence` is null where it was missed.

    `value` and `score` (0.00 to 1.00) are what this answer gave; null where it gave none. `code_points`: how long its
    texts were together.
    """

    period: Period
    confidence: Confidence | None = None
    value: Decimal | None = None
    score: Decimal | None = None
    code_points: int = 0

    @property
    def is_answered(self) -> bool:
        return self.confidence is not None


@dataclass(frozen=True)
class History:
    """A key result's check-ins of one cycle, the oldest first, one a period; and the day on which it is looked at.

    A check-in that can still be answered is not among them.
    """

    key_result_id: int
    kind: Kind
    told: Sequence[Told]
    pace: Pace
    today: date

    @property
    def answers(self) -> list[Told]:
        return [one for one in self.told if one.is_answered]

    @property
    def measured(self) -> list[Told]:
        """The answers that gave what moves: a value, or a milestone's score."""
        return [one for one in self.answers if self.measure(one) is not None]

    @property
    def score(self) -> Decimal | None:
        """The newest score."""
        return next((one.score for one in reversed(self.answers) if one.score is not None), None)

    def measure(self, one: Told) -> Decimal | None:
        return one.value if self.kind.takes_value else one.score

    def still_for(self, answers: Sequence[Told]) -> list[Told]:
        """The newest of these answers, back to the first one that gave another measure than the newest."""
        still: list[Told] = []
        for one in reversed(answers):
            if still and self.measure(one) != self.measure(still[0]):
                break
            still.append(one)
        return still[::-1]
