"""Yellow week after week: asked about the second time, opened by itself the third."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cadence import Period, following, period
from bot.domain.confidence import Confidence
from bot.domain.yellow import Yellow, another_yellow, running

FIRST = period(date(2026, 10, 5))
COLOURS = {"g": Confidence.GREEN, "y": Confidence.YELLOW, "r": Confidence.RED}


def told(row: str) -> dict[Period, Confidence]:
    """A colour a week; "-" for one that was missed or excused."""
    return {following(FIRST, week): COLOURS[colour] for week, colour in enumerate(row) if colour != "-"}


@pytest.mark.parametrize(
    ("row", "does"),
    [
        ("", Yellow.FIRST),
        ("g", Yellow.FIRST),
        ("r", Yellow.FIRST),
        ("y", Yellow.ASKS),
        ("gy", Yellow.ASKS),
        ("yg", Yellow.FIRST),
        ("yr", Yellow.FIRST),
        ("y-", Yellow.ASKS),
        ("y--", Yellow.ASKS),
        ("yy", Yellow.OPENS),
        ("y-y", Yellow.OPENS),
        ("y-y-", Yellow.OPENS),
        ("gyy", Yellow.OPENS),
        ("ygy", Yellow.ASKS),
        ("yry", Yellow.ASKS),
        ("yyg", Yellow.FIRST),
        ("yyyy", Yellow.OPENS),
    ],
)
def test_the_second_yellow_running_asks_and_the_third_opens(row: str, does: Yellow) -> None:
    assert another_yellow(told(row), after=None, is_open=False) is does


@pytest.mark.parametrize(
    ("row", "does"), [("", Yellow.FIRST), ("y", Yellow.ASKS), ("yy", Yellow.ASKS), ("yyyy", Yellow.ASKS)]
)
def test_where_help_is_being_asked_for_nothing_opens(row: str, does: Yellow) -> None:
    assert another_yellow(told(row), after=None, is_open=True) is does


@pytest.mark.parametrize(
    ("row", "ended", "does"),
    [
        ("yyy", 2, Yellow.FIRST),
        ("yyyy", 2, Yellow.ASKS),
        ("yyyyy", 2, Yellow.OPENS),
        ("yyy", 0, Yellow.OPENS),
    ],
)
def test_once_a_thread_has_ended_the_run_begins_anew(row: str, ended: int, does: Yellow) -> None:
    assert another_yellow(told(row), after=following(FIRST, ended), is_open=False) is does


ROWS = st.text(alphabet="gyr-", max_size=13)


@given(ROWS)
def test_weeks_without_an_answer_change_nothing(row: str) -> None:
    dense = row.replace("-", "")
    assert running(told(row)) == running(told(dense))


@given(ROWS)
def test_a_green_or_a_red_ends_the_run_and_a_yellow_makes_it_longer_by_one(row: str) -> None:
    assert running(told(f"{row}g")) == running(told(f"{row}r")) == 0
    assert running(told(f"{row}y")) == running(told(row)) + 1


@given(ROWS, st.booleans())
def test_nobody_is_asked_twice_running_before_it_opens_by_itself(row: str, is_open: bool) -> None:
    does = another_yellow(told(row), after=None, is_open=is_open)
    if does is Yellow.ASKS and not is_open:
        assert another_yellow(told(f"{row}y"), after=None, is_open=False) is Yellow.OPENS
    if does is Yellow.OPENS:
        assert not is_open
        assert running(told(row)) >= 2


@given(ROWS, st.integers(0, 12))
def test_what_came_before_a_threads_end_never_counts(row: str, ended: int) -> None:
    after = following(FIRST, ended)
    assert running(told(row), after=after) <= max(0, len(row) - ended - 1)
    assert running(told(row), after=after) <= running(told(row))
