"""What could not be posted in a team's channel comes once the team has one that takes it: once, and as things stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, Scene, decide, set_scene, tell, the_escalation
from company import MONDAY
from press import DigestPress
from slack_double import Entry, SlackDouble
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.domain.cadence import period
from bot.runtime import Runtime
from bot.services import escalation, failures, help_wanted, rehoming, shared_channels, teams
from bot.services.access import Caller
from bot.services.blocking import BlockedBy
from bot.services.failures import NO_READER, SHARED_OUTSIDE
from bot.settings import Settings
from bot.slack import Channel, Posted
from bot.slack_failures import Permanent, UnknownOutcome
from models import Delivery, DeliveryState, EscalationEvent, Member, PostKind, Team
from models.database import Database
from scheduler import delivery, members, redrawing, settling
from scheduler.workers import sign_on

OLD, NEW, ABOVE = "C0GROWTH", "C0NEW", "C0PRODUCT"
PRODUCT = Channel(ABOVE, "product", is_member=True, is_shared_outside=False)


@dataclass
class Closable(SlackDouble):
    """A Slack that refuses what is posted in some channels, for a reason."""

    closed: dict[str, str] = field(default_factory=dict)

    def post(self, workspace_id: int, *, to: str, body: Post, opaque_id: str, thread_ts: str | None = None) -> Posted:
        if to in self.closed:
            raise Permanent(self.closed[to])
        return super().post(workspace_id, to=to, body=body, opaque_id=opaque_id, thread_ts=thread_ts)


class Growth:
    """The scene of `calls.py` with an admin in it, a Slack, and a worker turned by hand. Growth's channel is
    archived."""

    def __init__(self, database: Database) -> None:
        self.slack = Closable(closed={OLD: "is_archived"})
        self.clock = MORNING
        settings = Settings(_env_file=None, posts_per_minute=0)
        self.runtime = Runtime(settings, database, self.slack, lambda: self.clock, lambda: None)
        with self.runtime.write() as session:
            scene = set_scene(session)
            self.admin_id = scene.company.person("Noor Admin", admin=True, zone="Europe/London").id
            self.workspace_id, self.ids = (
                scene.company.workspace.id,
                {
                    "growth": scene.growth.id,
                    "product": scene.product.id,
                    "owner": scene.owner.id,
                    "lead": scene.lead.id,
                },
            )
            self.scene = scene
        self.worker_id = sign_on(self.runtime, "here")

    @contextmanager
    def act(self) -> Iterator[tuple[Session, Scene]]:
        """Somebody does something, in one transaction."""
        with self.runtime.write() as session:
            for one in vars(self.scene).values():
                if one is not self.scene.company:
                    session.add(one)
            self.scene.company.session = session
            yield session, self.scene
        self.work()

    def red(self, at: datetime = MORNING) -> None:
        """Mere checks in red, in the week of that instant."""
        self.clock = at
        weeks = (at.date() - MONDAY).days // 7
        with self.act() as (session, scene):
            tell(session, at, scene.key_result, by=scene.owner, period=MONDAY + weeks * WEEK)

    def take(self) -> None:
        """Tama takes it."""
        with self.act() as (session, scene):
            escalation.take(session, self.clock, caller=scene.company.caller(scene.lead), escalation_id=1)

    def name(self, channel: str, *, team: str = "growth", escalations: str | None = None) -> None:
        """An admin names the team's channel; Okra may post there."""
        with self.act() as (session, _):
            of = session.get_one(Team, self.ids[team])
            teams.switch_on(
                session, self.clock, caller=None, team=of, channel_id=channel, escalation_channel_id=escalations
            )

    def work(self) -> None:
        """Post and draw all that is due, and what follows that."""
        settling.fail_followers_of_lost_roots(self.runtime, self.clock)
        while claims := delivery.claim(self.runtime, self.worker_id, self.clock):
            for claim in claims:
                ready = delivery.begin(self.runtime, claim, self.clock)
                if ready is not None:
                    delivery.finish(self.runtime, ready, delivery.send(self.runtime, ready), self.clock)
            self.clock += timedelta(seconds=2)
        for drawing in redrawing.claim(self.runtime, self.clock):
            redrawing.finish(self.runtime, drawing, redrawing.draw(self.runtime, drawing), self.clock)

    def look_at(self, *channels: Channel) -> None:
        """Okra looks at its channels, as it does once a day."""
        self.slack.channels = lambda workspace_id: iter(channels)  # type: ignore[method-assign]
        members._look_at_channels(self.runtime, self.workspace_id)
        self.work()

    def said_in(self, channel: str) -> list[Entry]:
        return [one for one in self.slack.entries if one.channel == channel]

    def notices(self) -> list[str]:
        return [one.text for one in self.slack.entries if "could not be delivered" in one.text]

    def undelivered(self) -> list[tuple[PostKind, str]]:
        with self.runtime.read() as session:
            found = failures.view(session, Caller(self.workspace_id, self.admin_id), self.clock)
            return [(one.kind, one.code) for one in found.undelivered]

    def root(self) -> Delivery:
        with self.runtime.read() as session:
            return session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.ESCALATION)).one()


@pytest.fixture
def growth(database: Database) -> Growth:
    return Growth(database)


def test_a_thread_comes_with_all_that_happened_once_the_team_has_another_channel(growth: Growth) -> None:
    growth.red()
    growth.take()
    growth.red(MORNING + WEEK)
    assert growth.said_in(OLD) == []
    assert len(growth.notices()) == 1
    assert growth.undelivered() == [(PostKind.ESCALATION, "is_archived")]
    growth.clock += WEEK
    growth.name(NEW)
    first, *replies = growth.said_in(NEW)
    assert first.thread_ts is None
    assert "Tama Reid is on it" in first.text
    assert {one.thread_ts for one in replies} == {first.ts}
    assert [one.text for one in replies] == [
        "Tama Reid has taken this.",
        "KR-1 🔴 red again in the week of 12 Oct · 0.3, as last week",
    ]
    assert growth.undelivered() == []
    growth.name(NEW)
    growth.name("C0THIRD")
    assert len(growth.said_in(NEW)) == 3
    assert growth.said_in("C0THIRD") == []
    assert len(growth.notices()) == 1


def test_who_was_asked_directly_is_led_to_the_thread_once_it_stands(growth: Growth) -> None:
    growth.red()
    growth.slack.updates.clear()
    growth.name(NEW)
    first = growth.said_in(NEW)[0]
    asked = next(one for one in growth.slack.entries if one.channel == "D0TAMAREID")
    assert asked.ts in [ts for ts, _ in growth.slack.updates]
    with growth.runtime.read() as session:
        assert growth.root().posted_ts == first.ts
        assert the_escalation(session).team_id == growth.ids["growth"]


def test_what_happens_after_it_came_is_said_beneath_it_once(growth: Growth) -> None:
    growth.red()
    growth.name(NEW)
    growth.take()
    assert [one.text for one in growth.said_in(NEW)][1:] == ["Tama Reid has taken this."]


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "channel_not_found", "restricted_action_read_only"])
def test_the_same_channel_named_again_once_it_takes_messages_is_enough(growth: Growth, code: str) -> None:
    growth.slack.closed[OLD] = code
    growth.red()
    growth.slack.closed.clear()
    growth.name(OLD)
    assert len(growth.said_in(OLD)) == 1


def test_a_new_channel_that_refuses_as_well_is_told_and_the_next_one_has_the_thread(growth: Growth) -> None:
    growth.slack.closed[NEW] = "not_in_channel"
    growth.red()
    growth.name(NEW)
    assert growth.undelivered() == [(PostKind.ESCALATION, "not_in_channel")]
    assert len(growth.notices()) == 2
    growth.name("C0THIRD")
    assert len(growth.said_in("C0THIRD")) == 1


def test_what_is_decided_or_resolved_meanwhile_is_not_posted(growth: Growth) -> None:
    growth.red()
    with growth.act() as (session, scene):
        decide(session, scene, scene.lead)
    growth.name(NEW)
    assert growth.said_in(NEW) == []
    with growth.act() as (session, scene):
        escalation.resolve(session, growth.clock, caller=scene.company.caller(scene.lead), escalation_id=1)
    growth.name("C0THIRD")
    assert growth.said_in("C0THIRD") == []
    assert growth.undelivered() == [(PostKind.ESCALATION, "is_archived")]


def test_the_team_above_that_holds_the_threads_of_a_team_without_a_channel_brings_them_too(growth: Growth) -> None:
    growth.slack.closed[ABOVE] = "is_archived"
    with growth.act() as (_, scene):
        scene.growth.channel_id = None
    growth.red()
    assert growth.root().channel_id == ABOVE
    growth.name(NEW, team="product")
    assert len(growth.said_in(NEW)) == 1


def test_a_team_that_gets_a_channel_of_its_own_has_its_thread_from_the_one_above(growth: Growth) -> None:
    growth.slack.closed[ABOVE] = "is_archived"
    with growth.act() as (_, scene):
        scene.growth.channel_id = None
    growth.red()
    growth.name(NEW)
    assert len(growth.said_in(NEW)) == 1
    with growth.runtime.read() as session:
        assert the_escalation(session).team_id == growth.ids["growth"]


def test_the_thread_of_another_team_stays_where_it_failed(growth: Growth) -> None:
    growth.red()
    growth.name(NEW, team="product")
    assert growth.said_in(NEW) == []
    assert growth.root().state is DeliveryState.FAILED


def test_a_thread_goes_where_requests_for_help_are_discussed(growth: Growth) -> None:
    growth.red()
    growth.name("C0READS", escalations=NEW)
    assert len(growth.said_in(NEW)) == 1
    assert growth.said_in("C0READS") == []


def test_a_thread_that_stands_stays_in_its_channel(growth: Growth) -> None:
    growth.slack.closed.clear()
    growth.red()
    growth.slack.closed[OLD] = "is_archived"
    growth.take()
    growth.name(NEW)
    assert growth.said_in(NEW) == []
    assert len(growth.said_in(OLD)) == 1


def test_what_may_stand_in_the_old_channel_is_not_said_in_another(growth: Growth) -> None:
    """Nobody knows what came of it, and the channel cannot be read any more."""
    growth.slack.closed.clear()
    growth.slack.fail(UnknownOutcome("timeout"), effect=True)
    growth.slack.unreadable = True
    growth.red()
    growth.clock += timedelta(minutes=5)
    settling.settle(growth.runtime)
    assert growth.root().state is DeliveryState.FAILED
    growth.name(NEW)
    assert growth.said_in(NEW) == []
    with growth.act() as (session, scene):
        # Something else failed there because the channel was archived.
        scene.growth.channel_id = OLD
        other = Delivery(
            workspace_id=growth.workspace_id, key="digest", kind=PostKind.DIGEST, channel_id=OLD, opaque_id="digest",
            state=DeliveryState.FAILED, error="is_archived", not_before=growth.clock, created_at=growth.clock,
        )  # fmt: skip
        session.add(other)
    growth.look_at(Channel(OLD, "growth", is_member=True, is_shared_outside=False))
    assert growth.root().state is DeliveryState.FAILED


def test_a_worker_that_comes_late_changes_nothing_of_the_new_attempt(growth: Growth) -> None:
    with growth.runtime.write() as session:
        scene = growth.scene
        for one in vars(scene).values():
            if one is not scene.company:
                session.add(one)
        tell(session, MORNING, scene.key_result, by=scene.owner)
    by_root = {growth.root().id}
    claims = [one for one in delivery.claim(growth.runtime, growth.worker_id, MORNING) if one.delivery_id in by_root]
    (late,) = delivery.begin_all(growth.runtime, claims, MORNING)
    delivery.finish(growth.runtime, late, Permanent("is_archived"), MORNING)
    growth.name(NEW)
    stands = growth.root()
    assert (stands.state, stands.posted_channel) == (DeliveryState.SENT, NEW)
    assert stands.opaque_id != late.opaque_id
    delivery.finish(growth.runtime, late, Permanent("is_archived"), growth.clock)
    assert growth.root().state is DeliveryState.SENT


@pytest.mark.parametrize(("channel", "is_copied"), [(OLD, True), (NEW, False)])
def test_a_message_that_was_copied_for_one_channels_readers_is_not_said_in_another(
    growth: Growth, channel: str, *, is_copied: bool
) -> None:
    with growth.act() as (session, scene):
        caller, number = scene.company.caller(scene.lead), scene.key_result.id
        help_wanted.ask(
            session, growth.clock, caller=caller, key_result_id=number, stuck="HR", need="time",
            by=BlockedBy(words="HR"),
        )  # fmt: skip
        event = session.scalars(sa.select(EscalationEvent).order_by(EscalationEvent.id.desc())).first()
        assert event is not None
        asked = EscalationEvent(
            workspace_id=event.workspace_id, escalation_id=event.escalation_id, kind=event.kind.HELP_ASKED,
            actor_id=scene.lead.id, words="HR", link="https://example.test/p1", quote="they said so", at=growth.clock,
        )  # fmt: skip
        session.add(asked)
    growth.slack.closed.clear()
    posts: list[str] = []
    remember = growth.slack.post

    def post(workspace_id: int, *, to: str, body: Post, opaque_id: str, thread_ts: str | None = None) -> Posted:
        posts.append(f"{to} {body.blocks}")
        return remember(workspace_id, to=to, body=body, opaque_id=opaque_id, thread_ts=thread_ts)

    growth.slack.post = post  # type: ignore[method-assign]
    growth.name(channel)
    in_thread = [one for one in posts if one.startswith(channel)][1:]
    assert len(in_thread) == 1
    assert ("they said so" in in_thread[0]) is is_copied
    with growth.runtime.read() as session:
        assert session.scalars(sa.select(EscalationEvent.quote)).all() == [None, None]


def test_an_admin_is_not_told_of_what_is_on_its_way_again(growth: Growth) -> None:
    growth.red()
    with growth.runtime.write() as session:
        row = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.ADMIN_NOTICE)).one()
        root = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.ESCALATION)).one()
        assert failures.post(session, row, growth.clock) is not None
        root.state = DeliveryState.QUEUED
        assert failures.post(session, row, growth.clock) is None


def test_replies_are_not_failed_for_a_root_that_is_queued_again_at_this_moment(
    growth: Growth, monkeypatch: pytest.MonkeyPatch
) -> None:
    growth.red()
    with growth.runtime.write() as session:
        # It was queued in the moment in which its root failed.
        root = growth.root()
        event = session.scalars(sa.select(EscalationEvent)).one()
        reply = Delivery(
            workspace_id=root.workspace_id, key="escalation:1:event:9", kind=PostKind.ESCALATION_REPLY, channel_id=OLD,
            escalation_id=1, escalation_event_id=event.id, follows_id=root.id, opaque_id="9", not_before=growth.clock,
            created_at=growth.clock,
        )  # fmt: skip
        session.add(reply)
    write = Runtime.write

    def after_an_admin(runtime: Runtime) -> object:
        monkeypatch.setattr(Runtime, "write", write)
        with runtime.write() as session:
            team = session.get_one(Team, growth.ids["growth"])
            teams.switch_on(session, growth.clock, caller=None, team=team, channel_id=NEW)
        return runtime.write()

    monkeypatch.setattr(Runtime, "write", after_an_admin)
    settling.fail_followers_of_lost_roots(growth.runtime, growth.clock)
    with growth.runtime.read() as session:
        states = session.scalars(sa.select(Delivery.state).where(Delivery.channel_id.in_([OLD, NEW]))).all()
    assert states == [DeliveryState.QUEUED, DeliveryState.QUEUED]


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "channel_not_found"])
def test_a_channel_in_which_okra_is_again_has_its_thread_at_the_next_look(growth: Growth, code: str) -> None:
    growth.slack.closed[OLD] = code
    growth.red()
    growth.look_at(Channel(OLD, "growth", is_member=False, is_shared_outside=False), PRODUCT)
    growth.look_at(Channel(OLD, "growth", is_member=True, is_shared_outside=True), PRODUCT)
    assert growth.root().generation == 1
    growth.slack.closed.clear()
    for _ in range(2):
        growth.look_at(Channel(OLD, "growth", is_member=True, is_shared_outside=False), PRODUCT)
    assert len(growth.said_in(OLD)) == 1


def test_a_channel_that_takes_no_messages_of_apps_is_not_tried_at_each_look(growth: Growth) -> None:
    growth.slack.closed[OLD] = "restricted_action"
    growth.red()
    growth.look_at(Channel(OLD, "growth", is_member=True, is_shared_outside=False))
    assert growth.root().generation == 1


# The digest

FIRST = period(date(2026, 6, 1))
WEDNESDAY_AT_TEN = datetime.combine(FIRST + timedelta(days=2), time(9), UTC)
A_WHILE = timedelta(minutes=30)


@dataclass
class Works:
    """A company and a team beneath it, in the afternoon after their first digest, which the team's channel refused."""

    press: DigestPress
    company: Team
    team: Team

    def name(self, channel: str) -> None:
        """An admin names the team's channel."""
        with self.press.database.write() as session:
            team = session.get_one(Team, self.team.id)
            teams.switch_on(session, self.press.clock, caller=None, team=team, channel_id=channel)
        self.press.live(self.press.clock + A_WHILE)

    def said_in(self, channel: str) -> list[str]:
        """Each message by its first line, indented in a thread."""
        copies = [one for one in self.press.slack.copies if one.channel == channel]
        return ["  " * (one.thread_ts is not None) + one.said.splitlines()[0] for one in copies]

    def undelivered(self) -> list[tuple[PostKind, str]]:
        with self.press.database.read() as session:
            found = failures.failures_of(session, self.press.clock).undelivered
            return [(one.kind, one.code) for one in found]


@pytest.fixture
def works(database: Database) -> Works:
    press = DigestPress(database, datetime.combine(FIRST, time(0), UTC))
    works = Works(press, *press.workspace("WORKS", "Europe/London", first=FIRST))
    press.slack.refusals["C0WORKSTEAM"] = Permanent("is_archived")
    press.live(WEDNESDAY_AT_TEN + 6 * A_WHILE)
    return works


def test_the_digest_comes_with_its_details_once_the_team_has_another_channel_and_says_that_it_is_late(
    works: Works,
) -> None:
    assert {kind for kind, _ in works.undelivered()} == {PostKind.DIGEST, PostKind.DIGEST_DETAILS}
    works.press.slack.redrawn.clear()
    works.name("C0NEW")
    digest, details = works.said_in("C0NEW")
    assert digest.startswith("Growth, week of 1 Jun")
    assert details.startswith("  ")
    assert "This comes late: it was due 10:00" in works.press.slack.digests("C0NEW")[0].said
    assert works.undelivered() == []
    # What stands in the company's thread leads into it from now on.
    assert [one for one in works.press.slack.redrawn.values() if "archives/C0NEW" in one]
    works.name("C0NEW")
    works.name("C0THIRD")
    assert len(works.said_in("C0NEW")) == 2
    assert works.said_in("C0THIRD") == []


def test_a_digest_whose_next_one_is_due_does_not_come_any_more(works: Works) -> None:
    works.press.clock = WEDNESDAY_AT_TEN + WEEK - A_WHILE
    with works.press.database.write() as session:
        session.get_one(Team, works.team.id).next_digest_at = WEDNESDAY_AT_TEN + 2 * WEEK
    works.press.clock = WEDNESDAY_AT_TEN + WEEK
    works.name("C0NEW")
    assert works.said_in("C0NEW") == []


def test_a_digest_that_was_stopped_meanwhile_does_not_come(works: Works) -> None:
    with works.press.database.write() as session:
        session.get_one(Team, works.team.id).digest_stopped_at = works.press.clock
    works.name("C0NEW")
    assert works.said_in("C0NEW") == []


def test_the_digest_that_nobody_was_there_to_read_comes_to_the_channel_that_the_team_gets(works: Works) -> None:
    press = works.press
    with press.database.write() as session:
        lead = Member(
            workspace_id=works.team.workspace_id, slack_user_id="U0TAMA", name="Tama", time_zone="Europe/London",
            created_at=press.clock,
        )  # fmt: skip
        session.add(lead)
        session.flush()
        team = session.get_one(Team, works.team.id)
        team.channel_id, team.lead_id, lead.deactivated_at = None, lead.id, press.clock
    press.live(WEDNESDAY_AT_TEN + WEEK + A_WHILE)
    assert (PostKind.DIGEST, NO_READER) in works.undelivered()
    works.name("C0NEW")
    assert [one[:25] for one in works.said_in("C0NEW")] == ["Growth, week of 8 Jun: no", "  The key result of Growt"]


def test_a_shared_channel_has_its_digest_once_it_is_shared_no_more(works: Works) -> None:
    press, here = works.press, works.team.workspace_id
    press.slack.refusals.clear()
    with press.database.write() as session:
        shared_channels.learn(session, press.clock, here, ["C0WORKSTEAM"])
    press.live(WEDNESDAY_AT_TEN + WEEK + A_WHILE)
    assert (PostKind.DIGEST, SHARED_OUTSIDE) in works.undelivered()
    for _ in range(2):
        with press.database.write() as session:
            rehoming.bring_back_to(session, press.clock, here, {"C0WORKSTEAM"})
            shared_channels.learn(session, press.clock, here, ())
        press.live(press.clock + A_WHILE)
    assert [one[:21] for one in works.said_in("C0WORKSTEAM")] == ["Growth, week of 8 Jun", "  The key result of G"]


def test_what_was_over_meanwhile_and_is_asked_again_begins_in_the_channel_that_the_team_has_now(growth: Growth) -> None:
    growth.red()
    with growth.act() as (session, scene):
        escalation.resolve(
            session, growth.clock, caller=scene.company.caller(scene.lead), escalation_id=1, reason="Legal has answered"
        )
    growth.name(NEW)
    assert growth.said_in(NEW) == []
    growth.red(MORNING + WEEK)
    root, *replies = growth.said_in(NEW)
    assert root.thread_ts is None
    assert all(one.thread_ts == root.ts for one in replies)
    assert growth.undelivered() == []


@pytest.mark.parametrize("first", ["growth", "product"])
def test_of_two_that_failed_in_one_channel_the_one_that_stays_there_is_told(growth: Growth, first: str) -> None:
    """The first notice has not left when what it is about comes in another channel."""
    with growth.runtime.write() as session:
        rows = []
        for team in (first, "product" if first == "growth" else "growth"):
            row = Delivery(
                workspace_id=growth.workspace_id,
                key=f"digest:{growth.ids[team]}:2026-09-28",
                kind=PostKind.DIGEST,
                channel_id=OLD,
                team_id=growth.ids[team],
                opaque_id=team,
                not_before=growth.clock,
                created_at=growth.clock,
            )
            session.add(row)
            session.flush()
            delivery.failed(session, row, "is_archived", growth.clock)
            rows.append(row)
        rows[0].state = DeliveryState.QUEUED
        rows[0].not_before = growth.clock + WEEK
    growth.work()
    assert len(growth.notices()) == 1
