"""What people typed, and what they were told about it. Each text is different, so that it is found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.rehearsal.roster import Somebody


@dataclass(frozen=True)
class ToldAnswer:
    """A check-in that its author was told is saved. `order` counts all that people were told."""

    order: int
    number: int
    monday: date
    author: str
    colour: str
    texts: Mapping[str, str]

    @property
    def next_move(self) -> str:
        return self.texts["next_move"]


@dataclass(frozen=True)
class ToldDecision:
    text: str
    author: str


@dataclass(frozen=True)
class ToldShift:
    """A lead's answer to "what should stop or shift"."""

    order: int
    note_ts: str
    text: str
    author: str


@dataclass
class Told:
    """All of it. `tried` are next moves that were submitted, whatever came of it."""

    answers: list[ToldAnswer] = field(default_factory=list)
    decisions: list[ToldDecision] = field(default_factory=list)
    shifts: list[ToldShift] = field(default_factory=list)
    put_off: set[tuple[str, date]] = field(default_factory=set)
    presses_by_strangers: int = 0
    stale_presses: int = 0
    double_submissions: int = 0
    given_up: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    _count: int = 0

    def has_answered_all(self, person: Somebody, monday: date) -> bool:
        """Whether this person was told that all of this week is saved: then nobody has to ask."""
        said = {one.number for one in self.answers if one.monday == monday and one.author == person.id}
        return said >= person.owned.keys()

    def order(self) -> int:
        self._count += 1
        return self._count
