"""The table of docs/escalations.md, made from the rule that enforces it: `make messages` writes it into the page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "escalations.md"
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from bot.blocks.refusals import sentence  # noqa: E402 - as a script it is found only now
from bot.domain.escalation import (  # noqa: E402
    SAME_ESCALATION_PERIODS,
    EscalationFacts,
    EscalationState,
    Event,
    ProposedDecision,
    Refusal,
    next_state,
)

BEGIN = "<!-- The table is made from bot/domain/escalation.py: `make messages`. -->\n"
END = "<!-- The end of what is made. -->\n"

EVENTS = {
    Event.RED_AGAIN: "another request for help",
    Event.ACKNOWLEDGE: "*I'll take it*",
    Event.TAKE_TO_REVIEW: "*Take to review*",
    Event.DECIDE: "*Decide*",
    Event.RESOLVE: "*Resolve*",
    Event.REOPEN: "*Reopen*",
}
# Everything that an event could need, so that only the state speaks.
NOTHING_MISSING = EscalationFacts(
    decision=ProposedDecision("Free two days", 1, date(2026, 11, 20)),
    has_decision=True,
    no_decision_reason="It went away",
)
CONDITIONS = {
    "the text, the owner or the day is missing": replace(NOTHING_MISSING, decision=None),
    "nothing is decided, and no reason says why not": replace(
        NOTHING_MISSING, has_decision=False, no_decision_reason=""
    ),
    "somebody else has it": replace(NOTHING_MISSING, is_taken_by_another=True),
    "what was decided has until its day to help": replace(NOTHING_MISSING, has_running_decision=True),
    f"it was resolved more than {SAME_ESCALATION_PERIODS} weeks ago": replace(
        NOTHING_MISSING, periods_since_resolved=SAME_ESCALATION_PERIODS + 1
    ),
}


def page() -> str:
    """The whole page, with its table as the rule has it now."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{_table()}\n{_exceptions()}\n{END}{after}"


def _table() -> str:
    """What each event makes of each state, where nothing that it needs is missing."""
    lines = [_row("", *EVENTS.values()), _row("---", *["---"] * len(EVENTS))]
    for state in EscalationState:
        after = [_outcome(state, event, NOTHING_MISSING) for event in EVENTS]
        lines.append(_row(f"**{_name(state)}**", *after))
    return "".join(lines)


def _exceptions() -> str:
    """Where something that an event needs is missing, and what the person reads."""
    lines = [_row("in", "event", "where", "then"), _row(*["---"] * 4)]
    lines += [_row(*row) for row in _changed()]
    return "".join(lines)


def _changed() -> Iterator[tuple[str, str, str, str]]:
    for where, facts in CONDITIONS.items():
        for event, name in EVENTS.items():
            outcomes = {
                state: _outcome(state, event, facts)
                for state in EscalationState
                if next_state(state, event, facts) != next_state(state, event, NOTHING_MISSING)
            }
            for outcome in dict.fromkeys(outcomes.values()):
                states = ", ".join(_name(state) for state, became in outcomes.items() if became == outcome)
                yield states, name, where, outcome


def _outcome(state: EscalationState, event: Event, facts: EscalationFacts) -> str:
    match next_state(state, event, facts):
        case Refusal(reason):
            return f"refused: “{sentence(reason, {'name': 'Tama'})}”" if facts is not NOTHING_MISSING else "refused"
        case after:
            return "stays" if after is state else f"→ {_name(after)}"


def _name(state: EscalationState) -> str:
    return state.value.replace("_", " ")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
