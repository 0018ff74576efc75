"""Months as people write them, and the first and last days that follow from them."""

import calendar
from datetime import date

_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

# Written out, as three letters, and "sept"; all in lower case. (strftime would follow the machine's locale.)
MONTHS = (
    {name: number for number, name in enumerate(_NAMES, start=1)}
    | {name[:3]: number for number, name in enumerate(_NAMES, start=1)}
    | {"sept": 9}
)


def first_day(year: int, month: int) -> date:
    """The first day of a month."""
    return date(year, month, 1)


def last_day(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])
