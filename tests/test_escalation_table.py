"""docs/escalations.md shows the states as the rule that enforces them has them now."""

from __future__ import annotations

import escalation_table

from bot.domain.escalation import EscalationState, Event


def test_the_table_of_states_is_up_to_date() -> None:
    assert escalation_table.PAGE.read_text(encoding="utf-8") == escalation_table.page(), "run `make messages`"


def test_no_event_and_no_state_is_left_out() -> None:
    assert set(escalation_table.EVENTS) == set(Event)
    page = escalation_table.page()
    assert all(f"| **{state.value.replace('_', ' ')}** |" in page for state in EscalationState)
