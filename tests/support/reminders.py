"""Which of somebody's direct messages remind of a check-in, by the words that they read."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.localslack.driver import Seen

# As it came, once answering is over, and once everything is answered.
_REMINDS = re.compile(
    r"(?:One check-in is|\d+ check-ins are) open until |Answering was open until |Nothing is open any more\. "
)


def reminds(message: Seen) -> bool:
    return _REMINDS.match(message.headline) is not None


def came_at(message: Seen, zone: ZoneInfo) -> datetime:
    """When it was posted, on the clock of `zone`."""
    return datetime.fromtimestamp(float(message.ts), zone)
