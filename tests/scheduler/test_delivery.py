"""The steps of delivery, one by one, on both engines: what leaves, what waits, what is never said twice."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from at_once import AtOnce
from hypothesis import given
from hypothesis import strategies as st
from post_office import NOW, PostOffice, There, with_charts_where_they_are_drawn
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.services import outbox, planning, prompt
from bot.services.failures import failures_since
from bot.slack_failures import Permanent, RetryLater, UnknownOutcome
from models import Delivery, DeliveryState, Member, PostKind
from scheduler import delivery, posts, settling


def test_a_post_leaves_once_and_its_place_is_kept(office: PostOffice) -> None:
    queued = office.queue("digest:1")
    office.work()
    office.work()
    assert office.texts == ["digest:1"]
    row = office.row(queued)
    assert (row.state, row.posted_channel) == (DeliveryState.SENT, "C0LEADS")


def test_the_same_key_is_queued_once(office: PostOffice) -> None:
    office.queue("digest:1")
    with office.runtime.write() as session:
        again = outbox.post(
            session,
            NOW,
            outbox.NewPost(
                workspace_id=office.workspace_id, key="digest:1", kind=PostKind.DIGEST, channel_id="C0LEADS"
            ),
        )
    assert again is None
    office.work()
    assert office.texts == ["digest:1"]


def test_the_direct_messages_id_is_learned_from_the_first_answer(office: PostOffice) -> None:
    office.queue("introduction:1", member_id=office.member_id)
    office.work()
    with office.runtime.read() as session:
        assert session.get_one(Member, office.member_id).dm_channel == "D0ADAOBI"


def test_a_post_that_makes_no_sense_any_more_is_not_sent(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posts, "RENDERERS", dict.fromkeys(PostKind, lambda session, row, now: None))
    queued = office.queue("prompt:1")
    office.work()
    assert office.texts == []
    assert office.row(queued).state is DeliveryState.OBSOLETE


def test_what_makes_sense_again_while_it_is_found_obsolete_is_queued_again(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = office.queue("prompt:1")
    (claim,) = delivery.claim(office.runtime, office.worker_id, office.clock)

    def something_to_ask() -> None:
        again = outbox.NewPost(workspace_id=office.workspace_id, key="prompt:1", kind=PostKind.DIGEST, channel_id="C0")
        with office.runtime.write() as session:
            outbox.post(session, office.clock, again, revive=True)

    somebody = threading.Thread(target=something_to_ask)

    def nothing_to_say(*_: object) -> None:
        # It was looked at before the other transaction ends, which cannot go on before this one has.
        somebody.start()
        somebody.join(0.3)

    monkeypatch.setattr(posts, "RENDERERS", dict.fromkeys(PostKind, nothing_to_say))
    assert delivery.begin(office.runtime, claim, office.clock) is None
    somebody.join()
    assert office.row(queued).state is DeliveryState.QUEUED


def test_what_makes_sense_again_before_it_is_claimed_is_not_found_obsolete(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = office.queue("prompt:1")
    again = outbox.NewPost(workspace_id=office.workspace_id, key="prompt:1", kind=PostKind.DIGEST, channel_id="C0")

    def only_of_a_status(session: Session, row: Delivery, _now: datetime) -> Post | None:
        return Post(row.key) if session.get_one(Member, office.member_id).status_text else None

    monkeypatch.setattr(posts, "RENDERERS", dict.fromkeys(PostKind, only_of_a_status))
    worker = threading.Thread(target=office.work)
    with office.runtime.write() as session:
        # It has something to say from now on, which nobody else can know yet.
        session.get_one(Member, office.member_id).status_text = "Here"
        outbox.post(session, office.clock, again, revive=True)
        worker.start()
        worker.join(0.3)
    worker.join()
    assert office.row(queued).state is not DeliveryState.OBSOLETE


def test_who_plans_for_somebody_and_who_begins_their_prompt_do_not_wait_for_each_other(office: PostOffice) -> None:
    reader = {"kind": PostKind.PROMPT, "member_id": office.member_id}
    queued = office.queue("prompt:1", **reader)
    (claim,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    held, troubles = threading.Event(), list[Exception]()

    def hand_over() -> None:
        again = outbox.NewPost(workspace_id=office.workspace_id, key="prompt:1", **reader)
        try:
            with office.runtime.write() as session:
                planning.replan(session, office.clock, [office.member_id])
                held.set()
                threading.Event().wait(0.3)
                outbox.post(session, office.clock, again, revive=True)
        except SQLAlchemyError as trouble:
            troubles.append(trouble)

    somebody = threading.Thread(target=hand_over)
    somebody.start()
    held.wait()
    assert delivery.begin(office.runtime, claim, office.clock) is not None
    somebody.join()
    assert troubles == []
    assert office.row(queued).state is DeliveryState.SENDING


def test_what_somebody_waits_for_goes_before_bulk(office: PostOffice) -> None:
    for number in range(20):
        office.queue(f"prompt:{number}", channel_id=f"C{number}", bulk=True)
    urgent = office.queue("escalation:1", channel_id="C99")
    claims = delivery.claim(office.runtime, office.worker_id, office.clock)
    assert claims[0].delivery_id == urgent


@given(attempts=st.integers(1, 200), one=st.text(), other=st.text())
def test_a_post_waits_longer_each_time_and_not_as_long_as_its_neighbour(attempts: int, one: str, other: str) -> None:
    whole = min(2 * 2 ** (attempts - 1), 600)
    waited = delivery.backoff(attempts, one)
    assert timedelta(seconds=whole / 2) <= waited <= timedelta(seconds=whole)
    assert waited == delivery.backoff(attempts, one)
    assert len({delivery.backoff(attempts, f"{other}{number}") for number in range(20)}) > 10


def test_a_prompt_that_can_leave_only_after_the_closing_is_not_sent_and_counted(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(posts.RENDERERS, PostKind.PROMPT, prompt.post)  # type: ignore[arg-type]
    with office.runtime.write() as session:
        company = There(session, NOW)
        ada = company.member("Ada Obi")
        ada.introduced_at = NOW
        company.key_result(company.objective(company.team("Growth", lead=ada)), ada)
        planning.replan(session, NOW - timedelta(hours=1), [ada.id])
        assert planning.open_due(session, NOW, 100) == 1
    office.pass_time(timedelta(days=1, hours=9))
    with office.runtime.write() as session:
        assert planning.close_due(session, office.clock, 100) == 1
    office.work()
    assert office.texts == []
    with office.runtime.read() as session:
        assert failures_since(session, NOW).too_late == 1


def test_what_fails_for_good_is_told_to_an_admin_once(office: PostOffice) -> None:
    office.slack.fail(Permanent("is_archived"))
    queued = office.queue("digest:1")
    for _ in range(3):
        office.work()
        office.pass_time(timedelta(minutes=15))
    assert office.row(queued).state is DeliveryState.FAILED
    assert office.texts == [f"failure:to:C0LEADS:is_archived:2026-10-05:{office.admin_id}"]


def test_an_admin_is_told_once_a_week_of_one_place_that_takes_nothing(office: PostOffice) -> None:
    told = []
    for post in range(4):
        office.slack.fail(Permanent("is_archived"))
        office.queue(f"digest:{post}")
        for _ in range(3):
            office.work()
            office.pass_time(timedelta(minutes=1))
        told.append(len(office.texts))
        if post == 2:
            office.pass_time(timedelta(days=7))
    assert told == [1, 1, 1, 2]
    with office.runtime.read() as session:
        (place,) = failures_since(session, NOW - timedelta(days=1)).undelivered
    assert (place.to, place.code, place.count) == ("<#C0LEADS>", "is_archived", 4)


def test_a_claim_whose_lease_ran_out_is_taken_and_the_late_worker_sends_nothing(office: PostOffice) -> None:
    office.queue("digest:1")
    (late,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    office.pass_time(delivery.LEASE)
    office.work()
    assert delivery.begin(office.runtime, late, office.clock) is None
    assert office.texts == ["digest:1"]


def test_a_claim_that_another_worker_has_taken_over_is_begun_by_that_one_alone(office: PostOffice) -> None:
    office.queue("digest:1")
    (late,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    office.pass_time(delivery.LEASE)
    (newer,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    assert delivery.begin(office.runtime, late, office.clock) is None
    assert delivery.begin(office.runtime, newer, office.clock) is not None


def test_two_workers_that_claim_at_once_get_different_rows(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    office.queue("digest:1", channel_id="C1")
    office.queue("digest:2", channel_id="C2")
    other = office.sign_on()
    second: list[delivery.Claim] = []
    at_once = AtOnce(lambda: second.extend(delivery.claim(office.runtime, other, office.clock)))
    monkeypatch.setattr(delivery, "_claim_in", at_once.after(delivery._claim_in))
    first = delivery.claim(office.runtime, office.worker_id, office.clock)
    at_once.ends()
    assert len(first) == 2
    assert second == []


def test_replies_wait_for_their_root_and_keep_their_order(office: PostOffice) -> None:
    root = office.queue("escalation:1", kind=PostKind.ESCALATION)
    office.queue("escalation:1:event:1", kind=PostKind.ESCALATION_REPLY, channel_id="C0LEADS", follows_id=root)
    office.queue("escalation:1:event:2", kind=PostKind.ESCALATION_REPLY, channel_id="C0LEADS", follows_id=root)
    office.slack.fail(RetryLater("unreachable", after=60))
    for _ in range(200):
        office.work()
        office.pass_time(timedelta(seconds=1))
    assert office.texts == ["escalation:1", "escalation:1:event:1", "escalation:1:event:2"]
    thread = {entry.thread_ts for entry in office.slack.entries[1:]}
    assert thread == {office.slack.entries[0].ts}


def test_no_reply_overtakes_one_that_may_have_to_be_sent_again(office: PostOffice) -> None:
    root = office.queue("escalation:1", kind=PostKind.ESCALATION)
    office.work()
    office.pass_time(timedelta(seconds=5))
    for key in ("first", "second"):
        office.queue(key, kind=PostKind.ESCALATION_REPLY, channel_id="C0LEADS", follows_id=root)
    office.slack.fail(UnknownOutcome("timeout"), effect=False)
    for _ in range(20):
        office.work()
        settling.settle(office.runtime)
        office.pass_time(timedelta(seconds=10))
    assert office.texts == ["escalation:1", "first", "second"]


def test_replies_to_a_root_that_failed_are_failed_with_it(office: PostOffice) -> None:
    root = office.queue("escalation:1", kind=PostKind.ESCALATION)
    reply = office.queue("escalation:1:event:1", kind=PostKind.ESCALATION_REPLY, channel_id="C0LEADS", follows_id=root)
    office.slack.fail(Permanent("channel_not_found"))
    office.work()
    assert office.row(reply).state is DeliveryState.FAILED


def test_a_slack_that_refuses_charts_gets_the_words_at_once_and_is_asked_again_a_month_later(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(posts.RENDERERS, PostKind.DIGEST, with_charts_where_they_are_drawn)  # type: ignore[arg-type]
    office.slack.fail(Permanent("invalid_blocks"))
    first = office.queue("digest:1")
    office.work()
    assert office.row(first).state is DeliveryState.QUEUED
    office.pass_time(timedelta(seconds=2))
    office.work()
    office.queue("digest:2")
    office.pass_time(timedelta(seconds=2))
    office.work()
    assert office.texts == ["digest:1 in words", "digest:2 in words"]
    office.pass_time(timedelta(days=30))
    office.queue("digest:3")
    office.work()
    assert office.texts[-1] == "digest:3 drawn"


def test_what_is_refused_without_charts_in_it_has_failed(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(posts.RENDERERS, PostKind.DIGEST, with_charts_where_they_are_drawn)  # type: ignore[arg-type]
    office.slack.fail(Permanent("invalid_blocks"))
    office.slack.fail(Permanent("invalid_blocks"))
    queued = office.queue("digest:1")
    office.work()
    office.pass_time(timedelta(seconds=2))
    office.work()
    assert office.row(queued).state is DeliveryState.FAILED
