"""The same blocker named again: when that alone brings an escalation one step up its path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.domain.cadence import Period
from bot.domain.escalation import EscalationState


@dataclass(frozen=True)
class NamedAgain:
    """A blocker that stood before is named in the answer of a week, about a key result whose thread is open.

    `first_named` is the week in which it was named first, `first_asked` the one in which this round of the path asked
    its first person; null while nobody was asked yet. `is_decided`: something was, in this round. `review_on`: the day
    of the review that it was taken to. `went_up`: it was named in this week before, and went up for that.
    """

    week: Period
    first_named: Period
    first_asked: Period | None
    state: EscalationState
    is_decided: bool
    review_on: date | None
    today: date
    went_up: bool


def goes_up(again: NamedAgain) -> bool:
    """Whether the next one on the path is asked now, without waiting for the limit of the one before.

    Once a week, for what was named in an earlier week and asked about in an earlier week, without a decision since. A
    review that is still to come is waited for: the decision is expected there.
    """
    if again.went_up or again.first_asked is None or again.is_decided:
        return False
    if again.state in (EscalationState.DECIDED, EscalationState.RESOLVED):
        return False
    if again.state is EscalationState.IN_REVIEW and again.review_on is not None and again.review_on >= again.today:
        return False
    return again.first_named < again.week and again.first_asked < again.week
