"""Escalations: the open request for help that a red or a blocker starts, and the one way in which it ends.

It cannot be closed without a decision that has a text, an owner and a day, or a stated reason why none was needed.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.confidence import Confidence
from bot.domain.refusals import Reason

FAR_REPLIES = 4
FAR_AGE = timedelta(days=1)
SAME_ESCALATION_PERIODS = 2  # reopened within so many periods it is the same escalation, later a new one


class EscalationState(enum.Enum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IN_REVIEW = "in_review"
    DECIDED = "decided"
    RESOLVED = "resolved"


class Event(enum.Enum):
    """What can happen to an escalation. That nobody answers is no event: the ladder goes on, the state stays."""

    RED_AGAIN = "red_again"
    ACKNOWLEDGE = "acknowledge"
    TAKE_TO_REVIEW = "take_to_review"
    DECIDE = "decide"
    RESOLVE = "resolve"
    REOPEN = "reopen"


class DecisionKind(enum.Enum):
    """What a decision does. Those that change or stop the key result are carried out in Okra itself."""

    UNBLOCK = "unblock"
    MOVE = "move"
    CHANGE_TARGET = "change_target"
    WRONG_MEASURE = "wrong_measure"
    STOP = "stop"
    ACCEPT_RISK = "accept_risk"

    @property
    def is_for_leads(self) -> bool:
        """Whether it takes more than the owner's word: it changes or ends what was agreed on."""
        return self.redefines or self is DecisionKind.STOP

    @property
    def redefines(self) -> bool:
        """Whether the key result's definition changes."""
        return self in (DecisionKind.CHANGE_TARGET, DecisionKind.WRONG_MEASURE)


@dataclass(frozen=True)
class ProposedDecision:
    """A decision about to be recorded: `owner_id` owns the follow-up, `due_on` is the day it is asked about."""

    text: str
    owner_id: int | None
    due_on: date | None

    @property
    def is_complete(self) -> bool:
        return bool(self.text.strip()) and self.owner_id is not None and self.due_on is not None


@dataclass(frozen=True)
class EscalationFacts:
    """What the next state depends on beside the state.

    `decision` is the one that a DECIDE would record. `has_decision`: one was recorded since it was opened, or opened
    again. `has_running_decision`: one of them is neither done nor dropped nor overdue. `no_decision_reason` is what a
    RESOLVE states. `is_taken_by_another`: somebody else than the actor acknowledged. `periods_since_resolved` counts
    check-in weeks.
    """

    decision: ProposedDecision | None = None
    has_decision: bool = False
    has_running_decision: bool = False
    no_decision_reason: str = ""
    is_taken_by_another: bool = False
    periods_since_resolved: int = 0


@dataclass(frozen=True)
class Refusal:
    """The event makes no sense now; the state stays as it is."""

    reason: Reason


_OPEN, _TAKEN, _REVIEW, _DECIDED, _RESOLVED = EscalationState

# Where an event leads if nothing below refuses it. What is missing here leaves the state as it is.
TRANSITIONS: dict[tuple[EscalationState, Event], EscalationState] = {
    (_OPEN, Event.ACKNOWLEDGE): _TAKEN,
    (_OPEN, Event.TAKE_TO_REVIEW): _REVIEW,
    (_OPEN, Event.DECIDE): _DECIDED,
    (_OPEN, Event.RESOLVE): _RESOLVED,
    (_TAKEN, Event.TAKE_TO_REVIEW): _REVIEW,
    (_TAKEN, Event.DECIDE): _DECIDED,
    (_TAKEN, Event.RESOLVE): _RESOLVED,
    (_REVIEW, Event.ACKNOWLEDGE): _TAKEN,
    (_REVIEW, Event.DECIDE): _DECIDED,
    (_REVIEW, Event.RESOLVE): _RESOLVED,
    (_DECIDED, Event.TAKE_TO_REVIEW): _REVIEW,
    (_DECIDED, Event.RED_AGAIN): _OPEN,
    (_DECIDED, Event.RESOLVE): _RESOLVED,
    (_RESOLVED, Event.RED_AGAIN): _OPEN,
    (_RESOLVED, Event.REOPEN): _OPEN,
}


def next_state(state: EscalationState, event: Event, facts: EscalationFacts) -> EscalationState | Refusal:
    """The state after an event, possibly the same, or why the event is refused.

    - A resolved escalation only comes back by another red or by reopening, within two periods; after that
      (ESCALATION_RESOLVED) a new one begins.
    - DECIDE and RESOLVE are refused with NEEDS_A_DECISION where a decision (with text, owner and day) and, for RESOLVE,
      also a reason for none is missing.
    - ACKNOWLEDGE is refused with ALREADY_TAKEN where somebody else has it.
    - A red while a decision is still running changes nothing: what was decided has until its day to help.
    """
    if state is EscalationState.RESOLVED:
        is_back = event in (Event.RED_AGAIN, Event.REOPEN) and facts.periods_since_resolved <= SAME_ESCALATION_PERIODS
        return TRANSITIONS[state, event] if is_back else Refusal(Reason.ESCALATION_RESOLVED)
    if event is Event.ACKNOWLEDGE and facts.is_taken_by_another:
        return Refusal(Reason.ALREADY_TAKEN)
    if event is Event.DECIDE and not (facts.decision and facts.decision.is_complete):
        return Refusal(Reason.NEEDS_A_DECISION)
    if event is Event.RESOLVE and not (facts.has_decision or facts.no_decision_reason.strip()):
        return Refusal(Reason.NEEDS_A_DECISION)
    if event is Event.RED_AGAIN and facts.has_running_decision:
        return state
    return TRANSITIONS.get((state, event), state)


def back_from(state: EscalationState, review_on: date | None, today: date) -> date | None:
    """The day of the review that it was taken to, once that is over and nothing is decided: it is as open as before.

    None where there was no such review, or it is still to come.
    """
    is_over = state is EscalationState.IN_REVIEW and review_on is not None and review_on < today
    return review_on if is_over else None


def is_the_same(periods_since_resolved: int) -> bool:
    """Whether a call for help so many periods after the last one was resolved goes on with that one."""
    facts = EscalationFacts(periods_since_resolved=periods_since_resolved)
    return next_state(EscalationState.RESOLVED, Event.REOPEN, facts) is EscalationState.OPEN


def is_out_of_reach(replies: int, age: timedelta, *, can_be_edited: bool) -> bool:
    """Whether a thread's first message, `age` old with so many replies beneath it, is no place to act from any more."""
    return not can_be_edited or replies >= FAR_REPLIES or age >= FAR_AGE


def proposes_to_resolve(state: EscalationState, before: Confidence | None, now: Confidence) -> bool:
    """Whether an answer proposes to resolve: the key result has just turned green. Nothing is resolved by itself."""
    turned = before in (Confidence.YELLOW, Confidence.RED) and now is Confidence.GREEN
    return turned and state is not EscalationState.RESOLVED


def path(
    lead_ids: Iterable[int | None],
    sponsor_ids: Iterable[int | None],
    *,
    owner_id: int | None,
    between: int | None = None,
) -> tuple[int, ...]:
    """Who is asked one after another: the team's lead, each lead above (nearest first), the executive sponsors.

    Each person once, at their first place; teams without a lead are passed over, and so is the owner, who asks for help
    and cannot give it. `between` is the nearest lead of both where another team blocks: they come right after the first
    one, because those in between cannot decide for the other team.
    """
    leads = [one for one in lead_ids if one is not None]
    if between in leads:
        leads = [*leads[: min(1, leads.index(between))], *leads[leads.index(between) :]]
    everybody = [*leads, *sponsor_ids]
    return tuple(dict.fromkeys(one for one in everybody if one is not None and one != owner_id))


def nearest_common_lead(one: Sequence[int], other: Sequence[int]) -> int | None:
    """Who decides between two teams: of the leads above both, the one nearest to the first; None if there is none."""
    return next((lead for lead in one if lead in other), None)
