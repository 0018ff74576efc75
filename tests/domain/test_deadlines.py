from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cycles import parse_cycle
from bot.domain.deadlines import find_deadline, find_mentions

Q4 = parse_cycle("2026 Q4")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Open the depot by 15 Dec 2026", "2026-12-15"),
        ("Open the depot by Dec 15, 2026", "2026-12-15"),
        ("Open the depot by the 15th of December 2026", "2026-12-15"),
        ("Open the depot by 2026-12-15", "2026-12-15"),
        ("Open the depot by 15.12.2026", "2026-12-15"),
        ("Open the depot by 12/15/2026", "2026-12-15"),
        ("Open the depot by end of Q4 2026", "2026-12-31"),
        ("Open the depot by Q4 FY27", "2027-12-31"),
        ("Open the depot before June 2027", "2027-05-31"),
        ("Open the depot before 1 June 2027", "2027-05-31"),
        ("Open the depot in 2026", "2026-12-31"),
        ("Open the depot during H1 2027", "2027-06-30"),
        ("Open the depot at the end of February 2028", "2028-02-29"),
        ("Plan in May 2026, open by June 2026", "2026-06-30"),
    ],
)
def test_a_deadline_with_its_year_needs_no_cycle(text: str, day: str) -> None:
    assert find_deadline(text) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Open the depot by 15 Dec", "2026-12-15"),
        ("Open the depot by March", "2027-03-31"),
        ("Open the depot on 3 November", "2026-11-03"),
        ("Open the depot by the end of the quarter", "2026-12-31"),
        ("Open the depot by EOQ", "2026-12-31"),
        ("Open the depot by year-end", "2026-12-31"),
        ("Open the depot in Q4", "2026-12-31"),
        ("Open the depot within the quarter", "2026-12-31"),
    ],
)
def test_the_cycle_gives_a_deadline_its_year(text: str, day: str) -> None:
    assert find_deadline(text, Q4) == date.fromisoformat(day)
    assert find_deadline(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Open the depot",
        "Q1 and Q2 look healthy",
        "Open the depot by 31 February 2027",
        "Open the depot by 3/4/2027",
        "Open the depot in Q3",
        "One visit a quarter",
        "We may march on",
        "Renew contracts (as agreed in May 2026)",
        "Reach 2000 members",
    ],
)
def test_what_is_no_deadline_or_not_certain_gives_none(text: str) -> None:
    assert find_deadline(text, Q4) is None


@given(st.text(max_size=200) | st.text(alphabet="0123456789 -/.QqHhmaydecbyFfin'", max_size=80))
def test_any_text_is_searched_without_overlap(text: str) -> None:
    find_deadline(text, Q4)
    ends = 0
    for mention in find_mentions(text):
        assert ends <= mention.begin < mention.end
        ends = mention.end
