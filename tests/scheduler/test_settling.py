"""What became of posts of which nobody knows whether they arrived, on both engines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from post_office import NOW, SETTLE, Alive, Dead, PostOffice

from bot.blocks.post import Post
from bot.slack import Posted
from bot.slack_failures import NotLetIn, RetryLater, SlackFailure, UnknownOutcome
from models import Delivery, DeliveryState, PostKind
from scheduler import delivery, settling


def test_however_long_looks_failed_what_is_uncertain_is_known_minutes_after_they_work_again(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.slack.fail(UnknownOutcome("service_unavailable"), effect=True)
    queued = office.queue("digest:1")
    office.work()

    def unavailable(*_: object, **_named: object) -> None:
        raise UnknownOutcome("service_unavailable")

    with monkeypatch.context() as outage:
        outage.setattr(office.slack, "find", unavailable)
        for _ in range(120):
            office.pass_time(timedelta(minutes=1))
            settling.settle(office.runtime)
    office.pass_time(timedelta(minutes=5))
    settling.settle(office.runtime)
    assert office.row(queued).state is DeliveryState.SENT


def test_a_post_that_waited_for_days_before_its_turn_is_not_given_up_sooner(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = office.queue("reminder:1")
    office.pass_time(timedelta(days=2))
    office.slack.fail(UnknownOutcome("service_unavailable"))
    office.work()
    begun = office.clock

    def unavailable(*_: object, **_named: object) -> None:
        raise UnknownOutcome("service_unavailable")

    monkeypatch.setattr(office.slack, "find", unavailable)
    while office.row(queued).state is DeliveryState.UNKNOWN:
        office.pass_time(timedelta(minutes=2))
        settling.settle(office.runtime)
    assert office.row(queued).state is DeliveryState.FAILED
    assert office.clock - begun > delivery.GIVEN_UP_AFTER


def test_slack_is_asked_about_uncertain_posts_no_faster_than_it_allows(office: PostOffice) -> None:
    queued = [office.queue(f"digest:{number}", channel_id=f"C{number}") for number in range(60)]
    with office.runtime.write() as session:
        for row in session.scalars(sa.select(Delivery).where(Delivery.id.in_(queued))):
            row.state, row.attempted_at = DeliveryState.UNKNOWN, NOW
    looks: list[datetime] = []
    while len(looks) < 60:
        looks += [office.clock] * settling.settle(office.runtime)
        office.pass_time(timedelta(seconds=0.5))
    for at in looks:
        assert sum(at <= one < at + timedelta(minutes=1) for one in looks) <= 50
    assert looks[-1] - NOW < timedelta(minutes=2)


@pytest.mark.parametrize("failure", [RetryLater("ratelimited", after=30), UnknownOutcome("timeout")])
def test_after_a_look_that_failed_nobody_looks_for_a_while(office: PostOffice, failure: SlackFailure) -> None:
    for number in range(2):
        queued = office.queue(f"digest:{number}", channel_id=f"C{number}")
        with office.runtime.write() as session:
            row = session.get_one(Delivery, queued)
            row.state, row.attempted_at = DeliveryState.UNKNOWN, NOW
    first, second = settling.uncertain(office.runtime, office.clock)
    settling.conclude(office.runtime, first, failure, office.clock)
    settling.conclude(office.runtime, second, failure, office.clock)
    third = office.queue("digest:2", channel_id="C2")
    with office.runtime.write() as session:
        row = session.get_one(Delivery, third)
        row.state, row.attempted_at = DeliveryState.UNKNOWN, NOW
    office.pass_time(timedelta(seconds=29))
    assert settling.uncertain(office.runtime, office.clock) == []
    office.pass_time(timedelta(seconds=1))
    # What has failed comes after what has not been looked for yet.
    assert [one.delivery.id for one in settling.uncertain(office.runtime, office.clock, most=1)] == [third]
    office.pass_time(timedelta(seconds=2))
    assert len(settling.uncertain(office.runtime, office.clock)) == 2


def test_a_conversation_that_cannot_be_read_holds_up_no_other_and_an_admin_is_told_in_the_end(
    office: PostOffice,
) -> None:
    sick = [office.queue(f"digest:{number}", channel_id=f"C0SICK{number}") for number in range(2)]
    well = office.queue("introduction:1", kind=PostKind.INTRODUCTION, member_id=office.member_id)
    looks: list[datetime] = []
    find = office.slack.find

    def finds(workspace_id: int, *, channel: str, **more: Any) -> Posted | None:
        if channel.startswith("C0SICK"):
            looks.append(office.clock)
            raise UnknownOutcome("internal_error")
        return find(workspace_id, channel=channel, **more)

    office.slack.find = finds  # type: ignore[method-assign]
    for _ in (*sick, well):
        office.slack.fail(UnknownOutcome("timeout"), effect=True)
    office.work()
    office.pass_time(SETTLE)
    while office.row(well).state is DeliveryState.UNKNOWN:
        settling.settle(office.runtime)
        office.pass_time(timedelta(seconds=5))
        assert office.clock < NOW + timedelta(minutes=5), "it is looked for, though others cannot be"
    while any(office.row(one).state is not DeliveryState.FAILED for one in sick):
        settling.settle(office.runtime)
        office.pass_time(timedelta(minutes=1))
        assert office.clock < NOW + timedelta(days=2), "it is not looked for without an end"
    assert office.clock >= NOW + delivery.GIVEN_UP_AFTER, "a long outage alone makes nothing fail"
    assert 2 * delivery.GIVEN_UP_LOST < len(looks) < 1_000, "and every few minutes"
    office.work()
    assert any("the conversation cannot be read: internal_error" in one for one in office.texts)


def test_a_post_that_could_not_be_looked_for_through_a_day_is_sent_again_where_it_is_absent(
    office: PostOffice,
) -> None:
    queued = office.queue("digest:1")
    office.slack.fail(UnknownOutcome("timeout"))
    office.work()
    find, office.slack.find = office.slack.find, _unwell  # type: ignore[method-assign]
    while office.clock < NOW + timedelta(hours=23):
        office.pass_time(timedelta(minutes=1))
        settling.settle(office.runtime)
    assert office.row(queued).lost > delivery.GIVEN_UP_LOST
    office.slack.find = find  # type: ignore[method-assign]
    office.pass_time(timedelta(hours=2))
    settling.settle(office.runtime)
    office.work()
    assert office.texts == ["digest:1"]


def _unwell(*_: object, **__: object) -> Posted | None:
    raise UnknownOutcome("internal_error")


def test_an_uncertain_post_that_arrived_is_not_sent_again(office: PostOffice) -> None:
    office.slack.fail(UnknownOutcome("timeout"), effect=True)
    queued = office.queue("digest:1")
    office.work()
    assert office.row(queued).state is DeliveryState.UNKNOWN
    office.work()
    settling.settle(office.runtime)
    assert office.row(queued).state is DeliveryState.UNKNOWN, "looked up too early"
    office.pass_time(SETTLE)
    settling.settle(office.runtime)
    office.work()
    assert office.texts == ["digest:1"]
    assert office.row(queued).state is DeliveryState.SENT


def test_an_uncertain_post_that_is_absent_is_sent_again(office: PostOffice) -> None:
    office.slack.fail(UnknownOutcome("timeout"), effect=False)
    office.queue("digest:1")
    office.work()
    office.pass_time(SETTLE)
    settling.settle(office.runtime)
    office.work()
    assert office.texts == ["digest:1"]


def test_a_post_that_is_lost_again_and_again_is_tried_more_seldom_and_an_admin_is_told_in_the_end(
    office: PostOffice,
) -> None:
    post = office.slack.post

    def loses(workspace_id: int, *, to: str, body: Post, **more: Any) -> Posted:
        if body.text == "digest:1":
            raise UnknownOutcome("internal_error")
        return post(workspace_id, to=to, body=body, **more)

    office.slack.post = loses  # type: ignore[method-assign]
    queued = office.queue("digest:1")
    sent: list[datetime] = []
    while office.row(queued).state is not DeliveryState.FAILED:
        before = office.row(queued).attempts
        office.work()
        sent += [office.clock] * (office.row(queued).attempts - before)
        settling.settle(office.runtime)
        office.pass_time(timedelta(seconds=30) if len(sent) < 3 else timedelta(minutes=3))
        assert office.clock < NOW + timedelta(days=2), "it is not tried without an end"
    assert office.clock >= NOW + delivery.GIVEN_UP_AFTER, "a long outage alone makes nothing fail"
    assert sent[1] - sent[0] <= SETTLE + timedelta(minutes=1)
    assert timedelta(minutes=5) < sent[-1] - sent[-2] < timedelta(minutes=15)
    for _ in range(3):
        office.work()
        office.pass_time(timedelta(minutes=1))
    (told,) = office.texts
    assert "uncertain again and again: internal_error" in told


def test_a_post_that_lived_through_an_outage_of_days_is_not_given_up_at_its_first_lost_answer(
    office: PostOffice,
) -> None:
    queued = office.queue("digest:1")
    while office.clock < NOW + timedelta(days=2):
        office.slack.fail(RetryLater("unreachable"))
        office.work()
        office.pass_time(timedelta(minutes=10))
    assert office.row(queued).attempts > delivery.GIVEN_UP_LOST
    office.slack.forget_failures()
    office.slack.fail(UnknownOutcome("timeout"))
    office.work()
    office.pass_time(SETTLE)
    settling.settle(office.runtime)
    office.work()
    assert office.texts == ["digest:1"]


def test_an_uncertain_reply_is_looked_for_in_its_thread(office: PostOffice) -> None:
    root = office.queue("escalation:1", kind=PostKind.ESCALATION)
    office.work()
    office.pass_time(timedelta(seconds=5))
    reply = office.queue("escalation:1:event:1", kind=PostKind.ESCALATION_REPLY, channel_id="C0LEADS", follows_id=root)
    office.slack.fail(UnknownOutcome("timeout"), effect=True)
    office.work()
    office.pass_time(SETTLE)
    settling.settle(office.runtime)
    assert office.row(reply).state is DeliveryState.SENT
    office.work()
    assert office.texts == ["escalation:1", "escalation:1:event:1"]


def test_a_look_at_a_time_is_taken_and_none_within_the_pause_that_slack_asked_for(office: PostOffice) -> None:
    for number in range(5):
        queued = office.queue(f"digest:{number}", channel_id=f"C{number}")
        with office.runtime.write() as session:
            row = session.get_one(Delivery, queued)
            row.state, row.attempted_at = DeliveryState.UNKNOWN, NOW
    looks: list[datetime] = []

    def find(*_: object, **__: object) -> None:
        looks.append(office.clock)
        office.pass_time(timedelta(seconds=8))
        if len(looks) == 1:
            raise RetryLater("ratelimited", after=30)

    office.slack.find = find  # type: ignore[method-assign]
    settling.settle(office.runtime)
    assert looks == [NOW]
    # Counted from the answer: the look itself took eight seconds.
    office.pass_time(timedelta(seconds=29))
    settling.settle(office.runtime)
    assert len(looks) == 1
    office.pass_time(timedelta(seconds=1))
    settling.settle(office.runtime)
    assert len(looks) == 6


def test_who_is_to_stop_looks_no_further(office: PostOffice) -> None:
    for number in range(3):
        queued = office.queue(f"digest:{number}", channel_id=f"C{number}")
        with office.runtime.write() as session:
            row = session.get_one(Delivery, queued)
            row.state, row.attempted_at = DeliveryState.UNKNOWN, NOW
    asked = iter([False, True])
    assert settling.settle(office.runtime, lambda: next(asked)) == 1


def test_a_message_is_looked_for_from_before_it_was_sent_though_this_machines_clock_is_ahead(
    office: PostOffice,
) -> None:
    queued = office.queue("digest:1")
    with office.runtime.write() as session:
        row = session.get_one(Delivery, queued)
        row.state, row.attempted_at = DeliveryState.UNKNOWN, NOW
    since: list[datetime] = []
    office.slack.find = lambda *_, **given: since.append(given["since"])  # type: ignore[method-assign]
    settling.settle(office.runtime)
    # Signatures are refused from five minutes on.
    assert since[0] < NOW - timedelta(minutes=5)


def test_an_uncertain_post_where_nobody_may_look_is_left_to_an_admin(office: PostOffice) -> None:
    office.slack.fail(UnknownOutcome("timeout"), effect=True)
    office.slack.unreadable = True
    queued = office.queue("digest:1")
    office.work()
    office.pass_time(SETTLE)
    settling.settle(office.runtime)
    office.pass_time(timedelta(hours=1))
    office.work()
    assert office.row(queued).state is DeliveryState.FAILED
    said, told = office.texts
    assert said == "digest:1"
    assert told.startswith("failure:to:C0LEADS:uncertain, and the conversation cannot be read: missing_scope:")


def test_an_uncertain_post_stays_uncertain_while_slack_does_not_let_okra_in(office: PostOffice) -> None:
    office.slack.fail(UnknownOutcome("timeout"), effect=True)
    queued = office.queue("digest:1")
    office.work()
    office.pass_time(SETTLE)
    (one,) = settling.uncertain(office.runtime, office.clock)
    settling.conclude(office.runtime, one, NotLetIn("token_revoked"), office.clock)
    assert office.row(queued).state is DeliveryState.UNKNOWN
    # Once it is let in again it sees that the post has come.
    office.pass_time(timedelta(minutes=5))
    settling.settle(office.runtime)
    assert office.row(queued).state is DeliveryState.SENT


def test_what_a_dead_worker_was_sending_is_looked_up_before_it_is_sent(office: PostOffice) -> None:
    queued = office.queue("digest:1")
    (claim,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    ready = delivery.begin(office.runtime, claim, office.clock)
    assert ready is not None
    delivery.send(office.runtime, ready)  # and dies before `finish`
    settling.adopt_orphans(office.runtime, Dead(), office.clock)
    office.pass_time(delivery.LEASE + SETTLE)
    settling.settle(office.runtime)
    office.work()
    assert office.texts == ["digest:1"]
    assert office.row(queued).state is DeliveryState.SENT


def test_what_a_dead_worker_was_sending_may_have_left_at_its_last_moment(office: PostOffice) -> None:
    office.queue("digest:1")
    (claim,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    ready = delivery.begin(office.runtime, claim, office.clock)
    assert ready is not None
    # Its lock is gone, and it is stopped here for a while; then it sends, as late as it may.
    settling.adopt_orphans(office.runtime, Dead(), office.clock)
    office.pass_time(delivery.LEASE - timedelta(seconds=1))
    assert isinstance(delivery.send(office.runtime, ready), Posted)
    office.pass_time(SETTLE)
    assert settling.uncertain(office.runtime, office.clock) == []
    office.pass_time(timedelta(seconds=1))
    assert len(settling.uncertain(office.runtime, office.clock)) == 1


def test_a_worker_that_was_taken_for_dead_says_nothing_when_it_goes_on(office: PostOffice) -> None:
    queued = office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    (claim,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    ready = delivery.begin(office.runtime, claim, office.clock)
    assert ready is not None
    # It is stopped for hours, and the server has dropped its lock: another one says it.
    office.pass_time(timedelta(hours=3))
    settling.adopt_orphans(office.runtime, Dead(), office.clock)
    office.pass_time(SETTLE)
    settling.settle(office.runtime)
    office.work()
    delivery.finish(office.runtime, ready, delivery.send(office.runtime, ready), office.clock)
    assert office.texts == ["prompt:1"]
    assert office.row(queued).state is DeliveryState.SENT


def test_what_a_stopped_worker_is_sending_stays_its_own(office: PostOffice) -> None:
    queued = office.queue("digest:1")
    (claim,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    ready = delivery.begin(office.runtime, claim, office.clock)
    assert ready is not None
    office.pass_time(timedelta(hours=1))  # far beyond the lease
    settling.adopt_orphans(office.runtime, Alive(), office.clock)
    office.work()
    assert office.row(queued).state is DeliveryState.SENDING
    delivery.finish(office.runtime, ready, delivery.send(office.runtime, ready), office.clock)
    # It has become too late for that request; as nothing has happened, it is begun anew.
    office.pass_time(delivery.FIRST_RETRY)
    office.work()
    assert office.texts == ["digest:1"]
