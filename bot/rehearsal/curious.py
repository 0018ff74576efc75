"""People who look around: they name key results that are for fewer people, and read the lists of others."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from random import Random
from typing import TYPE_CHECKING

from bot.rehearsal.calls import FEW
from bot.rehearsal.crowd import Story
from bot.rehearsal.roster import Somebody

if TYPE_CHECKING:
    from bot.rehearsal.crowd import Crowd

# Of a hundred owners in a week, where there are few; in a large company it stays as much as so many of them do.
LOOKS_AROUND = 25.0
LISTS = ("company", "team", "decisions", "signals", "agenda", "friction", "health")


def plan_week(crowd: Crowd, person: Somebody, monday: date) -> None:
    """Whether somebody looks around this week; by chance of its own."""
    random = Random(f"{person.name}/{monday}/curious")  # noqa: S311 - a story, not a secret
    drawn, hours = random.random() * 100, random.uniform(0.5, 70)
    if crowd.roster.limited and drawn < LOOKS_AROUND * min(1.0, FEW / crowd.size):
        at = person.opens(monday).astimezone(UTC) + timedelta(hours=hours)
        crowd.time.at(at, lambda: crowd.begin(person, _looks_around(crowd, person, random)))


def _looks_around(crowd: Crowd, person: Somebody, random: Random) -> Story:
    """What they may not see they are not shown, whichever way they ask: `Keyhole` looks at the answers."""
    hands = crowd.hands(person)
    number, team = random.choice(sorted(crowd.roster.limited)), random.choice(crowd.roster.teams)
    named = (f"/kr {number}", f"/kr {number} 45", f"/okr decide {number} two days", f"/okr handover {number}")
    listed = [f"/okr {one}" for one in LISTS]
    for line in (random.choice(named), random.choice([*listed, f"/okr team {team.name}"])):
        if hands.dialog is not None:
            return
        hands.command(line)
        yield 6.0
        hands.close()
