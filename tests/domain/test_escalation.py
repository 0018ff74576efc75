from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.domain.confidence import Confidence
from bot.domain.escalation import (
    TRANSITIONS,
    EscalationFacts,
    EscalationState,
    Event,
    ProposedDecision,
    Refusal,
    is_the_same,
    nearest_common_lead,
    next_state,
    path,
    proposes_to_resolve,
)
from bot.domain.refusals import Reason

OPEN, TAKEN, REVIEW, DECIDED, RESOLVED = EscalationState
DECISION = ProposedDecision("Free two days of the auditor", 7, date(2026, 11, 20))
# Everything an event could need, so that only the table speaks.
ALL_GIVEN = EscalationFacts(decision=DECISION, has_decision=True, no_decision_reason="It went away")

TABLE = {
    #          red again  acknowledge  review    decide    resolve   reopen
    OPEN: (OPEN, TAKEN, REVIEW, DECIDED, RESOLVED, OPEN),
    TAKEN: (TAKEN, TAKEN, REVIEW, DECIDED, RESOLVED, TAKEN),
    REVIEW: (REVIEW, TAKEN, REVIEW, DECIDED, RESOLVED, REVIEW),
    DECIDED: (OPEN, DECIDED, REVIEW, DECIDED, RESOLVED, DECIDED),
    RESOLVED: (OPEN, None, None, None, None, OPEN),
}


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [(state, event, after) for state, row in TABLE.items() for event, after in zip(Event, row, strict=True)],
)
def test_each_event_leads_where_the_table_says(
    state: EscalationState, event: Event, after: EscalationState | None
) -> None:
    found = next_state(state, event, ALL_GIVEN)
    assert found == (after if after is not None else Refusal(Reason.ESCALATION_RESOLVED))


@pytest.mark.parametrize("state", [OPEN, TAKEN, REVIEW, DECIDED])
def test_it_is_not_resolved_without_a_decision_or_a_reason(state: EscalationState) -> None:
    for reason in ("", "  \n"):
        facts = EscalationFacts(no_decision_reason=reason)
        assert next_state(state, Event.RESOLVE, facts) == Refusal(Reason.NEEDS_A_DECISION)
    assert next_state(state, Event.RESOLVE, EscalationFacts(has_decision=True)) is RESOLVED
    assert next_state(state, Event.RESOLVE, EscalationFacts(no_decision_reason="HR called back")) is RESOLVED


@pytest.mark.parametrize(
    "decision",
    [
        None,
        ProposedDecision(" ", 7, date(2026, 11, 20)),
        ProposedDecision("Free two days", None, date(2026, 11, 20)),
        ProposedDecision("Free two days", 7, None),
    ],
)
def test_a_decision_needs_a_text_an_owner_and_a_day(decision: ProposedDecision | None) -> None:
    for state in (OPEN, TAKEN, REVIEW, DECIDED):
        facts = EscalationFacts(decision=decision, has_decision=True)
        assert next_state(state, Event.DECIDE, facts) == Refusal(Reason.NEEDS_A_DECISION)


def test_what_one_took_cannot_be_taken_by_another() -> None:
    assert next_state(TAKEN, Event.ACKNOWLEDGE, EscalationFacts()) is TAKEN
    taken = EscalationFacts(is_taken_by_another=True)
    assert next_state(TAKEN, Event.ACKNOWLEDGE, taken) == Refusal(Reason.ALREADY_TAKEN)


def test_a_red_waits_for_a_running_decision_and_asks_again_after_it() -> None:
    assert (
        next_state(DECIDED, Event.RED_AGAIN, EscalationFacts(has_decision=True, has_running_decision=True)) is DECIDED
    )
    assert next_state(DECIDED, Event.RED_AGAIN, EscalationFacts(has_decision=True)) is OPEN


@pytest.mark.parametrize(("periods", "is_back"), [(0, True), (2, True), (3, False)])
def test_a_resolved_one_comes_back_within_two_periods(periods: int, is_back: bool) -> None:
    for event in (Event.RED_AGAIN, Event.REOPEN):
        found = next_state(RESOLVED, event, EscalationFacts(periods_since_resolved=periods))
        assert found == (OPEN if is_back else Refusal(Reason.ESCALATION_RESOLVED))


def test_every_transition_of_the_table_can_happen() -> None:
    for (state, event), after in TRANSITIONS.items():
        assert next_state(state, event, ALL_GIVEN) is after


class Escalation(RuleBasedStateMachine):
    """People press what they like; whatever they press, it ends in a decision or a reason."""

    def __init__(self) -> None:
        super().__init__()
        self.state = OPEN
        self.decisions = 0
        self.reason = ""
        self.periods = 0

    def happens(self, event: Event, **facts: object) -> None:
        known = EscalationFacts(
            decision=facts.get("decision"),  # type: ignore[arg-type]
            has_decision=self.decisions > 0,
            has_running_decision=self.decisions > 0 and bool(facts.get("running")),
            no_decision_reason=str(facts.get("reason", "")),
            periods_since_resolved=self.periods,
        )
        before, after = self.state, next_state(self.state, event, known)
        if isinstance(after, Refusal):
            return
        self.state = after
        if event is Event.DECIDE:
            self.decisions += 1
        if event is Event.RESOLVE:
            self.reason = known.no_decision_reason
        if before is RESOLVED:
            assert event in (Event.RED_AGAIN, Event.REOPEN)
            self.reason = ""
        if after is OPEN and before in (DECIDED, RESOLVED):
            self.decisions = 0
        self.periods = 0

    @rule(running=st.booleans())
    def another_red(self, running: bool) -> None:
        self.happens(Event.RED_AGAIN, running=running)

    @rule(event=st.sampled_from([Event.ACKNOWLEDGE, Event.TAKE_TO_REVIEW, Event.REOPEN]))
    def somebody_presses(self, event: Event) -> None:
        self.happens(event)

    @rule(text=st.sampled_from(["", "Move one person"]), owner=st.none() | st.just(3), dated=st.booleans())
    def somebody_decides(self, text: str, owner: int | None, dated: bool) -> None:
        decision = ProposedDecision(text, owner, date(2026, 11, 20) if dated else None)
        self.happens(Event.DECIDE, decision=decision)

    @rule(reason=st.sampled_from(["", " ", "It solved itself"]))
    def somebody_resolves(self, reason: str) -> None:
        self.happens(Event.RESOLVE, reason=reason)

    @rule()
    def a_week_passes(self) -> None:
        self.periods += 1

    @invariant()
    def it_ends_in_a_decision_or_a_reason(self) -> None:
        if self.state is RESOLVED:
            assert self.decisions or self.reason.strip()
        if self.state is DECIDED:
            assert self.decisions


TestEscalation = Escalation.TestCase


def test_the_path_goes_up_once_and_past_the_owner() -> None:
    assert path([1, 2, None, 3], [9], owner_id=7) == (1, 2, 3, 9)
    assert path([1, 1, 2], [2], owner_id=None) == (1, 2)
    assert path([7, 2], [7, 9], owner_id=7) == (2, 9)
    assert path([None], [None], owner_id=7) == ()


def test_between_two_teams_the_nearest_common_lead_decides() -> None:
    assert nearest_common_lead((1, 3, 9), (2, 3, 9)) == 3
    assert nearest_common_lead((1, 9), (2, 3)) is None


members = st.none() | st.integers(1, 6)


@given(st.lists(members, max_size=6), st.lists(members, max_size=2), members)
def test_everybody_is_on_the_path_exactly_once(
    leads: list[int | None], sponsors: list[int | None], owner: int | None
) -> None:
    steps = path(leads, sponsors, owner_id=owner)
    assert set(steps) == {one for one in (*leads, *sponsors) if one is not None and one != owner}
    assert len(set(steps)) == len(steps)


@pytest.mark.parametrize(("periods", "is_same"), [(0, True), (1, True), (2, True), (3, False), (52, False)])
def test_within_two_periods_a_call_for_help_goes_on_with_the_last_one(periods: int, is_same: bool) -> None:
    assert is_the_same(periods) is is_same


@given(st.sampled_from(EscalationState), st.none() | st.sampled_from(Confidence), st.sampled_from(Confidence))
def test_only_a_turn_to_green_proposes_to_resolve_what_is_open(
    state: EscalationState, before: Confidence | None, now: Confidence
) -> None:
    turned = now is Confidence.GREEN and before in (Confidence.YELLOW, Confidence.RED)
    assert proposes_to_resolve(state, before, now) is (turned and state is not RESOLVED)
