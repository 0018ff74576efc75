"""The threads that run the steps of delivery: the same steps, and what a worker left undone."""

from __future__ import annotations

import threading
from datetime import timedelta

from post_office import Alive, Dead, PostOffice

from bot.slack_failures import Permanent
from models import DeliveryState, PostKind
from scheduler import delivery
from scheduler.courier import Courier


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
