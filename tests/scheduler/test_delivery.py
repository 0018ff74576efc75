"""The steps of delivery, one by one, on both engines: what leaves, what waits, what is never said twice."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from company import Company
from hypothesis import given
from hypothesis import strategies as st
from post_office import NOW, Alive, Dead, PostOffice
from queries import counted
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.blocks.post import CHART, Post
from bot.localslack.admission import SlackLimits
from bot.localslack.facts.methods import METHODS
from bot.services import charts, outbox, planning, prompt
from bot.services.agenda import next_due
from bot.services.conversations import with_people
from bot.services.failures import NO_MORE, NotShown, failures_since
from bot.settings import Settings
from bot.slack import NotLetIn, Permanent, Posted, RetryLater, SlackFailure, UnknownOutcome, sort_answer
from models import Conversation, Cycle, Delivery, DeliveryState, Hold, Member, Message, PostKind, Workspace
from models.database import open_database
from scheduler import delivery, pace, posts, redrawing, settling
from scheduler.courier import Courier
from scheduler.delivery import BATCH

SETTLE = timedelta(seconds=90)


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


def _group(office: PostOffice) -> int:
    with office.runtime.write() as session:
        return with_people(session, NOW, office.workspace_id, [office.admin_id, office.member_id])


def test_a_group_message_is_opened_once_and_the_next_post_goes_where_it_is(office: PostOffice) -> None:
    group = _group(office)
    office.queue("escalation:1", kind=PostKind.ESCALATION, conversation_id=group)
    office.work()
    with office.runtime.read() as session:
        assert session.get_one(Conversation, group).slack_id == "G0ADAOBI-0NOORADMIN"
    office.pass_time(timedelta(seconds=2))
    office.slack.not_opened = Permanent("not_asked_for")
    office.queue("escalation:2", kind=PostKind.ESCALATION, conversation_id=_group(office))
    office.work()
    assert [(one.channel, one.text) for one in office.slack.entries] == [
        ("G0ADAOBI-0NOORADMIN", "escalation:1"),
        ("G0ADAOBI-0NOORADMIN", "escalation:2"),
    ]


def test_a_group_message_whose_opening_is_of_unknown_fate_is_opened_again(office: PostOffice) -> None:
    queued = office.queue("escalation:1", kind=PostKind.ESCALATION, conversation_id=_group(office))
    office.slack.not_opened = UnknownOutcome("timeout")
    office.work()
    assert office.row(queued).state is DeliveryState.QUEUED
    office.slack.not_opened = None
    office.pass_time(timedelta(minutes=1))
    office.work()
    assert office.texts == ["escalation:1"]


def test_a_group_message_that_can_never_be_opened_is_given_up_and_an_admin_is_told(office: PostOffice) -> None:
    queued = office.queue("introduction:1", kind=PostKind.INTRODUCTION, conversation_id=_group(office))
    reply = office.queue("introduction:1:more", channel_id="C0LEADS", follows_id=queued)
    office.slack.not_opened = UnknownOutcome("internal_error")
    while office.row(queued).state is not DeliveryState.FAILED:
        office.pass_time(timedelta(minutes=5))
        office.work()
        assert office.clock < NOW + timedelta(days=2), "it is not tried without an end"
    assert office.clock >= NOW + delivery.GIVEN_UP_AFTER, "a long outage alone makes nothing fail"
    assert office.row(queued).lost >= delivery.GIVEN_UP_LOST
    assert office.row(reply).state is DeliveryState.FAILED
    office.work()
    assert [one for one in office.texts if "the group message cannot be opened: internal_error" in one]


def test_a_group_message_that_slack_was_not_reached_for_through_days_is_opened_in_the_end(office: PostOffice) -> None:
    queued = office.queue("introduction:1", kind=PostKind.INTRODUCTION, conversation_id=_group(office))
    office.slack.not_opened = RetryLater("unreachable")
    while office.clock < NOW + timedelta(days=2):
        office.pass_time(timedelta(minutes=10))
        office.work()
    office.slack.not_opened = None
    office.pass_time(timedelta(minutes=10))
    office.work()
    assert office.row(queued).state is DeliveryState.SENT


def test_an_okra_that_may_open_no_group_message_fails_in_that_alone(office: PostOffice) -> None:
    office.slack.not_opened = NotLetIn("missing_scope")
    another = office.queue("digest:1")
    queued = office.queue("introduction:1", kind=PostKind.INTRODUCTION, conversation_id=_group(office))
    office.work()
    assert (office.row(queued).state, office.row(queued).error) == (DeliveryState.FAILED, "missing_scope")
    assert office.row(another).state is DeliveryState.SENT
    office.pass_time(timedelta(seconds=2))
    office.work()
    assert office.texts[-1] == f"failure:to:group:1:missing_scope:2026-10-05:{office.admin_id}"
    with office.runtime.read() as session:
        (place,) = failures_since(session, NOW - timedelta(days=1)).undelivered
    assert place.to == "a group message"


def _crowd(office: PostOffice, count: int) -> list[int]:
    with office.runtime.write() as session:
        company = There(session, office.clock)
        return [company.person(f"Member {number}").id for number in range(count)]


def _groups(office: PostOffice, people: list[int]) -> list[int]:
    """A post each into a group message that nobody has opened yet."""
    with office.runtime.write() as session:
        groups = [with_people(session, NOW, office.workspace_id, [office.admin_id, one]) for one in people]
    return [office.queue(f"escalation:{group}", kind=PostKind.ESCALATION, conversation_id=group) for group in groups]


def _with_slacks_limits(office: PostOffice) -> list[str]:
    """Slack counts by the office's clock. What is returned grows by each method that came too fast."""
    limits, refused, opens = SlackLimits(), list[str](), office.slack.open_conversation

    def arrives(method: str, tier: int | str) -> None:
        after = limits.admit(method, tier, "T0", None, office.clock)
        if after is not None:
            refused.append(method)
            raise RetryLater("ratelimited", after)

    def opened(*given: Any, **named: Any) -> str:
        arrives("conversations.open", 3)
        return opens(*given, **named)

    office.slack.during_post = lambda: arrives("chat.postMessage", "special")
    office.slack.open_conversation = opened  # type: ignore[method-assign]
    return refused


def _work_for(office: PostOffice, span: timedelta) -> None:
    """As a worker does: what is claimed leaves in its slot."""
    until, claims = office.clock + span, list[delivery.Claim]()
    while office.clock < until or claims:
        if office.clock < until:
            claims += delivery.claim(office.runtime, office.worker_id, office.clock)
        due = [one for one in claims if one.at <= office.clock]
        claims = [one for one in claims if one.at > office.clock]
        begun = delivery.begin_all(office.runtime, due, office.clock)
        outcomes = [(ready, delivery.send(office.runtime, ready)) for ready in begun]
        delivery.finish_all(office.runtime, outcomes, office.clock)
        office.pass_time(timedelta(seconds=0.5))


def test_many_new_group_messages_are_opened_at_slacks_pace_and_hold_up_nobody_else(office: PostOffice) -> None:
    people = _crowd(office, 60)
    groups = _groups(office, people)
    direct = [office.queue(f"prompt:{one}", kind=PostKind.PROMPT, member_id=one, bulk=True) for one in people]
    refused = _with_slacks_limits(office)
    _work_for(office, timedelta(seconds=20))
    assert {office.row(one).state for one in direct} == {DeliveryState.SENT}
    _work_for(office, timedelta(seconds=70))
    assert {office.row(one).state for one in groups} == {DeliveryState.SENT}
    assert refused == []


def test_claiming_many_new_group_messages_takes_as_many_statements_as_claiming_two(office: PostOffice) -> None:
    office.runtime = replace(office.runtime, settings=Settings(_env_file=None, posts_per_minute=3000))
    people, spent = _crowd(office, 10), list[int]()
    for some in (people[:2], people[2:4], people[4:]):
        office.pass_time(timedelta(seconds=20))
        _groups(office, some)
        with counted(office.runtime.database) as statements:
            assert len(delivery.claim(office.runtime, office.worker_id, office.clock)) == len(some)
        spent.append(len(statements))
    # The first time makes the lanes.
    assert spent[2] == spent[1] < spent[0], spent


def test_where_slack_asks_for_a_pause_of_openings_all_that_needs_none_goes_on(office: PostOffice) -> None:
    groups = _groups(office, _crowd(office, 3))
    direct = office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.slack.not_opened = RetryLater("ratelimited", after=60)
    # All are claimed before the first is refused.
    office.work()
    assert office.row(direct).state is DeliveryState.SENT
    assert [office.row(one).attempts for one in groups] == [1, 0, 0]
    office.slack.not_opened = None
    with office.runtime.read() as session:
        assert next_due(session) == NOW + timedelta(seconds=60)
    new = _groups(office, [office.member_id])
    _work_for(office, timedelta(seconds=59))
    assert {office.row(one).state for one in [*groups, *new]} == {DeliveryState.QUEUED}
    _work_for(office, timedelta(seconds=5))
    assert {office.row(one).state for one in [*groups, *new]} == {DeliveryState.SENT}


def test_an_uncertain_post_to_a_group_message_is_looked_up_where_it_was_opened(office: PostOffice) -> None:
    office.slack.fail(UnknownOutcome("timeout"), effect=True)
    queued = office.queue("escalation:1", kind=PostKind.ESCALATION, conversation_id=_group(office))
    office.work()
    assert office.row(queued).state is DeliveryState.UNKNOWN
    office.pass_time(SETTLE)
    settling.settle(office.runtime)
    assert office.row(queued).state is DeliveryState.SENT
    assert office.texts == ["escalation:1"]


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


def test_one_conversation_gets_one_message_a_second(office: PostOffice) -> None:
    for number in range(3):
        office.queue(f"digest:{number}")
    instants: list[datetime] = []
    for _ in range(8):
        instants += [claim.at for claim in delivery.claim(office.runtime, office.worker_id, office.clock)]
        office.pass_time(timedelta(seconds=0.5))
    assert len(instants) == 3
    assert all(later - earlier > timedelta(seconds=1) for earlier, later in pairwise(instants))


def test_a_message_that_came_late_keeps_the_next_one_away_for_a_second_too(office: PostOffice) -> None:
    for number in range(2):
        office.queue(f"digest:{number}")
    (first,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    ready = delivery.begin(office.runtime, first, office.clock)
    assert ready is not None
    office.pass_time(timedelta(seconds=1))  # a slow way to Slack, or a busy machine
    delivery.finish(office.runtime, ready, delivery.send(office.runtime, ready), office.clock)
    instants: list[datetime] = []
    while not instants:
        instants = [claim.at for claim in delivery.claim(office.runtime, office.worker_id, office.clock)]
        office.pass_time(timedelta(seconds=0.1))
    assert instants[0] - NOW > timedelta(seconds=2)


def test_what_was_claimed_before_slack_asked_for_a_pause_waits_with_the_others(office: PostOffice) -> None:
    for number in range(3):
        office.queue(f"digest:{number}", channel_id=f"C{number}")
    first, *others = delivery.claim(office.runtime, office.worker_id, office.clock)
    assert len(others) == 2
    office.slack.fail(RetryLater("ratelimited", after=20))
    ready = delivery.begin(office.runtime, first, office.clock)
    assert ready is not None
    delivery.finish(office.runtime, ready, delivery.send(office.runtime, ready), office.clock)
    assert [delivery.begin(office.runtime, one, office.clock) for one in others] == [None, None]
    with office.runtime.read() as session:
        assert next_due(session) == NOW + timedelta(seconds=20)
    office.pass_time(timedelta(seconds=19))
    office.work()
    assert office.texts == []
    office.pass_time(timedelta(seconds=1))
    for _ in range(3):
        office.work()
        office.pass_time(timedelta(seconds=1))
    assert sorted(office.texts) == ["digest:0", "digest:1", "digest:2"]


def test_a_bulk_post_that_was_claimed_before_the_breaker_opened_is_not_sent_into_the_trouble(
    office: PostOffice,
) -> None:
    for number in range(3):
        office.queue(f"prompt:{number}", channel_id=f"C{number}", bulk=True)
    office.queue("notice", channel_id="C9")
    office.slack.fail(UnknownOutcome("timeout"))
    office.work()
    assert office.texts == []  # the notice went first, and nobody knows whether it arrived
    with office.runtime.read() as session:
        assert next_due(session) == NOW + pace.BREAKER


def test_an_update_waits_as_long_as_slack_asked_for(office: PostOffice) -> None:
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")
    office.slack.fail(RetryLater("ratelimited", after=20))
    office.draw_all()
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")
        assert next_due(session) == NOW + timedelta(seconds=20)
    office.pass_time(timedelta(seconds=19))
    assert office.draw_all() == 0
    office.pass_time(timedelta(seconds=1))
    assert office.draw_all() == 1


def test_updates_that_were_claimed_before_slack_asked_for_a_pause_wait_too(office: PostOffice) -> None:
    for number in range(3):
        office.queue(f"prompt:{number}", kind=PostKind.PROMPT, channel_id=f"C{number}")
        office.work()
        with office.runtime.write() as session:
            outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key=f"prompt:{number}")
    first, *others = redrawing.claim(office.runtime, office.clock)
    assert len(others) == 2
    office.slack.fail(RetryLater("ratelimited", after=20))
    redrawing.finish(office.runtime, first, redrawing.draw(office.runtime, first), office.clock)
    # The senders are busy with something else for a while.
    office.pass_time(timedelta(seconds=5))
    for one in others:
        redrawing.finish(office.runtime, one, redrawing.draw(office.runtime, one), office.clock)
    assert office.slack.updates == []
    office.pass_time(timedelta(seconds=14))
    assert office.draw_all() == 0
    office.pass_time(timedelta(seconds=1))
    while office.draw_all():
        pass
    assert len(office.slack.updates) == 3


@pytest.mark.parametrize("paused", [True, False])
def test_updates_that_have_to_wait_in_one_workspace_hold_up_no_other(office: PostOffice, paused: bool) -> None:
    with office.runtime.write() as session:
        elsewhere = Workspace(name="Elsewhere", slack_team_id="T0ELSE", time_zone="UTC", created_at=NOW)
        session.add(elsewhere)
        session.flush()
        queued = [
            *(_standing(session, office.workspace_id, number) for number in range(BATCH + 1)),
            _standing(session, elsewhere.id, 0),
        ]
        for minute, message in enumerate(queued):
            message.not_before = NOW - timedelta(hours=2) + timedelta(minutes=minute)
        if paused:
            pace.pause(session, office.workspace_id, Hold.UPDATES, NOW + timedelta(hours=1))
        there = elsewhere.id
    # What has no slot waits as well: a burst has gone, and one every second and a half follows.
    drawn = [one.workspace_id for _ in range(2) for one in redrawing.claim(office.runtime, office.clock)]
    assert there in drawn
    assert drawn.count(office.workspace_id) == (0 if paused else pace.UPDATING.burst)
    assert not redrawing.something_is_stale(office.runtime, office.clock), "nothing is looked for in vain"
    office.pass_time(timedelta(hours=1))
    assert redrawing.something_is_stale(office.runtime, office.clock)


def _standing(session: Session, workspace_id: int, number: int) -> Message:
    """A message that stands, and whose state has changed since."""
    row = Delivery(
        workspace_id=workspace_id,
        key=f"prompt:{number}",
        kind=PostKind.PROMPT,
        channel_id=f"C{number}",
        state=DeliveryState.SENT,
        opaque_id=f"{workspace_id}/{number}",
        not_before=NOW,
        created_at=NOW,
        posted_channel=f"C{number}",
        posted_ts=f"{number}.0",
    )
    session.add(row)
    session.flush()
    message = Message(
        workspace_id=workspace_id,
        delivery_id=row.id,
        channel=row.posted_channel,
        ts=row.posted_ts,
        wanted=2,
        shown=1,
        not_before=NOW,
    )
    session.add(message)
    return message


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


def test_a_workspace_posts_no_faster_than_its_limit(office: PostOffice) -> None:
    for number in range(320):
        office.queue(f"digest:{number}", channel_id=f"C{number}", bulk=True)
    sent: list[datetime] = []
    while len(sent) < 320:
        sent += [claim.at for claim in delivery.claim(office.runtime, office.worker_id, office.clock)]
        office.pass_time(timedelta(seconds=1))
    per_minute = [sum(at <= other < at + timedelta(minutes=1) for other in sent) for at in sent[::10]]
    # Close to the limit, and never at it: what is on its way may overtake.
    assert 0.98 * 300 <= max(per_minute) < 300
    assert sent[-1] - sent[0] <= timedelta(seconds=65)


def test_a_slack_without_limits_is_not_waited_for(office: PostOffice) -> None:
    office.runtime = replace(office.runtime, settings=Settings(_env_file=None, posts_per_minute=0))
    for number in range(3):
        office.queue(f"digest:{number}")
    for number in range(30):
        office.queue(f"prompt:{number}", kind=PostKind.PROMPT, channel_id=f"C{number}")
    office.work()
    assert len(office.texts) == 33
    with office.runtime.write() as session:
        keys = [f"prompt:{number}" for number in range(30)]
        outbox.redraw_all(session, office.clock, workspace_id=office.workspace_id, keys=keys)
    drawings = redrawing.claim(office.runtime, office.clock)
    assert [drawing.at for drawing in drawings] == [office.clock] * 30


def test_all_workers_of_a_database_together_post_no_faster_than_the_limit(
    office: PostOffice, database_url: str
) -> None:
    other_database = open_database(database_url, patience=10, statement_seconds=10)
    other = replace(office.runtime, database=other_database)
    other_worker = office.sign_on()
    for number in range(120):
        office.queue(f"digest:{number}", channel_id=f"C{number}", bulk=True)
    sent: list[datetime] = []
    by_each = {office.worker_id: 0, other_worker: 0}
    while len(sent) < 120:
        for runtime, worker_id in ((office.runtime, office.worker_id), (other, other_worker)):
            claims = delivery.claim(runtime, worker_id, office.clock, most=3)
            by_each[worker_id] += len(claims)
            sent += [claim.at for claim in claims]
        office.pass_time(timedelta(seconds=0.5))
    other_database.close()
    assert all(later - earlier >= timedelta(seconds=0.2) for earlier, later in pairwise(sorted(sent)))
    assert min(by_each.values()) > 0


def test_what_somebody_waits_for_goes_before_bulk(office: PostOffice) -> None:
    for number in range(20):
        office.queue(f"prompt:{number}", channel_id=f"C{number}", bulk=True)
    urgent = office.queue("escalation:1", channel_id="C99")
    claims = delivery.claim(office.runtime, office.worker_id, office.clock)
    assert claims[0].delivery_id == urgent


def test_after_an_uncertain_post_bulk_pauses_and_the_rest_goes_on(office: PostOffice) -> None:
    office.slack.fail(UnknownOutcome("timeout"), effect=True)
    office.queue("prompt:1", channel_id="C1", bulk=True)
    office.work()
    office.queue("prompt:2", channel_id="C2", bulk=True)
    office.queue("escalation:1", channel_id="C3")
    office.pass_time(timedelta(seconds=1))
    office.work()
    assert office.texts == ["prompt:1", "escalation:1"]
    office.pass_time(timedelta(seconds=30))
    office.work()
    assert office.texts == ["prompt:1", "escalation:1", "prompt:2"]


def test_retry_after_is_kept_to_the_second(office: PostOffice) -> None:
    office.slack.fail(RetryLater("ratelimited", after=30))
    office.queue("digest:1")
    office.work()
    office.pass_time(timedelta(seconds=29))
    office.work()
    assert office.texts == []
    office.pass_time(timedelta(seconds=1))
    office.work()
    assert office.texts == ["digest:1"]


def test_a_shorter_pause_does_not_end_a_longer_one(office: PostOffice) -> None:
    office.queue("digest:1")
    with office.runtime.write() as session:
        for seconds in (60, 1):
            pace.pause(session, office.workspace_id, Hold.POSTS, NOW + timedelta(seconds=seconds))
    office.pass_time(timedelta(seconds=59))
    office.work()
    assert office.texts == []
    office.pass_time(timedelta(seconds=1))
    office.work()
    assert office.texts == ["digest:1"]


def test_nothing_else_leaves_for_a_while_once_slack_does_not_let_okra_in(office: PostOffice) -> None:
    office.slack.fail(NotLetIn("token_revoked"))
    office.queue("digest:1")
    office.work()
    office.queue("digest:2", channel_id="C2")
    office.pass_time(delivery.LOCKED_OUT - timedelta(seconds=1))
    office.work()
    assert office.texts == []
    office.pass_time(timedelta(seconds=2))
    office.work()
    assert sorted(office.texts) == ["digest:1", "digest:2"]


@given(attempts=st.integers(1, 200), one=st.text(), other=st.text())
def test_a_post_waits_longer_each_time_and_not_as_long_as_its_neighbour(attempts: int, one: str, other: str) -> None:
    whole = min(2 * 2 ** (attempts - 1), 600)
    waited = delivery.backoff(attempts, one)
    assert timedelta(seconds=whole / 2) <= waited <= timedelta(seconds=whole)
    assert waited == delivery.backoff(attempts, one)
    assert len({delivery.backoff(attempts, f"{other}{number}") for number in range(20)}) > 10


class There(Company):
    """The company of the post office, whose rows are there already."""

    def __post_init__(self) -> None:
        self.workspace = self.session.scalars(sa.select(Workspace)).one()
        self.cycle = self.session.scalars(sa.select(Cycle)).one()


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


def _uncertain_one_to_somebody_new(office: PostOffice) -> int:
    """Their direct message is not known: it is to be opened before anybody can look."""
    office.slack.fail(UnknownOutcome("timeout"), effect=True)
    queued = office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    office.pass_time(SETTLE)
    return queued


def test_looks_and_new_group_messages_open_conversations_in_turn(office: PostOffice) -> None:
    queued = _uncertain_one_to_somebody_new(office)
    with office.runtime.write() as session:
        pace.take(session, office.workspace_id, pace.OPENINGS, pace.OPENING, office.clock, count=pace.OPENING.burst)
    assert settling.settle(office.runtime) == 0
    office.pass_time(pace.OPENING.spacing)
    assert settling.settle(office.runtime) == 1
    assert office.row(queued).state is DeliveryState.SENT
    _groups(office, _crowd(office, 1))
    assert delivery.claim(office.runtime, office.worker_id, office.clock) == []
    office.pass_time(pace.OPENING.spacing)
    assert len(delivery.claim(office.runtime, office.worker_id, office.clock)) == 1


def test_a_look_that_may_open_nothing_holds_up_no_other(office: PostOffice) -> None:
    opened_first = _uncertain_one_to_somebody_new(office)
    office.slack.fail(UnknownOutcome("timeout"), effect=True)
    other = office.queue("digest:1")
    office.work()
    office.pass_time(SETTLE)
    office.slack.not_opened = RetryLater("ratelimited", after=60)
    assert settling.settle(office.runtime) == 2
    assert [office.row(one).state for one in (opened_first, other)] == [DeliveryState.UNKNOWN, DeliveryState.SENT]
    office.slack.not_opened = None
    office.pass_time(timedelta(seconds=59))
    assert settling.settle(office.runtime) == 0
    office.pass_time(timedelta(seconds=1))
    assert settling.settle(office.runtime) == 1
    assert office.row(opened_first).state is DeliveryState.SENT


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


def test_a_request_that_waited_for_its_group_message_to_be_opened_is_not_made_too_late(office: PostOffice) -> None:
    office.queue("escalation:1", kind=PostKind.ESCALATION, conversation_id=_group(office))
    (claim,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    ready = delivery.begin(office.runtime, claim, office.clock)
    assert ready is not None
    opens = office.slack.open_conversation

    def slowly(*given: Any, **named: Any) -> str:
        office.pass_time(delivery.LEASE)
        return opens(*given, **named)

    office.slack.open_conversation = slowly  # type: ignore[method-assign]
    assert isinstance(delivery.send(office.runtime, ready), RetryLater)
    assert office.texts == []


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


def test_two_workers_that_claim_at_once_get_different_rows(office: PostOffice) -> None:
    office.queue("digest:1", channel_id="C1")
    office.queue("digest:2", channel_id="C2")
    other = office.sign_on()
    first = delivery.claim(office.runtime, office.worker_id, office.clock)
    second = delivery.claim(office.runtime, other, office.clock)
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


def test_a_change_while_the_post_is_on_its_way_is_drawn_afterwards(office: PostOffice) -> None:
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)

    def change() -> None:
        with office.runtime.write() as session:
            outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")

    office.slack.during_post = change
    office.work()
    assert office.draw_all() == 1
    assert office.draw_all() == 0


def test_many_changes_are_drawn_once_and_a_failed_drawing_again(office: PostOffice) -> None:
    standing_message(office, changes=5)
    office.slack.fail(RetryLater("unreachable"))
    office.draw_all()
    office.pass_time(timedelta(seconds=2))
    office.draw_all()
    assert len(office.slack.updates) == 1
    assert is_up_to_date(office)


def test_an_update_that_may_yet_arrive_is_overtaken_by_none(office: PostOffice) -> None:
    standing_message(office, changes=1)
    office.slack.fail(UnknownOutcome("timeout"))
    office.draw_all()
    office.pass_time(SETTLE - timedelta(seconds=1))
    change(office)
    assert office.draw_all() == 0
    office.pass_time(timedelta(seconds=1))
    assert office.draw_all() == 1
    assert is_up_to_date(office)


def test_an_update_of_a_dead_worker_is_overtaken_by_none(office: PostOffice) -> None:
    standing_message(office, changes=1)
    redrawing.claim(office.runtime, office.clock)
    office.pass_time(delivery.LEASE + SETTLE - timedelta(seconds=1))
    assert office.draw_all() == 0
    office.pass_time(timedelta(seconds=1))
    assert office.draw_all() == 1


def test_a_worker_that_was_stopped_draws_nothing_old(office: PostOffice) -> None:
    standing_message(office, changes=1)
    [drawing] = redrawing.claim(office.runtime, office.clock)
    office.pass_time(delivery.LEASE)
    failure = redrawing.draw(office.runtime, drawing)
    assert isinstance(failure, RetryLater)
    redrawing.finish(office.runtime, drawing, failure, office.clock)
    assert office.slack.updates == []
    office.pass_time(timedelta(seconds=2))
    assert office.draw_all() == 1


def test_two_updates_of_one_message_are_followed_by_a_third(office: PostOffice) -> None:
    standing_message(office, changes=1)
    [old] = redrawing.claim(office.runtime, office.clock)
    old_failure = redrawing.draw(office.runtime, old)
    office.pass_time(delivery.LEASE + SETTLE)
    assert office.draw_all() == 1
    redrawing.finish(office.runtime, old, old_failure, office.clock)
    assert office.draw_all() == 1
    assert is_up_to_date(office)


def test_a_message_that_is_gone_is_never_posted_again(office: PostOffice) -> None:
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")
    office.slack.fail(Permanent("message_not_found"))
    office.draw_all()
    office.pass_time(timedelta(hours=1))
    assert office.draw_all() == 0
    assert office.texts == ["prompt:1"]


def test_the_courier_runs_the_same_steps(office: PostOffice) -> None:
    office.queue("digest:1", channel_id="C1")
    office.queue("digest:2", channel_id="C2")
    courier = Courier(office.runtime, office.worker_id, Alive(), threading.Event())
    courier.look()
    office.pass_time(timedelta(seconds=1))
    courier.look()
    courier._senders.shutdown()
    assert sorted(office.texts) == ["digest:1", "digest:2"]


def tidy(office: PostOffice, liveness: Dead) -> None:
    Courier(office.runtime, office.worker_id, liveness, threading.Event()).tidy(office.clock)


def being_sent(office: PostOffice, worker_id: int) -> int:
    """A post that this worker has begun, and of which nobody has recorded what became."""
    queued = office.queue("digest:1")
    (claim,) = delivery.claim(office.runtime, worker_id, office.clock)
    assert delivery.begin(office.runtime, claim, office.clock) is not None
    return queued


def test_the_courier_looks_up_what_a_dead_worker_was_sending(office: PostOffice) -> None:
    queued = being_sent(office, office.sign_on())
    tidy(office, Alive())
    assert office.row(queued).state is DeliveryState.SENDING
    tidy(office, Dead())
    assert (office.row(queued).state, office.row(queued).error) == (DeliveryState.UNKNOWN, "worker_died")


def test_the_courier_looks_up_what_it_was_sending_itself_and_lost_track_of(office: PostOffice) -> None:
    queued = being_sent(office, office.worker_id)
    tidy(office, Alive())
    assert (office.row(queued).state, office.row(queued).error) == (DeliveryState.UNKNOWN, "outcome_not_recorded")


def test_the_courier_fails_a_reply_that_was_queued_as_its_root_failed(office: PostOffice) -> None:
    root = office.queue("escalation:1", kind=PostKind.ESCALATION)
    office.slack.fail(Permanent("channel_not_found"))
    office.work()
    reply = office.queue("escalation:1:event:1", kind=PostKind.ESCALATION_REPLY, channel_id="C0LEADS", follows_id=root)
    office.work()
    assert office.row(reply).state is DeliveryState.QUEUED
    tidy(office, Alive())
    assert office.row(reply).state is DeliveryState.FAILED


def standing_message(office: PostOffice, *, changes: int) -> None:
    """A message that stands, and whose state has changed since."""
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    for _ in range(changes):
        change(office)


def change(office: PostOffice) -> None:
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")


def is_up_to_date(office: PostOffice) -> bool:
    with office.runtime.read() as session:
        message = session.scalars(sa.select(Message)).one()
        return message.shown == message.wanted


def _with_charts_where_they_are_drawn(session: Session, row: Delivery, now: datetime) -> Post:
    drawn = charts.are_drawn(session.get_one(Workspace, row.workspace_id), now)
    return Post(f"{row.key} {'drawn' if drawn else 'in words'}", ({"type": CHART},) if drawn else ())


def test_a_slack_that_refuses_charts_gets_the_words_at_once_and_is_asked_again_a_month_later(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(posts.RENDERERS, PostKind.DIGEST, _with_charts_where_they_are_drawn)  # type: ignore[arg-type]
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
    monkeypatch.setitem(posts.RENDERERS, PostKind.DIGEST, _with_charts_where_they_are_drawn)  # type: ignore[arg-type]
    office.slack.fail(Permanent("invalid_blocks"))
    office.slack.fail(Permanent("invalid_blocks"))
    queued = office.queue("digest:1")
    office.work()
    office.pass_time(timedelta(seconds=2))
    office.work()
    assert office.row(queued).state is DeliveryState.FAILED


def test_a_redraw_whose_charts_are_refused_is_drawn_in_words(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(posts.RENDERERS, PostKind.DIGEST, _with_charts_where_they_are_drawn)  # type: ignore[arg-type]
    office.queue("digest:1")
    office.work()
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="digest:1")
    office.slack.fail(Permanent("invalid_blocks"))
    office.draw_all()
    office.draw_all()
    assert [text for _, text in office.slack.updates] == ["digest:1 in words"]


@pytest.mark.parametrize("code", ["msg_too_long", "invalid_blocks"])
def test_an_update_that_slack_does_not_take_is_given_up_and_told_to_an_admin_once(
    office: PostOffice, code: str
) -> None:
    refused(office, code)
    assert office.texts == ["prompt:1", f"unshown:prompt:{code}:2026-10-05:{office.admin_id}"]
    with office.runtime.read() as session:
        found = failures_since(session, NOW - timedelta(days=1))
        assert found.not_shown == (NotShown(PostKind.PROMPT, "Ada Obi", code, 1),)
        assert not found.is_empty
        assert failures_since(session, office.clock).is_empty


def test_what_slack_says_of_a_message_that_is_no_more_is_what_it_says_to_an_update() -> None:
    assert set(METHODS["chat.update"].errors) >= NO_MORE


@pytest.mark.parametrize("code", sorted(NO_MORE))
def test_a_message_that_is_no_more_is_nobodys_failure(office: PostOffice, code: str) -> None:
    refused(office, code)
    assert office.texts == ["prompt:1"]
    with office.runtime.read() as session:
        assert failures_since(session, NOW - timedelta(days=1)).is_empty


@pytest.mark.parametrize("code", ["external_channel_migrating", "update_failed"])
def test_an_update_that_slack_cannot_make_for_a_day_is_made_then(office: PostOffice, code: str) -> None:
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")
    for _ in range(24):
        office.slack.fail(sort_answer(SlackApiError("not now", {"ok": False, "error": code})))
        assert office.draw_all() == 1
        office.pass_time(timedelta(hours=1))
    assert office.slack.updates == []
    assert office.draw_all() == 1
    assert [text for _, text in office.slack.updates] == ["prompt:1"]
    assert office.draw_all() == 0
    office.work()
    assert office.texts == ["prompt:1"]


def refused(office: PostOffice, code: str) -> None:
    """A prompt that stands, and whose updates Slack refuses."""
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")
    for _ in range(redrawing.ATTEMPTS):
        office.slack.fail(Permanent(code))
        office.draw_all()
        office.pass_time(timedelta(minutes=10))
        office.slack.forget_failures()
    assert office.draw_all() == 0
    office.work()
