"""How bad it gets: the levels, as rules for the local Slack's faults.

Up to "heavy" an effect and the history that shows it are together at most as late as the documented bound; "beyond"
goes over it, to show and count what lies outside.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.localslack.faults import Fault, FaultKind
from bot.rehearsal.fate import Mortality

OUTAGE = timedelta(minutes=30)
# The shares of the bound that a late effect and a lagging history may take; together a little less than all of it.
LATE_SHARE, LAG_SHARE = 0.6, 0.3
BEYOND = 6.0


class Level(enum.StrEnum):
    NONE = "none"
    LIGHT = "light"
    HEAVY = "heavy"
    BEYOND = "beyond"

    @property
    def share(self) -> float:
        """How often things go wrong, as a share of heavy."""
        return {Level.NONE: 0.0, Level.LIGHT: 0.2}.get(self, 1.0)


@dataclass(frozen=True)
class Outage:
    """Slack is down for everybody: people cannot act, and every call is answered 503. Aware instants."""

    since: datetime
    until: datetime


def rules(level: Level, *, bound_seconds: float, outages: tuple[Outage, ...], worse: float = 1) -> list[Fault]:
    """The faults of a level, `worse` times as often. Of several that match a call the first that hits it counts."""
    if level is Level.NONE:
        return []
    over = BEYOND if level is Level.BEYOND else 1.0
    late, lag = bound_seconds * LATE_SHARE * over, bound_seconds * LAG_SHARE * over

    def fault(kind: FaultKind, percent: float, **more: object) -> Fault:
        return Fault(kind, probability=min(1.0, worse * level.share * percent / 100), **more)  # type: ignore[arg-type]

    return [
        *(Fault(FaultKind.SERVER_ERROR, since=outage.since, until=outage.until) for outage in outages),
        fault(FaultKind.RATE_LIMITED, 1.5, seconds=1, up_to=30),
        fault(FaultKind.SERVER_ERROR, 1.0),
        fault(FaultKind.SERVER_ERROR, 1.0, effect=True, status=500),
        fault(FaultKind.ERROR, 0.5, error="internal_error", effect=True),
        fault(FaultKind.SLOW, 1.0, seconds=1, up_to=20),
        fault(FaultKind.DROPPED_BEFORE, 1.0),
        fault(FaultKind.DROPPED_AFTER, 1.5),
        fault(FaultKind.LATE_EFFECT, 1.5, seconds=1, up_to=late),
        fault(FaultKind.TRUNCATED, 0.5),
        fault(FaultKind.UNREADABLE, 0.5),
        fault(FaultKind.HISTORY_LAG, 30, seconds=1, up_to=lag),
        fault(FaultKind.TWICE, 4),
        fault(FaultKind.LATE, 2, seconds=0.2, up_to=2.5),
        fault(FaultKind.OUT_OF_ORDER, 1),
        fault(FaultKind.ACK_LOST, 1.5),
        # Somebody presses, and no dialog opens.
        fault(FaultKind.EXPIRED_TRIGGER, 2.0, on="views.open"),
    ]


def no_connection(level: Level) -> float:
    """The chance that a request finds nobody to talk to."""
    return 0.01 * level.share


def mortality(level: Level) -> Mortality:
    """How processes die and stall at a level."""
    if level is Level.NONE:
        return Mortality()
    return Mortality(forced=level.share == 1.0, dies=level.share / 1500, stalls=level.share / 1500)
