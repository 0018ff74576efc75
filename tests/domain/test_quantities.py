import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.named_numbers import hide_named_numbers
from bot.domain.quantities import find_quantities


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Plant 40 trees", ["40 trees"]),
        ("Plant 40 street trees and 3 hedges", ["40 street trees", "3 hedges"]),
        ("from $80k to $120k", ["80000 $", "120000 $"]),
        ("28,5 % of beds", ["28.5 %"]),
        ("at least two nurses", ["2 nurses"]),
        ("at least one nurse", ["1 "]),
        ("spend 10–15 hours on it", ["10 h"]),
        ("≤2 weeks", ["2 weeks"]),
        ("+3 cooks", ["3 cooks"]),
        ("margin of -4 %", ["-4 %"]),
        ("±5 % of budget", ["5 %"]),
        ("9/10 patients return", ["9 patients"]),
        ("2000 members", ["2000 members"]),
        ("1.234 litres of 1.500", ["1234 litres", "1500 "]),
        ("answer in 1 working day", ["1 working days"]),
        ("5.5M parcels", ["5500000 parcels"]),
    ],
)
def test_what_measures_or_counts_is_found_with_its_unit(text: str, found: list[str]) -> None:
    assert [f"{one.value} {one.unit}" for one in find_quantities(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "the roadmap of 2027",
        "in Q3 and H2",
        "FY27 budget",
        "by 12 May 2027",
        "close #418 and #419",
        "GH-77 is fixed",
        "ship v3.2",
        "version 4 is out",
        "tier 1 or 2 support",
        "SOC 2 and ISO 27001",
        "from Python 3.9 to 3.12",
        "the 2nd kitchen",
        "1:1s with everybody",
        "open at 9:30 and at 5 pm",
        "24/7 on call",
        "a 3-day course",
        "two-factor login",
        "in the top 10 of the ranking",
        "over the last 30 days",
        "once every 2 weeks",
        "errors per 1000 calls",
        "B2B and e2e and p95",
        "N4 new clinics",
        "X% of clinics",
        "3. open the shop",
        "KR2: open the shop",
        "see https://example.org/99 or mail a1@example.org",
        "tens and 10s of shops",
        "between the two teams",
        "0.1.2.3",
        "1.234 litres",
    ],
)
def test_a_number_that_only_names_something_is_no_quantity(text: str) -> None:
    assert find_quantities(text) == ()


def test_a_verb_at_the_beginning_is_not_mistaken_for_a_name() -> None:
    assert [one.value for one in find_quantities("Release 3 templates")] == [3]
    assert find_quantities("Prepare release 3 of the templates") == ()


@given(st.text(max_size=300) | st.text(alphabet="0123456789 .,:/-%$#kMtotierv()", max_size=100))
def test_any_text_is_searched_and_places_are_kept(text: str) -> None:
    assert len(hide_named_numbers(text)) == len(text)
    for one in find_quantities(text):
        assert 0 <= one.begin < one.end <= len(text)
