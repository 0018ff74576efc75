"""Leads: they answer their notes and get what is needed, or not. And those who press what is not theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.localslack.state import Message
from bot.rehearsal.crowd import HOUR, MINUTE, Story, open_by, submit
from bot.rehearsal.hands import title
from bot.rehearsal.helping import ask_owner, decide, make_private, number_in, resolve
from bot.rehearsal.roster import Somebody
from bot.rehearsal.told import ToldShift

if TYPE_CHECKING:
    from bot.rehearsal.crowd import Crowd

IGNORES, TAKES, DECIDES, REVIEWS, RESOLVES = "ignores", "takes", "decides", "reviews", "resolves"
ASKS, HIDES = "asks", "hides"
# How often a stranger who has pressed a button tries a command as well.
ALSO_TYPES = 0.4
WAYS = {IGNORES: 12, TAKES: 28, DECIDES: 26, REVIEWS: 11, RESOLVES: 7, ASKS: 9, HIDES: 7}


def answer_note(crowd: Crowd, person: Somebody, note: Message) -> Story:
    """The note asks one question."""
    random, hands = person.random, crowd.hands(person)
    if random.random() < 0.25:
        return
    yield random.uniform(5 * MINUTE, 14 * HOUR)
    yield from open_by(hands, random, lambda: hands.press(note, "Answer"))
    if hands.dialog is None or title(hands.dialog) != "Before the digest":
        return
    text = f"{person.name} #{crowd.told.order()}: the old report stops"
    yield random.uniform(20, 90)
    if not hands.fill("What should stop or shift", text):
        # Something else that they had begun has come on top of it.
        return
    yield from submit(hands, random, twice=random.random() < 0.1)
    if hands.dialog is None:
        crowd.told.shifts.append(ToldShift(crowd.told.order(), note.ts, text, person.id))
    hands.close()


def help(crowd: Crowd, person: Somebody, request: Message) -> Story:
    """Somebody wants help: can you get this, decide otherwise, or take it to the review?"""
    random, hands = person.random, crowd.hands(person)
    way = random.choices(list(WAYS), list(WAYS.values()))[0]
    if way == IGNORES:
        return
    yield random.uniform(5 * MINUTE, 20 * HOUR)
    if way == TAKES:
        copy = hands.copy_of(request)
        hands.press(request, "I'll take it")
        if random.random() < 0.2:
            yield random.uniform(0.5, 4)
            hands.press(request, "I'll take it", copy=copy)
        yield random.uniform(HOUR, 12 * HOUR)
        if random.random() < 0.6:
            yield from decide(crowd, person, request)
    elif way == DECIDES:
        yield from decide(crowd, person, request)
        if random.random() < 0.12:
            yield random.uniform(HOUR, 30 * HOUR)
            yield from decide(crowd, person, request)
    elif way in (ASKS, HIDES):
        yield from (ask_owner if way == ASKS else make_private)(crowd, person, request)
        yield random.uniform(HOUR, 20 * HOUR)
        if random.random() < 0.7:
            yield from decide(crowd, person, request)
    elif way == REVIEWS:
        hands.press(request, "Take to review")
        yield random.uniform(12 * HOUR, 60 * HOUR)
        yield from decide(crowd, person, request)
    else:
        yield from resolve(crowd, person, request)
        return
    yield random.uniform(HOUR, 8 * 24 * HOUR)
    if random.random() < 0.6:
        yield from resolve(crowd, person, request)


def press_without_leave(crowd: Crowd, person: Somebody, thread: Message) -> Story:
    """Whoever reads a channel can press its buttons, and anybody can type a command; what they may not do does not
    happen."""
    random, hands = person.random, crowd.hands(person)
    yield random.uniform(MINUTE, 5 * HOUR)
    crowd.told.presses_by_strangers += 1
    label = random.choice(("I'll take it", "Take to review", "Resolve", "Decide"))
    if not hands.press(thread, label):
        hands.choose(thread, label)
    yield from _is_let_in(crowd, person, label)
    number = number_in(thread.text)
    if number and random.random() < ALSO_TYPES:
        line = random.choice((f"/kr {number} 45", f"/okr decide {number} two days of HR", f"/okr handover {number}"))
        hands.command(line)
        yield from _is_let_in(crowd, person, line)


def _is_let_in(crowd: Crowd, person: Somebody, door: str) -> Story:
    """A dialog that asks for something is one that they may not have; one that only tells them why has no button."""
    hands = crowd.hands(person)
    yield 5.0
    if hands.dialog is not None and hands.dialog.body.get("submit") is not None:
        crowd.let_in(person, door)
    hands.close()
