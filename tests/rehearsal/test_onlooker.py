"""What the onlooker of a rehearsal notices: shown on a local Slack on which somebody says it by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sentences import provokes
from square import MONDAY, Square

from bot.rehearsal.told import CONFIDENTIAL, OVERHEARD


@pytest.fixture
def square() -> Square:
    return Square()


@provokes("the text of message #{} was copied, and nobody had said so")
@provokes("message #{} was copied twice")
def test_the_text_of_a_message_travels_only_where_somebody_has_ticked_the_box(square: Square) -> None:
    square.told.ticked.add(7)
    root = square.says("KR-1 Weigh less: help wanted · 0.3", to=square.channel)
    square.says(f"The message: Ada #7: {OVERHEARD}", to=square.channel, thread_ts=root["ts"])
    assert square.broken == []
    square.says(f"The message: Ada #8: {OVERHEARD}", to=square.channel, thread_ts=root["ts"])
    assert square.broken == ["the text of message #8 was copied, and nobody had said so"]
    square.says(f"The message: Ada #7: {OVERHEARD}", to=square.channel, thread_ts=root["ts"])
    assert square.broken[1:] == ["message #7 was copied twice"]


@provokes("#{} is private, and stands in #{}")
def test_what_is_typed_about_a_private_request_stands_in_no_channel(square: Square) -> None:
    square.says(f"Ada asks you about KR-1: Ada #9: {CONFIDENTIAL}who knows more?", to=square.direct)
    assert square.broken == []
    root = square.says("KR-1 Weigh less: help wanted · 0.3", to=square.channel)
    square.says(f"Ada #9: {CONFIDENTIAL}two days of HR", to=square.channel, thread_ts=root["ts"])
    assert square.broken == ["#9 is private, and stands in #square"]


@provokes("question #{} came twice")
def test_a_question_comes_once_to_the_owner_and_once_into_the_thread(square: Square) -> None:
    root = square.says("KR-1 Weigh less: help wanted · 0.3", to=square.channel)
    square.says("KR-1, Ben asks Ada: Ben #3: who knows more?", to=square.channel, thread_ts=root["ts"])
    square.says("Ben asks you about KR-1: Ben #3: who knows more?", to=square.direct)
    assert square.broken == []
    square.says("Ben asks you about KR-1: Ben #3: who knows more?", to=square.direct)
    assert square.broken == ["question #3 came twice"]
    assert square.witness.duplicates == 1


@provokes("resolved without a decision or a reason: {}")
def test_a_thread_says_that_it_is_resolved_only_with_a_decision_or_a_reason(square: Square) -> None:
    root = square.says("KR-1 Weigh less: help wanted · 0.3", to=square.channel)
    square.says(
        "KR-1 Weigh less: resolved · 0.3. *No decision was needed:* HR has sent it",
        to=square.channel,
        method="chat.update",
        ts=root["ts"],
    )
    assert square.broken == []
    square.says("KR-1 Weigh less: resolved · 0.3", to=square.channel, method="chat.update", ts=root["ts"])
    assert square.broken == ["resolved without a decision or a reason: 'KR-1 Weigh less: resolved · 0.3'"]


def test_a_thread_that_was_made_private_is_open_no_more_where_it_was(square: Square) -> None:
    root = square.says("KR-1 Weigh less: help wanted · 0.3", to=square.channel)
    assert list(square.witness.open_threads()) == [1]
    left = "🔒 Made private: this request for help goes on with those whom it concerns."
    square.says(left, to=square.channel, method="chat.update", ts=root["ts"])
    assert list(square.witness.open_threads()) == []
    assert square.witness.left == {(square.channel, root["ts"])}


@provokes("{} was {} on {}")
def test_nobody_is_asked_for_help_at_night_but_who_makes_it_private_then_has_its_thread(square: Square) -> None:
    square.time.run_until(MONDAY + timedelta(hours=15))
    square.told.goes_private[1, square.ada] = square.time.now() - timedelta(minutes=2)
    square.witness.goes_private = square.told.goes_private
    square.says("KR-1 Weigh less: help wanted · 0.3", to=square.direct, act="decide")
    assert square.broken == []
    square.says("KR-2 Run far: help wanted · 0.3", to=square.direct, act="decide")
    assert square.broken == ["Ada Obi was asked for help with KR-2 on Tuesday at 01:00"]


@pytest.mark.parametrize(
    ("text", "is_open", "is_taken_back"),
    [
        ("KR-1 Weigh less: help wanted · 0.3", True, False),
        ("KR-1 Weigh less: resolved · 0.3. *Decided*: HR", False, False),
        ("🔒 Made private: this request for help goes on with those whom it concerns.", False, True),
        ("This request for help is for fewer people now, so it is not shown here any more.", False, True),
    ],
)
def test_a_direct_message_says_whether_its_request_is_open(
    square: Square, text: str, is_open: bool, is_taken_back: bool
) -> None:
    posted = square.says(text, to=square.direct)
    message = square.core.workspace.channels[square.direct].messages[posted["ts"]]
    assert square.witness.says_it_is_open(message) is is_open
    assert square.witness.is_taken_back(message) is is_taken_back


@provokes("{} was asked about decision #{} twice within a week")
def test_a_decision_is_asked_about_once_a_week(square: Square) -> None:
    def morning() -> None:
        text = "Good morning: one decision is due. Ada #4: two days of HR"
        lines = [text, "*Is it done?* Ada #4: two days of HR"]
        square.says(text, to=square.direct, lines=lines)

    morning()
    square.time.run_until(MONDAY + timedelta(days=7))
    morning()
    assert square.broken == []
    square.time.run_until(MONDAY + timedelta(days=9))
    morning()
    assert square.broken == ["Ada Obi was asked about decision #4 twice within a week"]


@provokes("{} tried {}, which is not theirs, and was let in")
def test_a_stranger_who_is_let_in_is_seen(square: Square) -> None:
    square.onlooker.let_in(square.owner, "Decide")
    assert square.broken == ["Ada Obi tried 'Decide', which is not theirs, and was let in"]
