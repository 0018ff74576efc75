"""A fault in one place stops nothing else: the database busy, a token revoked, a message that cannot be rendered."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from post_office import NOW, Alive, PostOffice
from sqlalchemy.orm import Session

from bot.blocks import notices
from bot.blocks.post import Post
from bot.runtime import Runtime
from bot.services import home_changes, installations, outbox, shared_channels
from bot.services.failures import NotShown, failures_since
from bot.services.refusals import Reason, Refused
from bot.slack_failures import NotLetIn, RetryLater
from handlers import boundary, members
from models import Delivery, DeliveryState, Home, Installation, InstallationState, Member, Message, PostKind, Workspace
from models.database import DatabaseBusy
from scheduler import delivery, posts, publishing, redrawing, settling, ticks
from scheduler.courier import Courier


def courier_of(office: PostOffice) -> Courier:
    return Courier(office.runtime, office.worker_id, office.everybody_else_lives, threading.Event())


@pytest.fixture
def courier(office: PostOffice) -> Iterator[Courier]:
    courier = courier_of(office)
    yield courier
    courier.stop()


def until_sent(office: PostOffice, *queued: int) -> None:
    """Wait for the courier; what never is sent shows as the states of those that were not."""
    for _ in range(400):
        if all(office.row(one).state is DeliveryState.SENT for one in queued):
            break
        threading.Event().wait(0.05)
        office.pass_time(timedelta(seconds=0.1))
    assert {one: office.row(one).state for one in queued} == dict.fromkeys(queued, DeliveryState.SENT)


def stumbles(monkeypatch: pytest.MonkeyPatch, step: str, *troubles: Exception, of: ModuleType = delivery) -> None:
    """A step fails as often, before it does its work."""
    work, left = getattr(of, step), iter(troubles)

    def sometimes(*given: object, **named: object) -> object:
        for trouble in left:
            raise trouble
        return work(*given, **named)

    monkeypatch.setattr(of, step, sometimes)


def test_an_outcome_is_kept_although_the_database_was_busy(
    office: PostOffice, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumbles(monkeypatch, "finish_all", DatabaseBusy("busy"), DatabaseBusy("busy"))
    queued = office.queue("digest:1")
    courier.start()
    until_sent(office, queued)
    assert office.texts == ["digest:1"]


def home_of(office: PostOffice) -> Home:
    with office.runtime.read() as session:
        return session.scalars(sa.select(Home)).one()


def somebody_opens_home(office: PostOffice) -> None:
    with office.runtime.write() as session:
        home_changes.opened(session, office.clock, session.get_one(Member, office.member_id))


def test_a_home_that_was_published_is_recorded_although_the_database_was_busy(
    office: PostOffice, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumbles(monkeypatch, "finish_all", DatabaseBusy("busy"), DatabaseBusy("busy"), of=publishing)
    somebody_opens_home(office)
    courier.start()
    for _ in range(400):
        if home_of(office).shown == home_of(office).wanted:
            break
        threading.Event().wait(0.05)
    assert (home_of(office).shown, home_of(office).leased_until) == (1, None)
    assert len(office.slack.homes) == 1


def test_a_home_that_is_on_its_way_as_the_courier_ends_is_recorded(
    office: PostOffice, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, leaves = publishing.publish, threading.Event()

    def slowly(*given: Any) -> object:
        leaves.set()
        threading.Event().wait(0.3)
        return publish(*given)

    monkeypatch.setattr(publishing, "publish", slowly)
    somebody_opens_home(office)
    courier.start()
    assert leaves.wait(20)
    courier.stop()
    assert (home_of(office).shown, home_of(office).leased_until) == (1, None)


def is_recorded_slowly(monkeypatch: pytest.MonkeyPatch, of: ModuleType) -> threading.Event:
    """What came of a request takes a while to be written down; set once that has begun."""
    finish_all, begun = of.finish_all, threading.Event()

    def slowly(*given: Any) -> None:
        begun.set()
        threading.Event().wait(0.3)
        finish_all(*given)

    monkeypatch.setattr(of, "finish_all", slowly)
    return begun


def test_what_came_of_a_post_is_recorded_before_the_courier_ends(
    office: PostOffice, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = is_recorded_slowly(monkeypatch, delivery)
    queued = office.queue("digest:1")
    courier.start()
    assert begun.wait(20)
    courier.stop()
    assert office.row(queued).state is DeliveryState.SENT


def test_what_came_of_an_update_is_recorded_before_the_courier_ends(
    office: PostOffice, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")
    begun = is_recorded_slowly(monkeypatch, redrawing)
    courier.start()
    assert begun.wait(20)
    courier.stop()
    with office.runtime.read() as session:
        message = session.scalars(sa.select(Message)).one()
    assert (message.shown, message.leased_until) == (message.wanted, None)


def test_a_claim_is_kept_although_the_database_was_busy(
    office: PostOffice, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumbles(monkeypatch, "begin_all", DatabaseBusy("busy"), DatabaseBusy("busy"))
    queued = [office.queue(f"digest:{number}", channel_id=f"C{number}") for number in range(3)]
    courier.start()
    until_sent(office, *queued)
    assert sorted(office.texts) == ["digest:0", "digest:1", "digest:2"]
    assert {office.row(one).generation for one in queued} == {1}, "claimed once"


@pytest.mark.parametrize("step", ["begin_all", "finish_all"])
def test_one_post_that_the_database_refuses_holds_up_no_other(
    office: PostOffice, courier: Courier, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    work, bad = getattr(delivery, step), office.queue("digest:bad", channel_id="C9")
    good = [office.queue(f"digest:{number}", channel_id=f"C{number}") for number in range(3)]

    def refuses(runtime: Runtime, these: Sequence[Any], now: datetime) -> object:
        claims = [one if isinstance(one, delivery.Claim) else one[0].claim for one in these]
        if bad in {claim.delivery_id for claim in claims}:
            raise sa.exc.DataError("refused", None, ValueError())
        return work(runtime, these, now)

    monkeypatch.setattr(delivery, step, refuses)
    courier.start()
    until_sent(office, *good)
    assert office.row(bad).state is not DeliveryState.SENT


def test_what_this_worker_lost_track_of_is_looked_up(office: PostOffice) -> None:
    queued = office.queue("digest:1")
    (claim,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    ready = delivery.begin(office.runtime, claim, office.clock)
    assert ready is not None
    delivery.send(office.runtime, ready)
    settling.adopt_own(office.runtime, office.worker_id, lambda *mark: mark == claim.mark, office.clock)
    assert office.row(queued).state is DeliveryState.SENDING, "a sender is still at it"
    settling.adopt_own(office.runtime, office.worker_id, lambda *_: False, office.clock)
    office.pass_time(timedelta(seconds=90))
    settling.settle(office.runtime)
    office.work()
    assert office.texts == ["digest:1"]
    assert office.row(queued).state is DeliveryState.SENT


def test_what_is_begun_or_finished_while_somebody_looks_for_the_lost_is_not_lost(office: PostOffice) -> None:
    office.queue("digest:1", channel_id="C1")
    office.queue("digest:2", channel_id="C2")
    claims = delivery.claim(office.runtime, office.worker_id, office.clock)
    in_hand = {claim.mark for claim in claims}
    first, second = (delivery.begin(office.runtime, claim, office.clock) for claim in claims)
    assert first is not None
    assert second is not None

    def is_in_hand(*mark: int) -> bool:
        # It was in `sending` when the look was taken, and is recorded by the time that it is asked about.
        if mark == first.claim.mark and mark in in_hand:
            delivery.finish(office.runtime, first, delivery.send(office.runtime, first), office.clock)
            in_hand.discard(mark)
        return mark in in_hand

    settling.adopt_own(office.runtime, office.worker_id, is_in_hand, office.clock)
    delivery.finish(office.runtime, second, delivery.send(office.runtime, second), office.clock)
    assert [office.row(one.delivery_id).state for one in claims] == [DeliveryState.SENT] * 2
    assert sorted(office.texts) == ["digest:1", "digest:2"]


def test_a_claim_is_told_from_an_older_one_of_the_same_delivery(office: PostOffice) -> None:
    office.queue("digest:1")
    (older,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    office.pass_time(delivery.LEASE)
    (newer,) = delivery.claim(office.runtime, office.worker_id, office.clock)
    assert older.delivery_id == newer.delivery_id
    assert older.mark != newer.mark


class Cut(Alive):
    """The lock cannot be taken again: the server still holds it for the connection that was cut."""

    def keep(self) -> None:
        raise sa.exc.OperationalError("lock timeout", None, Exception())


def lost_of(office: PostOffice) -> int:
    """A post of unknown fate, due to be looked up."""
    queued = office.queue("digest:1")
    with office.runtime.write() as session:
        row = session.get_one(Delivery, queued)
        row.state, row.attempted_at = DeliveryState.UNKNOWN, office.clock
    return queued


def test_what_is_uncertain_is_looked_up_although_the_lock_cannot_be_taken_again(office: PostOffice) -> None:
    queued = lost_of(office)
    Courier(office.runtime, office.worker_id, Cut(), threading.Event()).tidy(office.clock)
    assert office.row(queued).state is DeliveryState.QUEUED


def test_a_courier_that_is_to_leave_looks_nothing_up(office: PostOffice) -> None:
    queued = lost_of(office)
    leaving = courier_of(office)
    leaving.leave()
    leaving.tidy(office.clock)
    assert office.row(queued).state is DeliveryState.UNKNOWN


def test_an_update_that_waited_while_the_database_was_away_is_tried_again_soon(
    office: PostOffice, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumbles(monkeypatch, "draw", sa.exc.OperationalError("away", None, Exception()), of=redrawing)
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")
    courier.start()
    for _ in range(400):
        if office.slack.updates:
            break
        office.pass_time(timedelta(seconds=0.1))
        threading.Event().wait(0.05)
    assert len(office.slack.updates) == 1
    assert office.clock - NOW < delivery.LEASE


def test_a_fault_in_the_courier_does_not_end_it(
    office: PostOffice, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumbles(monkeypatch, "claim", KeyError("a fault of ours"))
    queued = office.queue("digest:1")
    courier.start()
    until_sent(office, queued)
    assert office.texts == ["digest:1"]


def test_a_message_that_cannot_be_rendered_waits_alone_and_is_told_to_an_admin(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(session: Session, row: Delivery, now: datetime) -> Post:
        if row.key == "digest:bad":
            raise KeyError("a fault of ours")
        return Post(row.key)

    monkeypatch.setattr(posts, "RENDERERS", dict.fromkeys(PostKind, render))
    bad = office.queue("digest:bad", channel_id="C1")
    office.queue("digest:good", channel_id="C2")
    for _ in range(10):
        office.work()
        office.pass_time(timedelta(minutes=10))
    assert office.row(bad).state is DeliveryState.FAILED
    assert office.texts == ["digest:good", f"failure:to:C1:not_rendered: KeyError:2026-10-05:{office.admin_id}"]


def test_a_message_whose_subject_may_not_be_answered_any_more_holds_up_no_other(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def render(session: Session, row: Delivery, now: datetime) -> Post:
        if row.state is DeliveryState.SENT:
            drawn.append(row.key)
            if row.key == "prompt:1":
                raise Refused(Reason.DIGEST_OUT)
            return Post("anew")
        return Post(row.key)

    monkeypatch.setattr(posts, "RENDERERS", dict.fromkeys(PostKind, render))
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.queue("digest:2", channel_id="C2")
    office.work()
    with office.runtime.write() as session:
        for key in ("prompt:1", "digest:2"):
            outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key=key)
    office.draw_all()
    assert sorted(drawn) == ["digest:2", "prompt:1"]


def test_a_message_that_cannot_be_drawn_anew_is_told_to_an_admin_and_drawn_once_it_can_be(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = True

    def render(session: Session, row: Delivery, now: datetime) -> Post:
        if faulty and row.key == "prompt:1" and row.state is DeliveryState.SENT:
            raise KeyError("a fault of ours")
        return Post(row.key)

    monkeypatch.setattr(posts, "RENDERERS", dict.fromkeys(PostKind, render))
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")
    for _ in range(10):
        office.draw_all()
        office.work()
        office.pass_time(timedelta(minutes=10))
    noor = office.admin_id
    assert office.texts == ["prompt:1", f"unshown:prompt:not_rendered: KeyError:2026-10-05:{noor}"]
    with office.runtime.read() as session:
        (found,) = failures_since(session, office.clock).not_shown
    assert found == NotShown(PostKind.PROMPT, "Ada Obi", "not_rendered: KeyError", 1)
    faulty = False
    office.draw_all()
    with office.runtime.read() as session:
        assert failures_since(session, office.clock).is_empty


def test_what_was_sent_often_is_not_given_up_when_it_cannot_be_rendered_once(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = office.queue("digest:1")
    for _ in range(6):
        office.slack.fail(RetryLater("unreachable"))
        office.work()
        office.pass_time(timedelta(minutes=10))
    faults = iter([KeyError("a fault of ours")])

    def render(session: Session, row: Delivery, now: datetime) -> Post:
        for fault in faults:
            raise fault
        return Post(row.key)

    monkeypatch.setattr(posts, "RENDERERS", dict.fromkeys(PostKind, render))
    for _ in range(2):
        office.work()
        office.pass_time(timedelta(minutes=10))
    assert office.row(queued).state is DeliveryState.SENT


def test_a_drawing_that_cannot_be_rendered_stops_no_other(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    office.queue("prompt:bad", kind=PostKind.PROMPT, member_id=office.member_id)
    office.queue("prompt:good", kind=PostKind.PROMPT, channel_id="C2")
    office.work()

    def render(session: Session, row: Delivery, now: datetime) -> Post:
        if row.key == "prompt:bad":
            raise LookupError("a fault of ours")
        return Post(row.key)

    monkeypatch.setattr(posts, "RENDERERS", dict.fromkeys(PostKind, render))
    with office.runtime.write() as session:
        for key in ("prompt:bad", "prompt:good"):
            outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key=key)
    office.draw_all()
    assert [text for _, text in office.slack.updates] == ["prompt:good"]


def test_a_token_that_is_refused_costs_no_message(office: PostOffice) -> None:
    office.slack.fail(NotLetIn("token_revoked"))
    queued = office.queue("digest:1")
    office.queue("digest:2", channel_id="C2")
    office.work()
    office.pass_time(timedelta(minutes=4))
    office.work()
    assert office.row(queued).state is DeliveryState.QUEUED
    office.pass_time(timedelta(minutes=1))
    office.work()
    assert sorted(office.texts) == ["digest:1", "digest:2"]


def test_direct_messages_wait_for_the_messages_tab_and_channels_go_on(office: PostOffice) -> None:
    office.slack.fail(NotLetIn("messages_tab_disabled"))
    direct = office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    office.queue("digest:1")
    office.pass_time(timedelta(minutes=4))
    office.work()
    assert office.texts == ["digest:1"]
    with office.runtime.read() as session:
        found = failures_since(session, NOW)
        assert (found.kept, found.undelivered) == (1, ())
    office.pass_time(timedelta(minutes=1))
    office.work()
    assert office.row(direct).state is DeliveryState.SENT
    with office.runtime.read() as session:
        assert failures_since(session, NOW).is_empty


def test_a_direct_message_that_waits_for_the_morning_does_not_ask_for_the_messages_tab(office: PostOffice) -> None:
    evening = NOW.replace(hour=16, minute=58)
    office.clock = evening
    office.slack.fail(NotLetIn("messages_tab_disabled"))
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    office.pass_time(timedelta(minutes=6))  # the working day is over
    office.work()
    assert office.texts == []
    with office.runtime.read() as session:
        assert failures_since(session, evening).kept == 0


def test_a_token_that_is_refused_gives_no_message_up(office: PostOffice) -> None:
    office.queue("prompt:1", kind=PostKind.PROMPT, member_id=office.member_id)
    office.work()
    with office.runtime.write() as session:
        outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key="prompt:1")
    office.slack.fail(NotLetIn("invalid_auth"))
    office.draw_all()
    with office.runtime.read() as session:
        assert session.scalars(sa.select(Message.gone_at)).all() == [None]
    office.pass_time(timedelta(minutes=5))
    assert office.draw_all() == 1
    assert len(office.slack.updates) == 1


def test_nothing_is_posted_where_okra_was_removed(office: PostOffice) -> None:
    with office.runtime.write() as session:
        removed = Installation(slack_team_id="T0TEST", state=InstallationState.UNINSTALLED, installed_at=office.clock)
        session.add(removed)
        session.flush()
        session.get_one(Workspace, office.workspace_id).installation_id = removed.id
    queued = office.queue("digest:1")
    office.work()
    assert office.texts == []
    assert office.row(queued).state is DeliveryState.QUEUED


def test_what_changes_in_a_channel_that_others_read_is_withheld_until_they_read_it_no_more(office: PostOffice) -> None:
    for key, place in (("digest:1", "C0LEADS"), ("digest:2", "C0OTHER"), ("digest:0", "C0LEADS")):
        office.queue(key, channel_id=place)
        office.work()
        office.pass_time(timedelta(days=1 if key == "digest:2" else 2))

    def learn(*shared: str) -> None:
        with office.runtime.write() as session:
            shared_channels.learn(session, office.clock, office.workspace_id, shared)

    def drawn() -> list[str]:
        office.slack.updates.clear()
        office.draw_all()
        return sorted(text for _, text in office.slack.updates)

    learn("C0LEADS")
    assert drawn() == []
    with office.runtime.write() as session:
        for key in ("digest:1", "digest:2"):
            outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key=key)
    assert drawn() == ["digest:2", notices.withheld().text]
    office.pass_time(timedelta(days=3))
    learn("C0LEADS")
    assert drawn() == []
    learn()
    # What was said before and did not change stands there as it was.
    assert drawn() == ["digest:1"]


FAREWELLS = {
    "tokens_revoked": (members.revoked, {"type": "tokens_revoked", "tokens": {"bot": ["U0OKRA"]}}),
    "app_uninstalled": (members.uninstalled, {"type": "app_uninstalled"}),
}


def starts(office: PostOffice) -> None:
    with office.runtime.write() as session:
        installations.connect(
            session,
            office.clock,
            slack_team_id="T0TEST",
            team_name="Test Works",
            enterprise_id=None,
            bot_id="B1",
            bot_user_id="U0OKRA",
            scopes=["chat:write"],
            time_zone="UTC",
        )


def hears(office: PostOffice, farewell: str, at: datetime) -> None:
    handler, happened = FAREWELLS[farewell]
    told = {"team_id": "T0TEST", "event_id": "Ev1", "event": happened, "event_time": int(at.timestamp())}
    boundary.hear(office.runtime, handler, told)


@pytest.mark.parametrize("farewell", FAREWELLS)
def test_a_farewell_that_comes_after_the_new_token_silences_nothing(office: PostOffice, farewell: str) -> None:
    starts(office)
    office.pass_time(timedelta(hours=1))
    gone_at = office.clock  # and nobody was there to hear of it
    office.pass_time(timedelta(minutes=3))
    starts(office)
    office.pass_time(timedelta(minutes=2))
    hears(office, farewell, gone_at)
    queued = office.queue("digest:1")
    office.work()
    assert office.row(queued).state is DeliveryState.SENT


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=2)], ids=["in the same second", "later"])
@pytest.mark.parametrize("farewell", FAREWELLS)
def test_a_farewell_to_the_token_of_now_is_heard(office: PostOffice, farewell: str, later: timedelta) -> None:
    office.clock += timedelta(milliseconds=500)
    starts(office)
    office.pass_time(later)
    hears(office, farewell, office.clock)
    queued = office.queue("digest:1")
    office.work()
    assert office.row(queued).state is DeliveryState.QUEUED
    starts(office)
    office.work()
    assert office.row(queued).state is DeliveryState.SENT


def test_a_reply_that_was_queued_as_its_root_failed_does_not_wait_for_ever(office: PostOffice) -> None:
    root = office.queue("escalation:1", kind=PostKind.ESCALATION)
    reply = office.queue("escalation:1:event:1", kind=PostKind.ESCALATION_REPLY, follows_id=root)
    with office.runtime.write() as session:
        session.get_one(Delivery, root).state = DeliveryState.FAILED
    settling.fail_followers_of_lost_roots(office.runtime, office.clock)
    assert office.row(reply).state is DeliveryState.FAILED


def test_a_drawing_that_somebody_waits_for_goes_before_a_thousand_others(office: PostOffice) -> None:
    for number in range(12):
        office.queue(f"prompt:{number}", kind=PostKind.PROMPT, channel_id=f"C{number}", bulk=True)
    office.queue("escalation:1", kind=PostKind.ESCALATION, channel_id="C99")
    for _ in range(8):
        office.work()
        office.pass_time(timedelta(seconds=1))
    with office.runtime.write() as session:
        for key in [*(f"prompt:{number}" for number in range(12)), "escalation:1"]:
            outbox.redraw(session, office.clock, workspace_id=office.workspace_id, key=key)
    office.draw_all()
    assert office.slack.updates[0][1] == "escalation:1"


def test_a_step_that_stumbles_stops_no_other(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def stumbles(session: Session, now: datetime, limit: int) -> int:
        raise ValueError("a fault of ours")

    def goes_on(session: Session, now: datetime, limit: int) -> int:
        done.append("digest")
        return 0

    always = lambda _planned: office.clock  # noqa: E731 - both have work
    monkeypatch.setattr(ticks, "STEPS", (ticks.Step(stumbles, 10, always), ticks.Step(goes_on, 10, always)))
    ticks.tick(office.runtime, office.worker_id, office.clock)
    assert done == ["digest"]


def test_an_idle_courier_writes_nothing(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_now(*given: object, **named: object) -> None:
        raise AssertionError("a transaction to write, with nothing to do")

    monkeypatch.setattr(delivery, "claim", not_now)
    monkeypatch.setattr(redrawing, "claim", not_now)
    monkeypatch.setattr(publishing, "claim", not_now)
    courier = courier_of(office)
    assert courier.look() is False
    courier._senders.shutdown()
