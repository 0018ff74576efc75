"""Decisions where nobody had asked for help, and what becomes of any: done, or dropped with a reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from bot.blocks.decision_kinds import beside
from bot.blocks.escalation_dialogs import TEXT_LIMIT, decision_fields
from bot.blocks.escalation_path import NAME
from bot.blocks.escalation_replies import told_of_decision
from bot.blocks.escalation_shown import Case, Decided, Settled, title_of
from bot.blocks.escalation_words import LINE, listed, to_thread, whole
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import actions, button, dialog, field_input, section, text_element
from bot.blocks.moments import named_day
from bot.blocks.post import Post, View
from bot.blocks.standing import Standing, standing_line
from bot.blocks.text import clip, plain, said, too_long
from bot.domain.escalation import DecisionKind

REASON_LIMIT = 3000
# As much as Slack lets a button carry.
BUTTON_LIMIT = 2000
SHORT = 300


def decide_outside(about: Standing, *, due: date, text: str, kinds: Sequence[DecisionKind]) -> View:
    """The dialog of a decision about a key result for which nobody asks for help. `text` was typed already."""
    return dialog(
        f"Decide on {about.label}",
        [
            section(standing_line(about, spelled=True)),
            *decision_fields(
                due, text=text, kinds=kinds, hint="Who makes it happen and the key result's owner read it."
            ),
        ],
        callback_id=Dialog.DECIDE,
        metadata=json.dumps({"key_result": about.key_result_id}),
        submit="Record",
        close="Cancel",
    )


def recorded(about: Standing, decision: Decided, *, in_thread: bool) -> Post:
    """To who has decided by a command: it is kept, and who hears of it."""
    head = f"Recorded for {title_of(about)}{beside(decision.kind)}"
    told = f"{said(decision.owner.name, NAME)} makes it happen by {named_day(decision.due_on)}, and is told."
    where = " It stands in the thread." if in_thread else ""
    return Post(head, (*whole(f"*{head}:*\n", decision.text), section(f"{told}{where} `/okr decisions` lists it.")))


def made(about: Standing, decision: Decided, *, for_follow_up: bool) -> Post:
    """To who makes it happen, with the buttons that say what became of it; or to the key result's owner."""
    return told_of_decision(about, decision, for_follow_up=for_follow_up)


def became(about: Standing, decision: Decided, how: Settled) -> Post:
    """To those who own the follow-up or the key result, and who decided, where somebody else has pressed."""
    return _told(f"{_head(how)}, about {title_of(about)}: {said(decision.text, SHORT)}", how)


def decide_which(typed: str) -> Post:
    """`/okr decide` without a key result's number; what was typed is given back."""
    head = "Which key result? Its number comes first, as in `/okr decide 12 two days of HR for the auditor`."
    return Post(head, (section(head), *(whole("*You typed:*\n", typed) if typed else ())))


def not_opened(number: int, typed: str) -> Post:
    """Slack did not open the dialog of `/okr decide`: the words are given back, with a button that opens it again."""
    head = f"Slack did not open the dialog in time, so nothing is recorded about KR-{number} yet."
    again = button("Open it again", Act.DECIDE_AFTER_ALL, value=_to_open(number, typed), style="primary")
    return Post(head, (section(head), *(whole("*You typed:*\n", typed) if typed else ()), actions(again)))


def _to_open(number: int, typed: str) -> str:
    """What the button carries. Words that are too long for it stand above it, and can be copied from there."""
    carried = json.dumps({"number": number, "typed": typed}, ensure_ascii=False)
    return carried if len(carried) <= BUTTON_LIMIT else json.dumps({"number": number, "typed": ""})


def too_long_to_decide(typed: str) -> Post:
    """What was typed behind `/okr decide` does not fit into the dialog; it is given back."""
    head = f"{too_long(len(typed), TEXT_LIMIT)} This is what you typed:"
    return Post(head, (section(head), *whole("", typed)))


def settled(case: Case, decision: Decided, how: Settled) -> Post:
    """Reply in the thread: it is done, or dropped and why."""
    return _told(f"{_head(how)}: {said(decision.text, SHORT)}", how, label=case.standing.label)


def news_of_settling(case: Case, decision: Decided, how: Settled) -> Post:
    """To those who own the follow-up or the key result, and who decided, where somebody else pressed."""
    made = _told(f"{_head(how)}, about {case.title}: {said(decision.text, SHORT)}", how)
    return Post(made.text, (*made.blocks, *to_thread(case)))


def drop(label: str, decision_id: int, text: str) -> View:
    """The dialog that asks why. `label` is the key result's (`KR-12`), `text` what was decided."""
    return dialog(
        f"{label}: drop it",
        [
            section(f"*Decided:* {said(text, LINE)}"),
            field_input(
                "Why is it dropped?",
                Typed.REASON,
                text_element(Typed.REASON, multiline=True, most=REASON_LIMIT),
                hint="Those whom it concerns read it, and it is kept. It is then no longer asked about.",
            ),
        ],
        callback_id=Dialog.DROP_DECISION,
        metadata=json.dumps({"decision": decision_id}),
        submit="Drop",
        close="Cancel",
    )


def give(label: str, decision_id: int, text: str, left: str) -> View:
    """The dialog that asks who makes it happen now. `left`: who has left."""
    return dialog(
        f"{label}: who does it?",
        [
            section(f"*Decided:* {said(text, LINE)}\n{said(left, NAME)}, who was to make it happen, has left."),
            field_input(
                "Who makes it happen now?",
                Typed.DECISION_OWNER,
                {"type": "users_select", "action_id": Typed.DECISION_OWNER, "placeholder": plain("One person", 150)},
                hint="They are told, with its day, and asked about it from then on.",
            ),
        ],
        callback_id=Dialog.GIVE_DECISION,
        metadata=json.dumps({"decision": decision_id}),
        submit="Give",
        close="Cancel",
    )


def given(name: str) -> Post:
    """To who has given a decision to somebody."""
    return Post(f"{said(name, NAME)} makes it happen from now on, and is told.")


def noted_as_done() -> Post:
    """To who has pressed *Done* in a list."""
    return Post("Noted as done. Those whom it concerns are told.")


def reason_missing() -> str:
    return "Please say why it is dropped. A line is enough."


def only_these_may_settle(names: Sequence[str]) -> str:
    """To somebody else who presses: who can."""
    if not names:
        return "Only who owns this, who decided it, or a lead above can say that. Thank you for looking."
    return f"{listed(names)} can say what became of this. Thank you for looking."


def only_these_decide(number: int, names: Sequence[str]) -> str:
    """To somebody who would decide about a key result: who can."""
    if not names:
        return f"Only the owner of KR-{number} or a lead above can decide about it, and none is named yet."
    return f"{listed(names)} can decide about KR-{number}. Thank you for looking."


def settled_already(name: str, *, is_done: bool) -> str:
    return f"{said(name, NAME)} has said that this is {'done' if is_done else 'dropped'} already."


def _head(how: Settled) -> str:
    return f"{'Done' if how.reason is None else 'Dropped'}, says {said(how.by, NAME)}"


def _told(words: str, how: Settled, *, label: str = "") -> Post:
    lines = [words] if how.reason is None else [words, f"*Why:* {said(clip(how.reason, LINE), LINE)}"]
    return Post(f"{label}: {words}" if label else words, tuple(section(line) for line in lines))
