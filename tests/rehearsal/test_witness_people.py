"""What a look at rest says of what people were told, asked and have read: each sentence, and what lies beside it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from at_rest import ROOT, WEEK, AtRest
from company import BEFORE
from sentences import provokes
from square import MONDAY

from bot.domain.dependency import DependencyState
from bot.rehearsal.told import CONFIDENTIAL
from models import (
    Absence,
    AuditEvent,
    Blocker,
    Decision,
    DecisionState,
    Dependency,
    HandOver,
    HandOverState,
    Home,
    KeyResultState,
    StopOrShift,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TEXT = "Ada #4: two days of HR"


def decision(rest: AtRest, due_on: date, **more: Any) -> Decision:
    """One of Ada's, which she is asked about by its number: 4."""
    given = {"decided_by_id": rest.ada.member_id, "owner_id": rest.ada.member_id, **more}
    return rest.add(
        Decision(
            workspace_id=rest.company.workspace.id,
            key_result_id=rest.key_result.id,
            text=TEXT,
            due_on=due_on,
            created_at=BEFORE,
            **given,
        )
    )


def asks_about_it(rest: AtRest) -> None:
    text = f"Good morning: one decision is due. {TEXT}"
    rest.square.says(text, to=rest.square.direct, lines=[text, f"*Is it done?* {TEXT}"])


# Decisions


@provokes("{} was asked about decision #{} before its day")
def test_a_decision_is_not_asked_about_before_its_day(rest: AtRest) -> None:
    kept = decision(rest, WEEK)
    asks_about_it(rest)
    assert rest.look() == []
    kept.due_on = WEEK + DAY
    assert rest.look() == ["Ada Obi was asked about decision #4 before its day"]


@provokes("{} was asked about decision #{}, which was settled")
def test_a_decision_that_is_settled_is_not_asked_about(rest: AtRest) -> None:
    kept = decision(rest, WEEK, state=DecisionState.DONE, settled_at=MONDAY - HOUR)
    asks_about_it(rest)
    assert rest.look() == [], "it was on its way"
    kept.settled_at = MONDAY - HOUR - MINUTE
    assert rest.look() == ["Ada Obi was asked about decision #4, which was settled"]


@provokes("{} was not asked about decision #{}, due {}")
def test_a_decision_that_is_due_is_asked_about(rest: AtRest) -> None:
    kept = decision(rest, WEEK - timedelta(days=5))
    assert rest.look() == [], "a weekend may lie in between"
    kept.due_on = WEEK - timedelta(days=6)
    assert rest.look() == ["Ada Obi was not asked about decision #4, due 2026-09-29"]
    rest.add(
        Absence(
            workspace_id=rest.company.workspace.id,
            member_id=rest.ada.member_id,
            first_on=WEEK - DAY,
            last_on=WEEK,
            created_at=BEFORE,
        )
    )
    assert rest.look() == [], "she is away"


@provokes("decision {} was told as settled, and is open")
def test_a_decision_that_was_told_as_settled_is(rest: AtRest) -> None:
    kept = decision(rest, WEEK, state=DecisionState.DONE, settled_at=MONDAY)
    rest.told.settled.add(kept.id)
    assert rest.look() == []
    kept.state, kept.settled_at = DecisionState.OPEN, None
    assert rest.look() == [f"decision {kept.id} was told as settled, and is open"]


# What somebody was told


@provokes("KR-{} was told as stopped, and is not, or not for {}")
def test_what_was_told_as_stopped_is_stopped_for_what_was_learnt(rest: AtRest) -> None:
    said = "KR-1 was told as stopped, and is not, or not for 'nobody wants it'"
    rest.told.stopped[1] = "nobody wants it"
    assert rest.look() == [said]
    rest.key_result.state, rest.key_result.closed_at = KeyResultState.CLOSED, MONDAY
    rest.key_result.learning = "nobody wants it"
    assert rest.look() == []
    rest.key_result.learning = "nobody needs it"
    assert rest.look() == [said]


@provokes("a team answered {}, and {} is kept")
def test_the_word_of_another_team_is_kept(rest: AtRest) -> None:
    workspace_id = rest.company.workspace.id
    blocker = rest.add(
        Blocker(
            workspace_id=workspace_id,
            key_result_id=rest.key_result.id,
            by_team_id=rest.team.id,
            wants_help=False,
            opened_at=BEFORE,
        )
    )
    row = rest.add(
        Dependency(
            workspace_id=workspace_id,
            blocker_id=blocker.id,
            key_result_id=rest.key_result.id,
            team_id=rest.team.id,
            asked_id=rest.ben.member_id,
            state=DependencyState.REFUSED,
            reason="Ben #5: everybody is at the fair",
            revision=1,
            answered_by_id=rest.ben.member_id,
            asked_at=BEFORE,
            answered_at=BEFORE,
        )
    )
    rest.told.between[row.id] = (DependencyState.REFUSED, "Ben #5: everybody is at the fair")
    assert rest.look() == []
    row.state, row.reason, row.due_on = DependencyState.DATED, None, WEEK
    assert rest.look() == ["a team answered 'Ben #5: everybody is at the fair', and None is kept"]
    rest.told.between[row.id] = (DependencyState.DATED, "2026-10-05")
    assert rest.look() == []
    row.due_on = WEEK + DAY
    assert rest.look() == ["a team answered '2026-10-05', and '2026-10-06' is kept"]


@provokes("question #{} was told as asked, and its owner does not have it")
def test_a_question_that_was_told_as_asked_has_come_to_the_owner(rest: AtRest) -> None:
    rest.square.says("Ben asks you about KR-1: Ben #3: who knows more?", to=rest.square.direct)
    rest.told.questions.append(3)
    assert rest.look() == []
    root = rest.thread(rest.wants_help())
    text = "KR-1, Ben asks Ada: Ben #6: who knows more?"
    rest.square.says(text, to=rest.square.channel, thread_ts=root.posted_ts)
    rest.told.questions.append(6)
    assert rest.look() == ["question #6 was told as asked, and its owner does not have it"]


# What is private


@provokes("{} has read #{}, which is private")
def test_what_is_private_is_read_by_those_whom_it_concerns(rest: AtRest) -> None:
    rest.thread(rest.wants_help(private_at=MONDAY))
    rest.told.confidential[9] = 1
    cleo = rest.joins("Cleo Marsh")
    for person in (rest.ada, rest.ben):
        rest.square.says(f"Ada #9: {CONFIDENTIAL}two days", to=rest.square.direct_with(person))
    assert rest.look() == [], "the owner, and the lead of her team"
    rest.square.says(f"Ada #9: {CONFIDENTIAL}two days", to=rest.square.direct_with(cleo))
    assert rest.look() == ["Cleo Marsh has read #9, which is private"]


@provokes("was made private, and still says {}")
def test_in_a_thread_that_was_left_nothing_stands_but_that_it_was(rest: AtRest) -> None:
    posted = rest.square.says(ROOT, to=rest.square.channel)
    left = "🔒 Made private: this request for help goes on with those whom it concerns."
    reply = rest.square.says("Ben Ito has taken it", to=rest.square.channel, thread_ts=posted["ts"])
    rest.square.changes(posted, left)
    rest.square.changes(reply, left)
    assert rest.look() == []
    rest.square.changes(reply, "Ben Ito has taken it")
    assert rest.look() == ["was made private, and still says 'Ben Ito has taken it'"]


# Strangers


@pytest.mark.parametrize(
    "deed", ["decided", "settled a decision", "offered a key result", "said what should stop", "changed something"]
)
@provokes("strangers have {}: {} times")
def test_whoever_owns_nothing_has_done_nothing(rest: AtRest, deed: str) -> None:
    stranger = rest.joins("Sam Stone")
    stranger.is_stranger = True
    does(rest, deed, rest.ben.member_id)
    assert rest.look() == []
    does(rest, deed, stranger.member_id)
    assert rest.look() == [f"strangers have {deed}: 1 times"]


def does(rest: AtRest, deed: str, member_id: int) -> None:
    workspace_id, text = rest.company.workspace.id, f"decided by {member_id}"
    match deed:
        case "decided":
            decision(rest, WEEK, decided_by_id=member_id).text = text
        case "settled a decision":
            kept = decision(rest, WEEK, state=DecisionState.DONE, settled_at=MONDAY)
            kept.settled_by_id, kept.text = member_id, text
        case "offered a key result":
            rest.add(
                HandOver(
                    workspace_id=workspace_id,
                    key_result_id=rest.key_result.id,
                    to_id=rest.ada.member_id,
                    asked_by_id=member_id,
                    state=HandOverState.DECLINED,
                    created_at=MONDAY,
                    settled_at=MONDAY,
                )
            )
        case "said what should stop":
            period = WEEK + timedelta(days=member_id)
            row = StopOrShift(
                workspace_id=workspace_id, team_id=rest.team.id, period=period, author_id=member_id, text="x", at=MONDAY
            )
            rest.add(row)
        case "changed something":
            event = AuditEvent(
                workspace_id=workspace_id, actor_id=member_id, actor_name="x", action="x", subject="x", subject_id=1,
                detail={}, at=MONDAY,
            )  # fmt: skip
            rest.add(event)


# Home


@provokes("the Home of {} shows an old state ({})")
def test_a_home_that_somebody_has_open_shows_its_newest_state(rest: AtRest) -> None:
    row = rest.add(
        Home(
            workspace_id=rest.company.workspace.id,
            member_id=rest.ada.member_id,
            opened_at=MONDAY - HOUR,
            not_before=MONDAY - DAY,
            wanted=2,
            shown=1,
        )
    )
    assert rest.look() == [], "she has opened it only just now"
    row.opened_at -= MINUTE
    assert rest.look() == ["the Home of Ada Obi shows an old state (None)"]
    row.shown = 2
    assert rest.look() == []


@provokes("{} opened Home, and it stayed as it was")
def test_who_opens_home_sees_it(rest: AtRest) -> None:
    rest.ben.moved(MONDAY)
    rest.onlooker.saw_no_home(rest.ben, MONDAY - HOUR)
    assert rest.square.broken == [], "his account has just changed"
    rest.onlooker.saw_no_home(rest.ada, MONDAY - HOUR)
    assert rest.square.broken == ["Ada Obi opened Home, and it stayed as it was"]
    assert rest.witness.lost == 1
