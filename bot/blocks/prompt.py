"""The weekly prompt: one direct message with all that is due, which changes as answers come in."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from bot.blocks import ids
from bot.blocks.dates import day, weekday_time
from bot.blocks.layout import SECTION_LIMIT, actions, button, context, section
from bot.blocks.post import Block, Post
from bot.blocks.prompt_more import More, more_menu
from bot.blocks.snooze import Offer, later_menu
from bot.blocks.standing import Standing, history, is_older, standing_line
from bot.blocks.text import said
from bot.domain.cadence import Period

MOVE_LENGTH = 200
# How the second message begins, which comes at the hour that the reader chose.
AGAIN = "As you asked"
# A message takes about 13,000 characters in all; the rest is for the words around the list.
LIST_LENGTH = 9000
_INDENT = "      "


class ItemState(enum.Enum):
    """What became of one key result's check-in."""

    OPEN = "open"
    ANSWERED = "answered"
    EXCUSED = "excused"
    MISSED = "missed"
    # Its owner says that it is not theirs: it is not asked about while the lead looks at it.
    DISOWNED = "disowned"


@dataclass(frozen=True)
class Item:
    """One key result in the prompt; its standing is that of the newest answer.

    `covered_for`: whose it is, where the reader stands in for them: they are away, or not here any more (`has_left`).
    `is_own_word`: the reader gave that answer; a co-owner's, or that of who covered for them, is not called theirs.
    """

    standing: Standing
    state: ItemState
    # Who was told that it is not the reader's.
    told: str | None = None
    covered_for: str | None = None
    has_left: bool = False
    is_own_word: bool = True


@dataclass(frozen=True)
class Prompt:
    """A person's check-in of one period. Times are in the reader's own zone.

    `closes`: until then an answer is on time. `changes_until`: until then answers are taken and can be changed.
    `digest_follows`: a channel reads a digest then. `next_at`: when the next prompt comes, where one is planned for the
    week after. `limited`: some of the key results are not for everybody's eyes. `is_back`: the reader was away until
    now.

    `later`: when the reader can be asked again, empty where they were already; `snoozed_until`: when they will be, as
    they asked. `is_again`: this message is the second one. `may_stay`: of what is open, something can be answered with
    *Nothing changed*.
    """

    period: Period
    items: tuple[Item, ...]
    now: datetime
    closes: datetime
    changes_until: datetime
    digest_follows: bool
    limited: bool
    next_at: datetime | None = None
    later: tuple[Offer, ...] = ()
    snoozed_until: datetime | None = None
    is_again: bool = False
    may_stay: bool = False
    is_back: bool = False

    def count(self, state: ItemState) -> int:
        return sum(item.state is state for item in self.items)

    @property
    def asked(self) -> int:
        """How many are owed an answer: those that were not excused, and are the reader's."""
        return len(self.items) - self.count(ItemState.EXCUSED) - self.count(ItemState.DISOWNED)

    @property
    def waits(self) -> bool:
        """Nobody asks before the hour that the reader chose."""
        return self.snoozed_until is not None and self.now < self.snoozed_until

    @property
    def is_over(self) -> bool:
        """Nothing is taken any more: what was said stands."""
        return self.now >= self.changes_until

    @property
    def still_open(self) -> int:
        """How many can be answered yet, on time or late."""
        return 0 if self.is_over else self.count(ItemState.OPEN) + self.count(ItemState.MISSED)


def prompt(view: Prompt) -> Post:
    """The prompt in its state: open, partly answered, late, done, or over. It has a button while one is still taken."""
    headline = _headline(view)
    blocks = [section(f"*{headline}*"), *_list(view)]
    footer = _footer(view)
    if footer:
        blocks.append(context(footer))
    if view.still_open:
        blocks.append(actions(*_what_can_be_done(view)))
    return Post(headline, tuple(blocks))


def _what_can_be_done(view: Prompt) -> list[Block]:
    row = [button("Check in", ids.Act.CHECK_IN, value=view.period.isoformat(), style="primary")]
    if view.later:
        row.append(later_menu(view.later, view.period))
    more = [More.NOT_MINE]
    if view.still_open > 1:
        more.insert(0, More.ONLY_ONE)
    if view.may_stay:
        more.insert(0, More.UNCHANGED)
    return [*row, more_menu(more, view.period)]


def minutes(key_results: int) -> str:
    """How long it takes: under a minute each."""
    about = max(1, -(-key_results * 2 // 3))
    return f"about {about} minute{'' if about == 1 else 's'}"


def greeting(now: datetime) -> str:
    """By the reader's own clock."""
    if now.hour < 5 or now.hour >= 22:
        return "Hello"
    if now.hour < 12:
        return "Good morning"
    return "Good afternoon" if now.hour < 18 else "Good evening"


def key_results(count: int) -> str:
    return f"{count} key result{'' if count == 1 else 's'}"


def all_in(count: int) -> str:
    """ "it is in", "both are in", "all 3 are in"."""
    if count == 1:
        return "it is in"
    return "both are in" if count == 2 else f"all {count} are in"


def _headline(view: Prompt) -> str:
    answered, still = view.count(ItemState.ANSWERED), view.still_open
    if view.is_over:
        return _looking_back(view, answered)
    if still and view.waits and view.snoozed_until is not None:
        # Words stand between the hour and the colon: `:00:` would be read as the name of an emoji.
        return f"Put off until {weekday_time(view.snoozed_until)}, as you asked: {_still(view, still)}"
    if still and view.now >= view.closes:
        are = "check-in is" if still == 1 else "check-ins are"
        return f"{still} {are} still open, until {weekday_time(view.changes_until)}"
    if still and not answered:
        hello = "Welcome back" if view.is_back else greeting(view.now)
        opening = AGAIN if view.is_again else hello
        return f"{opening}: {key_results(still)}, {minutes(still)}, open until {weekday_time(view.closes)}"
    if still and view.is_again:
        return f"{AGAIN}: {answered} of {view.asked} answered, open until {weekday_time(view.closes)}"
    if still:
        return f"{answered} of {view.asked} answered, open until {weekday_time(view.closes)}"
    if not view.asked:
        return "Nothing is due from you this week"
    return f"Thank you: {all_in(view.asked)}"


def _still(view: Prompt, still: int) -> str:
    return f"{still} of {view.asked} still open" if still < view.asked else f"{key_results(still)}, {minutes(still)}"


def _looking_back(view: Prompt, answered: int) -> str:
    week = f"Week of {day(view.period)}"
    if not view.asked:
        return f"{week}: nothing was due from you"
    said_so = f"{week}: {answered} of {view.asked} answered"
    return said_so if view.next_at is None else f"{said_so}. The next one comes {weekday_time(view.next_at)}."


def _list(view: Prompt) -> list[Block]:
    """The key results, packed into as few paragraphs as Slack allows; those that do not fit are counted."""
    paragraphs: list[str] = []
    length = 0
    # "last week" is spelled out once, where the first score of last week stands; what is older says so each time.
    older = [item for item in view.items if is_older(item.standing, view.period)]
    first = next((item for item in view.items if item.standing.last_score is not None and item not in older), None)
    for index, item in enumerate(view.items):
        lines = _item(item, view, spelled=item is first or item in older)
        length += len(lines)
        if length > LIST_LENGTH:
            paragraphs.append(f"…and {len(view.items) - index} more: *Check in* goes through all of them")
            break
        if paragraphs and len(paragraphs[-1]) + len(lines) < SECTION_LIMIT:
            paragraphs[-1] += f"\n{lines}"
        else:
            paragraphs.append(lines)
    return [section(paragraph) for paragraph in paragraphs]


def _item(item: Item, view: Prompt, *, spelled: bool) -> str:
    standing = item.standing
    unanswered = " · not answered" if view.is_over else ""
    marks = {
        ItemState.OPEN: unanswered,
        ItemState.ANSWERED: " · ✓ answered",
        ItemState.EXCUSED: " · excused this week",
        ItemState.MISSED: unanswered,
        ItemState.DISOWNED: f" · not yours, you say: {said(item.told, 80)} has been told" if item.told else "",
    }
    row = history(standing)
    whose = f" · for {said(item.covered_for, 60)}{_why(item)}" if item.covered_for else ""
    line = f"{standing_line(standing, period=view.period, spelled=spelled)}{f' · {row}' if row else ''}{whose}"
    if not standing.next_move:
        return f"{line}{marks[item.state]}"
    move = "next move is" if item.state is ItemState.ANSWERED else "next move was"
    move = f"Your {move}" if item.is_own_word and not item.covered_for else f"The {move}"
    return f"{line}{marks[item.state]}\n{_INDENT}_{move}:_ {said(standing.next_move, MOVE_LENGTH)}"


def _why(item: Item) -> str:
    """Why the reader is asked: while they are, for who was away may be back since."""
    if item.state is not ItemState.OPEN:
        return ""
    return ", who has left" if item.has_left else ", who is away"


def _footer(view: Prompt) -> str:
    if view.still_open:
        who = "Those who may see a key result" if view.limited else "Everyone here"
        return f"Red means “I could use help”. {who} can see your answers."
    if not view.asked or view.is_over:
        return ""
    number = next(item.standing.number for item in view.items if item.state is ItemState.ANSWERED)
    return what_follows(number, view.changes_until, digest_follows=view.digest_follows)


def what_follows(number: int, until: datetime, *, digest_follows: bool) -> str:
    """After the last answer: the digest, where there is one, and how an answer is changed; `until` is the reader's."""
    when, how = weekday_time(until), f"`/kr {number}`, then *Update*"
    if digest_follows:
        return f"What follows: the digest goes out {when}. To change an answer until then: {how}."
    return f"To change an answer until {when}: {how}."
