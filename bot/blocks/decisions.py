"""What becomes of a decision: done, or dropped with a reason; told in the thread, and to those whom it concerns."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.blocks.escalation import LINE, Case, Decided, Settled, listed, to_thread
from bot.blocks.escalation_path import NAME
from bot.blocks.ids import Dialog, Typed
from bot.blocks.layout import dialog, field_input, section, text_element
from bot.blocks.post import Post, View
from bot.blocks.text import clip, said

REASON_LIMIT = 3000
SHORT = 300


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
                hint="It is posted in the thread and kept. What was overdue is then no longer asked about.",
            ),
        ],
        callback_id=Dialog.DROP_DECISION,
        metadata=json.dumps({"decision": decision_id}),
        submit="Drop",
        close="Cancel",
    )


def reason_missing() -> str:
    return "Please say why it is dropped. A line is enough."


def reason_too_long(length: int) -> str:
    return f"That is {length} characters; {REASON_LIMIT} fit. Please shorten it a little."


def only_these_may_settle(names: Sequence[str]) -> str:
    """To somebody else who presses: who can."""
    if not names:
        return "Only who owns this, who decided it, or a lead above can say that. Thank you for looking."
    return f"{listed(names)} can say what became of this. Thank you for looking."


def settled_already(name: str, *, is_done: bool) -> str:
    return f"{said(name, NAME)} has said that this is {'done' if is_done else 'dropped'} already."


def _head(how: Settled) -> str:
    return f"{'Done' if how.reason is None else 'Dropped'}, says {said(how.by, NAME)}"


def _told(words: str, how: Settled, *, label: str = "") -> Post:
    lines = [words] if how.reason is None else [words, f"*Why:* {said(clip(how.reason, LINE), LINE)}"]
    return Post(f"{label}: {words}" if label else words, tuple(section(line) for line in lines))
