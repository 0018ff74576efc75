"""The one message that comes before the first prompt: what this is, who wanted it, who sees the answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.blocks.dates import weekday_time
from bot.blocks.layout import section
from bot.blocks.not_mine import told_by_name
from bot.blocks.post import Post
from bot.blocks.text import said, stopped

NAME = 80
MOST_NAMED = 5

_WHO_SEES = (
    "*Who sees your answers:* the full members of this workspace, and whoever is in the channel of your team, of one "
    "that shares the objective, or of one above them. A key result that is limited to a team or to some people stays "
    "with them. The list of who missed a week goes to their lead alone. Elsewhere an older answer shows its week, and "
    "a digest says “not updated” of those who lead one of its teams. Nobody sees a history of you."
)


@dataclass(frozen=True)
class Introduction:
    """`key_results`: number and short name, in order; at least one. `opens` and `closes` are in the reader's own zone.

    `wanted_by` is who switched the team on, where a person did; `told` the names of those who read *Not mine*, empty
    where no lead is above the reader.
    """

    first_name: str
    team: str
    key_results: tuple[tuple[int, str], ...]
    opens: datetime
    closes: datetime
    wanted_by: str | None
    told: tuple[str, ...]


def introduction(view: Introduction) -> Post:
    """One message without a button: nothing is asked yet."""
    headline = f"Hello {said(view.first_name, NAME)}, I'm Okra. Once a week I'll ask how your key results are going."
    lines = [
        _what(view),
        f"*Who wanted it:* {_wanted(view)}",
        _WHO_SEES,
        "*Colours:* yours to give. I never change one; a lead who corrects one says why. Red means “I could use help”.",
        "*The hour* follows the time zone in your Slack profile. `/okr settings` changes it, and your working days.",
        _not_mine(view),
    ]
    return Post(headline, (section(f"*{headline}*"), section("\n".join(f"• {line}" for line in lines))))


def _what(view: Introduction) -> str:
    yours = stopped(_listed(view.key_results))
    return (
        f"*What:* one message a week, first on {weekday_time(view.opens)} your time, with all that is yours: "
        f"{yours} Three questions each, under a minute each, until {weekday_time(view.closes)}."
    )


def _listed(key_results: tuple[tuple[int, str], ...]) -> str:
    named = [f"*KR-{number}* {said(name, NAME)}" for number, name in key_results[:MOST_NAMED]]
    rest = len(key_results) - len(named)
    return ", ".join(named) + (f" and {rest} more" if rest else "")


def _wanted(view: Introduction) -> str:
    team = said(view.team, NAME)
    if view.wanted_by is None:
        return f"{team} has joined, as decided by those who run your OKRs."
    return f"{said(view.wanted_by, NAME)} brought {team} in."


def _not_mine(view: Introduction) -> str:
    if not view.told:
        return (
            f"*Something here not yours, or wrong?* `/okr handover {view.key_results[0][0]}` gives a key result to "
            "somebody else; whoever keeps your OKR file can put the rest right."
        )
    return (
        "*Something here not yours, or wrong?* Press ⋯ under the weekly message, then *Not mine*; "
        f"{told_by_name(view.told[:MOST_NAMED])} reads it and can have it put right."
    )
