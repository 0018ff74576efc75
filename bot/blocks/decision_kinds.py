"""What a decision does, in words: for the menu that asks, and beside what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.blocks.ids import Typed
from bot.blocks.layout import field_input, option
from bot.blocks.post import Block
from bot.domain.escalation import DecisionKind

_ASKED: Mapping[DecisionKind, str] = {
    DecisionKind.UNBLOCK: "Unblock: somebody gets what is needed",
    DecisionKind.MOVE: "Move people or money",
    DecisionKind.CHANGE_TARGET: "Change the target",
    DecisionKind.WRONG_MEASURE: "Wrong measure: measure something else",
    DecisionKind.STOP: "Stop this key result",
    DecisionKind.ACCEPT_RISK: "Accept the risk",
}
# To unblock is what help means, so it goes without saying.
_BESIDE: Mapping[DecisionKind, str] = {
    DecisionKind.MOVE: "people or money",
    DecisionKind.CHANGE_TARGET: "another target",
    DecisionKind.WRONG_MEASURE: "another measure",
    DecisionKind.STOP: "stop",
    DecisionKind.ACCEPT_RISK: "accept the risk",
}


def kind_field(kinds: Sequence[DecisionKind] = tuple(DecisionKind)) -> Block:
    """The menu of a decision's dialog, with those kinds that its reader may decide; the first is chosen already."""
    options = [option(_ASKED[kind], kind.value) for kind in DecisionKind if kind in kinds]
    menu = {
        "type": "static_select",
        "action_id": Typed.DECISION_KIND,
        "options": options,
        "initial_option": options[0],
    }
    return field_input("What kind of decision?", Typed.DECISION_KIND, menu)


def beside(kind: DecisionKind) -> str:
    """Behind what tells of a decision: " (stop)"; empty where it goes without saying."""
    return f" ({_BESIDE[kind]})" if kind in _BESIDE else ""
