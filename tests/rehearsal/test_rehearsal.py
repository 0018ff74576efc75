"""Small rehearsals in heavy weather: nothing lost, nothing twice, and the same story for the same seed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import cast

import pytest

from bot.domain.localtime import Weekday
from bot.rehearsal import points
from bot.rehearsal.run import Hours, Plan, rehearse
from bot.rehearsal.weather import Level
from bot.runtime import Runtime
from handlers import desk_of
from proofs.guards import GUARDS, STORM, without

SMALL = Plan(owners=10, weeks=3, level=Level.HEAVY)
# Enough for a guard whose absence shows soon.
SHORT = Plan(owners=10, weeks=2, level=Level.HEAVY, workers=2)
# Where death has not struck after so few weeks of so few people, and why: stories by module, else by name.
TAKES_MORE_WEEKS = {
    **dict.fromkeys(
        ("away", "hand_over", "help_wanted", "redefining", "snooze", "understanding", "tick understanding.forget_over"),
        "one of some ten or twenty people does so in a week",
    ),
    **dict.fromkeys(
        ("decisions", "dependency", "escalation", "escalation_more", "question", "prompt_more"),
        "a lead has several ways to answer a request for help, and an owner a prompt",
    ),
    "action update_key_result": "it stands beneath a key result that somebody has looked up",
}
# Guards whose absence shows soon enough for a test, and in which world; None: that of the proof.
SHORT_STORM = replace(STORM, owners=8, weeks=1)
NOTICED: dict[str, Plan | None] = {
    "unknown is not retried": SHORT,
    "settle": SHORT,
    "event ids": None,
    "session lock": SHORT_STORM,
}


@pytest.mark.timeout(600)
def test_in_heavy_weather_nothing_is_lost_and_nothing_comes_twice_wherever_death_strikes() -> None:
    struck, never = set[str](), set[str]()
    for seed in (1, 2, 3):
        report = rehearse(replace(SMALL, seed=seed))
        assert report.facts["what_was_broken"] == []
        assert (report.lost, report.duplicates, report.violations) == (0, 0, 0)
        # Nothing was later than Okra waits for.
        assert report.facts["outside_the_bound"] == 0
        # It was heavy weather indeed, and people were there.
        assert len(report.facts["deaths"]) > 100
        assert report.facts["faults"]["dropped_after"] > 0
        assert report.facts["messages"]["prompt"] >= 25
        assert report.facts["answers_told_as_saved"] > 15
        assert report.facts["decisions_told_as_saved"] > 0
        assert report.facts["homes_shown"] > 0
        struck.update(report.facts["deaths"])
        never.update(report.facts["points_never_struck"])
    known = points.all_points(desk_of(cast(Runtime, None)))
    assert struck <= known.keys()
    assert not {point for point in struck if known[point] in points.OUT_OF_REACH}
    assert not struck & {point for point in known if point.partition(":")[0] in points.OUT_OF_REACH}
    assert {point for point in never - struck if not _takes_more_weeks(point, known[point])} == set()


def _takes_more_weeks(point: str, module: str) -> bool:
    return point.partition(":")[0] in TAKES_MORE_WEEKS or module in TAKES_MORE_WEEKS


@pytest.mark.timeout(300)
def test_in_a_storm_that_takes_living_workers_for_dead_nothing_is_lost_either() -> None:
    report = rehearse(SHORT_STORM)
    assert report.facts["what_was_broken"] == []
    assert report.facts["locks_cut"] > 20
    assert report.facts["faults"]["dropped_after"] > 10


@pytest.mark.timeout(300)
def test_one_seed_gives_the_same_report_twice() -> None:
    plan = Plan(owners=6, weeks=1, seed=3, level=Level.HEAVY)
    assert rehearse(plan).to_json() == rehearse(plan).to_json()


@pytest.mark.timeout(300)
def test_what_lies_outside_of_the_bound_is_counted() -> None:
    report = rehearse(Plan(owners=6, weeks=1, seed=1, level=Level.BEYOND))
    assert report.facts["outside_the_bound"] > 0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("meeting", [Weekday.TUESDAY, Weekday.FRIDAY])
def test_ones_own_rhythm_is_rehearsed(meeting: Weekday) -> None:
    hours = Hours(opens=time(10), closes=time(18), digest=time(15), note=time(12))
    report = rehearse(
        Plan(owners=6, weeks=1, level=Level.LIGHT, meeting=meeting, hours=hours, time_zone="Europe/Berlin")
    )
    assert report.facts["what_was_broken"] == []
    assert report.facts["messages"]["prompt"] >= 5
    assert report.facts["messages"]["digest"] >= 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_without_faults_nothing_goes_wrong_and_nobody_dies(seed: int) -> None:
    report = rehearse(Plan(owners=6, weeks=1, seed=seed, level=Level.NONE))
    assert report.is_clean
    assert (report.facts["faults"], report.facts["deaths"], report.facts["starts"]) == ({}, {}, 1)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("guard", "world"),
    NOTICED.items(),
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_without_a_guard_the_rehearsal_notices(guard: str, world: Plan | None) -> None:
    assert any(not without(guard, seed, world=world).is_clean for seed in (1, 2, 3))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("guard", [one for one in GUARDS if one not in NOTICED])
def test_every_other_guard_can_be_taken_away(guard: str) -> None:
    """Whether a rehearsal notices takes more weeks than there is time for here: `make guards` looks."""
    report = without(guard, 1, world=Plan(owners=3, weeks=1, level=Level.LIGHT, workers=2))
    assert report.facts["messages"]["prompt"] > 0


@pytest.mark.timeout(300)
def test_somebodys_own_file_is_rehearsed_with_its_people_invented() -> None:
    text = (Path(__file__).parents[2] / "examples" / "longfetch.csv").read_text(encoding="utf-8")
    report = rehearse(Plan(weeks=1, level=Level.LIGHT, file=text))
    assert report.is_clean, json.dumps(report.facts["what_was_broken"], indent=1)
    # Those who told before they were asked get none.
    assert 10 < report.facts["messages"]["prompt"] <= report.facts["owners"]
