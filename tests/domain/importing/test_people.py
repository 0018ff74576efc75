"""Who is meant by a name in a file."""

import pytest

from bot.domain.importing.people import Ambiguous, Candidate, Found, NotTakingPart, People, Unknown

ANA = Candidate(1, "U0ANA", "Ana Lima", "ana", "ana@longfetch.example")
BO = Candidate(2, "U0BO", "Bo Ström", "Bosse", "bo@longfetch.example")
OTHER_BO = Candidate(3, "W0BO", "Bo Ström", "bo2", None)
LEFT = Candidate(4, "U0LEFT", "Cy Twomey", "cy", "cy@longfetch.example", takes_part=False)
OLD_ANA = Candidate(5, "U0OLD", "Ana Lima", "old ana", "old@longfetch.example", takes_part=False)
PEOPLE = People([ANA, BO, OTHER_BO, LEFT, OLD_ANA])


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Ana Lima", ANA),
        ("ANA  lima", ANA),
        ("ana", ANA),
        ("@ana", ANA),
        ("ana@longfetch.example", ANA),
        ("Ana@LongFetch.example", ANA),
        ("mailto:ana@longfetch.example", ANA),
        ("Ana L. <ana@longfetch.example>", ANA),
        ("U0ANA", ANA),
        ("<@U0ANA>", ANA),
        ("<@U0ANA|ana>", ANA),
        ("bosse", BO),
        ("BO@longfetch.example", BO),
        ("W0BO", OTHER_BO),
        ("Bo Stro\u0308m <bo@longfetch.example>", BO),
    ],
)
def test_a_member_is_found_by_every_way_of_naming_them(text: str, person: Candidate) -> None:
    assert PEOPLE.find(text) == Found(person)


def test_namesakes_are_ambiguous_however_their_name_is_composed() -> None:
    assert PEOPLE.find("Bo Ström") == Ambiguous((BO, OTHER_BO))
    assert PEOPLE.find("Bo Stro\u0308m") == Ambiguous((BO, OTHER_BO))


def test_a_namesake_who_has_left_does_not_stand_in_the_way() -> None:
    assert PEOPLE.find("Ana Lima") == Found(ANA)


def test_somebody_who_has_left_is_said_to_have_left() -> None:
    assert PEOPLE.find("cy@longfetch.example") == NotTakingPart(LEFT)


@pytest.mark.parametrize("text", ["Nobody", "", "ana@elsewhere.example", "u0ana"])
def test_what_fits_nobody_is_unknown(text: str) -> None:
    assert PEOPLE.find(text) == Unknown()


def test_nobody_is_known_before_slack_is_connected() -> None:
    assert People([]).is_empty
    assert not PEOPLE.is_empty
