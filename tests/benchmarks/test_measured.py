"""A benchmark tells nothing where what it should have measured was not done."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from benchmarks.company import FOUNDED, MONDAY, OPENING, Size, found, open_this_week
from benchmarks.memory import TOMORROW, all_done
from benchmarks.serving import settings
from benchmarks.submissions import all_recorded
from bot.app import build
from bot.domain.confidence import Confidence
from models import Answer, AnswerSource, CheckIn, Delivery, DeliveryState, Member, Workspace
from models.database import Database
from scheduler import ticks
from scheduler.workers import sign_on

OWNERS, POSTS = 12, 5


def test_a_workers_memory_counts_only_where_all_was_planned_sent_and_read(database: Database) -> None:
    found(database, Size(owners=OWNERS))
    runtime = build(settings(), clock=lambda: OPENING, database=database).runtime

    def change(*statements: sa.Update) -> None:
        with database.write() as session:
            for statement in statements:
                session.execute(statement)

    prompts = sa.select(Delivery.id).where(Delivery.period == MONDAY)
    sent = sa.update(Delivery).values(state=DeliveryState.SENT, posted_channel="D1", posted_ts="1.0")
    read = sa.update(Member).values(slack_updated_at=FOUNDED)
    ended = sa.update(Workspace).values(members_read_at=TOMORROW)

    with pytest.raises(RuntimeError, match="0 of 12 were planned"):
        all_done(database, OWNERS, POSTS)
    ticks.tick(runtime, sign_on(runtime, "bench"), OPENING)
    change(sent.where(Delivery.id.in_(prompts.order_by(Delivery.id).limit(POSTS - 1))))
    with pytest.raises(RuntimeError, match="4 of 5 were sent"):
        all_done(database, OWNERS, POSTS)
    change(sent.where(Delivery.id.in_(prompts)), read.where(Member.id < OWNERS), ended)
    with pytest.raises(RuntimeError, match="11 of 12 were read"):
        all_done(database, OWNERS, POSTS)
    change(read, ended.values(members_read_at=TOMORROW - timedelta(days=1)))
    with pytest.raises(RuntimeError, match="12 of 12 were read, the last at"):
        all_done(database, OWNERS, POSTS)
    change(ended)
    all_done(database, OWNERS, POSTS)


def test_an_interaction_counts_only_where_its_check_in_was_recorded(database: Database, database_url: str) -> None:
    size = Size(owners=2)
    found(database, size)
    open_this_week(database, size)
    with pytest.raises(RuntimeError, match="0 of 1 check-ins were recorded"):
        all_recorded(database_url, 1)
    with database.write() as session:
        due = session.scalars(sa.select(CheckIn).where(CheckIn.period == MONDAY).order_by(CheckIn.id)).first()
        assert due is not None
        session.add(
            Answer(
                workspace_id=due.workspace_id,
                check_in_id=due.id,
                revision=1,
                definition=1,
                author_id=due.owner_id,
                source=AnswerSource.DIALOG,
                confidence=Confidence.GREEN,
                at=OPENING,
            )
        )
    all_recorded(database_url, 1)
