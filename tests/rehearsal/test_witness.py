"""What the witness sees of a message, in the product's own words, and what it makes of the hour at which it comes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sentences import provokes
from square import MONDAY, Square

from bot.blocks.dates import day
from bot.blocks.escalation_path import back, review
from bot.rehearsal.weather import Outage
from bot.rehearsal.witness import _ROOT

DAY = date(2026, 10, 8)


def test_a_request_that_goes_to_a_review_or_is_back_from_one_is_a_request() -> None:
    for stage in (f"goes to {review(DAY)}", back(DAY)):
        found = _ROOT.search(f"🔴 red KR-144 Accounts in weekly use: {stage} · open since Wed")
        assert found is not None
        assert found.groups() == ("144", stage)


WEEK = MONDAY.date()
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
NOTE = "Square, before the digest on Wed 10:00: nothing is open"


@pytest.fixture
def square() -> Square:
    return Square()


def prompt(square: Square, text: str = "Week of 5 Oct: one check-in") -> str:
    return str(square.says(text, to=square.direct, act="check_in", value=WEEK.isoformat())["ts"])


def test_a_prompt_comes_by_day_and_not_before_its_week_begins(square: Square) -> None:
    prompt(square)
    assert square.broken == []


@provokes("{} was asked for the week of {} before it had begun")
@provokes("{} was {} on {}")
def test_a_prompt_at_night_is_seen() -> None:
    square = Square(MONDAY.replace(hour=3))
    prompt(square)
    assert square.broken == [
        "Ada Obi was asked for the week of 2026-10-05 before it had begun",
        "Ada Obi was asked for the week of 2026-10-05 on Monday at 03:00",
    ]


@provokes("{} was reminded of {}, and had been thanked for all of it")
def test_who_has_been_thanked_for_all_of_it_is_not_reminded(square: Square) -> None:
    ts = prompt(square)
    square.says("Thank you: it is in", to=square.direct, method="chat.update", ts=ts)
    square.time.run_until(MONDAY + timedelta(hours=5))
    prompt(square, "One check-in is open until Tue 17:00")
    assert square.broken == ["Ada Obi was reminded of 2026-10-05, and had been thanked for all of it"]


def test_who_owns_something_more_since_they_were_thanked_is_reminded_of_it(square: Square) -> None:
    ts = prompt(square)
    square.says("Thank you: it is in", to=square.direct, method="chat.update", ts=ts)
    square.says("1 of 2 answered", to=square.direct, method="chat.update", ts=ts)
    square.time.run_until(MONDAY + timedelta(hours=5))
    prompt(square, "One check-in is open until Tue 17:00")
    assert square.broken == []


def test_a_reminder_that_crosses_the_answer_is_none_too_many(square: Square) -> None:
    ts = prompt(square)
    square.time.run_until(MONDAY + timedelta(hours=5))
    square.says("Thank you: it is in", to=square.direct, method="chat.update", ts=ts)
    square.time.run_until(MONDAY + timedelta(hours=5, minutes=2))
    prompt(square, "One check-in is open until Tue 17:00")
    assert square.broken == []


def test_fewer_answers_than_before_are_seen_but_for_those_that_are_hidden_since(square: Square) -> None:
    ts = prompt(square)
    square.says("Week of 5 Oct: 3 of 3 answered", to=square.direct, method="chat.update", ts=ts)
    square.witness.hidden_since = lambda person_id: 1 if person_id == square.ada else 0
    square.says("Week of 5 Oct: 2 of 2 answered", to=square.direct, method="chat.update", ts=ts)
    assert square.broken == []
    square.says("Week of 5 Oct: 1 of 1 answered", to=square.direct, method="chat.update", ts=ts)
    assert square.broken == ["fewer answers than before: 'Week of 5 Oct: 1 of 1 answered'"]


@provokes("{} was never asked for the week of {}")
def test_who_was_never_asked_is_lost_unless_all_of_it_was_saved_before(square: Square) -> None:
    square.time.run_until(WEDNESDAY)
    square.witness.expect_prompt(square.owner, WEEK, is_answered=lambda: True)
    assert square.broken == []
    square.witness.expect_prompt(square.owner, WEEK)
    assert square.broken == ["Ada Obi was never asked for the week of 2026-10-05"]
    assert square.witness.lost == 1


def note(square: Square, *, act: str = "answer_note") -> None:
    square.says(NOTE, to=square.direct, act=act)


def test_a_note_that_asks_nothing_is_one_too(square: Square) -> None:
    """No digest tells of a team all of whose key results are limited."""
    square.time.run_until(TUESDAY.replace(hour=14))
    note(square, act="")
    square.time.run_until(WEDNESDAY)
    square.witness.expect_note(square.team, WEEK)
    assert square.broken == []


@provokes("{} had no note about {} before the digest of the week of {}")
def test_a_lead_is_told_once_before_each_digest(square: Square) -> None:
    square.time.run_until(TUESDAY.replace(hour=14))
    note(square)
    square.time.run_until(WEDNESDAY)
    square.witness.expect_note(square.team, WEEK)
    assert square.broken == []
    square.witness.expect_note(square.team, WEEK + timedelta(weeks=1), is_held_back=lambda: True)
    assert square.broken == [], "it stands on Home"
    square.witness.expect_note(square.team, WEEK + timedelta(weeks=1))
    assert square.broken == ["Ada Obi had no note about Square before the digest of the week of 2026-10-12"]


@provokes("{} was told twice about {} in the week of {}")
def test_a_lead_who_is_told_twice_in_a_week_is_seen(square: Square) -> None:
    square.time.run_until(TUESDAY.replace(hour=14))
    note(square)
    note(square)
    assert square.broken == ["Ada Obi was told twice about Square in the week of 2026-10-05"]
    square.time.run_until(TUESDAY + timedelta(weeks=1))
    note(square)
    assert len(square.broken) == 1


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (WEDNESDAY, []),
        (WEDNESDAY + timedelta(minutes=59), []),
        pytest.param(
            WEDNESDAY - timedelta(minutes=1),
            ["came when that of 2026-09-28 was due"],
            marks=provokes("the digest of {} for the week of {} came when that of {} was due"),
        ),
        pytest.param(
            WEDNESDAY + timedelta(hours=20),
            ["came 20:00:00 after its hour"],
            marks=provokes("the digest of {} for the week of {} came {} after its hour"),
        ),
    ],
)
def test_a_digest_comes_at_its_hour(square: Square, at: datetime, said: list[str]) -> None:
    square.time.run_until(at)
    square.says(f"Square, week of {day(WEEK)}: all is well", to=square.channel)
    assert square.broken == [f"the digest of Square for the week of 5 Oct {one}" for one in said]


def test_a_digest_waits_while_slack_is_down(square: Square) -> None:
    square.witness.outages = (Outage(WEDNESDAY - timedelta(minutes=5), WEDNESDAY + timedelta(minutes=30)),)
    square.time.run_until(WEDNESDAY + timedelta(minutes=80))
    square.says(f"Square, week of {day(WEEK)}: all is well", to=square.channel)
    assert square.broken == []
