"""The two dialogs of an escalation: recording a decision, and resolving without one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from bot.blocks.decision_kinds import kind_field
from bot.blocks.escalation import headline
from bot.blocks.escalation_path import NAME
from bot.blocks.escalation_shown import Case
from bot.blocks.escalation_words import who_needs
from bot.blocks.ids import Dialog, Typed
from bot.blocks.layout import dialog, field_input, section, text_element
from bot.blocks.moments import named_day
from bot.blocks.post import Block, View
from bot.blocks.text import clip, plain, said
from bot.domain.escalation import DecisionKind

TEXT_LIMIT = 3000
NEED = 600


def decide(case: Case, *, due: date, text: str = "", confirms: bool = False) -> View:
    """What is decided, of what kind, who makes it happen, by when. `due` is the day that is proposed.

    `text` was typed already. `confirms`: who records it may be far from the thread, and reads that it was recorded.
    """
    return dialog(
        f"Decide on {case.standing.label}",
        [
            *_about(case),
            *decision_fields(due, text=text, hint="It is posted in the thread, as you write it."),
        ],
        callback_id=Dialog.DECIDE,
        metadata=json.dumps({"escalation": case.escalation_id, "confirms": confirms}),
        submit="Record",
        close="Cancel",
    )


def decision_fields(
    due: date, *, text: str, hint: str, kinds: Sequence[DecisionKind] = tuple(DecisionKind)
) -> list[Block]:
    """The fields of a decision. `kinds` are those that the reader may decide."""
    return [
        field_input(
            "What is decided?",
            Typed.DECISION,
            text_element(Typed.DECISION, initial=text, multiline=True, most=TEXT_LIMIT),
            hint=hint,
        ),
        kind_field(kinds),
        field_input(
            "Who makes it happen?",
            Typed.DECISION_OWNER,
            {
                "type": "users_select",
                "action_id": Typed.DECISION_OWNER,
                "placeholder": plain("One person", 150),
            },
            hint="They are told, with the day.",
        ),
        field_input(
            "By when?",
            Typed.DECISION_DUE,
            {"type": "datepicker", "action_id": Typed.DECISION_DUE, "initial_date": due.isoformat()},
        ),
    ]


def resolve(case: Case) -> View:
    """Resolving without a decision: the reason why none was needed."""
    return dialog(
        f"Resolve {case.standing.label}",
        [
            *_about(case),
            section(
                "No decision is recorded yet. If somebody decided, press *Cancel* and then *Decide*: "
                "it keeps who does what, and by when."
            ),
            field_input(
                "Why was no decision needed?",
                Typed.REASON,
                text_element(Typed.REASON, multiline=True, most=TEXT_LIMIT),
                hint="It is posted in the thread and kept.",
            ),
        ],
        callback_id=Dialog.RESOLVE,
        metadata=json.dumps({"escalation": case.escalation_id}),
        submit="Resolve",
        close="Cancel",
    )


# What is said under a field, in plain text: Slack formats nothing there


def decision_missing() -> str:
    return "Please write down what is decided."


def kind_is_for_leads() -> str:
    return "Changing the target or the measure, and stopping, is for a lead above. Please choose another kind."


def owner_missing() -> str:
    return "Please choose one person who makes it happen."


def owner_not_full_member(name: str) -> str:
    who = clip(name, 80) if name else "That account"
    return f"{who} is not a full member of this workspace. Please choose somebody who is."


def due_missing() -> str:
    return "Please choose a day."


def due_in_the_past(today: date) -> str:
    return f"That day is over. Please choose today ({named_day(today)}) or a later one."


def reason_missing() -> str:
    return "Please say why no decision was needed."


def owner_may_not_see(name: str) -> str:
    return f"{clip(name, 80)} may not see this key result. Please choose somebody who may."


def _about(case: Case) -> list[Block]:
    lines = [headline(case)]
    if case.words.need:
        lines.append(f"*{who_needs(case.words)}:* {said(case.words.need, NEED)}")
    if case.words.need and case.words.by:
        lines.append(f"*Asked for by* {said(case.words.by, NAME // 2)}")
    return [section("\n".join(lines))]
