"""Home: what its reader must do now, and then where everything of theirs stands. At most a hundred blocks."""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from bot.blocks.away import OwnAbsence, days, meanwhile
from bot.blocks.dates import weekday_time
from bot.blocks.digest_teams import checked_in
from bot.blocks.home_now import Asking, Now, OwnDecision, asks_of, decision_line, now_blocks
from bot.blocks.home_roles import Admin, Led, admin_blocks, led_blocks
from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, context, divider, header, section
from bot.blocks.listing import ListedObjective
from bot.blocks.notices import not_for_outsiders
from bot.blocks.paging import paragraphs
from bot.blocks.post import Block, View
from bot.blocks.standing import history, standing_line
from bot.blocks.text import said
from bot.domain.cadence import Period

MOST_BLOCKS = 100
# Slack takes 250,000 bytes of JSON; nearly all of an emoji's are for its escapes.
LARGEST = 240_000
MOST_KEY_RESULTS = 20
MOST_TEAMS = 5
MOST_ESCALATIONS = 8
MOST_DECISIONS = 8
MOST_ABSENCES = 4
NAME = 80


class Kept(enum.Enum):
    """What the weekly budget of messages kept back."""

    PROMPT = "prompt"
    REMINDER = "reminder"
    LEAD_NOTE = "lead_note"
    AWAY_NEWS = "away_news"
    OUTCOME = "outcome"
    OTHER = "other"


@dataclass(frozen=True)
class TeamState:
    """A team of the reader's in this week, as far as the reader may see it.

    `is_over`: the digest's hour has come. Until then more may still be asked, and answer.
    """

    name: str
    answered: int
    asked: int
    want_help: int
    is_over: bool


@dataclass(frozen=True)
class Schedule:
    """When the reader is asked. `next_at` is in their own zone."""

    hour: time
    zone: str
    follows_slack: bool
    next_at: datetime | None
    absences: tuple[OwnAbsence, ...]


@dataclass(frozen=True)
class Home:
    """All that one person's Home shows. `today` is their own; `admin` is null for those who are none."""

    today: date
    period: Period
    now: Now
    kept: tuple[Kept, ...]
    key_results: tuple[ListedObjective, ...]
    teams: tuple[TeamState, ...]
    escalations: tuple[Asking, ...]
    decisions: tuple[OwnDecision, ...]
    schedule: Schedule
    led: tuple[Led, ...]
    admin: Admin | None


def home(view: Home) -> View:
    """The whole page, what must be done first."""
    blocks = [
        *now_blocks(view.now),
        *_kept(view.kept),
        *_key_results(view),
        *_teams(view.teams),
        *_escalations(view.escalations),
        *_decisions(view.decisions, view.today),
        *_schedule(view.schedule, view.today),
        *led_blocks(view.led),
        *(admin_blocks(view.admin) if view.admin is not None else []),
    ]
    return {"type": "home", "blocks": _fitting(blocks)}


def _fitting(blocks: list[Block]) -> list[Block]:
    """As many as Slack takes, the first ones first."""
    size = 0
    for place, block in enumerate(blocks):
        size += len(json.dumps(block)) + len(", ")
        if place == MOST_BLOCKS or size > LARGEST:
            more = context("There is more: `/okr` and `/okr help` show the rest.")
            return [*blocks[: min(place, MOST_BLOCKS - 1)], more]
    return blocks


def outsiders_home() -> View:
    """For guests and people of other organisations."""
    return {"type": "home", "blocks": [section(not_for_outsiders().text)]}


def _kept(kept: Sequence[Kept]) -> list[Block]:
    """What did not come as a message, in a sentence."""
    if not kept:
        return []
    words = {
        Kept.PROMPT: ("a weekly prompt", "weekly prompts"),
        Kept.REMINDER: ("a reminder", "reminders"),
        Kept.LEAD_NOTE: ("a lead's note", "leads' notes"),
        Kept.AWAY_NEWS: ("word of who is away", "news of who is away"),
        Kept.OUTCOME: ("word of what a request for help brought", "news of what requests for help brought"),
        Kept.OTHER: ("a message", "messages"),
    }
    counts = {kind: sum(one is kind for one in kept) for kind in Kept}
    named = [words[kind][0] if count == 1 else f"{count} {words[kind][1]}" for kind, count in counts.items() if count]
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return [
        context(f"You have had enough messages from me this week, so I kept back {listed}. It is all on this page.")
    ]


def _key_results(view: Home) -> list[Block]:
    listed = [one for objective in view.key_results for one in objective.key_results]
    if not listed:
        # In the place of somebody who is away or has left they are asked all the same.
        is_asked = bool(view.now.check_ins) or view.schedule.next_at is not None
        and_so = "" if is_asked else ", so I ask you nothing"
        return [*_titled("Your key results"), section(f"You own none in this cycle{and_so}.")]
    lines = []
    for one in listed[:MOST_KEY_RESULTS]:
        row = history(one.standing)
        lines.append(standing_line(one.standing, period=view.period) + (f" · {row}" if row else ""))
    blocks = [*_titled("Your key results"), *paragraphs(lines[0], lines[1:])]
    if len(listed) > MOST_KEY_RESULTS:
        blocks.append(context(f"and {len(listed) - MOST_KEY_RESULTS} more: `/okr` lists all"))
    return blocks


def _teams(teams: Sequence[TeamState]) -> list[Block]:
    if not teams:
        return []
    lines = [_team(one) for one in teams[:MOST_TEAMS]]
    if len(teams) > MOST_TEAMS:
        lines.append(f"and {len(teams) - MOST_TEAMS} more: `/okr team` shows them")
    return [*_titled("Your team" if len(teams) == 1 else "Your teams"), section("\n".join(lines))]


def _team(team: TeamState) -> str:
    parts = [checked_in(team.answered, team.asked) if team.is_over else _so_far(team)]
    if team.want_help:
        parts.append("one wants help" if team.want_help == 1 else f"{team.want_help} want help")
    return f"*{said(team.name, NAME)}* this week: {', '.join(parts)}"


def _so_far(team: TeamState) -> str:
    return f"{team.answered} of {team.asked} checked in so far" if team.asked else "nobody was asked yet"


def _escalations(escalations: Sequence[Asking]) -> list[Block]:
    if not escalations:
        return []
    lines = [f"• {asks_of(one)}" for one in escalations[:MOST_ESCALATIONS]]
    if len(escalations) > MOST_ESCALATIONS:
        lines.append(f"and {len(escalations) - MOST_ESCALATIONS} more: `/kr` and a number shows each")
    return [*_titled("Open requests for help that you are part of"), *paragraphs(lines[0], lines[1:])]


def _decisions(decisions: Sequence[OwnDecision], today: date) -> list[Block]:
    """Those that are not due yet; what is due stands above."""
    if not decisions:
        return []
    lines = [f"• {decision_line(one, today)}" for one in decisions[:MOST_DECISIONS]]
    if len(decisions) > MOST_DECISIONS:
        lines.append(f"and {len(decisions) - MOST_DECISIONS} later ones; each comes up here on its day")
    return [*_titled("Decisions that you make happen"), *paragraphs(lines[0], lines[1:])]


def _schedule(schedule: Schedule, today: date) -> list[Block]:
    zone = f"{schedule.zone}, as in Slack" if schedule.follows_slack else schedule.zone
    coming = f" Your next check-in opens {weekday_time(schedule.next_at)}." if schedule.next_at is not None else ""
    blocks = [
        *_titled("Your hour"),
        section(f"I ask you at {schedule.hour:%H:%M} ({said(zone, NAME)}).{coming}"),
        actions(button("Settings", Act.SETTINGS), button("Away", Act.AWAY)),
    ]
    for one in schedule.absences[:MOST_ABSENCES]:
        about = str(one.absence_id)
        blocks += [
            section(f"Away {days(one.first_on, one.last_on, today)}: {meanwhile(one)}"),
            actions(button("Change", Act.CHANGE_AWAY, value=about), button("I'm not away", Act.END_AWAY, value=about)),
        ]
    if len(schedule.absences) > MOST_ABSENCES:
        blocks.append(context("`/okr back` shows all your days away"))
    return blocks


def _titled(title: str) -> list[Block]:
    return [divider(), header(title)]
