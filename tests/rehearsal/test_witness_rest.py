"""What a look at rest says of messages, threads and answers: each sentence, and what lies just beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from at_rest import ROOT, WEEK, AtRest
from decided import decided
from sentences import provokes

from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.rehearsal.told import ToldAnswer
from models import Answer, CheckIn, CheckInState, Delivery, PostKind
from models.check_in import AnswerSource

DIGEST = "Square, week of 5 Oct: all is well"


def test_what_stands_in_both_alike_is_clean(rest: AtRest) -> None:
    escalation = rest.wants_help()
    rest.thread(escalation)
    assert rest.look() == []


# Where it stands


@provokes("stands outside of its thread: {}")
def test_a_reply_under_another_root_is_seen(rest: AtRest) -> None:
    root, other = (rest.posted(PostKind.DIGEST, DIGEST.replace("Square", team)) for team in ("Square", "Circle"))
    rest.posted(PostKind.DIGEST_DETAILS, "all of it", under=root)
    assert rest.look() == []
    lost = rest.posted(PostKind.DIGEST_DETAILS, "the rest of it", under=root, thread=other)
    assert rest.look() == [f"stands outside of its thread: {lost.key}"]


@provokes("stands in a thread: {}")
def test_what_is_no_reply_and_stands_in_a_thread_is_seen(rest: AtRest) -> None:
    root = rest.posted(PostKind.DIGEST, DIGEST)
    assert rest.look() == []
    reply = rest.posted(PostKind.DIGEST_DETAILS, "all of it", thread=root)
    assert rest.look() == [f"stands in a thread: {reply.key}"]


def replies(rest: AtRest) -> list[Delivery]:
    root = rest.thread(rest.wants_help())
    return [rest.posted(PostKind.ESCALATION_REPLY, text, under=root) for text in ("one", "two", "three")]


@provokes("replies out of their order: {}")
def test_replies_that_stand_in_another_order_than_they_were_made_in_are_seen(rest: AtRest) -> None:
    one, two, three = replies(rest)
    assert rest.look() == []
    # As if the second had been made before the first.
    for column in ("opaque_id", "posted_ts"):
        left, right = getattr(one, column), getattr(two, column)
        setattr(one, column, "")
        rest.session.flush()
        setattr(two, column, left)
        rest.session.flush()
        setattr(one, column, right)
    assert rest.look() == [f"replies out of their order: {[one.key, two.key, three.key]}"]


@provokes("shows an old state ({} of {}): {}")
def test_a_message_whose_newest_state_nobody_has_seen_is_noticed(rest: AtRest) -> None:
    escalation = rest.wants_help()
    root = rest.thread(escalation)
    text = f"{ROOT.replace('help wanted', 'resolved')} *No decision was needed:* HR has sent it"
    escalation.state, escalation.resolved_at = EscalationState.RESOLVED, rest.now
    escalation.no_decision_reason = "HR has sent it"
    message = rest.message(root, revision=2)
    rest.square.changes({"channel": root.posted_channel, "ts": root.posted_ts}, text, drawn=(message.id, 2))
    assert rest.look() == []
    message.wanted = message.shown = 3
    assert rest.look() == [f"shows an old state (2 of 3): {root.key}"]


# Requests for help


@provokes("KR-{} has {} open threads")
def test_a_request_with_two_threads_is_seen_and_one_that_went_on_elsewhere_has_one(rest: AtRest) -> None:
    escalation = rest.wants_help()
    first = rest.thread(escalation)
    rest.square.changes({"channel": first.posted_channel, "ts": first.posted_ts}, "🔒 Made private: it goes on.")
    rest.thread(escalation)
    assert rest.look() == []
    rest.thread(escalation)
    assert rest.look() == ["KR-1 has 2 open threads"]
    assert rest.witness.duplicates == 1


@provokes("KR-{} is red since {}, and nobody is asked")
def test_a_red_of_after_the_end_of_its_request_is_missed(rest: AtRest) -> None:
    answer = answered(rest, "call HR", confidence=Confidence.RED)
    escalation = rest.wants_help(no_decision_reason="HR has sent it")
    root = rest.thread(escalation)
    assert rest.look() == []
    escalation.state, escalation.resolved_at = EscalationState.RESOLVED, rest.now
    rest.witness.stages.pop((root.posted_channel or "", root.posted_ts or ""))
    assert rest.look() == [], "it was red before"
    answer.at = rest.now + timedelta(minutes=1)
    assert rest.look() == ["KR-1 is red since 2026-10-05 10:01, and nobody is asked"]


# Answers and decisions


def answered(rest: AtRest, next_move: str, **more: Any) -> Answer:
    """An answer about KR-1, after those that are there."""
    workspace_id = rest.company.workspace.id
    check_in = rest.session.query(CheckIn).one_or_none() or rest.add(
        CheckIn(
            workspace_id=workspace_id,
            key_result_id=rest.key_result.id,
            period=WEEK,
            owner_id=rest.ada.member_id,
            state=CheckInState.ANSWERED,
            opens_at=rest.now,
            closes_at=rest.now,
        )
    )
    given = {"author_id": rest.ada.member_id, "confidence": Confidence.GREEN, "at": rest.now, **more}
    return rest.add(
        Answer(
            workspace_id=workspace_id,
            check_in_id=check_in.id,
            revision=rest.session.query(Answer).count() + 1,
            definition=1,
            source=AnswerSource.DIALOG,
            next_move=next_move,
            **given,
        )
    )


def told(rest: AtRest, next_move: str, *, author: str = "") -> None:
    """Somebody, Ada unless said otherwise, is told that this is saved."""
    by = author or rest.ada.id
    rest.told.answers.append(ToldAnswer(rest.told.order(), 1, WEEK, by, "green", {"next_move": next_move}))


@provokes("KR-{}, week of {}: an older answer counts")
def test_the_last_word_that_somebody_was_told_is_saved_counts(rest: AtRest) -> None:
    first, second = answered(rest, "call HR"), answered(rest, "write to HR")
    told(rest, "call HR")
    told(rest, "write to HR")
    assert rest.look() == []
    third = answered(rest, "call HR again")
    assert rest.look() == [], "of which nobody was told, so they sent it once more"
    third.next_move = "write to HR at last"
    first.next_move, second.next_move = second.next_move, first.next_move
    rest.session.delete(third)
    assert rest.look() == ["KR-1, week of 2026-10-05: an older answer counts"]


def test_of_two_who_answer_at_once_either_may_have_the_last_word(rest: AtRest) -> None:
    answered(rest, "call HR")
    answered(rest, "write to HR", author_id=rest.ben.member_id)
    told(rest, "write to HR", author=rest.ben.id)
    told(rest, "call HR")
    assert rest.look() == []


@provokes("a decision was recorded {} times: {}")
def test_a_decision_that_is_there_twice_is_seen(rest: AtRest) -> None:
    def decides(text: str) -> None:
        member = rest.company.member("Ben Ito")
        decided(rest.session, rest.key_result, member, text, at=rest.now, due_on=WEEK + timedelta(days=7))

    decides("two days of HR")
    decides("three days of HR")
    assert rest.look() == []
    decides("two days of HR")
    assert rest.look() == ["a decision was recorded 2 times: 'two days of HR'"]
    assert rest.witness.duplicates == 1
