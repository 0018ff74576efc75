"""A key result that waits for another team: what its lead says about it."""

from __future__ import annotations

import enum


class DependencyState(enum.Enum):
    """`ASKED`: no answer yet. `DATED`: not at once, but by a day that the other team names."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DATED = "dated"
