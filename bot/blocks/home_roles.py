"""The parts of Home that only some have: a lead's team this week, an admin's teams, settings and failures."""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.blocks.dates import weekday_day_time
from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, context, divider, header, overflow, section
from bot.blocks.notices import kept_back, not_shown, silent, undelivered
from bot.blocks.post import Block
from bot.blocks.text import said

MOST_LED = 3
MOST_LED_SHORTLY = 8
MOST_OPEN = 8
MOST_EXCUSED = 10
MOST_TEAMS = 12
MOST_FAILURES = 5
NAME = 80


class Owed(enum.Enum):
    DUE = "due"
    MISSED = "missed"
    EXCUSED = "excused"


@dataclass(frozen=True)
class Owing:
    """A check-in of a lead's team that has no answer. `is_readers`: the lead's own. `may_be_reminded` false: two
    reminders have left this week, or are about to."""

    check_in_id: int
    number: int
    name: str
    owner: str
    owed: Owed
    is_readers: bool
    may_be_reminded: bool


@dataclass(frozen=True)
class Led:
    """A team that the reader leads, in this week. `note_id` is that of their note, from which on they can act; null
    before, and once the digest was taken (`is_over`). `asked` counts the check-ins that were not excused."""

    team: str
    answered: int
    asked: int
    owing: tuple[Owing, ...]
    note_id: int | None
    is_over: bool


@dataclass(frozen=True)
class AdminTeam:
    """A team as an admin sees it. `shared`: those of its channels that people of another organisation read."""

    team_id: int
    name: str
    is_on: bool
    lead: str | None
    channel_id: str | None
    shared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """What was not delivered, to whom (a person's name, or a channel's link), Slack's reason, how often."""

    what: str
    to: str
    code: str
    count: int


@dataclass(frozen=True)
class Admin:
    """`too_late`: prompts that came too late to be sent; `uncertain`: posts that are being looked up; `kept`: direct
    messages that wait because Slack takes none; `not_made`: the teams whose digest is due and could not be made, with
    its hour in their channel's zone; `not_shown`: what arrived and shows an older state; `silent`: where nothing is
    posted until Okra is started anew, and whether Okra was removed from there."""

    teams: tuple[AdminTeam, ...]
    failures: tuple[Failure, ...]
    too_late: int
    uncertain: int
    not_made: tuple[tuple[str, datetime], ...] = ()
    not_shown: tuple[Failure, ...] = ()
    kept: int = 0
    silent: tuple[tuple[str, bool], ...] = ()


def led_blocks(led: Sequence[Led]) -> list[Block]:
    """Who is still to check in, who missed it, who is excused: only their lead reads this."""
    blocks: list[Block] = []
    for team in led[:MOST_LED]:
        blocks += [divider(), header(f"{team.team}, this week"), *_led(team)]
    for team in led[MOST_LED : MOST_LED + MOST_LED_SHORTLY]:
        # The note may have been kept back; its question is here all the same.
        blocks.append(section(_led_shortly(team), accessory=_question(team)))
    if len(led) > MOST_LED + MOST_LED_SHORTLY:
        more = len(led) - MOST_LED - MOST_LED_SHORTLY
        blocks.append(context(f"and {more} more that you lead: `/okr team NAME` shows each"))
    return blocks


def admin_blocks(admin: Admin) -> list[Block]:
    """Teams on and off, everybody's week, and what did not arrive."""
    blocks: list[Block] = [divider(), header("For admins")]
    if not admin.teams:
        blocks.append(section("There are no teams yet. `okra import FILE` brings them."))
    # Those that wait for somebody first.
    teams = sorted(admin.teams, key=lambda team: team.is_on)
    for team in teams[:MOST_TEAMS]:
        look = None if team.is_on else button("Preview", Act.PREVIEW_TEAM, value=str(team.team_id))
        blocks.append(section(_admin_team(team), accessory=look))
    if len(teams) > MOST_TEAMS:
        blocks.append(context(f"and {len(teams) - MOST_TEAMS} more: `okra team list` shows all"))
    blocks.append(actions(button("Everybody's week", Act.RHYTHM)))
    return [*blocks, *_failures(admin)]


def _led(team: Led) -> list[Block]:
    waiting = [one for one in team.owing if one.owed is not Owed.EXCUSED]
    excused = [one for one in team.owing if one.owed is Owed.EXCUSED]
    if not team.asked and not excused:
        return [section("No check-in is due in this team now.")]
    blocks: list[Block] = []
    if not waiting:
        blocks.append(section("Everybody who was asked has checked in."))
    for one in waiting[:MOST_OPEN]:
        blocks.append(section(_owing(one, team), accessory=_ways(one, team.note_id)))
    if len(waiting) > MOST_OPEN:
        blocks.append(context(f"and {len(waiting) - MOST_OPEN} more; they come up here as these are settled"))
    if excused:
        names = ", ".join(f"KR-{one.number} ({said(one.owner, NAME)})" for one in excused[:MOST_EXCUSED])
        more = f" and {len(excused) - MOST_EXCUSED} more" if len(excused) > MOST_EXCUSED else ""
        blocks.append(section(f"Excused: {names}{more}"))
    question = _question(team)
    if question is not None:
        blocks.append(actions(question))
    return [*blocks, context("Only you see who is still to check in.")]


def _led_shortly(team: Led) -> str:
    waiting = sum(one.owed is not Owed.EXCUSED for one in team.owing)
    still = "nothing is open" if not waiting else "one is open" if waiting == 1 else f"{waiting} are open"
    return f"*{said(team.team, NAME)}*, this week: {still} · `/okr team` and its name shows more"


def _question(team: Led) -> Block | None:
    if team.note_id is None:
        return None
    return button("What should stop or shift?", Act.ANSWER_NOTE, value=str(team.note_id))


def _owing(one: Owing, team: Led) -> str:
    whose = "yours" if one.is_readers else said(one.owner, NAME)
    missed = "not answered" if team.is_over else "missed, still possible until the digest"
    state = missed if one.owed is Owed.MISSED else "due"
    return f"• *KR-{one.number}* {said(one.name, NAME)} · {whose} · {state}"


def _ways(one: Owing, note_id: int | None) -> Block | None:
    """What the note offers; before the note nobody is reminded by hand."""
    if note_id is None:
        return None
    ways = [("Excuse", "excuse"), ("Reassign", "reassign")]
    if one.owed is Owed.DUE and one.may_be_reminded and not one.is_readers:
        ways.insert(0, ("Remind", "remind"))
    about = {"note": note_id, "check_in": one.check_in_id}
    return overflow(Act.NOTE_CHECK_IN, [(words, json.dumps({"do": way, **about})) for words, way in ways])


def _admin_team(team: AdminTeam) -> str:
    lead = said(team.lead, NAME) if team.lead else "no lead yet"
    if not team.is_on:
        return f"*{said(team.name, NAME)}* · off · {lead}"
    where = f"<#{team.channel_id}>" if team.channel_id else "no channel for its digest"
    closed = "".join(f" · nothing is posted in <#{one}> while another organisation shares it" for one in team.shared)
    return f"*{said(team.name, NAME)}* · on · {lead} · {where}{closed}"


def _failures(admin: Admin) -> list[Block]:
    counts = admin.too_late or admin.uncertain or admin.kept
    if not (counts or admin.failures or admin.not_made or admin.not_shown or admin.silent):
        return [section("Everything of the last four weeks has arrived.")]
    lines = [f"• {silent(where, was_removed=was_removed)}" for where, was_removed in admin.silent[:MOST_FAILURES]]
    lines += [
        f"• The digest of {said(team, NAME)} was due {weekday_day_time(due)} and could not be made. I keep trying; the "
        "log of Okra says why."
        for team, due in admin.not_made[:MOST_FAILURES]
    ]
    for failures, told in ((admin.failures, undelivered), (admin.not_shown, not_shown)):
        for one in failures[:MOST_FAILURES]:
            times = f" ({one.count} times)" if one.count > 1 else ""
            lines.append(f"• {told(what=one.what, to=one.to, code=one.code).text}{times}")
        if len(failures) > MOST_FAILURES:
            lines.append(f"and {len(failures) - MOST_FAILURES} more: `okra doctor` lists them")
    if admin.kept:
        lines.append(f"• {kept_back(admin.kept)}")
    if admin.too_late:
        was = "prompt was" if admin.too_late == 1 else "prompts were"
        lines.append(f"• {admin.too_late} {was} not sent: answering had closed by then.")
    if admin.uncertain:
        may = "message may" if admin.uncertain == 1 else "messages may"
        lines.append(f"• {admin.uncertain} {may} not have arrived; I am looking.")
    return [
        section("*What did not arrive, or shows how things were before, in the last four weeks*"),
        *(section(line) for line in lines),
    ]
