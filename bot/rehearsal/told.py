"""What people typed, and what they were told about it. Each text is different, so that it is found again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.domain.dependency import DependencyState
from bot.localslack.state import Message
from bot.rehearsal.roster import Somebody

# What is typed about a private request for help, and what somebody writes in a channel, have a word of their own.
CONFIDENTIAL = "confidentially, "
OVERHEARD = "the scanner is broken again"
# What is needed where help is asked for without a check-in.
NEEDED = "a mechanic"

_NEEDED = re.compile(rf"#(\d+): {NEEDED}")


@dataclass(frozen=True)
class ToldAnswer:
    """A check-in that its author was told is saved. `order` counts all that people were told.

    `texts`: what they filled in, by the names of an answer's columns, numbers as they were typed; `blocked_by` as the
    value of the menu's entry, and `help` where its box was ticked.
    """

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
class ToldCall:
    """A call for help without a check-in, about the key result with this number, that its author was told is posted.

    `said`: what it is found by: the need, or how the address of the message ends that was turned into a blocker.
    `blocked_by`: the value of the menu's entry; empty where nothing was named.
    """

    order: int
    number: int
    said: str
    blocked_by: str


@dataclass(frozen=True)
class ToldShift:
    """A lead's answer to "what should stop or shift"."""

    order: int
    note_ts: str
    text: str
    author: str


@dataclass
class Told:
    """All of it.

    What somebody typed is named by the number in its text. `calls` are those for help, `turned` those by a message that
    became a blocker, `ticked` those whose text was to go along, `questions` those to an owner. `needs_read`: the calls
    whose need was posted. `about` has the key result's
    number by what was typed about it, `confidential` by what was typed about a private request. `settled` are
    decisions, `between` what a team was told to have answered, by the numbers that buttons carry, and `speakers` who
    has pressed there; `stopped` what was learnt, by the key result's number. `looked_at`: when somebody last opened
    Home. `goes_private`: when somebody last asked that a request be made private, by the key result's number and their
    id.
    """

    answers: list[ToldAnswer] = field(default_factory=list)
    decisions: list[ToldDecision] = field(default_factory=list)
    shifts: list[ToldShift] = field(default_factory=list)
    put_off: set[tuple[str, date]] = field(default_factory=set)
    calls: list[ToldCall] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)
    turned: list[ToldCall] = field(default_factory=list)
    needs_read: set[int] = field(default_factory=set)
    ticked: set[int] = field(default_factory=set)
    about: dict[int, int] = field(default_factory=dict)
    confidential: dict[int, int] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    between: dict[int, tuple[DependencyState, str]] = field(default_factory=dict)
    speakers: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    stopped: dict[int, str] = field(default_factory=dict)
    looked_at: datetime | None = None
    goes_private: dict[tuple[int, str], datetime] = field(default_factory=dict)
    made_private: int = 0
    changes: int = 0
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

    def read(self, message: Message) -> None:
        """A message has come."""
        self.needs_read.update(int(order) for order in _NEEDED.findall(str(message.blocks)))

    def order(self, about: int = 0) -> int:
        """The next number. `about`: that of the key result about which something is typed, 0 where it is none."""
        self._count += 1
        if about:
            self.about[self._count] = about
        return self._count
