"""How fast posts leave, by all workers of one database together: Slack's limits, its pauses, and the breaker."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from post_office import NOW, PostOffice

from bot.services import outbox
from bot.services.agenda import next_due
from bot.settings import Settings
from bot.slack_failures import NotLetIn, RetryLater, UnknownOutcome
from models import Hold, PostKind
from models.database import open_database
from scheduler import delivery, pace, redrawing


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
