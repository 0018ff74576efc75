"""The organisation's week counted back from its leadership meeting.

    Monday 09:00 opening, Tuesday 14:00 lead's note, 17:00 closing, Wednesday 10:00 digest, Thursday the meeting

The digest is read a working day before the meeting. Answering closes a working day before the digest, on the day of the
lead's note, and opens a working day before that. A period lies in one calendar week: where the way back would leave
it in the middle (a meeting on Wednesday), answering is on Thursday and Friday of the week before, and the digest on
Tuesday.
"""

from __future__ import annotations

from datetime import date, time, timedelta

from bot.domain.cadence import Rhythm, WeeklyTime
from bot.domain.localtime import Weekday, workday_before

# Any Monday: only weekdays are counted.
_MONDAY = date(2026, 1, 5)

DEFAULT = Weekday.THURSDAY


def rhythm_before(
    meeting: Weekday,
    *,
    opens: time = time(9),
    closes: time = time(17),
    digest: time = time(10),
    note: time = time(14),
) -> Rhythm:
    """The rhythm whose digest is read before a meeting on this day. ValueError where nobody could answer in time."""
    told = workday_before(_MONDAY + timedelta(days=7 + meeting))
    closing = workday_before(told)
    opening = workday_before(closing)
    if opening.weekday() > closing.weekday():
        closing = opening
        opening = workday_before(closing)
    return Rhythm(
        opens=WeeklyTime(Weekday(opening.weekday()), opens),
        closes=WeeklyTime(Weekday(closing.weekday()), closes),
        digest=WeeklyTime(Weekday(told.weekday()), digest),
        note=note,
    )
