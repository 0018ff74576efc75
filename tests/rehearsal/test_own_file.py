"""A rehearsal of somebody's own file: everybody is asked, whatever day its cycle begins on, or it says why not."""

from __future__ import annotations

from datetime import date

import pytest

from bot.rehearsal import crowd, leave, owners
from bot.rehearsal.cycle import Unplayable, newest_cycle
from bot.rehearsal.report import Report
from bot.rehearsal.run import Plan, Unreadable, readable, rehearse
from bot.rehearsal.weather import Level

COLUMNS = "id,cycle,team,objective,key_result,owner,lead,kind,metric,start,target"


def file_of(
    *cycles: str, owners: tuple[str, ...] = ("Ada One", "Carla Two", "Dan Three"), kind: str = "increase"
) -> str:
    rows = [
        f"{cycle} {number},{cycle},Growth,Win the small shops,Grow shop {number} from 10 to 20,{owner},Ada One,"
        f"{kind},shop {number},10,20"
        for cycle in cycles
        for number, owner in enumerate(owners, 1)
    ]
    return "\n".join([COLUMNS, *rows, ""])


def asked(report: Report) -> tuple[int, int, int]:
    """Owners, key results, and how many were asked by a message of their own."""
    facts = report.facts
    return facts["owners"], facts["key_results"], facts["messages"].get("prompt", 0)


@pytest.fixture
def everybody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody tells before they are asked, or goes away."""
    monkeypatch.setattr(crowd, "EARLY", 0.0)
    monkeypatch.setattr(leave, "AWAY", 0.0)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("everybody_waits")
@pytest.mark.parametrize(
    ("cycle", "zone"),
    [
        ("2027 Q1", "Europe/London"),  # from a Friday
        ("2026-10-05..2026-10-25", "Europe/London"),  # from a Monday
        ("2026-10-04..2026-10-11", "Pacific/Pago_Pago"),  # from a Sunday to a Sunday
        ("2026 Q4", "Pacific/Pago_Pago"),  # from a Thursday, in the zone where that comes last
    ],
)
def test_everybody_is_asked_on_whatever_day_the_cycle_begins(cycle: str, zone: str) -> None:
    report = rehearse(Plan(weeks=1, seed=4, level=Level.NONE, file=file_of(cycle), time_zone=zone))
    assert report.facts["what_was_broken"] == []
    assert asked(report) == (3, 3, 3)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("everybody_waits")
def test_everybody_is_asked_in_whatever_way_the_file_names_them() -> None:
    ada, dan = ("Ada One <ada@acme.test>", "ada one"), ("Dan", "dan@acme.test")
    named = (*ada, *dan, "ben@acme.test", "ben@other.test", "@carla", "<@U012ABCDEF>")
    report = rehearse(Plan(weeks=1, seed=4, level=Level.NONE, file=file_of("2026 Q4", owners=named)))
    assert report.facts["what_was_broken"] == []
    assert asked(report) == (6, 8, 6)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("everybody_waits")
def test_of_several_cycles_the_newest_is_rehearsed_and_no_other_runs() -> None:
    """The one before it would still be running in the days before the first Monday."""
    both = file_of("2026 Q4", owners=("Ada One",)) + file_of("2027 Q1").removeprefix(f"{COLUMNS}\n")
    report = rehearse(Plan(weeks=1, seed=4, level=Level.NONE, file=both))
    assert (report.facts["cycle"], report.facts["what_was_broken"]) == ("2027 Q1", [])
    assert asked(report) == (3, 3, 3)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("everybody_waits")
def test_it_is_still_open_far_west_when_the_digest_of_the_far_east_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was told good morning reads that all day; nothing has changed."""
    monkeypatch.setattr(owners, "HABITS", {owners.Habit.NEVER: 1})
    report = rehearse(Plan(owners=16, weeks=1, level=Level.NONE, time_zone="Pacific/Kiritimati"))
    assert report.facts["what_was_broken"] == []
    assert report.facts["messages"]["prompt"] == 16


@pytest.mark.timeout(300)
def test_a_cycle_that_is_shorter_than_the_usual_weeks_is_played_to_its_end() -> None:
    report = rehearse(Plan(level=Level.HEAVY, file=file_of("2026-10-05..2026-10-12")))
    assert report.facts["what_was_broken"] == []
    assert report.facts["weeks"] == 2
    assert report.facts["messages"]["prompt"] > 3


@pytest.mark.parametrize(
    ("cycle", "first_monday", "weeks", "usual"),
    [
        ("2026 Q4", date(2026, 10, 5), 13, 4),
        ("2027 Q1", date(2027, 1, 4), 13, 4),
        ("2026-10-05..2026-10-26", date(2026, 10, 5), 4, 4),
        ("2026-10-05..2026-10-25", date(2026, 10, 5), 3, 3),
        ("2026-10-06..2026-10-12", date(2026, 10, 12), 1, 1),
    ],
)
def test_a_cycle_has_a_week_for_each_monday_in_it(cycle: str, first_monday: date, weeks: int, usual: int) -> None:
    found = newest_cycle(readable(file_of(cycle)))
    assert (found.first_monday, found.weeks, found.played(None), found.played(weeks)) == (
        first_monday,
        weeks,
        usual,
        weeks,
    )


def test_of_a_year_and_its_first_quarter_the_quarter_is_rehearsed() -> None:
    assert newest_cycle(readable(file_of("2027", "2027 Q1", "2026 Q4"))).name == "2027 Q1"


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (
            Plan(weeks=14, file=file_of("2027 Q1")),
            "“2027 Q1” has 13 weeks from its first Monday, 4 Jan 2027, and not 14.",
        ),
        (
            Plan(weeks=1, file=file_of("2026-10-06..2026-10-09")),
            "there is no Monday in “2026-10-06..2026-10-09”, and so no week in which anybody is asked.",
        ),
        (
            Plan(weeks=1, file=file_of("Autumn")),
            "none of its cycles tells when it begins and ends. “2026 Q4” or “2026-10-01..2026-12-31” would tell.",
        ),
    ],
)
def test_weeks_that_are_not_there_are_refused(plan: Plan, reason: str) -> None:
    with pytest.raises(Unplayable) as refused:
        rehearse(plan)
    assert str(refused.value) == reason


def test_a_file_in_which_nobody_owns_anything_is_refused_and_says_why() -> None:
    with pytest.raises(Unplayable) as refused:
        rehearse(Plan(weeks=1, file=file_of("2026 Q4", "2027 Q1", owners=("", ""))))
    assert str(refused.value) == "nobody in it owns a key result of “2027 Q1”, so nobody would be asked."
    assert refused.value.sentences == (
        "line 2: 4 key results have no owner and stay drafts: nobody is asked until there is one.",
    )


def test_a_newest_cycle_without_owners_is_refused_though_an_older_one_has_some() -> None:
    nobodys = file_of("2027 Q1", owners=("", "")).removeprefix(COLUMNS)
    with pytest.raises(Unplayable, match="nobody in it owns a key result of “2027 Q1”"):
        rehearse(Plan(weeks=1, file=file_of("2026 Q4") + nobodys))


def test_what_an_import_would_refuse_is_refused_with_its_line() -> None:
    with pytest.raises(Unreadable) as refused:
        rehearse(Plan(weeks=1, file=file_of("2027 Q1", owners=("Ada One",), kind="upwards")))
    (sentence,) = refused.value.sentences
    assert sentence.startswith("line 2: ")
    assert "upwards" in sentence


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_three_workers_on_postgresql_lose_nothing_in_heavy_weather(database_url: str) -> None:
    report = rehearse(Plan(owners=4, weeks=1, level=Level.HEAVY, database_url=database_url))
    assert report.facts["what_was_broken"] == []
    assert (report.facts["database"], report.facts["workers"]) == ("postgresql", 3)
    # Each of them died and was started again.
    assert report.facts["starts"] > 6
    assert report.facts["messages"]["prompt"] >= 3
