"""Those who make a decision happen: they say that it is done, or drop it, when they are asked or before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.blocks.ids import Act
from bot.localslack.inputs import elements
from bot.localslack.state import Message
from bot.rehearsal.crowd import HOUR, MINUTE, Story, open_by, submit
from bot.rehearsal.hands import title
from bot.rehearsal.helping import number_in
from bot.rehearsal.roster import Somebody

if TYPE_CHECKING:
    from bot.rehearsal.crowd import Crowd

# Of a hundred that are asked about in the morning, and that somebody was just told of.
DONE, DROPPED = 45, 15
AT_ONCE = 0.3


def asked(crowd: Crowd, person: Somebody, morning: Message) -> Story:
    """The message of the morning: what became of each, one after the other."""
    random = person.random
    for _ in range(len(open_decisions(morning))):
        yield random.uniform(2 * MINUTE, 4 * HOUR)
        yield from _settle(crowd, person, morning)


def told(crowd: Crowd, person: Somebody, news: Message) -> Story:
    """Somebody is to make it happen; some have done it before its day."""
    random = person.random
    if random.random() < AT_ONCE:
        yield random.uniform(HOUR, 72 * HOUR)
        yield from _settle(crowd, person, news)


def open_decisions(message: Message) -> list[int]:
    """The decisions about which a message asks, by the number that its buttons carry."""
    return [
        int(element["value"])
        for _, element in elements(message.blocks)
        if element.get("action_id") == Act.DECISION_DONE
    ]


def _settle(crowd: Crowd, person: Somebody, message: Message) -> Story:
    random, hands = person.random, crowd.hands(person)
    waiting = open_decisions(message)
    drawn = random.random() * 100
    if not waiting or drawn >= DONE + DROPPED:
        return
    about = waiting[0]
    if drawn < DONE:
        hands.press(message, "Done")
        yield random.uniform(5, 30)
        if random.random() < 0.1:
            hands.press(message, "Done")
    else:
        yield from open_by(hands, random, lambda: hands.press(message, "Drop"), tries=2)
        if hands.dialog is None or not title(hands.dialog).endswith("drop it"):
            return
        order = crowd.told.order(number_in(title(hands.dialog)))
        yield random.uniform(10, 60)
        hands.fill("Why is it dropped?", f"{person.name} #{order}: there was another way")
        yield from submit(hands, random, twice=random.random() < 0.2)
        hands.close()
    yield 5 * MINUTE
    if about not in open_decisions(message):
        crowd.told.settled.add(about)
