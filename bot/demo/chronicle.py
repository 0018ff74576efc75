"""What the people of Longfetch say and decide, week by week, as `examples/longfetch-weeks.toml` tells it."""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import bot
from bot.domain.cadence import Period, following, period
from bot.domain.confidence import Confidence

FIRST_WEEK = period(date(2026, 10, 5))
WEEKS = 13

_COLOURS = {"g": Confidence.GREEN, "y": Confidence.YELLOW, "r": Confidence.RED}
NOT_ANSWERED = "-"


@dataclass(frozen=True)
class Said:
    """One check-in as its owner types it. `value` is the number, or for a milestone the score from 0 to 1."""

    value: str
    next_move: str
    colour: Confidence
    changed: str = ""
    working: str = ""
    blocked_by: str = ""
    need: str = ""
    plan: str = ""
    wants_help: bool = False
    start: str = ""


class Does(enum.Enum):
    """What somebody does about a call for help."""

    TAKE = "take"
    REVIEW = "review"
    DECIDE = "decide"
    RESOLVE = "resolve"


@dataclass(frozen=True)
class Help:
    """Somebody does something about the open call for help of a key result. `owner` and `due` belong to a decision,
    `done` is the day on which its owner says that it has been done."""

    about: str
    on: date
    who: str
    does: Does
    text: str = ""
    owner: str = ""
    due: date | None = None
    done: date | None = None


@dataclass(frozen=True)
class Chronicle:
    """By the key result's id in the company's file; weeks are periods."""

    answers: Mapping[str, Mapping[Period, Said]]
    help: Sequence[Help]
    stop_or_shift: Mapping[str, Mapping[Period, str]]

    def said(self, key: str | None, week: Period) -> Said | None:
        """What a key result's owner says in a week; None for who says nothing."""
        return self.answers.get(key or "", {}).get(week)

    def shift(self, team: str, week: Period) -> str | None:
        """What a team's lead says should stop or shift in a week."""
        return self.stop_or_shift.get(team, {}).get(week)

    def helped(self, since: date, until: date) -> list[Help]:
        """What is done about calls for help from one day to another, the last one left out; in order."""
        return sorted((one for one in self.help if since <= one.on < until), key=lambda one: one.on)


def examples() -> Path:
    """The folder with the company: beside the packages in a checkout, inside the package once installed."""
    inside = Path(bot.__file__).parent / "examples"
    return inside if inside.is_dir() else Path(bot.__file__).parent.parent / "examples"


@cache
def chronicle() -> Chronicle:
    """The company's chronicle, read once."""
    tables = tomllib.loads((examples() / "longfetch-weeks.toml").read_text(encoding="utf-8"))
    shifts: dict[str, dict[str, str]] = tables.pop("stop_or_shift")
    help_given: list[dict[str, Any]] = tables.pop("help")
    return Chronicle(
        answers={key: _answers(table) for key, table in tables.items()},
        help=[_help(one) for one in help_given],
        stop_or_shift={
            team: {week_of(int(week)): text for week, text in said.items()} for team, said in shifts.items()
        },
    )


def week_of(number: int) -> Period:
    """The period of a week, counted from 1."""
    return following(FIRST_WEEK, number - 1)


def _answers(table: Mapping[str, Any]) -> dict[Period, Said]:
    said: dict[Period, Said] = {}
    next_move = ""
    for number, (value, colour) in enumerate(zip(table["values"].split(), table["colours"], strict=True), 1):
        week = str(number)
        next_move = table["next"].get(week, next_move)
        if value == NOT_ANSWERED:
            continue
        said[week_of(number)] = Said(
            value=value,
            next_move=next_move,
            colour=_COLOURS[colour],
            changed=table.get("changed", {}).get(week, ""),
            working=table.get("working", {}).get(week, ""),
            blocked_by=table.get("blocked_by", {}).get(week, ""),
            need=table.get("need", {}).get(week, ""),
            plan=table.get("plan", {}).get(week, ""),
            wants_help=table.get("help", {}).get(week, False),
            start=table.get("start", ""),
        )
    return said


def _help(table: dict[str, Any]) -> Help:
    on = week_of(table.pop("week")) + timedelta(days=table.pop("day"))
    return Help(on=on, does=Does(table.pop("does")), **table)
