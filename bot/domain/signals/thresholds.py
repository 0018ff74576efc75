"""Every number that a signal depends on, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.organisation import KEY_RESULTS, OBJECTIVES, Level, Range


@dataclass(frozen=True)
class Thresholds:
    """Weeks are check-ins in a row; scores are 0.00 to 1.00; shares are of the cycle's days.

    - `still_weeks`: green without movement for so many answers that gave a value.
    - `behind_gap`: green and so far behind the pace, for `behind_weeks`, once `behind_from` of the cycle has gone by.
    - `red_weeks`, `red_from_start_weeks`: red for so many answers; fewer are enough where no other colour came before.
    - `near_one`, `sandbag_before`: at or above this score before this share of the cycle.
    - `drifting_weeks`: check-ins missed in a row.
    - `long_text`, `inflation_weeks`: code points a check-in, for so many answers without movement.
    - `objectives`, `key_results_an_objective`: how many of each do well.
    - `key_results_an_owner`: how many one person may drive at once.
    - `changes`, `changes_weeks`, `settling_weeks`: so many key results added, reworded or retargeted within so many
      weeks; the cycle's first weeks are for that and do not count.
    - `empty_reviews`: reviews in a row that ended without a decision although something was open.
    - `undecided`, `repeats`, `overdue`: reds that ended without a decision, reds that came back, decisions past their
      day: so many of one team in a cycle.
    - `waiting`, `waiting_weeks`: one team waits for another with so many key results, or with one for so long.
    """

    still_weeks: int = 4
    behind_gap: Decimal = Decimal("0.3")
    behind_from: Decimal = Decimal("0.3")
    behind_weeks: int = 2
    red_weeks: int = 4
    red_from_start_weeks: int = 3
    near_one: Decimal = Decimal("0.95")
    sandbag_before: Decimal = Decimal("0.5")
    drifting_weeks: int = 2
    long_text: int = 600
    inflation_weeks: int = 3
    objectives: Mapping[Level, Range] = field(default_factory=lambda: OBJECTIVES)
    key_results_an_objective: int = KEY_RESULTS
    key_results_an_owner: int = 5
    changes: int = 3
    changes_weeks: int = 4
    settling_weeks: int = 2
    empty_reviews: int = 2
    undecided: int = 2
    repeats: int = 2
    overdue: int = 2
    waiting: int = 2
    waiting_weeks: int = 3


DEFAULT = Thresholds()
