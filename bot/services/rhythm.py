"""The organisation's rhythm, as the workspace's row keeps it."""

from __future__ import annotations

from bot.domain.cadence import Rhythm, WeeklyTime
from bot.domain.localtime import Weekday
from models import Workspace


def rhythm_of(workspace: Workspace) -> Rhythm:
    """The rhythm in the form that `bot/domain/cadence.py` works with.

    The lead's note comes one working day before the digest, so only its hour is taken.
    """
    return Rhythm(
        opens=WeeklyTime(Weekday(workspace.opens_on), workspace.opens_at),
        closes=WeeklyTime(Weekday(workspace.closes_on), workspace.closes_at),
        digest=WeeklyTime(Weekday(workspace.digest_on), workspace.digest_at),
        note=workspace.note_at,
    )
