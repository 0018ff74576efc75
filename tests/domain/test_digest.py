from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import CALL, LINE, MONDAY, snapshot

from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import Call, KeyResultLine, MadeDecision, Mix, OverdueDecision, Snapshot, Waiting, Week
from bot.domain.digest_json import from_json, to_json
from bot.domain.escalation import EscalationState

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


def test_what_is_drawn_over_all_key_results_goes_with_one_that_is_hidden() -> None:
    week = Week(WEEK, Decimal("0.5"), Decimal("0.4"), Mix(2))
    taken = replace(snapshot(LINE, replace(LINE, key_result_id=2)), weeks=(week,))
    assert taken.without({2}).weeks == ()
    assert taken.without({9}).weeks == (week,)


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


def test_what_was_limited_to_fewer_people_is_gone_from_every_part() -> None:
    taken = replace(
        snapshot(LINE, replace(LINE, key_result_id=2), calls=(CALL,)),
        decided=(MadeDecision(2, 1, 12, "Activation", None, "Ask HR", "Ana", WEEK, None),),
        overdue=(OverdueDecision(1, 1, 12, "Ask HR", "Ana", WEEK, None),),
    )
    assert taken.without({1}).key_result_ids == {2}


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
    assert 77 in told.key_result_ids
    assert told.without({77}).waiting == ()
    older = to_json(told)
    del older["waiting"]
    assert from_json(older).waiting == ()
