"""Posts into group messages, and the pace at which Slack lets conversations be opened."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from calls import MORNING, keys, set_scene, tell, the_escalation
from post_office import NOW, SETTLE, PostOffice, There
from queries import counted
from slack_double import SlackDouble

from bot.localslack.admission import SlackLimits
from bot.runtime import Runtime
from bot.services import escalation_ladder
from bot.services.agenda import next_due
from bot.services.conversations import with_people
from bot.services.failures import failures_since
from bot.settings import Settings
from bot.slack_failures import NotLetIn, Permanent, RetryLater, UnknownOutcome
from models import Conversation, DeliveryState, PostKind
from models.database import Database
from scheduler import delivery, pace, settling
from scheduler.workers import sign_on

# Seconds that a thread waits for the other.
PATIENCE_SECONDS = 10


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


@pytest.mark.parametrize("first", ["tick", "courier"])
def test_who_is_asked_in_the_moment_in_which_the_group_message_fails_is_asked_directly(
    database: Database, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    if database.is_sqlite:
        pytest.skip("there one comes after the other")
    slack = SlackDouble()
    with database.write() as session:
        scene = set_scene(session)
        scene.growth.channel_id = scene.product.channel_id = None
        session.flush()
        tell(session, MORNING.replace(hour=2), scene.key_result, by=scene.owner)
        at, lead_id = the_escalation(session).next_step_at, scene.lead.id
    assert at is not None
    runtime = Runtime(Settings(_env_file=None), database, slack, lambda: at, lambda: None)
    begun = delivery.begin_all(runtime, delivery.claim(runtime, sign_on(runtime, "here"), at), at)
    slack.not_opened = Permanent("missing_scope")
    outcomes = [(ready, delivery.send(runtime, ready)) for ready in begun]
    is_asked, has_failed, fail_followers = threading.Event(), threading.Event(), delivery.fail_followers

    def fail_and_wait(*given: Any) -> None:
        fail_followers(*given)
        has_failed.set()
        if first == "courier":
            is_asked.wait(1)

    monkeypatch.setattr(delivery, "fail_followers", fail_and_wait)

    def tick() -> None:
        if first == "courier":
            has_failed.wait(PATIENCE_SECONDS)
        with database.write() as session:
            escalation_ladder.step_due(session, at, 20)
            is_asked.set()
            if first == "tick":
                has_failed.wait(1)

    def courier() -> None:
        if first == "tick":
            is_asked.wait(PATIENCE_SECONDS)
        delivery.finish_all(runtime, outcomes, at)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(tick), pool.submit(courier)]:
            done.result()
    tick()  # what a tick passes over, because a courier holds it, is the next one's
    with database.read() as session:
        assert keys(session) == ["escalation:1", f"escalation:1:ask:{lead_id}"]


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
