"""An answer that a lead puts right after the digest: the dialog, and what its owner reads."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.blocks.checkin_modal import colour_field
from bot.blocks.dates import day
from bot.blocks.ids import Dialog, block
from bot.blocks.ids import Typed as Field
from bot.blocks.layout import context, dialog, field_input, section, text_element
from bot.blocks.post import Block, Post, View
from bot.blocks.standing import Standing, colour, standing_line
from bot.blocks.text import said
from bot.domain.cadence import Period
from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind

REASON_LIMIT = 500


@dataclass(frozen=True)
class Typed:
    """What stands in the fields."""

    value: str
    confidence: Confidence
    reason: str


@dataclass(frozen=True)
class Correctable:
    """The newest answer of a key result, of a week whose digest is out. `value` is it as it can be typed.

    `kind`, `answered_about`: what the answer is about; its text only where the key result was redefined since.
    `typed`, `corrected_by`: what was typed before somebody else corrected it, and who did.
    `reader`: who is told, null where nobody but the lead may know; `reader_answered`: that is who answered.
    """

    standing: Standing
    period: Period
    revision: int
    answered_by: str
    reader: str | None
    reader_answered: bool
    kind: Kind
    value: str
    confidence: Confidence
    answered_about: str | None = None
    typed: Typed | None = None
    corrected_by: str = ""


@dataclass(frozen=True)
class Corrected:
    """What is told of it: by whom, what it was and is now, and why. `was` and `now` are values with their unit.

    `answered_by`: whose answer it was, where it is not the reader's own.
    """

    label: str
    name: str
    period: Period
    by: str
    was: str
    now: str
    was_colour: Confidence
    now_colour: Confidence
    reason: str
    answered_by: str | None = None


def correct_dialog(view: Correctable) -> View:
    """Value and colour as they are, and why they change; the owner's words stay."""
    about = view.standing.key_result_id
    # Slack keeps what is typed in a field of the same id.
    key = f"{about}.{view.revision}"
    typed = view.typed or Typed(view.value, view.confidence, "")
    label = "Score, from 0 to 1" if view.kind is Kind.MILESTONE else "Value"
    return dialog(
        f"Correct {view.standing.label}",
        [
            *_corrected_since(view),
            section(standing_line(view.standing, period=view.period, spelled=True)),
            context(
                f"What {said(view.answered_by, 80)} answered in the week of {day(view.period)}. {_who_reads(view)} The "
                "digest that is out says that it was corrected."
            ),
            *_redefined(view),
            field_input(
                label,
                block(Field.VALUE, key),
                text_element(Field.VALUE, initial=typed.value, most=100),
                optional=not view.value,
            ),
            colour_field(typed.confidence, key, label="Colour", dispatch=False),
            field_input(
                "Why?",
                Field.REASON,
                text_element(Field.REASON, initial=typed.reason, multiline=True, most=REASON_LIMIT),
                hint="A line. It is kept with the answer.",
            ),
        ],
        callback_id=Dialog.CORRECT,
        metadata=json.dumps({"kr": about, "period": view.period.isoformat(), "revision": view.revision}),
        submit="Correct it",
        close="Cancel",
    )


def _corrected_since(view: Correctable) -> list[Block]:
    if view.typed is None:
        return []
    stands = " · ".join(part for part in (said(view.value, 60), colour(view.confidence)) if part)
    return [
        section(
            f"*{said(view.corrected_by, 80)} has corrected this meanwhile:* {stands}. What you changed is still here, "
            "and nothing of it is saved yet."
        )
    ]


def _redefined(view: Correctable) -> list[Block]:
    if view.answered_about is None:
        return []
    then = said(view.answered_about, 400)
    return [context(f"It has changed since. That week it was “{then}”, and a value is scored by that here.")]


def _who_reads(view: Correctable) -> str:
    if view.reader is None:
        return "The words stay."
    who = "they read" if view.reader_answered else f"{said(view.reader, 80)} reads"
    return f"Their words stay, and {who} what you change and why."


def corrected(view: Corrected) -> Post:
    """To who answered, or the owner: somebody changed what was said."""
    headline = f"{said(view.by, 80)} has corrected {view.label} {said(view.name, 80)}, week of {day(view.period)}"
    changes = []
    if view.was != view.now:
        changes.append(f"{said(view.was, 60) or 'no value'} → {said(view.now, 60) or 'no value'}")
    if view.was_colour is not view.now_colour:
        changes.append(f"{colour(view.was_colour)} → {colour(view.now_colour)}")
    return Post(
        headline,
        (
            section(f"*{headline}*\n{' · '.join(changes)}\n*Why:* {said(view.reason, REASON_LIMIT)}"),
            context(f"{_whose_words(view)} If this is not right, a word to {said(view.by, 80)} helps most."),
        ),
    )


def _whose_words(view: Corrected) -> str:
    if view.answered_by is None:
        return "Your words stay as you wrote them."
    return f"{said(view.answered_by, 80)} answered that week, and those words stay."


def reason_missing() -> str:
    return "Please say in a line why it changes: it is kept with the answer."


def nothing_changes() -> str:
    return "This is what stands there already. Please change the value or the colour, or press Cancel."
