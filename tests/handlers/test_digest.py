from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from calls import IN_A_WEEK, MORNING, set_scene, tell, the_escalation, words
from desk import Desk, whispered

from bot.blocks.ids import Act
from bot.domain.organisation import Visibility
from bot.localslack.blockkit import check_view
from bot.services import decisions
from bot.services import digest as digests
from bot.services.access import Caller
from handlers import digest, question
from handlers.reply import Done
from models import Delivery, DeliveryState, Digest, KeyResult, Member, PostKind
from models.database import Database
from scheduler.posts import render

TUESDAY = datetime(2026, 10, 6, 14, tzinfo=UTC)
WEDNESDAY = datetime(2026, 10, 7, 10, tzinfo=UTC)


@dataclass
class Read:
    """A digest that was taken, with a red that wants a decision; Tama leads, Mere owns, Finn reads."""

    desk: Desk
    lead: Member
    owner: Member
    reader: Member
    about: str
    digest_id: int

    def was_used(self) -> bool:
        with self.desk.runtime.read() as session:
            return session.get_one(Digest, self.digest_id).used_at is not None


@pytest.fixture
def read(database: Database) -> Read:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        scene.growth.next_digest_at = WEDNESDAY
        session.flush()
        digests.take_due(session, WEDNESDAY, 10)
        kept = session.scalars(sa.select(Digest)).one()
        about = json.dumps({"escalation": the_escalation(session).id, "digest": kept.id})
        digest_id = kept.id
    return Read(Desk(database, WEDNESDAY), scene.lead, scene.owner, scene.stranger, about, digest_id)


def test_decide_in_the_digest_opens_the_escalations_dialog_for_who_may_decide(read: Read) -> None:
    assert "Tama Reid" in whispered(read.desk.press(read.reader, digest.decide, Act.DECIDE_FROM_DIGEST, read.about))
    assert read.was_used()
    assert read.desk.press(read.lead, digest.decide, Act.DECIDE_FROM_DIGEST, read.about) == Done()
    assert read.desk.opened().labels[0] == "What is decided?"


def test_a_question_is_asked_in_the_same_dialog_as_in_the_thread_and_reaches_the_owner(read: Read) -> None:
    assert read.desk.press(read.reader, digest.ask_owner, Act.ASK_OWNER, read.about) == Done()
    assert read.was_used()
    dialog = read.desk.opened().fill(What_would_you_like_to_know="Would one day do?")
    assert check_view(dict(dialog.view)) == []
    assert "Mere Ngata has your question now" in whispered(read.desk.submit(read.reader, question.ask, dialog))
    with read.desk.runtime.read() as session:
        (row,) = session.scalars(sa.select(Delivery).where(Delivery.key.endswith(f":to:{read.owner.id}")))
        assert row.member_id == read.owner.id
        assert "Would one day do?" in words(render(session, row, WEDNESDAY))
    assert "is yours" in whispered(read.desk.press(read.owner, digest.ask_owner, Act.ASK_OWNER, read.about))


def test_open_and_show_me_all_count_as_reading(read: Read) -> None:
    assert not read.was_used()
    assert read.desk.press(read.reader, digest.opened, Act.OPEN_FROM_DIGEST, read.about) == Done()
    assert read.was_used()
    shown = read.desk.press(read.reader, digest.show_all, Act.DIGEST_DETAILS, json.dumps({"digest": read.digest_id}))
    assert whispered(shown) == "The key result of Growth, week of 5 Oct"


def test_show_me_all_says_so_where_all_was_limited_since(read: Read) -> None:
    with read.desk.runtime.write() as session:
        session.execute(sa.update(KeyResult).values(visibility=Visibility.NAMED))
    pressed = json.dumps({"digest": read.digest_id})
    shown = read.desk.press(read.reader, digest.show_all, Act.DIGEST_DETAILS, pressed)
    assert whispered(shown).startswith("No key result of this digest can be shown any more.")


@pytest.mark.parametrize("value", ["", "abc", "[]", '{"digest": "x"}', '{"digest": 1}'])
def test_a_button_of_no_digest_says_so(read: Read, value: str) -> None:
    assert "can't find that digest" in whispered(read.desk.press(read.lead, digest.opened, Act.OPEN_FROM_DIGEST, value))


def test_a_digest_that_is_not_there_cannot_be_shown(read: Read) -> None:
    pressed = json.dumps({"digest": 4711})
    reply = read.desk.press(read.reader, digest.show_all, Act.DIGEST_DETAILS, pressed)
    assert "can't find that digest" in whispered(reply)


def test_a_decision_that_comes_late_stands_in_the_digest_that_asked_for_it(read: Read) -> None:
    read.desk.now = WEDNESDAY + timedelta(hours=1)
    read.desk.press(read.lead, digest.decide, Act.DECIDE_FROM_DIGEST, read.about)
    with read.desk.runtime.write() as session:
        decisions.decide(
            session,
            read.desk.now,
            caller=Caller(read.lead.workspace_id, read.lead.id),
            escalation_id=the_escalation(session).id,
            draft=decisions.Draft("HR frees Ana for two days", read.lead.id, IN_A_WEEK),
        )
    with read.desk.runtime.read() as session:
        row = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.DIGEST)).one()
        shown = render(session, row, read.desk.now)
        assert shown is not None
        assert "decision needed" not in shown.text
        assert "HR frees Ana for two days" in words(shown)
        assert "Corrected Wed 11:00 · KR-1 is decided" in words(shown)


@dataclass
class Ignored:
    """Growth had four digests that nobody pressed anything in, and now a fifth."""

    desk: Desk
    lead: Member
    admin: Member
    stranger: Member

    def proposals(self) -> list[Delivery]:
        with self.desk.runtime.read() as session:
            wanted = sa.select(Delivery).where(Delivery.kind == PostKind.DIGEST_UNREAD).order_by(Delivery.id)
            return list(session.scalars(wanted))

    def shown(self) -> str:
        with self.desk.runtime.read() as session:
            return words(render(session, self.proposals()[0], self.desk.now))

    def take(self, weeks: int, *, used: bool = False) -> None:
        for _ in range(weeks):
            with self.desk.runtime.write() as session:
                digests.take_due(session, self.desk.now, 10)
                for row in session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.DIGEST)):
                    row.state, row.posted_channel, row.posted_ts = (
                        DeliveryState.SENT,
                        "C0GROWTH",
                        f"1790000000.{row.id}",
                    )
                if used:
                    session.execute(sa.update(Digest).values(used_at=self.desk.now))
            self.desk.now += timedelta(weeks=1)

    def posted(self) -> int:
        with self.desk.runtime.read() as session:
            return session.scalar(sa.select(sa.func.count()).where(Delivery.kind == PostKind.DIGEST)) or 0


@pytest.fixture
def ignored(database: Database) -> Ignored:
    with database.write() as session:
        scene = set_scene(session)
        admin = scene.company.person("Ada Admin", admin=True)
        scene.growth.next_digest_at = WEDNESDAY
        session.flush()
    return Ignored(Desk(database, WEDNESDAY), scene.lead, admin, scene.stranger)


def test_four_digests_that_nobody_pressed_are_followed_by_a_proposal_to_stop(ignored: Ignored) -> None:
    ignored.take(4)
    assert ignored.proposals() == []
    ignored.take(1)
    assert {one.member_id for one in ignored.proposals()} == {ignored.lead.id, ignored.admin.id}
    assert "Does anybody read the digest of Growth?" in ignored.shown()
    ignored.take(3)
    assert len(ignored.proposals()) == 2
    ignored.take(1)
    assert len(ignored.proposals()) == 4


def test_one_press_in_four_weeks_is_enough(ignored: Ignored) -> None:
    ignored.take(3)
    ignored.take(1, used=True)
    ignored.take(3)
    assert ignored.proposals() == []


def test_a_digest_that_is_kept_stays(ignored: Ignored) -> None:
    ignored.take(5)
    about = json.dumps({"digest": ignored.proposals()[0].digest_id})
    assert "run by its lead" in whispered(ignored.desk.press(ignored.stranger, digest.keep, Act.KEEP_DIGEST, about))
    assert ignored.desk.press(ignored.lead, digest.keep, Act.KEEP_DIGEST, about) == Done()
    assert "It stays." in ignored.shown()
    ignored.take(4)
    assert (len(ignored.proposals()), ignored.posted()) == (2, 9)


def test_stopped_it_is_taken_and_not_posted_until_it_is_wanted_again(ignored: Ignored) -> None:
    ignored.take(5)
    about = json.dumps({"digest": ignored.proposals()[0].digest_id})
    assert "run by its lead" in whispered(ignored.desk.press(ignored.stranger, digest.stop, Act.STOP_DIGEST, about))
    assert ignored.desk.press(ignored.admin, digest.stop, Act.STOP_DIGEST, about) == Done()
    assert "It is stopped." in ignored.shown()
    ignored.take(2)
    assert ignored.posted() == 5
    with ignored.desk.runtime.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Digest)) == 7
    assert ignored.desk.press(ignored.lead, digest.keep, Act.KEEP_DIGEST, about) == Done()
    ignored.take(1)
    assert ignored.posted() == 6
