"""The organisation's rhythm, as the workspace's row keeps it, and when a member works."""

from __future__ import annotations

from datetime import time
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.domain.cadence import Rhythm, WeeklyTime
from bot.domain.localtime import Weekday
from bot.domain.schedule import Schedule
from models import Member


class KeepsRhythm(Protocol):
    """A workspace's row, or a row that brings its columns along."""

    @property
    def opens_on(self) -> int: ...
    @property
    def opens_at(self) -> time: ...
    @property
    def closes_on(self) -> int: ...
    @property
    def closes_at(self) -> time: ...
    @property
    def digest_on(self) -> int: ...
    @property
    def digest_at(self) -> time: ...
    @property
    def note_at(self) -> time: ...
    @property
    def time_zone(self) -> str: ...


def rhythm_of(workspace: KeepsRhythm) -> Rhythm:
    """The rhythm in the form that `bot/domain/cadence.py` works with.

    The lead's note comes one working day before the digest, so only its hour is taken.
    """
    return Rhythm(
        opens=WeeklyTime(Weekday(workspace.opens_on), workspace.opens_at),
        closes=WeeklyTime(Weekday(workspace.closes_on), workspace.closes_at),
        digest=WeeklyTime(Weekday(workspace.digest_on), workspace.digest_at),
        note=workspace.note_at,
    )


def schedule_of(member: Member) -> Schedule:
    """When the member works, by their own clock."""
    return Schedule(ZoneInfo(member.time_zone))
