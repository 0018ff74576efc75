"""How much of a person's attention Okra may take: a weekly budget of messages that nobody asked for.

The budget counts in calendar weeks of the organisation, so that no move of a person's zone makes a week shorter.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.cadence import following, period_of
from bot.domain.localtime import instant_of
from bot.domain.schedule import Schedule

BUDGET = 5
LEAST_BUDGET = 1
MOST_BUDGET = 20
# What is asked when a day's work ends has so long to leave.
EVENING = timedelta(hours=1)


class Attention(enum.Enum):
    """What kind of attention a message asks for.

    `UNASKED`: nobody asked for it: within the budget, and within working hours. `FIRST`: within the budget; its
    moment is chosen with care by whoever queues it (the introduction comes before the first prompt). `REQUEST`: its
    reader has to decide or to know, and it can wait until they are at work: outside of the budget, within working
    hours.
    `EVENING`: as that, and it is asked when a day's work ends.
    `ANSWER`: what comes of something that its reader did or asked for, or that somebody waits for: outside of the
    budget.
    """

    UNASKED = "unasked"
    FIRST = "first"
    REQUEST = "request"
    EVENING = "evening"
    ANSWER = "answer"


@dataclass(frozen=True)
class Leave:
    """It may go now."""


@dataclass(frozen=True)
class Wait:
    """It may go from then on."""

    until: datetime


@dataclass(frozen=True)
class HoldBack:
    """It does not go: the week's budget is used up. It stands on Home instead."""


Verdict = Leave | Wait | HoldBack


def week_of(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the calendar week at `now` (aware) begins and ends in `zone`, in UTC; the end is outside."""
    monday = period_of(now, zone)
    return instant_of(monday, time(0), zone), instant_of(following(monday), time(0), zone)


def verdict(
    attention: Attention,
    now: datetime,
    schedule: Schedule,
    sent: Collection[datetime],
    *,
    zone: ZoneInfo,
    budget: int = BUDGET,
    reserved: int = 0,
) -> Verdict:
    """Whether a message may leave at `now` (aware).

    `sent`: when this person's messages within the budget left, of this week at least. `zone` is the organisation's.
    `reserved`: how many of the budget are kept for what matters more.
    """
    if attention is Attention.ANSWER:
        return Leave()
    if attention is Attention.EVENING and schedule.is_at_work(now - EVENING):
        return Leave()
    if attention is not Attention.FIRST and not schedule.is_at_work(now):
        at = schedule.at_work_from(now)
        # Who is away for more than a year is looked at again some time.
        return Wait(at if at is not None else now + timedelta(days=30))
    if attention in (Attention.REQUEST, Attention.EVENING):
        return Leave()
    begins, ends = week_of(now, zone)
    used = sum(begins <= at < ends for at in sent)
    return Leave() if used + reserved < budget else HoldBack()
