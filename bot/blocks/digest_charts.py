"""The weeks of a cycle in pictures, each with a text that says the same: score against pace, and the mix of colours."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bot.blocks.dates import day
from bot.blocks.digest_teams import colours, given
from bot.blocks.post import CHART, Block
from bot.domain.digest import Snapshot, Week
from bot.domain.scoring import show
from bot.domain.sparkline import sparkline

# Two points are no way; Slack takes twenty.
LEAST_WEEKS = 3
MOST_WEEKS = 20


def weeks_in_words(snapshot: Snapshot) -> str:
    """What the pictures show, in two lines; "" before the first score."""
    weeks = _since_the_first_score(snapshot.weeks)
    if not weeks:
        return ""
    return "\n".join([_pace(snapshot, weeks), _mix(weeks, len(snapshot.key_results))])


def charts(snapshot: Snapshot) -> list[Block]:
    """Score against pace, and colours by week; none before the third week. Where teams have lines of their own, with
    their colours, there is no second one."""
    weeks = _since_the_first_score(snapshot.weeks)[-MOST_WEEKS:]
    if len(weeks) < LEAST_WEEKS:
        return []
    score = {"score": [week.score or Decimal(0) for week in weeks], "expected": [week.expected for week in weeks]}
    mixes = {
        "🔴 red": [Decimal(week.colours.red) for week in weeks],
        "🟡 yellow": [Decimal(week.colours.yellow) for week in weeks],
        "🟢 green": [Decimal(week.colours.green) for week in weeks],
    }
    pace = _chart("Score against pace", "line", weeks, score)
    return [pace] if snapshot.is_large else [pace, _chart("Colours, week by week", "bar", weeks, mixes)]


def _chart(title: str, kind: str, weeks: Sequence[Week], series: dict[str, list[Decimal]]) -> Block:
    labels = [day(week.period) for week in weeks]
    chart: dict[str, Any] = {
        "type": kind,
        "series": [
            {
                "name": name,
                "data": [{"label": label, "value": float(value)} for label, value in zip(labels, values, strict=True)],
            }
            for name, values in series.items()
        ],
        "axis_config": {"categories": labels},
    }
    return {"type": CHART, "title": title, "chart": chart}


def _since_the_first_score(weeks: Sequence[Week]) -> list[Week]:
    """The weeks that have a score: from the first one on, all do."""
    return [week for week in weeks if week.score is not None]


def _pace(snapshot: Snapshot, weeks: Sequence[Week]) -> str:
    now, before = weeks[-1], weeks[-2].score if len(weeks) > 1 else None
    last = f" ({before:.2f})" if before is not None else ""
    row = sparkline([week.score for week in weeks], Decimal(0), Decimal(1)) if len(weeks) >= LEAST_WEEKS else ""
    projected = snapshot.projected
    parts = [
        f"*Score against pace*  {now.score:.2f}{last} on average, {now.expected:.2f} expected by now",
        f"at this pace about {show(projected)} at the end" if projected is not None else "",
        row,
    ]
    return " · ".join(filter(None, parts))


def _mix(weeks: Sequence[Week], key_results: int) -> str:
    if weeks[-1].colours.is_empty:
        return "*Colours*  none given this week"
    before = f" (last week {colours(weeks[-2].colours)})" if len(weeks) > 1 and not weeks[-2].colours.is_empty else ""
    return f"*Colours*  {given(weeks[-1].colours, key_results)}{before}"
