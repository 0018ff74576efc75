from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import CALL, LINE, MONDAY, snapshot

from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import (
    Call,
    KeyResultLine,
    MadeDecision,
    Mix,
    Noted,
    NotedAs,
    OverdueDecision,
    SettledDecision,
    Snapshot,
    Waiting,
    Week,
)
from bot.domain.digest_json import from_json, to_json
from bot.domain.digest_subjects import Subjects
from bot.domain.escalation import EscalationState
from bot.domain.health import Health
from bot.domain.signals.fired import About, Fired, Rule, StoodStill, Subject, WithoutDecision
from bot.domain.signals.signal import Signal

WEEK = MONDAY


scores = st.none() | st.integers(0, 100).map(lambda n: Decimal(n) / 100)
lines = st.builds(
    KeyResultLine,
    confidence=st.none() | st.sampled_from(Confidence),
    score=scores,
    last_score=scores,
    team_id=st.integers(1, 9),
    scores=st.lists(scores, max_size=5).map(tuple),
)
counts = st.integers(0, 400)
weeks = st.builds(
    Week,
    period=st.just(WEEK),
    score=scores,
    expected=st.integers(0, 100).map(lambda n: Decimal(n) / 100),
    colours=st.builds(Mix, counts, counts, counts),
)
colours = st.none() | st.sampled_from(Confidence)
calls = st.builds(Call, since=st.dates(), confidence=colours)
decided = st.builds(MadeDecision, due_on=st.dates(), confidence=colours)
overdue = st.builds(OverdueDecision, due_on=st.dates())
snapshots = st.builds(
    Snapshot,
    period=st.just(WEEK),
    key_results=st.lists(lines, max_size=4).map(tuple),
    calls=st.lists(calls, max_size=3).map(tuple),
    decided=st.lists(decided, max_size=3).map(tuple),
    overdue=st.lists(overdue, max_size=3).map(tuple),
    team_id=st.integers(0, 9),
    has_teams=st.booleans(),
    weeks=st.lists(weeks, max_size=3).map(tuple),
    ends_on=st.none() | st.dates(),
)


@given(snapshots)
def test_a_snapshot_that_was_kept_as_json_is_the_same_snapshot(taken: Snapshot) -> None:
    assert from_json(json.loads(json.dumps(to_json(taken)))) == taken


def test_a_snapshot_of_the_first_version_can_still_be_shown() -> None:
    kept = to_json(snapshot(LINE, calls=(CALL,)))
    for name in ("team_id", "has_teams", "weeks", "ends_on"):
        del kept[name]
    for line in kept["key_results"]:
        del line["team_id"], line["scores"]
    assert from_json({**kept, "version": 1}) == snapshot(LINE, calls=(CALL,))


def test_the_team_that_most_needs_a_decision_stands_first() -> None:
    quiet = replace(LINE, key_result_id=2, team="Sales", team_id=2)
    reds = [replace(LINE, key_result_id=n, team="Care", team_id=3, confidence=Confidence.RED) for n in (3, 4)]
    taken = snapshot(quiet, *reds, LINE, calls=(CALL,))
    assert [(one.team, one.decide, one.colours) for one in taken.teams] == [
        ("Growth", 1, Mix(green=1)),
        ("Care", 0, Mix(red=2)),
        ("Sales", 0, Mix(green=1)),
    ]


def test_a_teams_colours_are_those_that_were_given_this_week_and_a_red_that_stands_still_comes_first() -> None:
    quiet = replace(LINE, key_result_id=2, team="Able", team_id=2)
    late = replace(LINE, key_result_id=3, team="Care", team_id=3, confidence=Confidence.RED, was_answered=False)
    one, two, *_ = snapshot(quiet, late, replace(LINE, key_result_id=4, team="Care", team_id=3)).teams
    assert (one.team, one.colours, one.key_results) == ("Care", Mix(green=1), 2)
    assert (two.team, two.colours) == ("Able", Mix(green=1))


def test_what_is_drawn_over_all_key_results_goes_with_one_that_is_hidden() -> None:
    week = Week(WEEK, Decimal("0.5"), Decimal("0.4"), Mix(2))
    taken = replace(snapshot(LINE, replace(LINE, key_result_id=2)), weeks=(week,))
    assert taken.without(limited(2)).weeks == ()
    assert taken.without(limited(9)).weeks == (week,)


def test_a_snapshot_of_an_unknown_version_is_refused() -> None:
    kept = to_json(snapshot(LINE))
    with pytest.raises(ValueError, match="version 9"):
        from_json({**kept, "version": 9})


@pytest.mark.parametrize(
    ("score", "last", "answered", "move"),
    [
        ("0.5", "0.4", True, "0.1"),
        ("0.2", "0.35", True, "-0.15"),
        ("0.5", "0.5", True, "0"),
        ("0.24", "0.16", True, "0"),  # both are read as 0.2
        ("0.5", None, True, "0"),
        (None, "0.5", True, "0"),
        ("0.5", "0.4", False, "0"),  # that was an earlier week's move
    ],
)
def test_a_score_moved_when_people_read_another_number(
    score: str | None, last: str | None, answered: bool, move: str
) -> None:
    line = replace(
        LINE,
        score=Decimal(score) if score else None,
        last_score=Decimal(last) if last else None,
        was_answered=answered,
    )
    assert line.move == Decimal(move)


def test_a_first_week_has_scores_and_none_beside_them() -> None:
    first = replace(LINE, last_score=None)
    assert snapshot(first, replace(LINE, was_answered=False)).is_first
    assert not snapshot(first, LINE).is_first
    assert not snapshot(replace(first, score=None)).is_first
    assert not snapshot().is_first


def test_own_key_results_come_first_and_then_the_largest_move() -> None:
    own = replace(LINE, number=1)
    far = replace(LINE, number=2, is_own=False, score=Decimal("0.9"))
    near = replace(LINE, number=3, is_own=False)
    assert [line.number for line in snapshot(near, far, own).moved_up] == [1, 2, 3]


def test_an_excused_check_in_is_not_counted() -> None:
    excused = replace(LINE, was_asked=False, was_answered=False)
    missing = replace(LINE, was_answered=False)
    taken = snapshot(LINE, excused, missing)
    assert (taken.answered, taken.asked) == (1, 2)


@pytest.mark.parametrize(
    ("state", "need", "decide", "helped"),
    [
        (EscalationState.OPEN, "Two HR days", True, True),
        (EscalationState.OPEN, "", False, True),
        (EscalationState.ACKNOWLEDGED, "Two HR days", True, True),
        (EscalationState.IN_REVIEW, "", True, True),
        (EscalationState.DECIDED, "Two HR days", False, False),
    ],
)
def test_a_decision_is_needed_where_somebody_can_say_yes_or_no(
    state: EscalationState, need: str, decide: bool, helped: bool
) -> None:
    call = replace(CALL, state=state, need=need)
    assert (call.wants_a_decision, call.wants_help) == (decide, helped)


# What stands in a digest about the whole team, or is worked out over all lines: it names no key result.
OF_THE_WHOLE = {"team", "period", "taken_on", "stop_or_shift", "team_id", "has_teams", "weeks", "ends_on", "health"}


def limited(*key_result_ids: int) -> Subjects:
    return Subjects(key_results=frozenset(key_result_ids))


def full(*key_result_ids: int) -> Snapshot:
    """Each part tells of each of these key results, in a line of its own; the question, of all of them."""
    fired = Fired(Rule.DRIFTING, About(Subject.KEY_RESULT, 1), StoodStill(4, Decimal(21)), 1)
    return Snapshot(
        team="Growth",
        period=WEEK,
        taken_on=WEEK,
        stop_or_shift="Webinars pause",
        weeks=(Week(WEEK, Decimal("0.5"), Decimal("0.4"), Mix(2)),),
        health=Health("Growth", "2026 Q4"),
        signal=Signal(fired, 1, "Growth", 12, "Activation", key_result_ids=frozenset(key_result_ids)),
        key_results=tuple(replace(LINE, key_result_id=one) for one in key_result_ids),
        calls=tuple(replace(CALL, key_result_id=one) for one in key_result_ids),
        decided=tuple(MadeDecision(2, one, 12, "Name", None, "Ask HR", "Ana", WEEK, None) for one in key_result_ids),
        overdue=tuple(OverdueDecision(1, one, 12, "Ask HR", "Ana", WEEK, None) for one in key_result_ids),
        settled=tuple(SettledDecision(3, one, 12, "Ask HR", True, None) for one in key_result_ids),
        noted=tuple(Noted(NotedAs.STOPPED, one, 12, "Activation", "no need") for one in key_result_ids),
        waiting=tuple(
            Waiting(one, 12, "Name", "Ports", "Growth", DependencyState.ASKED, None, None, None, WEEK)
            for one in key_result_ids
        ),
    )


def test_what_was_limited_to_fewer_people_is_gone_from_every_part_that_there_is() -> None:
    taken = full(1, 2)
    left = taken.without(limited(1))
    # A part that is new stands in `full`, or is about the whole team.
    for part in {field.name for field in fields(Snapshot)} - OF_THE_WHOLE - {"signal"}:
        assert [one.key_result_id for one in getattr(taken, part)] == [1, 2], part
        assert [one.key_result_id for one in getattr(left, part)] == [2], part
    assert left.signal is None
    assert left.subjects.key_results == {2}
    assert taken.without(limited(9)) == taken


@pytest.mark.parametrize("part", sorted({field.name for field in fields(Snapshot)} - OF_THE_WHOLE))
def test_a_digest_tells_of_each_key_result_that_any_part_of_it_names(part: str) -> None:
    alone = replace(full(), **{part: getattr(full(77), part)})
    assert alone.subjects.key_results == {77}


def test_what_was_made_private_leaves_its_words_and_counts_and_not_its_key_results_line() -> None:
    ended = Noted(NotedAs.NOT_DECIDED, 1, 12, "Activation", "we spoke about it", escalation_id=8)
    ceremonial = Fired(Rule.CEREMONIAL_REVIEW, About(Subject.TEAM, 1), WithoutDecision(3, 0, 2), 1)
    taken = replace(
        full(1, 2),
        calls=(replace(CALL, escalation_id=7, key_result_id=1), replace(CALL, escalation_id=8, key_result_id=2)),
        noted=(ended,),
        signal=Signal(ceremonial, 1, "Growth", None, "Growth", key_result_ids=frozenset({1, 2})),
    )
    assert from_json(json.loads(json.dumps(to_json(taken)))) == taken
    left = taken.without(Subjects(escalations=frozenset({8}), decisions=frozenset({3})))
    assert left == replace(taken, calls=taken.calls[:1], noted=(), settled=(), health=None, signal=None)
    # Another question rests on key results alone.
    asked = replace(taken, signal=full(1, 2).signal)
    assert asked.without(Subjects(escalations=frozenset({8}))).signal == asked.signal


def test_what_waits_for_another_team_is_kept_and_hidden_with_its_key_result() -> None:
    waiting = Waiting(
        key_result_id=77,
        number=9,
        name="Pricing test",
        team="Ports",
        other="Growth",
        state=DependencyState.DATED,
        by="Tama Reid",
        due_on=date(2026, 11, 20),
        reason=None,
        asked_on=date(2026, 11, 16),
    )
    told = replace(snapshot(), waiting=(waiting,))
    assert from_json(json.loads(json.dumps(to_json(told)))) == told
    assert 77 in told.subjects.key_results
    assert told.without(limited(77)).waiting == ()
    older = to_json(told)
    del older["waiting"]
    assert from_json(older).waiting == ()
