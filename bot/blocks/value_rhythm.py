"""How often a key result's value is asked for: the dialog, and what the choice means."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bot.blocks.dates import day
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import button, context, dialog, field_input, option, section
from bot.blocks.post import Block, Post, View
from bot.blocks.text import said
from bot.domain.cadence import Period

CHOICES = (1, 2, 3, 4, 6, 13)
"""Weeks; thirteen are a quarter."""
NAME = 80


@dataclass(frozen=True)
class ValueRhythm:
    """`weeks`: it is asked for every so many; `next_week`: in which week it is asked for next, null where its cycle has
    no first week yet."""

    key_result_id: int
    number: int
    name: str
    weeks: int
    next_week: Period | None


def ways_in(key_result_id: int) -> Block:
    """The button beside a key result."""
    return button("How often", Act.VALUE_RHYTHM, value=str(key_result_id))


def value_rhythm_dialog(view: ValueRhythm) -> View:
    """How often, with what it means said beside."""
    weeks = sorted({*CHOICES, view.weeks})
    options = [option(every(one), str(one)) for one in weeks]
    element = {
        "type": "static_select",
        "action_id": Typed.VALUE_WEEKS,
        "options": options,
        "initial_option": options[weeks.index(view.weeks)],
    }
    return dialog(
        f"KR-{view.number}: how often",
        [
            section(
                f"*{said(view.name, NAME)}*\nSome numbers only move once a month, or come once a quarter. In the weeks "
                "between I ask for the colour and the next move, and the value stays as it was told last."
            ),
            field_input(
                "Ask for the value",
                Typed.VALUE_WEEKS,
                element,
                hint="Counted from the first week of the cycle. It holds from the next check-in on.",
            ),
            *(
                [context(f"As it is now, the value is asked for next {_week(view.next_week)}.")]
                if view.next_week
                else []
            ),
        ],
        callback_id=Dialog.VALUE_RHYTHM,
        metadata=json.dumps({"key_result": view.key_result_id}),
        submit="Save",
        close="Cancel",
    )


def value_rhythm_saved(view: ValueRhythm) -> Post:
    """To who chose it."""
    following = f", next {_week(view.next_week)}" if view.next_week else ""
    return Post(
        f"KR-{view.number} {said(view.name, NAME)}: I ask for the value {every(view.weeks).lower()}{following}. "
        "Colour and next move are asked for every week all the same."
    )


def every(weeks: int) -> str:
    """ "Every week", "Every 4 weeks"."""
    if weeks == 13:
        return "Once a quarter (every 13 weeks)"
    return "Every week" if weeks == 1 else f"Every {weeks} weeks"


def _week(first_day: Period) -> str:
    return f"in the week of {day(first_day)}"
