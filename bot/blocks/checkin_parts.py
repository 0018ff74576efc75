"""What the check-in's dialog is about: plain values that services fill in and the builders show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.blocks.dependency import Waits
from bot.blocks.standing import Standing
from bot.blocks.text import clip
from bot.domain.cadence import Period
from bot.domain.confidence import Confidence
from bot.domain.scoring import Hint
from bot.domain.yellow import Yellow

# Of a yellow that stays yellow, wherever it is told.
HELP_HINT = "It was yellow the last time, too. Yes asks your lead in a thread; no is a good answer as well."
OPENS_BY_ITSELF = "Yellow for the third time running: saving it asks your lead for help, so you need not."


@dataclass(frozen=True)
class Choice:
    """An entry of a menu: its words, and the value that comes back."""

    text: str
    value: str


@dataclass(frozen=True)
class Filled:
    """What stands in the fields, as it was typed. `confidence` is only ever what the person chose or typed.

    `same_blocker`: what blocks is named as the last time and is still about the same.
    `keeps_more`: something was typed into the fields of yellow and red, so they stay whatever colour comes next.
    """

    value: str = ""
    start: str = ""
    confidence: Confidence | None = None
    changed: str = ""
    working: str = ""
    next_move: str = ""
    blocked_by: Choice | None = None
    same_blocker: bool = True
    wants_help: bool = False
    need: str = ""
    plan: str = ""
    keeps_more: bool = False


@dataclass(frozen=True)
class LastAnswer:
    """What was said the last time, to stand beside the questions; empty where nothing was. `value` has its unit."""

    value: str = ""
    changed: str = ""
    working: str = ""
    next_move: str = ""
    need: str = ""
    plan: str = ""


@dataclass(frozen=True)
class Question:
    """One key result in one period, about to be answered.

    `position` of `total`: where it stands among the person's own; `run`: the next ones follow when it is saved.
    `shows_value`: a value (for a milestone, a score) is asked for or was offered; `needs_value`: it must be given.
    `asks_start`: the baseline is unknown. `filled` is what stands in the fields at first: what was begun and kept at
    `kept_at` (in the person's zone), or where nothing was, what is known, `brought`. `given`: the colour of this week's
    own answer, where there is one. `may_stay`: *Nothing changed* may be said of it. `yellow`: what a yellow does this
    week. `blocked_before`: what is brought as blocking was named in an earlier week. `waits`: what the team says
    that is waited for. `has_before`: *Back* leads somewhere. `definition`: the revision that counts now, and
    `measured_since` the oldest whose values say something by it; `value_anew`: what was begun had one of before.
    """

    standing: Standing
    objective: str
    period: Period
    run: bool
    position: int
    total: int
    shows_value: bool
    needs_value: bool
    asks_start: bool
    hint: Hint | None
    last: LastAnswer
    filled: Filled
    brought: Filled = Filled()
    kept_at: datetime | None = None
    given: Confidence | None = None
    may_stay: bool = False
    yellow: Yellow = Yellow.FIRST
    blocked_before: bool = False
    waits: Waits | None = None
    has_before: bool = False
    definition: int = 1
    measured_since: int = 1
    value_anew: bool = False


@dataclass(frozen=True)
class Course:
    """How somebody came to the dialog that is open; it travels with it, and comes back with every press in it.

    `source`: where the answer was begun. `unchanged`: the value stays, and only colour and next move are asked;
    `staying`: so it shall be for the whole run, wherever it may be.
    `anew`: how often the fields were emptied, since Slack keeps what is typed in a field of the same id.
    `understanding`: the line in words that it began with. `sure_of`: the odd value that the dialog asks about.
    """

    source: str = "dialog"
    unchanged: bool = False
    staying: bool = False
    anew: int = 0
    understanding: int | None = None
    sure_of: str = ""

    def key(self, key_result_id: int) -> str:
        """What the ids of the dialog's fields end in."""
        return f"{key_result_id}.{self.anew}" if self.anew else str(key_result_id)

    @property
    def onward(self) -> Course:
        """For the next key result of the same run."""
        return Course(staying=self.staying)


@dataclass(frozen=True)
class Running:
    """Of the key result with this number something is decided already, which has until that day to help."""

    number: int
    until: date


@dataclass(frozen=True)
class Finished:
    """What was told, at the end. `changes_until` and `closes` are in the reader's zone.

    `asks_for_help`: the numbers for which a thread asks for help now. `decided`: those for which the answer does too,
    though something is decided: nobody is asked before its day, and the thread says what is needed.
    `opened_by_themselves`: those of `asks_for_help` that this week's answer opened because it was the third yellow
    running. `still_open`: those that were skipped.
    """

    standings: tuple[Standing, ...]
    changes_until: datetime
    digest_follows: bool
    asks_for_help: tuple[int, ...]
    period: Period
    still_open: tuple[int, ...] = ()
    opened_by_themselves: tuple[int, ...] = ()
    decided: tuple[Running, ...] = ()


def typed_choice(words: str, value: str) -> Choice:
    """Words that were typed rather than chosen, as an entry of the menu."""
    return Choice(f"“{clip(words, 70)}”", value)
