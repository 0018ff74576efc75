"""Messages that show state, on both engines: drawn anew after a change, one update at a time, never posted again."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from post_office import NOW, SETTLE, PostOffice, with_charts_where_they_are_drawn
from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.localslack.facts.methods import METHODS
from bot.services import outbox
from bot.services.agenda import next_due
from bot.services.failures import NO_MORE, NotShown, failures_since
from bot.slack_failures import Permanent, RetryLater, UnknownOutcome, sort_answer
from models import Delivery, DeliveryState, Hold, Message, PostKind, Workspace
from scheduler import delivery, pace, posts, redrawing
from scheduler.delivery import BATCH


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


def standing_message(office: PostOffice, *, changes: int) -> None:
    """A message that stands, and whose state has changed since."""
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    for _ in range(changes):
        change(office)


def reads_otherwise(office: PostOffice) -> None:
    """What stands is not what would be drawn any more."""
    with office.runtime.write() as session:
        session.execute(sa.update(Message).values(stands_as="something else"))


@pytest.fixture
def words(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a prompt says: the last of these."""
    said = ["1 of 2 answered"]
    monkeypatch.setitem(posts.RENDERERS, PostKind.PROMPT, lambda session, row, now: Post(said[-1]))
    return said


def test_what_reads_the_same_is_not_sent_again(office: PostOffice, words: list[str]) -> None:
    standing_message(office, changes=1)
    assert office.draw_all() == 0
    assert is_up_to_date(office)
    words.append("2 of 2 answered")
    change(office)
    assert office.draw_all() == 1
    for _ in range(3):
        change(office)
        assert office.draw_all() == 0
        assert is_up_to_date(office)
    assert [text for _, text in office.slack.updates] == ["2 of 2 answered"]


def test_where_nobody_knows_how_it_stands_it_is_sent_though_it_would_read_the_same(
    office: PostOffice, words: list[str]
) -> None:
    standing_message(office, changes=1)
    words.append("2 of 2 answered")
    office.slack.fail(UnknownOutcome("timeout"))
    assert office.draw_all() == 1
    # Taken back meanwhile: what was drawn last is what stood before.
    words.append("1 of 2 answered")
    change(office)
    office.pass_time(SETTLE)
    assert office.draw_all() == 1
    assert [text for _, text in office.slack.updates] == ["1 of 2 answered"]


def test_what_a_worker_of_the_version_before_has_drawn_since_is_drawn_back(
    office: PostOffice, words: list[str]
) -> None:
    """It raises the generation, and knows of no mark."""
    standing_message(office, changes=0)
    with office.runtime.write() as session:
        session.execute(sa.update(Message).values(generation=Message.generation + 1))
    change(office)
    assert office.draw_all() == 1


def test_what_was_overtaken_is_sent_once_more_though_it_would_read_the_same(
    office: PostOffice, words: list[str]
) -> None:
    standing_message(office, changes=1)
    words.append("2 of 2 answered")
    [old] = redrawing.claim(office.runtime, office.clock)
    words.append("1 of 2 answered")
    office.pass_time(delivery.LEASE + SETTLE)
    assert office.draw_all() == 1
    redrawing.finish(office.runtime, old, UnknownOutcome("timeout"), office.clock)
    assert office.draw_all() == 1
    assert [text for _, text in office.slack.updates] == ["1 of 2 answered"] * 2


def change(office: PostOffice) -> None:
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")


def is_up_to_date(office: PostOffice) -> bool:
    with office.runtime.read() as session:
        message = session.scalars(sa.select(Message)).one()
        return message.shown == message.wanted


def test_a_redraw_whose_charts_are_refused_is_drawn_in_words(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(posts.RENDERERS, PostKind.DIGEST, with_charts_where_they_are_drawn)  # type: ignore[arg-type]
    office.queue("digest:1")
    office.work()
    reads_otherwise(office)
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
