"""Real histories from outside of this repository (`OKRA_SHARED`), as the rules read them.

They hold dates and scores, no colours and no texts. So each is read twice: as if every answer had been green, and with
the colour that an owner gives who goes by the pace.

    OKRA_SHARED=/somewhere python tests/support/real_histories.py

prints what fires, one line each with what came later, to be read and judged.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from bot.domain.cadence import Period, period_on  # noqa: E402 - as a script it is found only now
from bot.domain.confidence import Confidence  # noqa: E402
from bot.domain.cycles import CycleDates, parse_cycle  # noqa: E402
from bot.domain.kinds import Kind  # noqa: E402
from bot.domain.pace import Pace, Point, projected  # noqa: E402
from bot.domain.signals.fired import Fired  # noqa: E402
from bot.domain.signals.history import History, Told  # noqa: E402
from bot.domain.signals.key_results import about_key_result  # noqa: E402
from bot.domain.signals.silence import Before, speaks  # noqa: E402

SHARED = Path(os.environ["OKRA_SHARED"]) / "okrs" if os.environ.get("OKRA_SHARED") else None
A_LITTLE, MUCH = Decimal("0.1"), Decimal("0.3")

Colour = Callable[[Pace, date, Decimal], Confidence]


@dataclass(frozen=True)
class Real:
    """One key result: its cycle, and a score (null: nothing was told) by day, the oldest first."""

    name: str
    cycle: CycleDates
    scores: Sequence[tuple[date, Decimal | None]]


def real_histories(folder: Path) -> list[Real]:
    cycles = {row["id"]: row["cycle"] for row in _rows(folder / "okrs.csv")}
    scores: dict[str, list[tuple[date, Decimal | None]]] = defaultdict(list)
    for row in _rows(folder / "checkins.csv"):
        score = Decimal(row["progress"]) if row["progress"] else None
        scores[row["id"]].append((date.fromisoformat(row["date"]), score))
    return [
        # In the file's order within a day: the last word counts.
        Real(name, _cycle(cycles[name], found), sorted(found, key=lambda one: one[0]))
        for name, found in sorted(scores.items())
    ]


def always_green(pace: Pace, day: date, score: Decimal) -> Confidence:
    return Confidence.GREEN


def by_the_pace(pace: Pace, day: date, score: Decimal) -> Confidence:
    behind = pace.expected(day) - score
    if behind > MUCH:
        return Confidence.RED
    return Confidence.YELLOW if behind > A_LITTLE else Confidence.GREEN


COLOURS: dict[str, Colour] = {"always green": always_green, "by the pace": by_the_pace}


def walked(real: Real, colour: Colour) -> Iterator[tuple[date, Fired, bool]]:
    """All that fires, check-in by check-in; and whether it would be told, were it alone."""
    pace = Pace(real.cycle)
    told: dict[Period, Told] = {}
    before: dict[object, Before] = {}
    for day, score in real.scores:
        this = period_on(day)
        told[this] = Told(this) if score is None else Told(this, colour(pace, day, score), None, score, 80)
        for fired in about_key_result(History(1, Kind.MILESTONE, list(told.values()), pace, day)):
            is_told = speaks(fired, before.get(fired.rule), this)
            if is_told:
                before[fired.rule] = Before(this, fired.severity)
            yield day, fired, is_told


def counts(reals: Sequence[Real], colour: Colour) -> tuple[Counter[str], Counter[str]]:
    """By rule: of how many key results it fires at any time, and how often it would be told."""
    key_results: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for real in reals:
        found = list(walked(real, colour))
        key_results.update({fired.rule.value for _, fired, _ in found})
        told.update(fired.rule.value for _, fired, is_told in found if is_told)
    return key_results, told


def projections(reals: Sequence[Real]) -> list[Decimal]:
    """How far each projection lies from the last score, made where four weeks or more were still to come."""
    misses = []
    for real in reals:
        known = [Point(day, score) for day, score in real.scores if score is not None]
        for end in range(5, len(known)):
            if known[-1].day - known[end - 1].day < timedelta(weeks=4):
                break
            seen = projected(known[:end], known[-1].day)
            if seen is not None:
                misses.append(abs(seen - known[-1].score))
    return misses


def _cycle(name: str, found: Sequence[tuple[date, object]]) -> CycleDates:
    """A quarter by its name; a release from its first word to its last."""
    named = parse_cycle(name)
    days = [day for day, _ in found]
    if named is not None and (named.ends_on - named.starts_on).days < 100:
        return named
    return CycleDates(min(days), max(days))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    if SHARED is None:
        sys.exit("OKRA_SHARED names no folder")
    reals = real_histories(SHARED)
    for title, colour in COLOURS.items():
        key_results, told = counts(reals, colour)
        print(f"\n{title}: of {len(reals)} key results")
        for rule, count in key_results.most_common():
            print(f"  {rule}: {count} key results, told {told[rule]} times")
        for real in reals:
            last = next((score for _, score in reversed(real.scores) if score is not None), None)
            for day, fired, is_told in walked(real, colour):
                if is_told:
                    print(f"    {real.name} {day} {fired.rule.value} {fired.evidence} ended at {last}")
    misses = projections(reals)
    print(f"\nprojections: {len(misses)}, mean miss {sum(misses) / len(misses):.2f}")


if __name__ == "__main__":
    main()
