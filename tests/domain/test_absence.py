from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.absence import Days, parse_days

# A Wednesday.
TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-12-20..2027-01-06", "2026-12-20", "2027-01-06"),
        ("2026-12-20..2027-01-06 cover @ana", "2026-12-20", "2027-01-06"),
        ("2026-12-20 … 2027-01-06", "2026-12-20", "2027-01-06"),
        ("2026-12-20 - 2027-01-06, covered by Ana of 3 March", "2026-12-20", "2027-01-06"),
        ("20 Dec – 6 Jan", "2026-12-20", "2027-01-06"),
        ("20 December to 6 January", "2026-12-20", "2027-01-06"),
        ("24.12.2026 - 6.1.2027", "2026-12-24", "2027-01-06"),
        ("2026-12-24", "2026-12-24", "2026-12-24"),
        ("today", "2026-11-25", "2026-11-25"),
        ("Tomorrow", "2026-11-26", "2026-11-26"),
        ("fri", "2026-11-27", "2026-11-27"),
        ("until Friday", "2026-11-25", "2026-11-27"),
        ("from tomorrow until Friday", "2026-11-26", "2026-11-27"),
        ("Mon..Wed", "2026-11-30", "2026-12-02"),
        ("Monday to Friday", "2026-11-30", "2026-12-04"),
        ("24 Nov - 4 Dec", "2026-11-24", "2026-12-04"),  # it has begun
        ("2 Nov - 6 Jan", "2026-11-02", "2027-01-06"),
        ("24 Oct - 4 Dec", "2027-10-24", "2027-12-04"),
        ("yesterday - Friday", "2026-11-24", "2026-11-27"),
        ("I'm away this Friday, cover @ana", "2026-11-27", "2026-11-27"),
        ("on 24 Dec (off)", "2026-12-24", "2026-12-24"),
        ("20 Dec - 6 Jan @Ana Silva", "2026-12-20", "2027-01-06"),
        ("@ana 20 Dec - 6 Jan", "2026-12-20", "2027-01-06"),
    ],
)
def test_days_away_are_understood_as_people_write_them(text: str, first: str, last: str) -> None:
    assert parse_days(text, TODAY) == Days(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "for ever",
        "December",  # a month is no day
        "12/20/2026..1/6/2027",  # the second is read in two ways
        "2026-01-01",  # over
        "2027-01-06..2026-12-20",  # the wrong way round
        "2026-12-01..2028-12-01",  # longer than a year
        "2026-02-30",
        "2026-12-20..2027-01-06..2027-02-01",
        "5 Dec - 1 Dec",
        "Friday - 26 Nov",
        "24 Nov - 23 Nov",
        "20 Oct - today",  # which is this very day, of no other year
        "20 Oct - tomorrow",
        "2 Dec - yesterday",
        "yesterday",
        # A word beside them makes other days of these.
        "Dec 12-16",
        "12 to 16 Dec",
        "back on 12 Dec",
        "20 Dec for two weeks",
        "tomorrow for 3 days",
        "from 20 Dec",
        "from tomorrow",
        "week of 14 Dec",
        "next Monday",
        "tomorrow and Friday",
        "not tomorrow",
        "back Friday",
        "9999-12-31",  # the year is a slip of the pen
        "2029-01-04..2029-01-05",
    ],
)
def test_what_names_no_days_for_certain_is_not_guessed_at(text: str) -> None:
    assert parse_days(text, TODAY) is None


@given(
    st.text(max_size=60) | st.from_regex(r"[0-9a-z .\-/]{0,40}(mon|2026-12-2\d|6 jan)[0-9a-z .\-]{0,20}"), st.dates()
)
def test_whatever_is_typed_the_days_are_ahead_and_in_order(text: str, today: date) -> None:
    if not 2 <= today.year <= 9990:
        return
    found = parse_days(text, today)
    assert found is None or (found.first <= found.last and found.last >= today)
