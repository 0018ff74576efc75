"""Instants and days as people read them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(when: date) -> str:
    """`Fri 16 Oct`; a day means the same everywhere."""
    return f"{_DAYS[when.weekday()]} {when.day} {_MONTHS[when.month - 1]}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """An instant in mrkdwn: Slack shows it in each reader's own zone; `zone` is for those who cannot be asked."""
    local = at.astimezone(zone)
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{day(local)}, {local:%H:%M}>"
