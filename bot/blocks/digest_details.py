"""What stands in a digest's thread: a reply a team where there are several, then every key result in a table.

They show where each one stands and not who has checked in: that only its owner and their lead see.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bot.blocks.dates import day
from bot.blocks.digest_teams import TeamLink, checked_in, given, needs, team_line
from bot.blocks.escalation_words import one_sentence
from bot.blocks.layout import section
from bot.blocks.links import linked
from bot.blocks.paging import paragraphs
from bot.blocks.post import Block, Post
from bot.blocks.standing import WATCHED, colour, score_pair
from bot.blocks.text import clip, said
from bot.domain.digest import Call, KeyResultLine, Snapshot, TeamState
from bot.domain.sparkline import carried, sparkline

# Slack takes a hundred rows, the heading among them; all the cells of this many rows are a message's size.
ROWS = 60
# How many teams a reply names where each has a line. A fixed number: their links come later, and make no reply more.
TEAMS = 20
# As many weeks make a row that shows a way.
ROW_SINCE = 3
MOST_CALLS = 5
MOST_MOVES = 5
HEADINGS = ("KR", "What", "Colour", "Score (last)", "Weeks", "Owner")


def details(snapshot: Snapshot, links: Sequence[TeamLink] = ()) -> tuple[Post, ...]:
    """The replies to a digest, in order: its teams, and all key results in as many tables as they need."""
    where = {one.team_id: one.link for one in links}
    return (*_teams(snapshot, where), *tables(snapshot))


def tables(snapshot: Snapshot) -> tuple[Post, ...]:
    """All key results, a row each, by team and number: the digest's own first."""
    lines = snapshot.key_results
    chunks = [lines[at : at + ROWS] for at in range(0, len(lines), ROWS)]
    return tuple(
        Post(title, (section(f"*{title}*"), _table(chunk)))
        for number, chunk in enumerate(chunks, 1)
        for title in [_title(snapshot, number, len(chunks))]
    )


def none_left() -> Post:
    """Instead of the tables, where each key result in them was limited since."""
    return Post("No key result of this digest can be shown any more. `/okr` lists yours, `/okr company` everybody's.")


def for_fewer_now() -> Post:
    """In the place of a digest that stands where its reader may see nothing of Okra's any more."""
    return one_sentence("What stood here is for fewer people now, so it is not shown any more.")


def further_up() -> Post:
    """In the place of a reply that stands, once so little is left that the replies above it have room for it."""
    return one_sentence("Something in this digest is for fewer people now. What is left of it stands further up.")


def _teams(snapshot: Snapshot, where: dict[int, str]) -> list[Post]:
    states = snapshot.teams
    if len(states) < 2:
        return []
    if not snapshot.is_large:
        return [_team(snapshot, state, where.get(state.team_id)) for state in states]
    chunks = [states[at : at + TEAMS] for at in range(0, len(states), TEAMS)]
    found = []
    for number, chunk in enumerate(chunks, 1):
        page = f" ({number} of {len(chunks)})" if len(chunks) > 1 else ""
        title = f"All {len(states)} teams, week of {day(snapshot.period)}{page}"
        lines = [f"• {team_line(state, where.get(state.team_id))}" for state in chunk]
        found.append(Post(title, tuple(paragraphs(f"*{title}*", lines))))
    return found


def _team(snapshot: Snapshot, state: TeamState, link: str | None) -> Post:
    """One team's reply: how it stands, who wants help, what moved."""
    own = [line for line in snapshot.key_results if (line.team_id, line.team) == (state.team_id, state.team)]
    ids = {line.key_result_id for line in own}
    calls = [_call(call) for call in snapshot.want_help if call.key_result_id in ids]
    moves = [_move(line) for line in (*snapshot.moved_up, *snapshot.moved_down) if line.key_result_id in ids]
    headline = f"{said(state.team, 80)}: {', '.join([*needs(state), checked_in(state.answered, state.asked)])}"
    name = linked(link, state.team[:80]) if link else said(state.team, 80)
    stands = [*needs(state), given(state.colours, state.key_results), checked_in(state.answered, state.asked)]
    lines = [
        f"*{name}*  {' · '.join(stands)}",
        *_capped(calls, MOST_CALLS),
        *([f"Moved: {' · '.join(_capped(moves, MOST_MOVES))}"] if moves else []),
    ]
    return Post(headline, (section("\n".join(lines)),))


def _call(call: Call) -> str:
    asks = said(call.need or (f"waits for {call.blocked_by}" if call.blocked_by else "wants help"), 100)
    thread = linked(call.link, "thread") if call.link else ""
    return " · ".join(
        filter(None, [f"{colour(call.confidence)} KR-{call.number} {said(call.name, 40)}: {asks}", thread])
    )


def _move(line: KeyResultLine) -> str:
    sign = "▲" if line.move > 0 else "▼"
    return f"{sign} KR-{line.number} {said(line.name, 30)} {score_pair(line.score, line.last_score)}"


def _table(lines: Sequence[KeyResultLine]) -> Block:
    rows: list[list[dict[str, Any]]] = [[_cell(heading) for heading in HEADINGS]]
    for line in lines:
        rows.append(
            [
                _cell(f"KR-{line.number}"),
                _cell(clip(line.name, 60)),
                _cell(colour(line.confidence)),
                _cell(score_pair(line.score, line.last_score, first="first") if line.is_scored else WATCHED),
                _cell(_weeks(line)),
                _cell(clip(line.owner, 40)),
            ]
        )
    return {"type": "table", "rows": rows, "column_settings": [{}, {"is_wrapped": True}]}


def _cell(text: str) -> dict[str, Any]:
    # A cell formats nothing, and may not be empty.
    return {"type": "raw_text", "text": text or "–"}


def _weeks(line: KeyResultLine) -> str:
    """The scores of the last weeks as a row of characters; nothing before the third week.

    A week without an answer shows the score before it: the owner's name stands beside.
    """
    if len(line.scores) < ROW_SINCE or all(score is None for score in line.scores):
        return ""
    return sparkline(carried(line.scores), Decimal(0), Decimal(1))


def _capped(items: Sequence[str], most: int) -> list[str]:
    return [*items[:most], f"and {len(items) - most} more"] if len(items) > most else list(items)


def _title(snapshot: Snapshot, number: int, of: int) -> str:
    page = f" ({number} of {of})" if of > 1 else ""
    count = len(snapshot.key_results)
    what = "All key results" if count > 1 else "The key result"
    return f"{what} of {said(snapshot.team, 80)}, week of {day(snapshot.period)}{page}"
