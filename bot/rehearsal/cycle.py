"""Which cycle is rehearsed, and how many weeks it has: of a file that names several, only the newest runs."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.dates import day
from bot.domain.cadence import Period, first_period_of_cycle, period_on
from bot.domain.cycles import CycleDates, CycleState, parse_cycle
from bot.domain.importing.columns import Column
from bot.domain.importing.problem import counted, shown
from bot.domain.importing.rows import Rows
from models import Cycle

# So many weeks pass where nobody says how many.
USUAL_WEEKS = 4


class Unplayable(Exception):
    """There is nothing to rehearse in the file, or not that much. The text tells what is missing; `sentences`: more."""

    def __init__(self, reason: str, *sentences: str) -> None:
        super().__init__(reason)
        self.sentences = sentences


@dataclass(frozen=True)
class RehearsedCycle:
    """`name`: as the file spells it where it comes first."""

    name: str
    days: CycleDates

    @property
    def first_monday(self) -> Period:
        return first_period_of_cycle(self.days.starts_on)

    @property
    def weeks(self) -> int:
        """In how many weeks people are asked: one for each Monday from the first to the last day. There may be none."""
        return (period_on(self.days.ends_on) - self.first_monday).days // 7 + 1

    def played(self, wanted: int | None) -> int:
        """How many weeks pass; null: the usual ones, or all that there are. Raises `Unplayable`."""
        if self.weeks == 0:
            raise Unplayable(f"there is no Monday in {shown(self.name)}, and so no week in which anybody is asked.")
        if wanted is not None and wanted > self.weeks:
            first = self.first_monday
            raise Unplayable(
                f"{shown(self.name)} has {counted(self.weeks, 'week')} from its first Monday, "
                f"{day(first)} {first.year}, and not {wanted}."
            )
        return wanted if wanted is not None else min(USUAL_WEEKS, self.weeks)


def newest_cycle(rows: Rows) -> RehearsedCycle:
    """The one that begins last; of a year and its quarter, the quarter. Raises `Unplayable`."""
    named = [
        RehearsedCycle(row[Column.CYCLE], days)
        for row in rows.rows
        if (days := parse_cycle(row[Column.CYCLE])) is not None
    ]
    if not named:
        raise Unplayable(
            "none of its cycles tells when it begins and ends. “2026 Q4” or “2026-10-01..2026-12-31” would tell."
        )
    # The shorter one is the one that ends first.
    return max(named, key=lambda one: (one.days.starts_on, -one.days.ends_on.toordinal()))


def begin(session: Session, cycle: RehearsedCycle) -> None:
    """It runs from now on, before its first day too. No other does, now or when it has ended.

    To be called while no team is on: nobody's plan has to change.
    """
    session.execute(sa.update(Cycle).where(Cycle.name != cycle.name).values(state=CycleState.CLOSED))
    session.execute(sa.update(Cycle).where(Cycle.name == cycle.name).values(state=CycleState.ACTIVE))
