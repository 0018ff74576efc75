"""What can be done about a request for help by its buttons: decide, ask the owner, make it private, resolve."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.escalation import DecisionKind
from bot.localslack.state import Message
from bot.rehearsal.crowd import Story, open_by, submit
from bot.rehearsal.hands import labels, title
from bot.rehearsal.roster import Somebody
from bot.rehearsal.told import CONFIDENTIAL, ToldDecision

if TYPE_CHECKING:
    from bot.rehearsal.crowd import Crowd

KINDS = {
    DecisionKind.UNBLOCK: 44,
    DecisionKind.MOVE: 14,
    DecisionKind.ACCEPT_RISK: 16,
    DecisionKind.CHANGE_TARGET: 13,
    DecisionKind.WRONG_MEASURE: 8,
    DecisionKind.STOP: 5,
}
DAYS = (1, 2, 3, 7, 7, 14)

_NUMBER = re.compile(r"KR-(\d+)")
_LOCK = "🔒"


def is_private(message: Message) -> bool:
    """Whether the request says that only those whom it concerns see it."""
    return any(_LOCK in str(block) for block in message.blocks if block.get("type") == "context")


def decide(crowd: Crowd, person: Somebody, request: Message) -> Story:
    """*Decide*, or *Decide again* where something is decided."""
    hands = crowd.hands(person)

    def press() -> bool:
        return hands.press(request, "Decide") or hands.press(request, "Decide again")

    yield from open_by(hands, person.random, press)
    yield from record(crowd, person, private=is_private(request))


def record(crowd: Crowd, person: Somebody, *, private: bool) -> Story:
    """Fill in the dialog of a decision, and the one that carries it out."""
    random, hands = person.random, crowd.hands(person)
    if hands.dialog is None or not title(hands.dialog).startswith("Decide on"):
        return
    number = number_in(title(hands.dialog))
    order = crowd.told.order(number)
    text = f"{person.name} #{order}: {CONFIDENTIAL if private else ''}two days of HR next week"
    if private:
        crowd.told.confidential[order] = number
    yield random.uniform(20, 120)
    if not hands.fill("What is decided?", text):
        return
    hands.fill("What kind of decision?", random.choices(list(KINDS), list(KINDS.values()))[0].value)
    makes_it_happen = person if random.random() < 0.6 else random.choice(crowd.roster.present)
    hands.fill("Who makes it happen?", makes_it_happen.id)
    due_on = crowd.local(person.zone).date() + timedelta(days=random.choice(DAYS))
    hands.fill("By when?", due_on.isoformat())
    yield from submit(hands, random, twice=random.random() < 0.15)
    view = hands.dialog
    if view is None or not title(view).startswith("Decide on") or view.body.get("submit") is None:
        crowd.told.decisions.append(ToldDecision(text, person.id))
    if view is not None and title(view).startswith("Change KR-"):
        yield from change(crowd, person)
    elif view is not None and title(view).startswith("Stop KR-"):
        yield from stop(crowd, person)
    hands.close()


def change(crowd: Crowd, person: Somebody) -> Story:
    """Another target, or another day; or not now."""
    random, hands = person.random, crowd.hands(person)
    if random.random() < 0.3 or hands.dialog is None:
        return
    number = number_in(title(hands.dialog))
    owned = crowd.roster.key_result(number)
    yield random.uniform(20, 120)
    if owned is not None and owned.target is not None and random.random() < 0.5:
        hands.fill("Target", str(round(owned.target * random.uniform(0.8, 0.95), 1)))
    else:
        due_on = crowd.local(person.zone).date() + timedelta(days=random.randrange(5, 40))
        hands.fill("By when?", due_on.isoformat())
    if not hands.holds("Why?"):
        hands.fill("Why?", f"{person.name} #{crowd.told.order(number)}: there is less of it")
    hands.fill("What stops for it?", f"{person.name} #{crowd.told.order(number)}: the old way")
    yield from submit(hands, random, twice=random.random() < 0.15, tries=3)
    if hands.dialog is None:
        crowd.told.changes += 1


def stop(crowd: Crowd, person: Somebody) -> Story:
    """What was learnt; nobody is asked about it any more."""
    random, hands = person.random, crowd.hands(person)
    if random.random() < 0.3 or hands.dialog is None:
        return
    number = number_in(title(hands.dialog))
    text = f"{person.name} #{crowd.told.order(number)}: nobody wanted it"
    yield random.uniform(20, 120)
    if hands.fill("What was learnt?", text):
        # Whatever is said about it: it may be stopped from now on.
        crowd.roster.stop(number, crowd.time.now())
        yield from submit(hands, random, twice=random.random() < 0.15)
        if hands.dialog is None:
            crowd.told.stopped[number] = text


def ask_owner(crowd: Crowd, person: Somebody, request: Message) -> Story:
    """One question to the owner."""
    random, hands = person.random, crowd.hands(person)
    private = is_private(request)
    yield from open_by(hands, random, lambda: hands.choose(request, "Ask the owner"), tries=2)
    view = hands.dialog
    if view is None or not labels(view):
        return
    number = number_in(title(view))
    order = crowd.told.order(number)
    if private:
        crowd.told.confidential[order] = number
    yield random.uniform(10, 60)
    question = f"{person.name} #{order}: {CONFIDENTIAL if private else ''}who knows more?"
    if not hands.fill(labels(view)[0], question):
        return
    yield from submit(hands, random, twice=random.random() < 0.2)
    if hands.dialog is None or hands.dialog.body.get("submit") is None:
        crowd.told.questions.append(order)
    hands.close()


def make_private(crowd: Crowd, person: Somebody, request: Message) -> Story:
    """*Make private*, and yes."""
    random, hands = person.random, crowd.hands(person)
    yield from open_by(hands, random, lambda: hands.choose(request, "Make private"), tries=2)
    if hands.dialog is None or not title(hands.dialog).endswith("private"):
        return
    number = number_in(title(hands.dialog))
    yield random.uniform(5, 30)
    crowd.told.goes_private[number, person.id] = crowd.time.now()
    yield from submit(hands, random, twice=random.random() < 0.2)
    if hands.dialog is None:
        crowd.told.made_private += 1
    hands.close()


def resolve(crowd: Crowd, person: Somebody, request: Message) -> Story:
    """*Resolve*: a button where something is decided, and else behind the three dots, with a reason."""
    random, hands = person.random, crowd.hands(person)
    private = is_private(request)
    if not (hands.press(request, "Resolve") or hands.choose(request, "Resolve")):
        return
    yield 6.0
    if hands.dialog is not None and title(hands.dialog).startswith("Resolve"):
        number = number_in(title(hands.dialog))
        order = crowd.told.order(number)
        if private:
            crowd.told.confidential[order] = number
        reason = f"{person.name} #{order}: {CONFIDENTIAL if private else ''}it has solved itself"
        hands.fill("Why was no decision needed?", reason)
        yield random.uniform(5, 30)
        yield from submit(hands, random, twice=random.random() < 0.15)
        hands.close()


def number_in(text: str) -> int:
    """The number of the first key result that is named; 0 where there is none."""
    found = _NUMBER.search(text)
    return int(found[1]) if found is not None else 0
