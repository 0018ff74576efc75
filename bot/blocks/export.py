"""Beside an exported file."""

from __future__ import annotations

from bot.blocks.dates import day
from bot.blocks.post import Post
from bot.blocks.text import said
from bot.domain.cadence import Period


def beside_file(team: str, week: Period) -> str:
    """What stands with the file in the direct message. Mrkdwn."""
    return f"{said(team, 80)}, week of {day(week)}: the digest and what stands in it, as you asked. Only you see this."


def file_sent(name: str) -> Post:
    """Where it was asked for."""
    return Post(f"{said(name, 120)} is in your direct message with me.")
