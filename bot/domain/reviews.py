"""Reviews, seen from what came of them: Okra knows their weekday, and what was open and what was decided.

A review takes in what was open on its day. What is decided from that day until the next review came of it; people have
two days for writing it down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.localtime import Weekday
from bot.domain.signals.programme import Review

WEEK = timedelta(weeks=1)
TO_WRITE_IT_DOWN = timedelta(days=2)


@dataclass(frozen=True)
class Call:
    """An escalation. Days are local; `resolved_on` null while it is open; `was_needed` false: resolved with the reason
    why no decision was needed. `decided_on` has the day of every decision, `red_again_on` that of every further red.
    """

    key_result_id: int
    opened_on: date
    resolved_on: date | None = None
    was_needed: bool = True
    decided_on: tuple[date, ...] = ()
    red_again_on: tuple[date, ...] = ()

    def is_open_on(self, day: date) -> bool:
        """Whether it waited for a decision when the day began, or was opened on it."""
        if self.opened_on > day or (self.resolved_on is not None and self.resolved_on < day):
            return False
        decided = max((one for one in self.decided_on if one < day), default=None)
        return decided is None or any(decided <= one < day for one in self.red_again_on)


def review_days(since: date, today: date, weekday: Weekday) -> list[date]:
    """The days of reviews from `since` on that people have had time to write down, the oldest first."""
    day = since + timedelta(days=(weekday - since.weekday()) % 7)
    days = []
    while day + TO_WRITE_IT_DOWN <= today:
        days.append(day)
        day += WEEK
    return days


def held(days: Sequence[date], calls: Sequence[Call]) -> list[Review]:
    """Each review with how much was open before it, and how many of these decisions came of it."""
    return [
        Review(
            open_before=sum(call.is_open_on(day) for call in calls),
            decisions=sum(day <= one < day + WEEK for call in calls for one in call.decided_on),
        )
        for day in days
    ]


def repeats(calls: Sequence[Call]) -> int:
    """How often a red came back: a further escalation about the same key result, or a red after its decision."""
    further = sum(count - 1 for count in Counter(call.key_result_id for call in calls).values())
    again = sum(one > min(call.decided_on) for call in calls if call.decided_on for one in call.red_again_on)
    return further + again
