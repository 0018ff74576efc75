from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cycles import CycleDates, parse_cycle

Q4 = ("2026-10-01", "2026-12-31")


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("2026 Q4", Q4),
        ("Q4 2026", Q4),
        ("2026-Q4", Q4),
        ("2026Q4", Q4),
        ("Q4/2026", Q4),
        ("q4 2026", Q4),
        ("Q4'26", Q4),
        ("Q4 26", Q4),
        ("4Q26", Q4),
        ("26-Q4", Q4),
        ("CY2026 Q4", Q4),
        ("FY26 Q4", Q4),
        ("FY2026-Q4", Q4),
        ("Q4 FY26", Q4),
        ("Okapi Q4 2026 (final)", Q4),
        ("Oct–Dec 2026", Q4),
        ("Oct-Dec '26", Q4),
        ("October to December 2026", Q4),
        ("Q4 2026 (Oct-Dec)", Q4),
        ("2026-10-01..2026-12-31", Q4),
        ("Q4 (2026-10-01 to 2026-12-31)", Q4),
        ("FY27 Q1", ("2027-01-01", "2027-03-31")),
        ("CY2019 Q4", ("2019-10-01", "2019-12-31")),
        ("H2 2026", ("2026-07-01", "2026-12-31")),
        ("1H 2026", ("2026-01-01", "2026-06-30")),
        ("T2 2026", ("2026-05-01", "2026-08-31")),
        ("Q1-Q2 2024", ("2024-01-01", "2024-06-30")),
        ("2024 Q1", ("2024-01-01", "2024-03-31")),
        ("Q4 2026 - Q1 2027", ("2026-10-01", "2027-03-31")),
        ("2026", ("2026-01-01", "2026-12-31")),
        ("FY27", ("2027-01-01", "2027-12-31")),
        ("2021 Lisbon release", ("2021-01-01", "2021-12-31")),
        ("2021-2022 Porto release", ("2021-01-01", "2022-12-31")),
        ("February 2028", ("2028-02-01", "2028-02-29")),
        ("2026-10", ("2026-10-01", "2026-10-31")),
        ("Nov 2026 – Jan 2027", ("2026-11-01", "2027-01-31")),
        ("Nov – Jan 2027", ("2026-11-01", "2027-01-31")),
        ("Sept 2026", ("2026-09-01", "2026-09-30")),
        ("2026-10-05..2026-12-18", ("2026-10-05", "2026-12-18")),
    ],
)
def test_a_cycles_name_tells_its_days(name: str, days: tuple[str, str]) -> None:
    found = parse_cycle(name)
    assert found is not None
    assert (found.starts_on.isoformat(), found.ends_on.isoformat()) == days


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Q4",
        "next quarter",
        "Athens release",
        "Release 20261",
        "RFC2026",
        "v2026",
        "FY26/27",
        "2026/27",
        "2020-2030 vision",
        "2026-13-01..2026-12-31",
        "2026-12-31..2026-10-01",
        "2026-10-01 start",
        "Q4 2026 - Q1 2026",
        "Q7",
        "Sprint 26",
    ],
)
def test_a_name_that_tells_no_days_for_certain_gives_none(name: str) -> None:
    assert parse_cycle(name) is None


@given(st.text(max_size=40) | st.text(alphabet="QqHhFfYy0123456789 -/'–.", max_size=24))
def test_any_name_gives_days_in_order_or_none(name: str) -> None:
    found = parse_cycle(name)
    assert found is None or found.starts_on <= found.ends_on


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2099, 12, 31)))
def test_the_quarters_of_a_year_follow_each_other_without_a_gap(day: date) -> None:
    quarters = [parse_cycle(f"{day.year} Q{number}") for number in range(1, 5)]
    days = [quarter for quarter in quarters if quarter is not None]
    gaps = [after.starts_on - before.ends_on for before, after in pairwise(days)]
    assert gaps == [timedelta(days=1)] * 3
    assert CycleDates(days[0].starts_on, days[3].ends_on) == parse_cycle(str(day.year))


def test_a_cycle_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends on or after"):
        CycleDates(date(2026, 12, 31), date(2026, 10, 1))
