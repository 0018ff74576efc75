"""What the people of Longfetch say fits the company's file: nobody says what their dialog would refuse."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from bot.demo.chronicle import FIRST_WEEK, WEEKS, Does, Said, chronicle, examples, week_of
from bot.domain.cadence import Period
from bot.domain.confidence import Confidence

with (examples() / "longfetch.csv").open(encoding="utf-8", newline="") as company:
    OWNERS = {row["id"]: row["owner"] for row in csv.DictReader(company)}
with (examples() / "people.csv").open(encoding="utf-8", newline="") as town:
    PEOPLE = {row["name"] for row in csv.DictReader(town)}

ALL = [(key, week, said) for key, weeks in chronicle().answers.items() for week, said in weeks.items()]


def test_everybody_who_owns_something_has_something_to_say() -> None:
    assert set(chronicle().answers) == {key for key, owner in OWNERS.items() if owner}


@pytest.mark.parametrize("week", range(1, WEEKS + 1))
def test_each_week_has_all_that_its_colours_ask_for(week: int) -> None:
    said = [(key, one) for key, of, one in ALL if of == week_of(week)]
    assert len(said) > 25
    assert [key for key, one in said if not one.next_move] == []
    assert [key for key, one in said if one.colour is Confidence.RED and not (one.need and one.plan)] == []
    assert [key for key, one in said if one.blocked_by and one.colour is Confidence.GREEN] == []
    assert [key for key, one in said if one.wants_help and not one.blocked_by] == []


def test_weeks_without_an_answer_and_texts_that_go_on() -> None:
    weeks = chronicle().answers["lf-15"]
    assert week_of(4) not in weeks
    assert (weeks[week_of(1)].next_move, weeks[week_of(2)].next_move) == (
        "ask six harbour masters for a question each",
    ) * 2
    assert chronicle().said("lf-15", week_of(4)) is None
    assert chronicle().said(None, week_of(1)) is None


def test_calls_for_help_are_answered_by_people_of_the_company_about_what_was_red_or_stuck() -> None:
    for one in chronicle().help:
        assert {one.who, one.owner or one.who} <= PEOPLE
        if one.does is Does.DECIDE:
            assert one.text
            assert one.due is not None
            assert one.due > one.on
        if one.does is not Does.RESOLVE:
            called = chronicle().said(one.about, monday_of(one.on))
            assert called is not None
            assert called.wants_help or called.colour is Confidence.RED
    days = [one.on for one in chronicle().helped(date(2026, 10, 19), date(2026, 10, 26))]
    assert days == [date(2026, 10, 19), date(2026, 10, 20)]


def test_leads_say_what_stops_in_weeks_of_the_quarter() -> None:
    last = week_of(WEEKS)
    weeks = [week for said in chronicle().stop_or_shift.values() for week in said]
    assert weeks
    assert all(FIRST_WEEK <= week <= last for week in weeks)


def test_something_is_there_for_a_signal_to_see() -> None:
    """Green without movement, long texts without movement, at the target before half of the quarter, silence."""
    values = {key: [said.value for said in weeks.values()] for key, weeks in chronicle().answers.items()}
    assert values["lf-10"].count("88") >= 5
    assert set(values["lf-08"][:8]) == {"3.2"}
    assert max(len(said.changed) for said in chronicle().answers["lf-08"].values()) > 250
    assert "35" in values["lf-12"][:6]
    assert len(values["lf-15"]) < 9


def monday_of(day: date) -> Period:
    return next(week for week in map(week_of, range(1, WEEKS + 1)) if 0 <= (day - week).days < 7)


def test_a_red_of_the_visitors_week_waits_for_them() -> None:
    assert chronicle().said("lf-31", week_of(9)) == Said(
        value="6",
        next_move="moor the four off Kaikōura further out, before the pups come",
        colour=Confidence.RED,
        changed="three adopted in one week: the pups have found the flat lids",
        working="chains and lamps help against people; seals like both",
        blocked_by="the harbour office in Kaikōura",
        need="a boat for two days, and leave to move four moorings before the 8th",
        plan="move the four that lie at the colony; seal-proof lids for the rest in January",
    )
