"""Instants and days that everybody reads in their own zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.blocks.dates import day, weekday


def named_day(when: date) -> str:
    """`Fri 16 Oct`; a day means the same everywhere."""
    return f"{weekday(when)} {day(when)}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """An instant in mrkdwn: Slack shows it in each reader's own zone; `zone` is for those who cannot be asked."""
    local = at.astimezone(zone)
    return f"<!date^{int(at.timestamp())}^{{day_divider_pretty}}, {{time}}|{named_day(local)}, {local:%H:%M}>"
