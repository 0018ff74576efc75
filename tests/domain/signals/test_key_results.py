"""Each rule in a table: what fires, what nearly does, what must not.

A history is written a week a word: the colour's letter and the value ("g12"), "-" for a missed week; a bare letter gave
no value. The score is that of 0 → 100 unless a case says otherwise, so that "g12" is a green 0.12.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cadence import following, period
from bot.domain.confidence import Confidence
from bot.domain.cycles import CycleDates
from bot.domain.kinds import Kind
from bot.domain.pace import Pace
from bot.domain.signals.fired import (
    BehindPace,
    Evidence,
    Lack,
    Lacks,
    LongTexts,
    NearlyDone,
    NotHeardOf,
    Rule,
    StayedRed,
    StoodStill,
)
from bot.domain.signals.history import History, Told
from bot.domain.signals.key_results import (
    Roots,
    about_key_result,
    drifting,
    orphan,
    questionable_red,
    sandbag,
    status_inflation,
    suspicious_green,
)

QUARTER = CycleDates(date(2026, 10, 5), date(2027, 1, 3))  # thirteen weeks
FIRST = period(QUARTER.starts_on)
COLOURS = {"g": Confidence.GREEN, "y": Confidence.YELLOW, "r": Confidence.RED}


def history(weeks: str, kind: Kind = Kind.INCREASE, *, code_points: int = 0, week: int | None = None) -> History:
    """`week`: how many of the cycle's weeks have gone by; as many as there are check-ins unless given."""
    words = weeks.split()
    told = [told_of(word, index, kind, code_points) for index, word in enumerate(words)]
    today = QUARTER.starts_on + timedelta(weeks=len(words) if week is None else week) - timedelta(days=1)
    return History(7, kind, told, Pace(QUARTER), today)


def told_of(word: str, index: int, kind: Kind, code_points: int) -> Told:
    this = following(FIRST, index)
    if word == "-":
        return Told(this)
    value = Decimal(word[1:]) if word[1:] else None
    score = value / 100 if value is not None and kind.is_scored else None
    return Told(this, COLOURS[word[0]], value if kind.takes_value else None, score, code_points)


def seen(fired: object) -> Evidence | None:
    return getattr(fired, "evidence", None)


@pytest.mark.parametrize(
    ("weeks", "kind", "expected"),
    [
        ("g12 g12 g12 g12", Kind.INCREASE, StoodStill(4, Decimal(12))),
        ("g10 g12 g12 g12 g12 g12", Kind.INCREASE, StoodStill(5, Decimal(12))),
        ("g12 g12 - g12 g12", Kind.INCREASE, StoodStill(4, Decimal(12))),
        ("g30 g30 g30 g30", Kind.MILESTONE, StoodStill(4, Decimal(30) / 100)),
        ("y12 g12 g12 g12 g12", Kind.DECREASE, StoodStill(4, Decimal(12))),
        # A value that is asked every other week stands still for its own answers only.
        ("g12 g g12 g g12 g g12", Kind.INCREASE, StoodStill(4, Decimal(12))),
        ("g1 g2 g3 g4 g5 g6 g7", Kind.INCREASE, BehindPace(Decimal("0.07"), Decimal("0.38"))),
        ("g0 g1 g2 g3 g4 g5 g6", Kind.MILESTONE, BehindPace(Decimal("0.06"), Decimal("0.38"))),
        # Nearly: three weeks only; it moved; another colour between; not far enough behind; too early for that.
        ("g12 g12 g12", Kind.INCREASE, None),
        ("g12 g12 g13 g13", Kind.INCREASE, None),
        ("g12 g12 y12 g12 g12", Kind.INCREASE, None),
        ("g3 g4 g5 g6 g7 g8 g9", Kind.INCREASE, None),
        ("g5 g8 g11 g14 g17 g20 g23", Kind.INCREASE, None),
        ("g1 g2", Kind.INCREASE, None),
        ("g12 g g g g", Kind.INCREASE, None),
        # Must not: it has arrived; it is to stay; it is only watched; nobody claims green now.
        ("g97 g97 g97 g97", Kind.INCREASE, None),
        ("g99 g99 g99 g99", Kind.AT_LEAST, None),
        ("g12 g12 g12 g12", Kind.HEALTH, None),
        ("g12 g12 g12 g12 y12", Kind.INCREASE, None),
        ("g12 g12 g12 g12 -", Kind.INCREASE, None),
        ("", Kind.INCREASE, None),
    ],
)
def test_a_green_that_the_numbers_do_not_carry_is_asked_about(
    weeks: str, kind: Kind, expected: Evidence | None
) -> None:
    assert seen(suspicious_green(history(weeks, kind))) == expected


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ("r1 r2 r3", StayedRed(3, True)),
        ("- r1 r2 r3", StayedRed(3, True)),
        ("r1 r2 - r3", StayedRed(3, True)),
        ("g1 r1 r1 r1 r1", StayedRed(4, False)),
        ("y1 g1 r1 r1 r1 r1 r1", StayedRed(5, False)),
        ("r r r", StayedRed(3, True)),
        ("r1 r2", None),
        ("g1 r1 r1 r1", None),
        ("r1 r1 y1 r1 r1", None),
        ("r1 r1 r1 r1 g1", None),
        ("- - -", None),
        ("", None),
    ],
)
def test_a_red_that_nothing_changes_is_asked_about(weeks: str, expected: Evidence | None) -> None:
    assert seen(questionable_red(history(weeks))) == expected


def test_a_watched_number_can_be_red_for_too_long_too() -> None:
    assert seen(questionable_red(history("r1 r1 r1", Kind.HEALTH))) == StayedRed(3, True)


@pytest.mark.parametrize(
    ("weeks", "week", "kind", "expected"),
    [
        ("g95", 1, Kind.INCREASE, NearlyDone(Decimal("0.95"), 7)),
        ("g50 g96", 2, Kind.INCREASE, NearlyDone(Decimal("0.96"), 15)),
        ("g100 g100", 6, Kind.DECREASE, NearlyDone(Decimal(1), 46)),
        ("g100", 1, Kind.MILESTONE, NearlyDone(Decimal(1), 7)),
        ("y100", 3, Kind.INCREASE, NearlyDone(Decimal(1), 23)),
        # The score stands where a later answer gave none.
        ("g100 g -", 3, Kind.INCREASE, NearlyDone(Decimal(1), 23)),
        ("g94", 1, Kind.INCREASE, None),
        ("g100", 7, Kind.INCREASE, None),
        ("g100 g90", 2, Kind.INCREASE, None),
        ("g100", 1, Kind.AT_LEAST, None),
        ("g100", 1, Kind.AT_MOST, None),
        ("g100", 1, Kind.HEALTH, None),
        ("- -", 2, Kind.INCREASE, None),
    ],
)
def test_what_is_nearly_done_before_half_time_is_asked_about(
    weeks: str, week: int, kind: Kind, expected: Evidence | None
) -> None:
    assert seen(sandbag(history(weeks, kind, week=week))) == expected


@pytest.mark.parametrize(
    ("weeks", "kind", "expected"),
    [
        ("g1 - -", Kind.INCREASE, NotHeardOf(2)),
        ("g1 g1 - -", Kind.INCREASE, NotHeardOf(2)),
        ("- -", Kind.INCREASE, NotHeardOf(2)),
        ("g1 g2 g2 - - -", Kind.INCREASE, NotHeardOf(3)),
        ("r1 r1 - - - -", Kind.AT_LEAST, NotHeardOf(4)),
        ("g1 - -", Kind.HEALTH, NotHeardOf(2)),
        ("g30 g30 - -", Kind.MILESTONE, NotHeardOf(2)),
        ("g1 -", Kind.INCREASE, None),
        ("- - g1", Kind.INCREASE, None),
        ("- g1 -", Kind.INCREASE, None),
        # It moved when it was last heard of: two missed weeks are somebody's busy fortnight.
        ("g1 g2 - -", Kind.INCREASE, None),
        # It has arrived.
        ("g96 g96 - -", Kind.INCREASE, None),
        ("g100 - - -", Kind.MILESTONE, None),
        ("", Kind.INCREASE, None),
    ],
)
def test_what_nobody_tells_of_any_more_is_asked_about(weeks: str, kind: Kind, expected: Evidence | None) -> None:
    assert seen(drifting(history(weeks, kind))) == expected


@pytest.mark.parametrize(
    ("weeks", "kind", "code_points", "expected"),
    [
        ("y12 y12 y12", Kind.INCREASE, 900, LongTexts(3, 900)),
        ("g12 y12 r12", Kind.INCREASE, 600, LongTexts(3, 600)),
        ("y10 y12 y12 y12 y12", Kind.DECREASE, 700, LongTexts(4, 700)),
        ("y12 - y12 y12", Kind.INCREASE, 900, LongTexts(3, 900)),
        ("y30 y30 y30", Kind.MILESTONE, 2000, LongTexts(3, 2000)),
        ("y12 y12 y12", Kind.INCREASE, 599, None),
        ("y12 y12", Kind.INCREASE, 900, None),
        ("y12 y12 y13", Kind.INCREASE, 900, None),
        ("y11 y12 y13", Kind.INCREASE, 3000, None),
        ("y99 y99 y99", Kind.AT_LEAST, 900, None),
        ("y12 y12 y12", Kind.HEALTH, 900, None),
        ("- - -", Kind.INCREASE, 900, None),
    ],
)
def test_long_texts_about_what_does_not_move_are_asked_about(
    weeks: str, kind: Kind, code_points: int, expected: Evidence | None
) -> None:
    assert seen(status_inflation(history(weeks, kind, code_points=code_points))) == expected


@pytest.mark.parametrize(
    ("has_baseline", "initiatives", "owner_is_here", "expected"),
    [
        (True, 1, True, None),
        (True, 9, True, None),
        (False, 1, True, (Lack.BASELINE,)),
        (True, 0, True, (Lack.INITIATIVE,)),
        (True, 1, False, (Lack.OWNER,)),
        (False, 0, True, (Lack.BASELINE, Lack.INITIATIVE)),
        (False, 1, False, (Lack.OWNER, Lack.BASELINE)),
        (True, 0, False, (Lack.OWNER, Lack.INITIATIVE)),
        (False, 0, False, (Lack.OWNER, Lack.BASELINE, Lack.INITIATIVE)),
        (False, 3, True, (Lack.BASELINE,)),
    ],
)
def test_a_key_result_with_no_roots_is_asked_about(
    *, has_baseline: bool, initiatives: int, owner_is_here: bool, expected: tuple[Lack, ...] | None
) -> None:
    fired = orphan(Roots(7, has_baseline, initiatives, owner_is_here))
    assert seen(fired) == (None if expected is None else Lacks(expected))


def test_it_is_worse_the_longer_it_lasts() -> None:
    def severity(weeks: str) -> int:
        return max(fired.severity for fired in about_key_result(history(weeks)))

    assert severity("g12 " * 4) < severity("g12 " * 8) < severity("g12 " * 12)
    assert severity("r1 " * 3) < severity("r1 " * 7) < severity("r1 " * 11)
    assert severity("- " * 2) < severity("- " * 4) < severity("- " * 6)


weeks_of_words = st.lists(
    st.one_of(st.just("-"), st.builds("{}{}".format, st.sampled_from("gyr"), st.integers(0, 120))), max_size=13
)


@given(weeks_of_words, st.sampled_from(list(Kind)), st.integers(0, 3000))
def test_whatever_was_told_each_rule_fires_once_at_most_and_says_what_it_saw(
    words: list[str], kind: Kind, code_points: int
) -> None:
    fired = about_key_result(history(" ".join(words), kind, code_points=code_points))
    rules = [one.rule for one in fired]
    assert len(set(rules)) == len(rules)
    assert all(one.severity >= 1 and one.about.id == 7 for one in fired)
    # One colour stands at a time.
    assert not {Rule.SUSPICIOUS_GREEN, Rule.QUESTIONABLE_RED} <= set(rules)


@given(weeks_of_words, st.sampled_from([Kind.AT_LEAST, Kind.AT_MOST, Kind.HEALTH]))
def test_what_is_to_stay_or_is_only_watched_is_never_asked_to_move(words: list[str], kind: Kind) -> None:
    moving = {Rule.SUSPICIOUS_GREEN, Rule.SANDBAG, Rule.STATUS_INFLATION}
    assert not moving & {one.rule for one in about_key_result(history(" ".join(words), kind, code_points=3000))}
