"""Why a check-in is excused."""

from __future__ import annotations

import enum


class Excuse(enum.Enum):
    """`NOT_ASKED`: answering was over before its owner could be asked, after a move or a long outage; or they do not
    work until it closes.

    `NOTHING_OWED`: the key result, its cycle or its team ended in mid-week.
    """

    AWAY = "away"
    HOLIDAY = "holiday"
    LEAD = "lead"
    NOT_ASKED = "not_asked"
    NOTHING_OWED = "nothing_owed"
