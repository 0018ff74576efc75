"""What the witness says of a message that comes once too often, of an older state, and of who should not have it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sentences import provokes
from square import MONDAY, Square

from bot.blocks.dates import day
from bot.rehearsal.fate import drawn_home

WEEK = MONDAY.date()
WEDNESDAY = MONDAY + timedelta(days=2)
HELLO = "Good morning: 2 key results"
AGAIN = "As you asked: 1 key result"
NOTE = "Square, before the digest on Wed 10:00: nothing is open"
REMINDS = "One check-in is open until Tue 17:00"
MORNING = "Good morning: one decision is due"
DIGEST = f"Square, week of {day(WEEK)}: all is well"
ROOT = "KR-1 Weigh less: help wanted · 0.3"


@pytest.fixture
def square() -> Square:
    return Square()


def asks(square: Square, text: str = "Good morning: 1 key result", week: date = WEEK) -> dict[str, Any]:
    return square.says(text, to=square.direct, act="check_in", value=week.isoformat())


def moves_on(square: Square, **by: float) -> None:
    square.time.run_until(square.time.now() + timedelta(**by))


# Once


@provokes("said twice: {}")
def test_one_message_that_comes_twice_is_seen_and_the_same_words_in_another_are_another(square: Square) -> None:
    square.says("HR is here", to=square.direct, post="a")
    square.says("HR is here", to=square.direct, post="b")
    assert square.broken == []
    square.says("HR is here", to=square.direct, post="a")
    assert square.broken == ["said twice: 'HR is here'"]
    assert square.witness.duplicates == 1


@provokes("{} was asked twice for the week of {}")
def test_one_week_is_asked_for_once(square: Square) -> None:
    asks(square)
    square.time.run_until(MONDAY + timedelta(weeks=1))
    asks(square, week=WEEK + timedelta(weeks=1))
    assert square.broken == []
    asks(square, week=WEEK + timedelta(weeks=1))
    assert square.broken == ["Ada Obi was asked twice for the week of 2026-10-12"]
    assert square.witness.duplicates == 1


@provokes("{} was asked again twice for the week of {}")
def test_who_has_put_a_week_off_is_asked_again_once(square: Square) -> None:
    square.witness.put_off.add((square.ada, WEEK))
    asks(square)
    asks(square, AGAIN)
    assert square.broken == []
    asks(square, AGAIN)
    assert square.broken == ["Ada Obi was asked again twice for the week of 2026-10-05"]
    assert square.witness.duplicates == 1


@provokes("the digest of {} for the week of {} came twice")
def test_the_digest_of_a_week_comes_once(square: Square) -> None:
    square.time.run_until(WEDNESDAY)
    square.says(DIGEST, to=square.channel)
    square.says(DIGEST.replace("Square", "Circle"), to=square.channel)
    assert square.broken == []
    square.says(DIGEST, to=square.channel)
    assert square.broken == ["the digest of Square for the week of 5 Oct came twice"]
    assert square.witness.duplicates == 1


@provokes("{} had two messages on the morning of {}")
def test_one_morning_has_one_message(square: Square) -> None:
    square.says(MORNING, to=square.direct)
    moves_on(square, days=1)
    square.says(MORNING, to=square.direct)
    assert square.broken == []
    moves_on(square, hours=2)
    square.says(MORNING, to=square.direct)
    assert square.broken == ["Ada Obi had two messages on the morning of 06 October"]
    assert square.witness.duplicates == 1


@provokes("{} was asked twice to answer for a team")
def test_somebody_is_asked_once_about_each_thing_that_another_team_waits_for(square: Square) -> None:
    def waits(about: str) -> None:
        square.says("Growth waits for Square", to=square.direct, act="accept_dependency", value=about)

    waits("1")
    waits("2")
    assert square.broken == []
    waits("1")
    assert square.broken == ["Ada Obi was asked twice to answer for a team"]
    assert square.witness.duplicates == 1


# Reminders


@provokes("{} was reminded {} times of the week of {}")
def test_a_week_has_two_reminders(square: Square) -> None:
    asks(square)
    for _ in range(2):
        moves_on(square, hours=2)
        asks(square, REMINDS)
    assert square.broken == []
    moves_on(square, hours=2)
    asks(square, REMINDS)
    assert square.broken == ["Ada Obi was reminded 3 times of the week of 2026-10-05"]
    assert square.witness.duplicates == 1


@provokes("{} was reminded twice within the hour")
def test_reminders_do_not_pile_up() -> None:
    def second_after(**later: float) -> list[str]:
        square = Square()
        asks(square)
        moves_on(square, hours=2)
        asks(square, REMINDS)
        moves_on(square, **later)
        asks(square, REMINDS)
        return square.broken

    assert second_after(minutes=60) == []
    assert second_after(minutes=59) == ["Ada Obi was reminded twice within the hour"]


@provokes("{} was reminded right after they were asked")
def test_nobody_is_reminded_of_what_they_have_only_just_got() -> None:
    def reminder_after(**later: float) -> list[str]:
        square = Square()
        asks(square)
        moves_on(square, **later)
        asks(square, REMINDS)
        return square.broken

    assert reminder_after(minutes=60) == []
    assert reminder_after(minutes=59) == ["Ada Obi was reminded right after they were asked"]


# Whoever should not have it, and what should not stand there


@provokes("{} was asked for the week of {} after it had closed")
def test_a_week_that_is_over_is_not_asked_for() -> None:
    def asked_after_its_end(**later: float) -> list[str]:
        square = Square()
        square.time.run_until(square.owner.closes(WEEK) + timedelta(**later))
        asks(square)
        return square.broken

    assert asked_after_its_end(minutes=5) == [], "it was on its way"
    assert asked_after_its_end(minutes=6) == ["Ada Obi was asked for the week of 2026-10-05 after it had closed"]


@pytest.mark.parametrize(
    ("text", "act", "what"),
    [
        (HELLO, "check_in", "asked for the week of 2026-10-05"),
        (AGAIN, "check_in", "asked again for the week of 2026-10-05"),
        (REMINDS, "check_in", "reminded"),
        (MORNING, "", "sent their morning's message"),
        (ROOT, "decide", "asked for help with KR-1"),
        (NOTE, "answer_note", "told about Square"),
        ("Growth waits for Square", "accept_dependency", "asked to answer for a team"),
    ],
)
@provokes("{} was {} long after leaving")
def test_who_has_left_is_asked_for_nothing_once_okra_can_know_it(text: str, act: str, what: str) -> None:
    def asked_after(**leaving: float) -> list[str]:
        square = Square()
        square.witness.put_off.add((square.ada, WEEK))
        if text != HELLO:
            asks(square)
            moves_on(square, hours=2)
        square.owner.left_at = square.time.now() - timedelta(**leaving)
        value = WEEK.isoformat() if act == "check_in" else "1"
        square.says(text, to=square.direct, act=act, value=value)
        return square.broken

    assert asked_after(days=2) == []
    assert asked_after(days=2, minutes=1) == [f"Ada Obi was {what} long after leaving"]


@provokes("{} was asked again for the week of {} and had not put it off")
def test_only_who_has_put_a_week_off_is_asked_for_it_again(square: Square) -> None:
    square.witness.put_off.add((square.ada, WEEK))
    asks(square, AGAIN)
    assert square.broken == []
    square.time.run_until(MONDAY + timedelta(weeks=1))
    asks(square, AGAIN, week=WEEK + timedelta(weeks=1))
    assert square.broken == ["Ada Obi was asked again for the week of 2026-10-12 and had not put it off"]


@pytest.mark.parametrize(
    "text",
    [
        "Thank you: both are in",
        "Week of 5 Oct: 1 of 2 answered",
        "Nothing is due from you this week",
        "Nothing is open any more. Thank you.",
        "Nothing is asked of you any more this week.",
        "Nothing here waits for you any more. Thank you.",
        "Answering was open until Tue 17:00",
    ],
)
@provokes("asks about nothing: {}")
def test_what_has_nothing_to_ask_about_does_not_come(square: Square, text: str) -> None:
    posted = asks(square)
    square.changes(posted, text)
    square.says("HR has been told", to=square.direct)
    assert square.broken == []
    square.says(text, to=square.direct)
    assert square.broken == [f"asks about nothing: {text!r}"]


@provokes("outside of any thread in a channel: {}")
def test_only_a_digest_or_a_request_begins_something_in_a_channel(square: Square) -> None:
    root = square.says(ROOT, to=square.channel)
    square.says("HR has been told", to=square.channel, thread_ts=root["ts"])
    assert square.broken == []
    square.says("HR has been told", to=square.channel)
    assert square.broken == ["outside of any thread in a channel: 'HR has been told'"]


# An older state


@provokes("went back to an older state: {}")
def test_a_message_never_shows_an_older_state_again(square: Square) -> None:
    posted = asks(square)
    square.changes(posted, "Thank you: it is in", drawn=(7, 3))
    square.changes(posted, "Thank you: it is in", drawn=(7, 3))
    square.changes(posted, "Week of 5 Oct: 1 of 1 answered", drawn=(7, 4))
    square.changes(square.says(ROOT, to=square.channel), ROOT, drawn=(8, 1))
    assert square.broken == []
    square.changes(posted, "Thank you: it is in", drawn=(7, 3))
    assert square.broken == ["went back to an older state: 'Thank you: it is in'"]


@provokes("went back to an older state: {}")
def test_a_message_never_shows_an_older_state_than_it_came_with(square: Square) -> None:
    posted = square.says("Good morning: 1 key result", to=square.direct, drawn=(0, 3))
    square.changes(posted, "Thank you: it is in", drawn=(7, 3))
    assert square.broken == []
    other = square.says("Good morning: 1 key result", to=square.direct, drawn=(0, 3))
    square.changes(other, "Thank you: it is in", drawn=(8, 2))
    assert square.broken == ["went back to an older state: 'Thank you: it is in'"]


@provokes("a Home went back to an older state")
def test_a_home_never_shows_an_older_state_again(square: Square) -> None:
    square.shows_home(square.owner, drawn=(drawn_home(1), 2))
    square.shows_home(square.owner, drawn=(drawn_home(1), 3))
    square.shows_home(square.joins("Ben Ito", 2), drawn=(drawn_home(2), 1))
    square.changes(asks(square), "Thank you: it is in", drawn=(1, 1))
    assert square.broken == []
    square.shows_home(square.owner, drawn=(drawn_home(1), 2))
    assert square.broken == ["a Home went back to an older state"]


@pytest.mark.parametrize(
    ("before", "same", "fewer"),
    [
        ("2 of 3 answered, open until Tue 17:00", "2 of 4 answered", "1 of 3 answered"),
        ("Thank you: both are in", "Week of 5 Oct: 2 of 2 answered", "Thank you: it is in"),
        ("Thank you: all 3 are in", "3 of 4 answered", "Week of 5 Oct: 2 of 3 answered"),
        ("As you asked: 2 of 3 answered", "Thank you: all 3 are in", "As you asked: 1 of 3 answered"),
        ("1 of 3 answered", "Put off until Mon 14:00, as you asked: 2 of 3 still open", f"{HELLO}, about 2 minutes"),
        ("2 of 3 answered", "1 check-in is still open", "Put off until Mon 14:00, as you asked: 2 of 3 still open"),
        ("1 of 3 answered", "1 of 2 answered", "Put off until Mon 14:00, as you asked: 2 key results, about 2 minutes"),
    ],
)
@provokes("fewer answers than before: {}")
def test_what_was_answered_stays_answered(square: Square, before: str, same: str, fewer: str) -> None:
    posted = asks(square)
    square.changes(posted, before)
    square.changes(posted, same)
    assert square.broken == []
    square.changes(posted, fewer)
    assert square.broken == [f"fewer answers than before: {fewer!r}"]
