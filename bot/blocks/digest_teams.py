"""Teams in a digest: a line a team, with its colours in words and a way into its own digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks.links import linked
from bot.blocks.text import said
from bot.domain.digest import Mix, TeamState

MOST_TEAMS = 5


@dataclass(frozen=True)
class TeamLink:
    """Where a team's own digest of the same week stands."""

    team_id: int
    link: str


def team_line(state: TeamState, link: str | None) -> str:
    """One line: what the team needs, its colours, and how many checked in."""
    return f"{_led(state.team, link)} {team_state(state)}"


def team_state(state: TeamState) -> str:
    """The same without the team's name."""
    return " · ".join(
        filter(None, [*needs(state), given(state.colours, state.key_results), checked_in(state.answered, state.asked)])
    )


def needs(state: TeamState) -> list[str]:
    """What the team waits for, where it does: "2 decisions needed", "1 wants help"."""
    return [
        one
        for one in (
            counted(state.decide, "decision needed", "decisions needed"),
            counted(state.want_help, "wants help", "want help"),
        )
        if one
    ]


def team_lines(states: Sequence[TeamState], links: Sequence[TeamLink]) -> list[str]:
    """The teams that most need somebody, a line each; the others are counted, with what they need together."""
    where = {one.team_id: one.link for one in links}
    lines = [
        " · ".join(
            [_led(state.team, where.get(state.team_id)), *needs(state)[:1], given(state.colours, state.key_results)]
        )
        for state in states[:MOST_TEAMS]
    ]
    rest = states[MOST_TEAMS:]
    if rest:
        decide = counted(sum(state.decide for state in rest), "decision needed", "decisions needed")
        lines.append(", ".join(filter(None, [counted(len(rest), "more team", "more teams"), decide])))
    return lines


def colours(mix: Mix) -> str:
    """ "🟢 5 green, 🟡 2 yellow, 🔴 1 red"; colours that nobody has are left out."""
    counts = (("🔴", mix.red, "red"), ("🟡", mix.yellow, "yellow"), ("🟢", mix.green, "green"))
    return ", ".join(f"{sign} {count} {word}" for sign, count, word in counts if count) or "no colours yet"


def given(mix: Mix, of: int) -> str:
    """The colours that were given, and how many of so many key results were not updated."""
    left = f"{of - mix.count} not updated" if of > mix.count else ""
    return ", ".join(filter(None, [colours(mix) if not mix.is_empty or not left else "", left]))


def checked_in(answered: int, asked: int) -> str:
    """How many checked in, without a name: "7 of 9 checked in"."""
    if asked == 0:
        return "no check-ins were due"
    if asked == answered:
        if asked == 2:
            return "both checked in"
        return f"all {asked} checked in" if asked > 1 else "the one due has checked in"
    return f"{answered} of {asked} checked in"


def counted(number: int, one: str, several: str) -> str:
    """A number with its word; "" for none."""
    return f"{number} {one if number == 1 else several}" if number else ""


def _led(team: str, link: str | None) -> str:
    name = said(team, 40)
    return f"*{linked(link, team[:40])}*" if link else f"*{name}*"
