"""What happens to people's accounts: they move to another zone, leave for a while, come back somewhere else."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bot.localslack.core import LocalSlack
from bot.rehearsal.programme import ZONES
from bot.rehearsal.roster import Roster, Somebody
from bot.rehearsal.timeline import Timeline
from bot.rehearsal.weather import Level

FAR_WEST = "Pacific/Pago_Pago"
# Of a hundred owners in a week.
MOVE, LEAVE, TRANSFER, MOVE_AND_LEAVE = 1.5, 1.0, 1.5, 1.0


class Travel:
    """Plans each week who moves, leaves or is transferred. Okra hears of it by events, or by its daily look."""

    def __init__(self, core: LocalSlack, timeline: Timeline, roster: Roster, random: Random) -> None:
        self._core = core
        self._time = timeline
        self._roster = roster
        self._random = random

    def plan_week(self, monday: date, *, level: Level) -> None:
        if level is Level.NONE:
            return
        for person in self._roster.owners:
            drawn = self._random.random() * 100
            if person.left_at is not None:
                continue
            opens = person.opens(monday)
            if drawn < MOVE:
                at = opens + timedelta(hours=self._random.uniform(-40, 60))
                zone = self._random.choice(ZONES)
                self._time.at(at, lambda person=person, zone=zone: self._move(person, zone))  # type: ignore[misc]
            elif drawn < MOVE + LEAVE:
                at = opens + timedelta(seconds=self._random.uniform(-30, 30))
                back = at + timedelta(days=self._random.uniform(2, 9))
                self._time.at(at, lambda person=person: self._leave(person))  # type: ignore[misc]
                self._time.at(back, lambda person=person: self._return(person, None))  # type: ignore[misc]
            elif drawn < MOVE + LEAVE + TRANSFER:
                # Asked in one country, gone for an hour, back in another one where it is still Sunday.
                at = opens + timedelta(minutes=self._random.uniform(20, 60))
                back = at + timedelta(minutes=self._random.uniform(20, 60))
                self._time.at(at, lambda person=person: self._leave(person))  # type: ignore[misc]
                self._time.at(back, lambda person=person: self._return(person, FAR_WEST))  # type: ignore[misc]
            elif drawn < MOVE + LEAVE + TRANSFER + MOVE_AND_LEAVE:
                # An event that failed is delivered again after a minute: the second change may be heard of first.
                at = opens + timedelta(hours=self._random.uniform(-40, 60))
                gone = at + timedelta(seconds=self._random.uniform(2, 90))
                back = gone + timedelta(days=self._random.uniform(2, 9))
                zone = self._random.choice(ZONES)
                self._time.at(at, lambda person=person, zone=zone: self._move(person, zone))  # type: ignore[misc]
                self._time.at(gone, lambda person=person: self._leave(person))  # type: ignore[misc]
                self._time.at(back, lambda person=person: self._return(person, None))  # type: ignore[misc]

    def _move(self, person: Somebody, zone: str) -> None:
        if person.left_at is None:
            self._changed(person, zone)
            self._core.change_person(person.id, tz=zone)

    def _leave(self, person: Somebody) -> None:
        if person.left_at is None:
            person.left_at = self._time.now()
            person.moved(self._time.now())
            self._core.change_person(person.id, deleted=True)

    def _return(self, person: Somebody, zone: str | None) -> None:
        person.left_at = None
        self._changed(person, zone or person.zone.key)
        self._core.change_person(person.id, deleted=False, tz=zone or person.zone.key)

    def _changed(self, person: Somebody, zone: str) -> None:
        person.moved(self._time.now())
        person.zone = ZoneInfo(zone)
