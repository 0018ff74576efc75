"""Which decisions somebody wants to read: the words behind `/okr decisions`."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

# More pages than anybody has; the last one is shown then.
_MOST_DIGITS = 6


class Which(enum.Enum):
    """`OVERDUE` are open ones whose day has passed."""

    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"
    DROPPED = "dropped"
    ALL = "all"


@dataclass(frozen=True)
class DecisionFilter:
    """`is_mine`: the reader makes it happen. `number` is a key result's; `team` is a team's name as it was typed."""

    which: Which = Which.OPEN
    is_mine: bool = False
    number: int | None = None
    team: str = ""
    page: int = 1

    @property
    def words(self) -> str:
        """The same, as it can be typed, without the page."""
        named = [
            self.which.value if self.which is not Which.OPEN else "",
            "mine" if self.is_mine else "",
            f"KR-{self.number}" if self.number is not None else "",
            self.team,
        ]
        return " ".join(filter(None, named))


def understand(words: str) -> DecisionFilter:
    """Read the words in any order: a state, "mine", a key result ("KR-12"), a page at the end; the rest is a team.

    Never raises. Of two states the last one counts.
    """
    page = 1
    named = re.search(r"(?i)(?<!\w)KR[\s#-]*(\d{1,9})(?!\w)", words)
    rest = words.replace(named[0], " ", 1) if named else words
    tokens = rest.split()
    if tokens and re.fullmatch(r"[0-9]+", tokens[-1]):
        page = max(int(tokens.pop()[:_MOST_DIGITS]), 1)
    which, is_mine, team = Which.OPEN, False, []
    states = {one.value: one for one in Which}
    for token in tokens:
        word = token.casefold()
        if word in states:
            which = states[word]
        elif word in ("mine", "my"):
            is_mine = True
        else:
            team.append(token)
    return DecisionFilter(which, is_mine, int(named[1]) if named else None, " ".join(team), page)
