"""Help that is asked for without a check-in, and decisions where nobody has asked: by `/kr`, `/okr decide`, and from
the menu of a message that somebody wrote. And what somebody writes to Okra as to a person."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, date, timedelta
from random import Random
from typing import TYPE_CHECKING

from bot.blocks.ids import Shortcut
from bot.blocks.links import thread_link
from bot.localslack.state import View
from bot.rehearsal.crowd import MINUTE, Story, open_by, submit
from bot.rehearsal.hands import Hands, field_of, labels, title, words
from bot.rehearsal.helping import record
from bot.rehearsal.roster import Somebody
from bot.rehearsal.told import NEEDED, OVERHEARD, ToldCall

if TYPE_CHECKING:
    from bot.rehearsal.crowd import Crowd

# Of a hundred owners in a week, where there are few; in a large company it stays as much as so many of them do.
ASKS, TURNS, DECIDES, LOOKS, WRITES = 4.0, 4.0, 4.0, 20.0, 4.0
FEW = 30
# How long somebody looks at an empty Home before they open it once more, and how often.
LOOKS_FOR, OPENS = 150.0, 14


def plan_week(crowd: Crowd, person: Somebody, monday: date) -> None:
    """Whether somebody does one of it this week; by chance of its own."""
    random = Random(f"{person.name}/{monday}/calls")  # noqa: S311 - a story, not a secret
    opens = person.opens(monday).astimezone(UTC)
    rarer = min(1.0, FEW / crowd.size)
    for share, story in ((ASKS, _asks), (TURNS, _turns), (DECIDES, _decides), (LOOKS, _looks), (WRITES, _writes)):
        drawn, at = random.random() * 100, opens + timedelta(hours=random.uniform(0.5, 70))
        if drawn < share * rarer:
            crowd.time.at(at, lambda story=story: crowd.begin(person, story(crowd, person, random)))  # type: ignore[misc]


def _asks(crowd: Crowd, person: Somebody, random: Random) -> Story:
    """*Ask for help* beneath `/kr 12`."""
    hands = crowd.hands(person)
    if not person.owned or hands.dialog is not None:
        return
    number = random.choice(sorted(person.owned))
    hands.command(f"/kr {number}")
    yield 6.0
    shown = hands.whispered("Ask for help")
    if shown is None:
        return
    yield from open_by(hands, random, lambda: hands.press(shown, "Ask for help"), tries=2)
    if hands.dialog is None or not title(hands.dialog).startswith("Help for"):
        return
    order = crowd.told.order(number)
    mark = f"{person.name} #{order}"
    yield random.uniform(10, 60)
    hands.fill("What is stuck?", f"{mark}: the machine stands still")
    hands.fill("What is needed?", f"{mark}: {NEEDED}")
    named = yield from _blocked(hands, random, share=0.4)
    yield from submit(hands, random, twice=random.random() < 0.2)
    if _says(hands.dialog, "I have asked for help"):
        crowd.told.calls.append(ToldCall(order, number, f"{mark}: {NEEDED}", named))
    hands.close()


def _turns(crowd: Crowd, person: Somebody, random: Random) -> Story:
    """*Turn into a blocker*, on a message in a channel; its text goes along where the box is ticked."""
    hands, told = crowd.hands(person), crowd.told
    numbers = sorted(number for one in crowd.roster.owners for number in one.owned)
    if not numbers or hands.dialog is not None:
        return
    number, order = random.choice(numbers), told.order()
    said = hands.say(f"{person.name} #{order}: {OVERHEARD}", random.choice(crowd.roster.teams).channel)
    yield random.uniform(5, 120)

    def choose() -> bool:
        return hands.shortcut(said, Shortcut.TURN_INTO_BLOCKER)

    yield from open_by(hands, random, choose)
    if hands.dialog is None or title(hands.dialog) != "Turn into a blocker":
        return
    for _ in range(4):
        hands.suggest("Of which key result?", f"KR-{number}")
        yield random.uniform(2, 20)
        if hands.fill("Of which key result?", f"KR-{number} "):
            break
    else:
        hands.close()
        return
    yield 3.0
    if random.random() < 0.5 and (box := _box(hands)) is not None:
        told.ticked.add(order)
        hands.fill("The message's text", box)
    named = yield from _blocked(hands, random, share=1.0)
    yield from submit(hands, random, twice=random.random() < 0.2)
    if _says(hands.dialog, "is now blocked by"):
        told.turned.append(ToldCall(order, number, thread_link(said.channel, said.ts, "/"), named))
    hands.close()


def _decides(crowd: Crowd, person: Somebody, random: Random) -> Story:
    """`/okr decide 12 …`."""
    hands = crowd.hands(person)
    if not person.owned or hands.dialog is not None:
        return
    number = random.choice(sorted(person.owned))

    def ask() -> bool:
        hands.command(f"/okr decide {number} two days of HR")
        return True

    yield from open_by(hands, random, ask, tries=2)
    yield from record(crowd, person, private=False)


def _looks(crowd: Crowd, person: Somebody, random: Random) -> Story:
    """Open Home, again while nothing comes; some press what they find there."""
    hands = crowd.hands(person)
    began = crowd.time.now()
    for _ in range(OPENS):
        opened = crowd.time.now()
        hands.open_home()
        crowd.told.looked_at = opened
        yield LOOKS_FOR
        if crowd.homes.get(person.id, began) > opened:
            break
    else:
        crowd.no_home(person, began)
        return
    if random.random() < 0.4:
        yield random.uniform(5, 2 * MINUTE)
        for label in random.sample(("Done", "I'll take it", "Take to review", "I'll own it"), 4):
            if hands.press_at_home(label):
                break


def _writes(crowd: Crowd, person: Somebody, random: Random) -> Story:
    """A line for a key result of theirs; nothing of it is saved before they say so."""
    if person.owned:
        crowd.hands(person).say(f"{random.choice(sorted(person.owned))} 45 green, next: a line to Okra")
    yield from ()


def _blocked(hands: Hands, random: Random, *, share: float) -> Generator[float, None, str]:
    """Name a team as blocking it; in words where no team is offered. Returns what is chosen then."""
    if random.random() < share and hands.suggest("Blocked by", "Team"):
        yield 2.0
        if not hands.fill("Blocked by", "Team"):
            hands.suggest("Blocked by", "the weather")
            yield 2.0
            hands.fill("Blocked by", "the weather")
    return hands.chosen("Blocked by")


def _box(hands: Hands) -> str | None:
    """The one box beneath the message's text."""
    view = hands.dialog
    if view is None or not any(one.startswith("The message's text") for one in labels(view)):
        return None
    found = field_of(view, "The message's text")
    for block in view.body["blocks"]:
        if found is not None and block.get("block_id") == found[0]:
            return str(block["element"]["options"][0]["value"])
    return None


def _says(view: View | None, sentence: str) -> bool:
    return view is not None and view.body.get("submit") is None and sentence in words(view)
