"""Owners: they check in at once, late, too late or never, twice, and from old copies of the prompt."""

from __future__ import annotations

import enum
import json
from collections.abc import Generator
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from bot.blocks.checkin_modal import HELP, SURE
from bot.blocks.ids import Dialog
from bot.localslack.inputs import elements
from bot.localslack.state import Message, View
from bot.rehearsal.crowd import HOUR, MINUTE, Story, open_by, submit
from bot.rehearsal.hands import Hands, labels, title, words
from bot.rehearsal.roster import Owned, Somebody
from bot.rehearsal.told import ToldAnswer

if TYPE_CHECKING:
    from bot.rehearsal.crowd import Crowd


class Habit(enum.Enum):
    """When somebody answers a prompt."""

    AT_ONCE = enum.auto()
    LATE = enum.auto()
    TOO_LATE = enum.auto()
    NEVER = enum.auto()
    AFTER_THE_DIGEST = enum.auto()


# How often of a hundred times.
HABITS = {Habit.AT_ONCE: 50, Habit.LATE: 28, Habit.TOO_LATE: 6, Habit.NEVER: 12, Habit.AFTER_THE_DIGEST: 4}
# How often somebody puts a prompt off, and how often they say that nothing changed, where they may.
PUTS_OFF, NOTHING_CHANGED = 0.1, 0.15
COLOURS = {"green": 60, "yellow": 25, "red": 15}


def check_in(crowd: Crowd, person: Somebody, prompt: Message) -> Story:
    """The prompt has come. What becomes of it this week?"""
    random = person.random
    hands = crowd.hands(person)
    monday = _monday(prompt)
    copy = hands.copy_of(prompt)
    if random.random() < PUTS_OFF:
        yield random.uniform(1 * MINUTE, 20 * MINUTE)
        for later in ("This afternoon", "Next morning"):
            if hands.choose(prompt, later):
                crowd.told.put_off.add((person.id, monday))
                break
    match random.choices(list(HABITS), list(HABITS.values()))[0]:
        case Habit.NEVER:
            return
        case Habit.AT_ONCE:
            yield random.uniform(1 * MINUTE, 90 * MINUTE)
        case Habit.LATE:
            yield random.uniform(2 * HOUR, 29 * HOUR)
        case Habit.TOO_LATE:
            yield crowd.seconds_until(person.closes(monday)) + random.uniform(MINUTE, 3 * HOUR)
        case Habit.AFTER_THE_DIGEST:
            yield crowd.seconds_until(crowd.roster.digest(monday)) + 2 * HOUR + random.uniform(0, HOUR)
    twice = random.random() < 0.08
    yield from crowd.alone(person, _answer_all(crowd, person, prompt, copy, twice=twice))
    if random.random() < 0.06:
        # The button of an old copy: there is nothing left to ask, and nothing may happen.
        yield random.uniform(MINUTE, HOUR)
        crowd.told.stale_presses += 1
        hands.press(prompt, "Check in", copy=copy)
        yield 5.0
        hands.close()
    elif random.random() < 0.04:
        yield random.uniform(MINUTE, 2 * HOUR)
        yield from crowd.alone(person, _second_thoughts(crowd, person, monday))


def reminded(crowd: Crowd, person: Somebody, reminder: Message) -> Story:
    """A reminder has come: some had only waited for it."""
    random, hands = person.random, crowd.hands(person)
    if random.random() < 0.5:
        return
    copy = hands.copy_of(reminder)
    yield random.uniform(2 * MINUTE, 3 * HOUR)
    if hands.dialog is None:
        again = _answer_all(crowd, person, reminder, copy, twice=random.random() < 0.08)
        yield from crowd.alone(person, again)


def questioned(crowd: Crowd, person: Somebody, question: Message) -> Story:
    """Somebody asks about a key result: some answer with a check-in."""
    random, hands = person.random, crowd.hands(person)
    yield random.uniform(5 * MINUTE, 10 * HOUR)
    if random.random() < 0.4 and hands.dialog is None:
        yield from open_by(hands, random, lambda: hands.press(question, "Check in"), tries=2)
        yield from crowd.alone(person, _dialog(crowd, person, twice=False))
        hands.close()


def understood(crowd: Crowd, person: Somebody, shown: Message) -> Story:
    """What Okra understood of a line that they wrote: they drop it, fill in the rest, or leave it."""
    random, hands = Random(shown.ts), crowd.hands(person)  # noqa: S311 - a story, not a secret
    drawn = random.random()
    yield random.uniform(MINUTE, HOUR)
    if drawn < 0.3:
        hands.press(shown, "Not this")
    elif drawn < 0.6 and hands.dialog is None:

        def press() -> bool:
            return hands.press(shown, "Edit") or hands.press(shown, "Fill in the rest")

        yield from open_by(hands, random, press, tries=2)
        yield from crowd.alone(person, _dialog(crowd, person, twice=False))
        hands.close()


def early(crowd: Crowd, person: Somebody, monday: date) -> Story:
    """`/kr 12 45` for each of their key results, before the prompt."""
    hands = crowd.hands(person)
    for number in sorted(person.owned):
        if monday != _this_monday(crowd, person):
            return
        hands.command(f"/kr {number} 45")
        yield 4.0
        yield from _dialog(crowd, person, twice=False)
        hands.close()


def _answer_all(crowd: Crowd, person: Somebody, prompt: Message, copy: dict[str, object], *, twice: bool) -> Story:
    hands, random = crowd.hands(person), person.random
    for _ in range(3):

        def press() -> bool:
            if random.random() < NOTHING_CHANGED and hands.choose(prompt, "Nothing changed"):
                return True
            return hands.press(prompt, "Check in") or hands.press(prompt, "Check in", copy=copy)

        yield from open_by(hands, random, press)
        yield from _dialog(crowd, person, twice=twice)
        if hands.dialog is None or hands.dialog.body.get("submit") is None:
            hands.close()
            return
        # Something went wrong for long: away with it, and from the start.
        hands.close()
        yield random.uniform(MINUTE, 30 * MINUTE)
    crowd.told.given_up += 1


def _dialog(crowd: Crowd, person: Somebody, *, twice: bool) -> Story:
    """Answer what the dialog asks, one key result after the other."""
    hands, random = crowd.hands(person), person.random
    for _ in range(12):
        view = hands.dialog
        # A lead may have another one open, of something that they decided.
        if view is None or not _asks(view):
            return
        number = _number(view)
        owned = crowd.roster.key_result(number)
        if owned is None:
            return
        about = json.loads(view.body["private_metadata"])
        yield random.uniform(10, 60)
        colour = random.choices(list(COLOURS), list(COLOURS.values()))[0]
        hands.fill("How confident are you?", colour)
        yield random.uniform(1, 4)
        texts = yield from _fill(crowd, person, owned, colour)
        if hands.dialog is None:
            return
        if twice:
            crowd.told.double_submissions += 1
        for _ in range(2):
            yield from submit(hands, random, twice=twice)
            view = hands.dialog
            if view is None or not _is_about(view, about):
                break
            # More is asked for this colour, or something was missing: the fields are there now.
            yield from _complete(hands, texts)
            hands.fill("Really", SURE)
        view = hands.dialog
        if view is not None and _is_about(view, about):
            for sentence in view.errors.values():
                crowd.told.refused[sentence] = crowd.told.refused.get(sentence, 0) + 1
            return
        if view is not None and (_asks(view) or "Thank you" in words(view)):
            crowd.told.answers.append(
                ToldAnswer(
                    crowd.told.order(), number, date.fromisoformat(about["period"]), person.id, colour, dict(texts)
                )
            )


def _fill(crowd: Crowd, person: Somebody, owned: Owned, colour: str) -> Generator[float, None, dict[str, str]]:
    hands, random = crowd.hands(person), person.random
    mark = f"{person.name} #{crowd.told.order(owned.number)}"
    week = (crowd.time.now().isocalendar().week % 13 + 1) / 13
    texts = {"next_move": f"{mark}: call the two who wait <&> ask *them*", "colour": colour}
    value = _value(owned, week, random)
    if hands.fill("Current value", value):
        texts["value"] = value
    score = str(round(min(1.0, max(0.0, week * random.uniform(0.5, 1.1))), 1))
    if hands.fill("Score now", score):
        texts["score"] = score
    hands.fill("Where did it start?", str(owned.start or 10))
    if random.random() < 0.6 and hands.fill("What changed since last week?", f"{mark}: two steps on"):
        texts["changed"] = f"{mark}: two steps on"
    if (colour != "green" or random.random() < 0.4) and hands.fill("What is working", f"{mark}: the list is long"):
        texts["working"] = f"{mark}: the list is long"
    hands.fill("What is the next move?", texts["next_move"])
    texts["mark"] = mark
    yield from _complete(hands, texts)
    if colour != "green" and random.random() < 0.4 and hands.suggest("Blocked by", "Team"):
        yield 1.0
        if hands.fill("Blocked by", "Team"):
            texts["blocked_by"] = hands.chosen("Blocked by")
        if colour == "yellow" and random.random() < 0.5 and hands.fill("Help", HELP):
            texts["help"] = HELP
    if colour == "yellow" and random.random() < 0.3 and hands.fill("Would help change this?", HELP):
        texts["help"] = HELP
    return texts


def _complete(hands: Hands, texts: dict[str, str]) -> Story:
    """Fill in what yellow and red ask for beside, as far as it is shown by now."""
    view = hands.dialog
    if view is None or texts["colour"] == "green":
        return
    shown = labels(view)
    wishes = [("What do you need", "need", f"{texts['mark']}: an hour of Legal")]
    if texts["colour"] == "red":
        wishes.append(("What is the plan?", "plan", f"{texts['mark']}: first the old ones"))
    for label, name, wish in wishes:
        if any(one.startswith(label) for one in shown) and hands.fill(label, wish):
            texts[name] = wish
            yield 1.0


def _second_thoughts(crowd: Crowd, person: Somebody, monday: date) -> Story:
    """`/kr 12`: the answer of this week is changed, as long as the digest has not gone out."""
    hands = crowd.hands(person)
    if not person.owned:
        return
    number = person.random.choice(sorted(person.owned))
    if monday != _this_monday(crowd, person):
        return
    hands.command(f"/kr {number} 45")
    yield 4.0
    yield from _dialog(crowd, person, twice=False)
    hands.close()


def _this_monday(crowd: Crowd, person: Somebody) -> date:
    today = crowd.local(person.zone).date()
    return today - timedelta(days=today.weekday())


def _value(owned: Owned, week: float, random: Random) -> str:
    if owned.target is None:
        return str(random.randint(1, 50))
    start = owned.start if owned.start is not None else owned.target * random.uniform(0.8, 1.2)
    return str(round(start + (owned.target - start) * week * random.uniform(0.6, 1.2), 1))


def _number(view: View) -> int:
    tail = title(view).rsplit("KR-", maxsplit=1)[-1]
    return int(tail) if tail.isdigit() else 0


def _asks(view: View) -> bool:
    """Whether it is a check-in, and asks for something."""
    return view.body.get("submit") is not None and view.body.get("callback_id") == Dialog.CHECK_IN


def _is_about(view: View, about: dict[str, object]) -> bool:
    known = json.loads(view.body.get("private_metadata") or "{}")
    return view.body.get("submit") is not None and known.get("kr") == about["kr"]


def _monday(prompt: Message) -> date:
    for _, element in elements(prompt.blocks):
        if element["action_id"] == "check_in":
            return date.fromisoformat(element["value"])
    raise ValueError(f"no prompt: {prompt.text!r}")
