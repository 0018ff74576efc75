"""Days and times as people say them, in English whatever the machine's locale is."""

from __future__ import annotations

from datetime import date, datetime

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def weekday(when: date) -> str:
    """ "Mon"."""
    return _WEEKDAYS[when.weekday()]


def day(when: date) -> str:
    """ "16 Nov"."""
    return f"{when.day} {_MONTHS[when.month - 1]}"


def weekday_time(local: datetime) -> str:
    """ "Tue 17:00", of a time that is already in the reader's zone."""
    return f"{weekday(local)} {local:%H:%M}"


def weekday_day_time(local: datetime) -> str:
    """ "Tue 17 Nov 17:00", of a time that is already in the reader's zone."""
    return f"{weekday(local)} {day(local)} {local:%H:%M}"
