"""The worst that the values of a builder can be, made from its type hints: long, strange, many, or hardly there.

Every dataclass, enum, sequence and optional is put together by its type; a text by the mood of the case; what is no
text of a person (an id, an address) by its name, in `NAMED`. What goes one way or the other (optional, bool, enum) is
drawn from a seed that names the case, so a case is the same in every run.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from bot.blocks.layout import dialog, field_input
from bot.blocks.post import Post

MONDAY = date(2026, 11, 23)
ZONE = ZoneInfo("Pacific/Auckland")
MANY = 200
LENGTH = 3000


class Mood(enum.Enum):
    """What a person may have typed, everywhere at once."""

    A_WORD = "a"
    LONG = "Donaudampfschifffahrt"
    WORDS = "waiting for the auditor, who waits for us; "
    EMOJI = "👩🏽‍🚀🇳🇿🔴"
    RIGHT_TO_LEFT = "מדד ההפעלה של הלקוחות עלה השבוע "
    MARKUP = "<!channel> & *<@U1>* _`~</> https://x.example?a=1&b=2 "
    ENTITIES = "&"
    LINES = "one\n\n> two\n"
    TURNED = "\u202e\u2066"

    @property
    def is_least(self) -> bool:
        """Little of everything: no optional value, empty lists, one letter."""
        return self is Mood.A_WORD

    @property
    def text(self) -> str:
        return self.value if self.is_least else (self.value * LENGTH)[:LENGTH]


NAMED: Mapping[str, Any] = {
    # Slack's own ids and addresses.
    "slack_id": "U0123456789",
    "asked_slack_id": "U0123456789",
    "owner_slack_id": "U0123456789",
    "channel": "C0123456789",
    "leaves": "C0123456789",
    "ts": "1790000000.000100",
    "base": "https://a-company-with-a-long-name.slack.com",
    "link": "https://a-company-with-a-long-name.slack.com/archives/C0123456789/p1790000000000100?thread_ts=1790000000.000100",
    # Words of ours.
    "label": "KR-999999",
    "source": "dialog",
    # The key result's id, behind a field's name.
    "colour_field.key": "999999",
    "undelivered.what": "escalation_reply",
    "code": "channel_not_found",
    "checkin_dialog.note": "*Thank you for saying red.* " + "Two short lines, so that others can help. " * 5,
    # A unit is short, or it is none (`bot.domain.units.MAX_UNIT_LENGTH`).
    "unit": "🇳🇿 customers & people who have signed up",
    # What a menu gives back: an id, or the words that were typed, cut by who makes it (`bot.services.blocking`).
    "Choice.value": "w" * 150,
    # No more are taken (`bot.blocks.initiatives.MOST`).
    "Initiatives.ids": (999_999,) * 10,
    # What Okra counts and formats by itself.
    "Change.score": "0.3, was 0.4",
    "LastAnswer.value": "-999,999,999,999.999999 customers",
}


NEVER_EMPTY = {
    "Finished.standings",
    "Introduction.key_results",
    "Understood.missing",
    "decide_outside.kinds",
    "decision_fields.kinds",
    "kind_field.kinds",
    "later_menu.offers",
    "more_menu.entries",
    "not_mine_dialog.candidates",
    "not_mine_dialog.told",
    "which_one.candidates",
    "which_one_dialog.candidates",
}
"""Lists that only exist with something in them."""


def _written(words: str) -> Mapping[str, Any]:
    names = [f"field_{number}" for number in range(3)]
    fields = [
        field_input("What is it, and why?", name, {"type": "plain_text_input", "action_id": name}) for name in names
    ]
    values = {name: {name: {"type": "plain_text_input", "value": words}} for name in names}
    view = dialog("Okra", fields, callback_id="any", metadata="{}", submit="Save", close="Cancel")
    return {**view, "state": {"values": values}}


class Worst:
    """Makes the arguments of one case. `shape`: how many of each, the outermost list first."""

    def __init__(self, case: str, mood: Mood, shape: Sequence[int]) -> None:
        self._draw = Random(case)
        self._mood = mood
        self._shape = shape

    def arguments(self, builder: Callable[..., Any]) -> dict[str, Any]:
        """One value for each parameter. Raises LookupError for a type that nobody has said how to make."""
        hints = {name: hint for name, hint in typing.get_type_hints(builder).items() if name != "return"}
        return {name: self.made(hint, name, f"{builder.__name__}.{name}") for name, hint in hints.items()}

    def made(self, hint: Any, name: str, path: str, depth: int = 0) -> Any:
        for known in (path, name):
            if known in NAMED:
                return NAMED[known]
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._optional(inner, name, path, depth)
        if origin is tuple and inner[-1] is not Ellipsis:
            return tuple(self.made(one, name, path, depth) for one in inner)
        if origin is frozenset:
            return frozenset(self._several(inner[0], name, path, depth))
        if origin in (tuple, list, Sequence, Iterable):
            return self._several(inner[0], name, path, depth)
        if hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return self._draw.choice(list(hint))
        if hint is Post:
            return Post(self._mood.text)
        if dataclasses.is_dataclass(hint):
            return self._record(hint, depth)
        makers: dict[Any, Callable[[str], Any]] = {
            str: lambda _: self._mood.text,
            bool: lambda _: self._draw.random() < 0.5,
            int: lambda _: 1 if self._mood.is_least else 999_999,
            Decimal: self._decimal,
            date: lambda _: MONDAY,
            datetime: lambda _: datetime(2026, 11, 23, 9, self._draw.randrange(60), tzinfo=ZONE),
            ZoneInfo: lambda _: ZONE,
            # A day of work, or a week that can be answered in, whatever it is called.
            time: lambda called: time(17) if called in {"closes", "ends"} else time(9),
            # A dialog with as many long fields for words as one has, as Slack sends it back.
            Mapping[str, Any]: lambda _: _written(self._mood.text),
        }
        if hint not in makers:
            raise LookupError(f"{path}: nobody has said how a {hint} looks at its worst")
        return makers[hint](name)

    def _optional(self, kinds: Sequence[Any], name: str, path: str, depth: int) -> Any:
        present = [kind for kind in kinds if kind is not type(None)]
        if len(present) == len(kinds):
            return self.made(self._draw.choice(present), name, path, depth)
        if self._mood.is_least or self._draw.random() < 0.25:
            return None
        return self.made(present[0], name, path, depth)

    def _several(self, kind: Any, name: str, path: str, depth: int) -> tuple[Any, ...]:
        least = int(path in NEVER_EMPTY)
        count = least if self._mood.is_least else self._shape[min(depth, len(self._shape) - 1)]
        return tuple(self.made(kind, name, path, depth + 1) for _ in range(count))

    def _record(self, kind: Any, depth: int) -> Any:
        hints = typing.get_type_hints(kind)
        fields = [one.name for one in dataclasses.fields(kind)]
        return kind(**{name: self.made(hints[name], name, f"{kind.__name__}.{name}", depth) for name in fields})

    def _decimal(self, name: str) -> Decimal:
        if "score" in name:
            return Decimal(self._draw.randrange(101)) / 100
        return Decimal(0) if self._mood.is_least else Decimal("-999999999999.999999")
