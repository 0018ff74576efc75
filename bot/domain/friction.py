"""Which team waits for which, how long and how often: counted over the blockers that name another team."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median


@dataclass(frozen=True)
class Wait:
    """One blocker that names another team, in calendar days. `until` is null while it is open."""

    waiting: str
    other: str
    since: date
    until: date | None = None


@dataclass(frozen=True)
class Pair:
    """One team that waits, or waited, for another.

    `open` is how many wait now and `oldest` for how many days the oldest of them has, null where none does; `median` of
    the days of all, those that are open counted up to today; `times` how many there were.
    """

    waiting: str
    other: str
    open: int
    oldest: int | None
    median: Decimal
    times: int


def pairs(waits: Iterable[Wait], today: date) -> tuple[Pair, ...]:
    """One for each two teams, those first that have waited longest now; then those that had to most often."""
    found: dict[tuple[str, str], list[Wait]] = defaultdict(list)
    for wait in waits:
        found[wait.waiting, wait.other].append(wait)
    return tuple(sorted((_pair(*names, ones, today) for names, ones in found.items()), key=_longest_first))


def _pair(waiting: str, other: str, waits: list[Wait], today: date) -> Pair:
    still = [_days(one, today) for one in waits if one.until is None]
    return Pair(
        waiting=waiting,
        other=other,
        open=len(still),
        oldest=max(still, default=None),
        median=Decimal(median(_days(one, today) for one in waits)),
        times=len(waits),
    )


def _days(wait: Wait, today: date) -> int:
    # A clock that is a little behind must not make a wait shorter than nothing.
    return max(((wait.until or today) - wait.since).days, 0)


def _longest_first(pair: Pair) -> tuple[int, int, str, str]:
    return -(pair.oldest if pair.oldest is not None else -1), -pair.times, pair.waiting, pair.other
