"""Leave and hand-overs: people go away for a week, with somebody who covers or without, and give key results away."""

from __future__ import annotations

import re
from datetime import UTC, date, timedelta
from random import Random
from typing import TYPE_CHECKING

from bot.localslack.state import Message
from bot.rehearsal.crowd import HOUR, MINUTE, Story, open_by, submit
from bot.rehearsal.hands import title
from bot.rehearsal.roster import Somebody

if TYPE_CHECKING:
    from bot.rehearsal.crowd import Crowd

# Of a hundred owners in a week.
AWAY, GIVES = 5.0, 4.0

OWN_IT = "I'll own it"
_YOURS = re.compile(r"^KR-(\d+) .* is yours\.")


def plan_week(crowd: Crowd, person: Somebody, monday: date) -> None:
    """Whether somebody goes away this week, or gives a key result away; by chance of its own."""
    random = Random(f"{person.name}/{monday}")  # noqa: S311 - a story, not a secret
    drawn = random.random() * 100
    others = [one for one in crowd.roster.owners if one is not person and one.left_at is None]
    if not others:
        return
    opens = person.opens(monday).astimezone(UTC)
    if drawn < AWAY:
        cover = random.choice(others) if random.random() < 0.5 else None
        # They are not asked this week, or only in part.
        person.changes.append(opens)
        at = opens + timedelta(hours=random.uniform(-30, 6))
        crowd.time.at(at, lambda: crowd.begin(person, _goes_away(crowd, person, monday, cover)))
    elif drawn < AWAY + GIVES:
        at = opens + timedelta(hours=random.uniform(0.5, 30))
        to = random.choice(others)
        crowd.time.at(at, lambda: crowd.begin(person, _gives(crowd, person, to, random)))


def answer_offer(crowd: Crowd, person: Somebody, offer: Message) -> Story:
    """Somebody is asked to own a key result."""
    random = Random(offer.ts)  # noqa: S311 - as above
    yield random.uniform(2 * MINUTE, 6 * HOUR)
    accepts = random.random() < 0.75
    hands = crowd.hands(person)
    hands.press(offer, OWN_IT if accepts else "Not me")
    yield 10 * MINUTE
    while hands.sees(offer, OWN_IT):
        # No worker has drawn it anew yet; or the press was lost, and it is accepted at Home one day, or never.
        yield 1 * HOUR
    found = _YOURS.match(offer.text)
    if found is not None:
        crowd.roster.give(int(found[1]), person, crowd.time.now())


def _goes_away(crowd: Crowd, person: Somebody, monday: date, cover: Somebody | None) -> Story:
    covered = f" cover @{cover.name}" if cover is not None else ""
    hands = crowd.hands(person)
    if cover is not None:
        person.covers.add(cover.id)
    hands.command(f"/okr away {monday}..{monday + timedelta(days=4)}{covered}")
    yield 5.0
    hands.close()


def _gives(crowd: Crowd, person: Somebody, to: Somebody, random: Random) -> Story:
    hands = crowd.hands(person)
    if not person.owned or hands.dialog is not None:
        return
    number = random.choice(sorted(person.owned))

    def ask() -> bool:
        hands.command(f"/okr handover {number}")
        return True

    yield from open_by(hands, random, ask, tries=2)
    if hands.dialog is None or not title(hands.dialog).startswith("Hand over"):
        return
    hands.fill("Who should own it?", to.id)
    yield from submit(hands, random, twice=random.random() < 0.2)
    hands.close()
