"""`/okr`: lists of key results, a page at a time, and what else can be typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks.layout import context, section
from bot.blocks.paging import pages, paragraphs
from bot.blocks.post import Block, Post
from bot.blocks.standing import Standing, measure, standing_line
from bot.blocks.text import said
from bot.domain.cadence import Period


@dataclass(frozen=True)
class Listed:
    """A key result in a list. A draft has nobody whom Okra could ask."""

    standing: Standing
    is_draft: bool


@dataclass(frozen=True)
class ListedObjective:
    """An objective with those of its key results that the reader may see."""

    title: str
    team: str
    key_results: tuple[Listed, ...]


@dataclass(frozen=True)
class ListedTeam:
    """A team and how many of its key results the reader may see."""

    name: str
    key_results: int
    is_company: bool = False


def mine(objectives: Sequence[ListedObjective], period: Period, page: int) -> Post:
    """The reader's own key results."""
    if not objectives:
        return Post(
            "You own no key results in this cycle. `/okr team NAME` shows a team's, `/okr company` the company's "
            "and the list of teams."
        )
    count = _count(objectives)
    title = "Your key result" if count == 1 else f"Your {count} key results"
    return _listing(title, _objectives(objectives, period, owner=False), "/okr", page)


def of_team(name: str, objectives: Sequence[ListedObjective], period: Period, page: int) -> Post:
    """The key results of one team."""
    if not objectives:
        return Post(f"{said(name, 80)} has no key results in this cycle that you can see.")
    title = f"{said(name, 80)}: {_key_results(_count(objectives))}"
    return _listing(title, _objectives(objectives, period, owner=True), f"/okr team {said(name, 80)}", page)


def of_my_teams(names: Sequence[str], objectives: Sequence[ListedObjective], period: Period, page: int) -> Post:
    """The key results of all teams that the reader belongs to."""
    if not names:
        return Post("You belong to no team yet. `/okr team NAME` shows one, and `/okr company` lists them.")
    if len(names) == 1:
        return of_team(names[0], objectives, period, page)
    title = f"Your teams: {_key_results(_count(objectives))}"
    return _listing(title, _objectives(objectives, period, owner=True), "/okr team", page)


def of_company(objectives: Sequence[ListedObjective], teams: Sequence[ListedTeam], period: Period, page: int) -> Post:
    """The company's own key results, then all teams."""
    if not objectives and not teams:
        return Post("There are no teams here yet. An admin imports them with `okra import`.")
    title = f"The company: {_key_results(_count(objectives))} of its own"
    blocks = _objectives(objectives, period, owner=True)
    if teams:
        blocks += paragraphs("*Teams*", [_team(team) for team in teams])
        blocks.append(context("`/okr team NAME` shows a team's key results."))
    return _listing(title, blocks, "/okr company", page)


def _team(team: ListedTeam) -> str:
    if team.is_company:
        return f"{said(team.name, 80)}, or `company` · what it holds itself stands above"
    return f"{said(team.name, 80)} · {_key_results(team.key_results)}"


def help_text(not_understood: str = "") -> Post:
    """What can be typed; `not_understood` is what was typed instead."""
    lines = [
        "*What you can type*",
        "`/okr` your key results",
        "`/okr team` your team's, `/okr team NAME` another team's",
        "`/okr company` the company's, and the list of teams",
        "`/kr 12` one key result: where it stands, its last answers, what is open",
        "`/kr 12 45 yellow waiting on legal` opens its check-in with that filled in",
        "`/okr away 2026-12-20..2027-01-06 cover @someone` leave; `/okr away` alone is a form, `/okr back` changes it",
        "`/okr digest` your team's digest, `/okr digest TEAM` another's; its lead and admins can post it from there",
        "`/okr signals` what your team's data asks, `/okr signals TEAM` another team's",
        "`/okr health` how it goes for your team, `/okr health TEAM` for another",
        "`/okr export` the company's newest digest as a sheet for you, `/okr export TEAM json` a team's",
        "`/okr agenda` what is open, as lines for a meeting's notes; `/okr agenda TEAM`",
        "`/okr friction` which team waits for which, how long and how often",
        "`/okr settings` your hour, zone, working days and public holidays",
        "`/okr decide 12 two days of HR` records what is decided about KR-12",
        "`/okr decisions` what is decided and not done; with `overdue`, `done`, `mine`, a team's name or `KR-12`",
        "`/okr handover 12` asks somebody to own KR-12",
        "`/okr rhythm` everybody's week, for admins",
        "`/okr help` this list",
    ]
    said_first = f"I don't know “{said(not_understood, 80)}”. " if not_understood else ""
    return Post(
        f"{said_first}What you can type: /okr, /okr team NAME, /okr company, /kr 12",
        (section("\n".join([said_first + lines[0], *lines[1:]])),),
    )


def _listing(title: str, blocks: Sequence[Block], command: str, page: int) -> Post:
    found = pages(blocks)
    number = min(max(page, 1), len(found))
    shown: list[Block] = [section(f"*{title}*"), *found[number - 1]]
    if len(found) > 1:
        more = f" · `{command} {number + 1}` shows the next" if number < len(found) else ""
        shown.append(context(f"Page {number} of {len(found)}{more}"))
    elif command == "/okr":
        shown.append(
            context("`/okr team` shows your team's, `/okr company` the company's, `/okr help` what else there is")
        )
    return Post(title, tuple(shown))


def _objectives(objectives: Sequence[ListedObjective], period: Period, *, owner: bool) -> list[Block]:
    return [
        block
        for objective in objectives
        for block in paragraphs(
            f"*{said(objective.title, 150)}* · {said(objective.team, 80)}",
            [_line(one, period, owner=owner) for one in objective.key_results],
        )
    ]


def _line(one: Listed, period: Period, *, owner: bool) -> str:
    if one.is_draft:
        return f"✏️ draft *{one.standing.label}* {measure(one.standing)} · nobody owns it yet"
    return standing_line(one.standing, period=period, owner=owner)


def _count(objectives: Sequence[ListedObjective]) -> int:
    return sum(len(objective.key_results) for objective in objectives)


def _key_results(count: int) -> str:
    return "1 key result" if count == 1 else f"{count or 'no'} key results"
