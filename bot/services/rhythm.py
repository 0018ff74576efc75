"""The organisation's rhythm as the workspace's row keeps it, and a team's own week where it has one."""

from __future__ import annotations

from datetime import time
from functools import lru_cache
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from bot.domain.cadence import Rhythm, WeeklyTime
from bot.domain.localtime import Weekday
from bot.domain.meeting import rhythm_before
from models import Workspace


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


class HasOwnWeek(Protocol):
    """A team's row, or a row that brings its columns along: each null where the team keeps the organisation's."""

    @property
    def meeting_on(self) -> int | None: ...
    @property
    def digest_zone(self) -> str | None: ...


class OwnWeek(NamedTuple):
    """What a team keeps for itself: the day of its meeting, and the zone of its digest's channel."""

    meeting_on: int | None
    digest_zone: str | None


class DigestWeek(NamedTuple):
    """By which rhythm and clock a team's digest comes."""

    rhythm: Rhythm
    zone: ZoneInfo


def rhythm_of(workspace: KeepsRhythm) -> Rhythm:
    """The rhythm in the form that `bot/domain/cadence.py` works with.

    The lead's note comes one working day before the digest, so only its hour is taken.
    """
    return _rhythm(
        (workspace.opens_on, workspace.opens_at),
        (workspace.closes_on, workspace.closes_at),
        (workspace.digest_on, workspace.digest_at),
        workspace.note_at,
    )


@lru_cache(maxsize=64)
def _rhythm(opens: tuple[int, time], closes: tuple[int, time], digest: tuple[int, time], note: time) -> Rhythm:
    return Rhythm(opens=_weekly(*opens), closes=_weekly(*closes), digest=_weekly(*digest), note=note)


def _weekly(day: int, at: time) -> WeeklyTime:
    return WeeklyTime(Weekday(day), at)


def keep(workspace: Workspace, meeting: Weekday, rhythm: Rhythm) -> None:
    """Write down the organisation's rhythm, counted back from a meeting on this day."""
    workspace.meeting_on = meeting
    workspace.opens_on, workspace.opens_at = rhythm.opens.weekday, rhythm.opens.at
    workspace.closes_on, workspace.closes_at = rhythm.closes.weekday, rhythm.closes.at
    workspace.note_on, workspace.note_at = rhythm.closes.weekday, rhythm.note
    workspace.digest_on, workspace.digest_at = rhythm.digest.weekday, rhythm.digest.at


def rhythm_for(workspace: KeepsRhythm, meeting: int | None) -> Rhythm:
    """The rhythm of those whose meeting is on another day: its days are counted back from that, its hours are the
    organisation's. Without a `meeting` of their own it is the organisation's."""
    if meeting is None:
        return rhythm_of(workspace)
    return rhythm_before(
        Weekday(meeting),
        opens=workspace.opens_at,
        closes=workspace.closes_at,
        digest=workspace.digest_at,
        note=workspace.note_at,
    )


def digest_week(workspace: KeepsRhythm, team: HasOwnWeek) -> DigestWeek:
    """The organisation's rhythm and zone, or the team's exceptions. All that says when a digest comes asks this."""
    return DigestWeek(
        rhythm_for(workspace, team.meeting_on),
        ZoneInfo(team.digest_zone if team.digest_zone is not None else workspace.time_zone),
    )
