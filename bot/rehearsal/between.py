"""Teams that others wait for: whoever speaks for one accepts, names a day, refuses with a line, or says nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.blocks.ids import Act
from bot.domain.dependency import DependencyState
from bot.localslack.inputs import elements
from bot.localslack.state import Message
from bot.rehearsal.crowd import HOUR, MINUTE, Story, open_by, submit
from bot.rehearsal.hands import title
from bot.rehearsal.roster import Somebody

if TYPE_CHECKING:
    from bot.rehearsal.crowd import Crowd

ACCEPTS, DATES, REFUSES = 35, 22, 25
_ASKS = {Act.ACCEPT_DEPENDENCY, Act.DATE_DEPENDENCY, Act.REFUSE_DEPENDENCY}


def waited_for(message: Message) -> int | None:
    """The number that a question between teams carries in its buttons; None where it is none."""
    return next(
        (int(element["value"]) for _, element in elements(message.blocks) if element.get("action_id") in _ASKS), None
    )


def answer(crowd: Crowd, person: Somebody, question: Message) -> Story:
    """Answer; some think again."""
    random = person.random
    yield random.uniform(10 * MINUTE, 30 * HOUR)
    yield from _answer_once(crowd, person, question)
    if random.random() < 0.15:
        yield random.uniform(MINUTE, 20 * HOUR)
        yield from _answer_once(crowd, person, question)


def _answer_once(crowd: Crowd, person: Somebody, question: Message) -> Story:
    random, hands, told = person.random, crowd.hands(person), crowd.told
    about = waited_for(question)
    drawn = random.random() * 100
    if about is None or drawn >= ACCEPTS + DATES + REFUSES:
        return
    # Until it is known what became of this, nothing is known.
    told.between.pop(about, None)
    told.speakers[about].add(person.id)
    if drawn < ACCEPTS:
        hands.press(question, "Accept")
        return
    dates = drawn < ACCEPTS + DATES
    label = "Propose a date" if dates else "Refuse"

    def press() -> bool:
        return hands.press(question, label) or (dates and hands.press(question, "Another date"))

    yield from open_by(hands, random, press, tries=2)
    if hands.dialog is None or title(hands.dialog) != label:
        return
    yield random.uniform(10, 60)
    if dates:
        word = (crowd.local(person.zone).date() + timedelta(days=random.randrange(2, 20))).isoformat()
    else:
        word = f"{person.name} #{told.order()}: everybody is at the fair"
    if not hands.fill("By when can it be done?" if dates else "Why not?", word):
        return
    yield from submit(hands, random, twice=random.random() < 0.15)
    # Where two speak for a team at once, nobody was told whose word came last.
    if hands.dialog is None and len(told.speakers[about]) == 1:
        told.between[about] = (DependencyState.DATED if dates else DependencyState.REFUSED, word)
    hands.close()
